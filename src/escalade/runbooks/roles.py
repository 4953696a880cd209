"""roles.yaml to rules that recognise services."""

from __future__ import annotations

from escalade.runbooks.book import PLACES
from escalade.runbooks.book import RoleRule
from escalade.runbooks.expectations import regex
from escalade.runbooks.schema import RoleShape
from escalade.runbooks.spot import Spot

__all__ = ["roles"]

_REGEXES = ("image", "command", "names")
_LISTS = ("image", "command", "ports", "variables", "names")


def roles(spot: Spot, *, broken: frozenset[str]) -> dict[str, RoleRule]:
    """Return the rules at a place by role, without those that are `broken`."""
    found: dict[str, RoleRule] = {}
    for name, below in spot.items():
        if name in PLACES:
            below.misplaced(f"the role {name!r} needs no rule: it is always there")
        for key in _REGEXES:
            for inner in below.at(key).each():
                if isinstance(inner.value, str):
                    regex(inner)
        if name not in broken:
            found[name] = _rule(below)
    return found


def _rule(spot: Spot) -> RoleRule:
    """Return one rule."""
    shape = RoleShape.model_validate(spot.value)
    if not any(spot.at(name).value for name in _LISTS):
        spot.misplaced(f"the role {spot.name!r} has nothing to recognise it by")
    return RoleRule(
        name=spot.name,
        image=tuple(shape.image),
        command=tuple(shape.command),
        ports=tuple(shape.ports),
        variables=tuple(shape.variables),
        names=tuple(shape.names),
        need=shape.need,
    )
