"""What a condition expects of one reading: a bare value or operators."""

from __future__ import annotations

import re
import warnings

from escalade.errors import nearest
from escalade.evidence.probe import Probe
from escalade.model import Comparison
from escalade.model import Scalar
from escalade.model import Value
from escalade.runbooks.problems import show
from escalade.runbooks.spot import Spot
from escalade.runbooks.values import MisfitError
from escalade.runbooks.values import fit
from escalade.runbooks.values import kind_of

__all__ = ["OPERATORS", "comparisons", "regex"]

_ORDER = ("gt", "ge", "lt", "le")
_SETS = ("in", "not_in")
_ELSEWHERE = {
    "gte": "ge",
    "lte": "le",
    ">": "gt",
    ">=": "ge",
    "<": "lt",
    "<=": "le",
    "==": "eq",
    "is": "eq",
    "not": "ne",
    "!=": "ne",
    "regex": "matches",
    "match": "matches",
}
"""What other tools call our operators."""
OPERATORS = ("eq", "ne", *_SETS, *_ORDER, "matches", "contains", "known")


def comparisons(spot: Spot, probe: Probe) -> list[Comparison]:
    """Return the comparisons at a reading's place; those with problems are reported."""
    wanted = probe.readings[spot.name]
    if spot.value is None:
        return []
    if not isinstance(spot.value, dict):
        return _checked(spot, wanted, spot.name, "eq")
    if not spot.value:
        spot.wrong(f"empty condition: {spot.name} is compared with nothing")
    found: list[Comparison] = []
    for operator, below in spot.items():
        if operator not in OPERATORS:
            close = _nearest(operator)
            below.misplaced(f"unknown operator {operator!r}{close}")
        elif below.value is not None:
            found += _checked(below, wanted, spot.name, operator)
    return found


def _nearest(word: str) -> str:
    """Return a hint at the operator that was meant."""
    if word in _ELSEWHERE:
        return f" (did you mean {_ELSEWHERE[word]!r}?)"
    return nearest(word, OPERATORS) or f"; known: {', '.join(OPERATORS)}"


def _checked(spot: Spot, wanted: type, name: str, operator: str) -> list[Comparison]:
    """Return one comparison, or none where its value cannot be right."""
    try:
        return [Comparison(name, operator, _value(spot, wanted, name, operator))]
    except MisfitError as misfit:
        spot.wrong(str(misfit))
        return []


def _value(
    spot: Spot,
    wanted: type,
    name: str,
    operator: str,
) -> Value | tuple[Scalar, ...]:
    """Return what the reading is compared with."""
    if operator == "known":
        return fit(spot, bool, name="known")
    if operator in _ORDER:
        return _ordered(spot, wanted, name, operator)
    if operator in ("matches", "contains"):
        return _part(spot, wanted, name, operator)
    if wanted is tuple:
        return _words(spot, name, operator)
    if operator in _SETS:
        return _members(spot, wanted, name, operator)
    if isinstance(spot.value, list):
        items = ", ".join(show(value) for value in spot.value[:3])
        msg = f"{name} is {kind_of(wanted)}, not a list: write {{in: [{items}]}}"
        raise MisfitError(msg)
    return fit(spot, wanted, name=name)


def _ordered(spot: Spot, wanted: type, name: str, operator: str) -> Scalar:
    """Return a number to be above or below of."""
    if wanted not in (int, float):
        msg = f"{operator!r} compares numbers, {name} is {kind_of(wanted)}"
        raise MisfitError(msg)
    return fit(spot, wanted, name=name, exact=False)


def _part(spot: Spot, wanted: type, name: str, operator: str) -> str:
    """Return a pattern, a part of a text, or one member of a list."""
    if wanted is not str and (operator == "matches" or wanted is not tuple):
        kinds = "text" if operator == "matches" else "text and lists"
        msg = f"{operator!r} looks into {kinds}, {name} is {kind_of(wanted)}"
        raise MisfitError(msg)
    part = str(fit(spot, str, name=f"what {name} {operator}"))
    if not part:
        msg = f"{operator!r} is empty: it would always hold"
        raise MisfitError(msg)
    if operator == "matches":
        regex(spot)
    return part


def _words(spot: Spot, name: str, operator: str) -> tuple[str, ...]:
    """Return the whole list that a list is compared with."""
    if operator in _SETS:
        msg = f"{name} is a list of words: use contains, not {operator}"
        raise MisfitError(msg)
    if not isinstance(spot.value, list):
        value = show(spot.value)
        msg = f"{name} is a list of words: write {{contains: {value}}}"
        raise MisfitError(msg)
    return tuple(str(fit(below, str, name=f"each of {name}")) for below in spot.each())


def _members(
    spot: Spot,
    wanted: type,
    name: str,
    operator: str,
) -> tuple[Scalar, ...]:
    """Return the values that a reading is one of."""
    if not isinstance(spot.value, list):
        msg = f"{operator!r} takes a list, not {show(spot.value)}"
        raise MisfitError(msg)
    if not spot.value:
        msg = f"empty condition: {operator!r} has no value"
        raise MisfitError(msg)
    values: list[Scalar] = []
    for below in spot.each():
        try:
            values.append(fit(below, wanted, name=name))
        except MisfitError as misfit:
            below.wrong(str(misfit))
    return tuple(values)


def regex(spot: Spot) -> None:
    """Report a regular expression that does not compile."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(spot.value)
    except re.error as error:
        at = "" if error.pos is None else f" at character {error.pos + 1}"
        spot.wrong(f"the regular expression does not compile: {error.msg}{at}")
    except (Warning, RecursionError, OverflowError) as error:
        spot.wrong(f"the regular expression does not compile: {error}")
