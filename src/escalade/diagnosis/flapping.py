"""Whether something goes back and forth: Nagios's weights over the last 21 states. Pure.

The newest change weighs 1.25, the oldest 0.75. Flapping begins at 30 % and ends at 10 %, so
that one good look does not end it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = [
    "HIGH",
    "LOW",
    "STATES",
    "WINDOW_S",
    "Flap",
    "flapping",
    "recent",
    "replayed",
]

STATES = 21
"""How many states count: twenty changes between them."""
HIGH = 30.0
LOW = 10.0
"""Percent at which it begins, and at which it ends."""
WINDOW_S = 3600.0
"""Seconds: looks are not polls that come at equal times, so that old ones are left out."""

_LIGHTEST = 0.75
_SPREAD = 0.5


class Flap(NamedTuple):
    """How much of the changes that could be were there, and whether that is flapping."""

    percent: float = 0.0
    flapping: bool = False


def flapping(states: Sequence[bool], was: bool) -> Flap:  # noqa: FBT001 -- the state it had
    """Return how much the states changed, the oldest first; `was`: it flapped before.

    Of fewer than 21 states the missing ones are taken for as old as the first.
    """
    last = states[-STATES:]
    changes = STATES - 1
    first = changes - (len(last) - 1)
    total = sum(
        _weight(first + at)
        for at in range(len(last) - 1)
        if last[at] is not last[at + 1]
    )
    percent = total * 100 / changes
    return Flap(percent, percent > LOW if was else percent >= HIGH)


def _weight(place: int) -> float:
    """Return the weight of the change at a place: 0 the oldest, 19 the newest."""
    return _LIGHTEST + _SPREAD * place / (STATES - 2)


def replayed(states: Sequence[bool]) -> Flap:
    """Return what `flapping` says now, had it been asked after each state."""
    found = Flap()
    for end in range(1, len(states) + 1):
        found = flapping(states[:end], found.flapping)
    return found


def recent(
    states: Sequence[tuple[float, bool]], now: float, *, window_s: float = WINDOW_S
) -> tuple[bool, ...]:
    """Return the states of the last hour by time, without their times."""
    return tuple(
        state for time, state in sorted(states) if now - window_s <= time <= now
    )
