"""The numbers and words beside a step: how often, how long, under which name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from escalade.runbooks.problems import show
from escalade.runbooks.shape import NAME
from escalade.runbooks.shape import mistyped
from escalade.runbooks.shape import void
from escalade.runbooks.spot import Spot
from escalade.runbooks.templates import check
from escalade.runbooks.templates import is_template
from escalade.runbooks.templates import variable
from escalade.runbooks.values import MisfitError
from escalade.runbooks.values import fit
from escalade.runbooks.variables import Variables

__all__ = ["numbers", "words_of"]

_FIELDS: Mapping[str, tuple[str, type, float, float]] = {
    "attempts": ("attempts", int, 1, 100),
    "backoff": ("backoff_s", float, 0, 3600),
    "cap": ("cap_s", float, 0, 3600),
    "jitter": ("jitter_ratio", float, 0, 1),
    "timeout": ("timeout_s", float, 0.1, 86_400),
}
"""Key to the name that says its unit, its type, and the least and most it may be."""
_WORD = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_CAP_S = 60.0


def numbers(places: Mapping[str, Spot], given: Variables) -> dict[str, Any]:
    """Return the numbers at these places as fields of a step.

    What is still a template names a variable that is not known: reported, unless
    variables are not known at all yet (`given` None).
    """
    found: dict[str, Any] = {}
    for key, spot in places.items():
        number = _number(key, spot, given)
        if number is not None:
            found[_FIELDS[key][0].removesuffix("_ratio")] = number
    if "cap" in places and found.get("cap_s", _CAP_S) < found.get("backoff_s", 0.0):
        places["cap"].wrong("'cap' is shorter than 'backoff'")
    if "attempts" not in places or found.get("attempts") == 1:
        for key in ("backoff", "cap", "jitter"):
            if key in places:
                places[key].doubtful(f"{key!r} has no use: there is one attempt only")
    return found


def _number(key: str, spot: Spot, given: Variables) -> float | None:
    """Return one number in its bounds; None where it is none (reported)."""
    name, kind, least, most = _FIELDS[key]
    if spot.value is None:
        void(spot)
        return None
    if is_template(spot.value):
        if variable(spot.value) is None:
            spot.wrong(f"{key!r} takes a number or one of 'vars' alone")
        else:
            check(spot, given)
        return None
    try:
        number = fit(spot, kind, name=name)
    except MisfitError as misfit:
        spot.wrong(str(misfit).replace(name, key))
        return None
    if not isinstance(number, int | float):
        return None
    if not least <= number <= most:
        spot.wrong(
            f"{key!r} must be from {least:g} to {most:g}, not {show(spot.value)}"
        )
        return None
    return number


def words_of(spot: Spot) -> tuple[str, ...]:
    """Return a word, or the words of a list; what is no word is reported."""
    if spot.value is None:
        void(spot)
        return ()
    many = isinstance(spot.value, list) and spot.name == "tags"
    if many and not spot.value:
        spot.wrong(f"{spot.name!r} is empty")
    found: list[str] = []
    for below in spot.each() if many else [spot]:
        if not isinstance(below.value, str):
            below.wrong(mistyped(below, "text"))
        elif not _WORD.fullmatch(below.value):
            below.wrong(f"{show(below.value)} is not a name: {NAME}")
        else:
            found.append(below.value)
    return tuple(found)
