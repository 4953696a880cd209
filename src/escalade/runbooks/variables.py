"""The `vars` of a runbook, a ladder or a step: plain data that templates are filled from."""

from __future__ import annotations

import re
from collections.abc import Mapping

from escalade.runbooks.problems import show
from escalade.runbooks.shape import loose
from escalade.runbooks.shape import mistyped
from escalade.runbooks.spot import Spot
from escalade.runbooks.templates import is_template

__all__ = ["Variables", "variables"]

Variables = Mapping[str, object] | None
"""What templates are filled from, None where that is not known yet."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def variables(spot: Spot) -> dict[str, object]:
    """Return the variables at a place: texts, numbers, true or false, lists of them."""
    if spot.value is None:
        return {}
    if not isinstance(spot.value, dict):
        spot.wrong(mistyped(spot, "a mapping"))
        return {}
    loose(spot)
    found: dict[str, object] = {}
    for name, below in spot.items():
        if not _NAME.fullmatch(name):
            fix = "use lower-case letters, digits and underscores"
            below.misplaced(f"{name!r} is no name of a variable: {fix}")
        elif _plain(below):
            found[name] = below.value
    return found


def _plain(spot: Spot) -> bool:
    """Whether a value is plain data; what is not is reported."""
    parts = list(spot.each()) if isinstance(spot.value, list) else [spot]
    fine = True
    for part in parts:
        if is_template(part.value):
            part.wrong("a variable is plain data, not a template")
            fine = False
        elif isinstance(part.value, dict | list):
            part.wrong(f"a variable is one value or a list, not {show(part.value)}")
            fine = False
    return fine
