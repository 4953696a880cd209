"""Ladders of runbook files to `model.Ladder`."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from escalade.errors import nearest
from escalade.model import Condition
from escalade.model import Ladder
from escalade.model import Step
from escalade.runbooks.conditions import condition
from escalade.runbooks.spot import Spot
from escalade.runbooks.steps import Steps
from escalade.runbooks.variables import Variables
from escalade.runbooks.variables import variables
from escalade.runbooks.words import Words

__all__ = ["Shelf", "Source", "ladder", "sources", "used"]

_LEVELS = ("1", "2", "3")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a ladder stands: compiled once for each runbook that names it.

    `sound` is False where its shape is wrong (reported); `given` are its file's variables,
    which those of a runbook replace.
    """

    spot: Spot
    sound: bool
    given: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a runbook's ladders are made from: sources by name, words, variables.

    `given` are the runbook's own variables, None for a shared ladder by itself: which there are is
    not known then. `open`: a file of shared ladders could not be read, so any name passes.
    """

    sources: Mapping[str, Source]
    words: Words
    given: Variables
    open: bool = False


def sources(spot: Spot, *, broken: frozenset[str]) -> dict[str, Source]:
    """Return the ladders at a place by name; `broken` ones are not sound."""
    given = variables(Spot.top(spot.document).at("vars"))
    return {
        name: Source(below, name not in broken, given) for name, below in spot.items()
    }


def used(names: Iterator[str], shelf: Mapping[str, Source]) -> frozenset[str]:
    """Return names of ladders with all those that they use."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name in found:
            continue
        found.add(name)
        other = shelf[name].spot.at("use").value if name in shelf else None
        left += [other] if isinstance(other, str) else []
    return frozenset(found)


def ladder(name: str, shelf: Shelf, trail: tuple[str, ...] = ()) -> Ladder | None:
    """Return a ladder with the levels that it uses of others; None where it is broken.

    Its verification and steps are checked even where its shape is not sound. `trail`
    are the ladders that led here.
    """
    source = shelf.sources[name]
    spot = source.spot
    own = variables(spot.at("vars"))
    given = None if shelf.given is None else {**source.given, **shelf.given, **own}
    verify = [condition(below, shelf.words) for below in spot.at("verify").each()]
    levels = _levels(spot, shelf.words, given)
    base = _base(spot, shelf, (*trail, name))
    if not source.sound:
        return None
    if base:
        levels = {**base.levels, **levels}
    elif not levels and not spot.at("use").value:
        spot.misplaced(f"ladder {spot.name!r} has no level")
    _ascending(spot)
    whole: tuple[Condition, ...] = tuple(one for one in verify if one is not None)
    asked = whole or (base.verify if base else ())
    return Ladder(spot.name, dict(sorted(levels.items())), asked)


def _levels(spot: Spot, words: Words, given: Variables) -> dict[int, tuple[Step, ...]]:
    """Return the levels that stand in a ladder itself, read in their order."""
    steps = Steps(words)
    places = {level: spot.at(level) for level in _LEVELS}
    return {
        int(level): steps.level(below, given)
        for level, below in places.items()
        if isinstance(below.value, list)
    }


def _base(spot: Spot, shelf: Shelf, trail: tuple[str, ...]) -> Ladder | None:
    """Return the ladder that this one uses, None where there is none (reported)."""
    below = spot.at("use")
    if not isinstance(below.value, str):
        return None
    if below.value in trail:
        way = " -> ".join((*trail[trail.index(below.value) :], below.value))
        below.wrong(f"ladder {below.value!r} uses itself: {way}")
        return None
    if below.value not in shelf.sources:
        if not shelf.open:
            close = nearest(below.value, shelf.sources)
            below.wrong(f"ladder {below.value!r} is not defined{close}")
        return None
    return ladder(below.value, shelf, trail)


def _ascending(spot: Spot) -> None:
    """Report a level that stands below a higher one."""
    order = [below for name, below in spot.items() if name in _LEVELS]
    for before, below in pairwise(order):
        if below.name < before.name:
            below.misplaced(f"level {below.name} stands after level {before.name}")
