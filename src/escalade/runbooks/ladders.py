"""Ladders of runbook files to `model.Ladder`."""

from __future__ import annotations

from itertools import pairwise

from escalade.model import Condition
from escalade.model import Ladder
from escalade.model import Step
from escalade.runbooks.conditions import condition
from escalade.runbooks.schema import LadderShape
from escalade.runbooks.shape import loose
from escalade.runbooks.spot import Spot
from escalade.runbooks.words import Words

__all__ = ["ladders"]

_LEVELS = ("1", "2", "3")


def ladders(
    spot: Spot,
    words: Words,
    *,
    broken: frozenset[str],
) -> dict[str, Ladder | None]:
    """Return the ladders at a place; None for those that are `broken` (reported)."""
    return {
        name: _ladder(below, words, sound=name not in broken)
        for name, below in spot.items()
    }


def _ladder(spot: Spot, words: Words, *, sound: bool) -> Ladder | None:
    """Return one ladder; its verification is checked even where its shape is not."""
    verify = [condition(below, words) for below in spot.at("verify").each()]
    names = [name for name, _ in spot.items()]
    given = [level for level in _LEVELS if level in names]
    for level in given:
        for step in spot.at(level).each():
            for arguments in step.values():
                loose(arguments)
    if not sound:
        return None
    if not given:
        spot.misplaced(f"ladder {spot.name!r} has no level")
    _ascending(spot)
    levels = LadderShape.model_validate(spot.value).levels
    whole: tuple[Condition, ...] = tuple(one for one in verify if one is not None)
    steps = {
        number: tuple(Step(name, args) for step in level for name, args in step.items())
        for number, level in levels.items()
    }
    return Ladder(spot.name, steps, whole)


def _ascending(spot: Spot) -> None:
    """Report a level that stands below a higher one."""
    order = [below for name, below in spot.items() if name in _LEVELS]
    for before, below in pairwise(order):
        if below.name < before.name:
            below.misplaced(f"level {below.name} stands after level {before.name}")
