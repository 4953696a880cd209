"""A value of a runbook against the type of the reading or argument it speaks of."""

from __future__ import annotations

from escalade.model import Scalar
from escalade.runbooks.problems import show
from escalade.runbooks.spot import Spot
from escalade.runbooks.units import quantity

__all__ = ["MisfitError", "fit", "kind_of"]

_KINDS = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    tuple: "a list of words",
}


class MisfitError(ValueError):
    """A value that can never be right here; the text says why, without a position."""


def kind_of(wanted: type) -> str:
    """Return a type in words for people."""
    return _KINDS.get(wanted, "text")


def fit(spot: Spot, wanted: type, *, name: str, exact: bool = True) -> Scalar:
    """Return the place's value as the type wants it.

    `name` is the reading's or argument's name: what may carry a unit follows from it
    (`_s` a duration, `_ratio` a share). Where not `exact`, a whole-number reading may
    be compared with a fraction. Raises MisfitError.
    """
    value = spot.value
    if isinstance(value, list | dict):
        what = "a list" if isinstance(value, list) else "a mapping"
        msg = f"{name} is {kind_of(wanted)}, not {what}"
        raise MisfitError(msg)
    if wanted is bool:
        return _truth(value, name)
    if wanted in (int, float):
        return _number(value, wanted, name, exact=exact)
    if isinstance(value, str):
        return value
    written = spot.written or show(value)
    msg = f"{name} is text, not {written}: quote it"
    raise MisfitError(msg)


def _truth(value: object, name: str) -> bool:
    """Return true or false."""
    if isinstance(value, bool):
        return value
    fix = ": remove the quotes" if value in ("true", "false") else ""
    msg = f"{name} is true or false, not {show(value)}{fix}"
    raise MisfitError(msg)


def _number(value: object, wanted: type, name: str, *, exact: bool) -> float:
    """Return a number, its unit resolved."""
    number: float
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        msg = f"{name} is {kind_of(wanted)}, not {show(value)}"
        raise MisfitError(msg)
    number = _measured(value, wanted, name) if isinstance(value, str) else value
    if wanted is int and exact and number != int(number):
        msg = f"{name} is a whole number, never {number}"
        raise MisfitError(msg)
    if wanted is float:
        return float(number)
    return int(number) if number == int(number) else number


def _measured(text: str, wanted: type, name: str) -> float:
    """Return the number of a text with a unit that suits the name."""
    found = quantity(text)
    if found is None:
        fix = ": remove the quotes" if text.replace(".", "", 1).isdecimal() else ""
        msg = f"{name} is {kind_of(wanted)}, not {show(text)}{fix}"
        raise MisfitError(msg)
    if name.endswith("_s"):
        due = ("duration", "a duration (10s, 5m, 1h)")
    elif name.endswith("_ratio"):
        due = ("share", "a share from 0 to 1 (0.9 or 90%)")
    else:
        due = (found.unit, "")
    if found.unit != due[0]:
        msg = f"{name} is {due[1]}, not {text!r}"
        raise MisfitError(msg)
    return found.number
