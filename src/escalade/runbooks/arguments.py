"""The arguments that a condition gives to a probe: checked, completed, canonical."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping

from escalade.errors import nearest
from escalade.evidence.probe import Argument
from escalade.evidence.probe import Probe
from escalade.model import Scalar
from escalade.model import Value
from escalade.runbooks.expectations import regex
from escalade.runbooks.problems import show
from escalade.runbooks.spot import Spot
from escalade.runbooks.values import MisfitError
from escalade.runbooks.values import fit

__all__ = ["arguments", "single"]


def arguments(spot: Spot, given: Iterable[Spot], probe: Probe) -> Mapping[str, Value]:
    """Return what was given and the defaults of the rest; None is left out.

    An argument that takes many is a tuple, also where one was given. Problems are
    reported at their places.
    """
    values: dict[str, Value] = {
        name: argument.default
        for name, argument in probe.arguments.items()
        if argument.default is not None
    }
    places = {below.name: below for below in given}
    for name, argument in probe.arguments.items():
        if name in places:
            values[name] = _value(places[name], argument)
        elif argument.required:
            spot.misplaced(f"{probe.name} needs the argument {name!r}")
    return values


def _value(spot: Spot, argument: Argument) -> Value:
    """Return one argument's canonical value."""
    if not argument.many:
        return single(spot, argument)
    if not isinstance(spot.value, list):
        return (str(single(spot, argument)),)
    if not spot.value:
        spot.wrong(f"{spot.name!r} is empty")
    return tuple(str(single(below, argument, spot.name)) for below in spot.each())


def single(spot: Spot, argument: Argument, name: str = "") -> Scalar:
    """Return one scalar that the argument's type and words allow."""
    name = name or spot.name
    if spot.value is None:
        return None
    try:
        value = fit(spot, argument.type, name=name)
    except MisfitError as misfit:
        spot.wrong(str(misfit))
        return None
    if value == "":
        spot.wrong(f"{name!r} is empty")
    elif argument.choices and value not in argument.choices:
        close = nearest(str(value), argument.choices)
        known = ", ".join(argument.choices)
        spot.wrong(f"{name!r} is one of {known}, not {show(value)}{close}")
    elif name == "matches":
        regex(spot)
    return value
