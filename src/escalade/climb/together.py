"""Work on several hosts at once that an interruption ends, and waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from collections.abc import Sequence
from functools import partial
from queue import Empty
from queue import SimpleQueue
from typing import TypeVar

from escalade.evidence.crew import Crew

__all__ = ["PARTING_S", "together"]

T = TypeVar("T")
U = TypeVar("U")

PARTING_S = 15.0
"""Seconds that hosts at work get after Ctrl-C: to end what runs there, and to say so."""


def together(
    things: Sequence[T], work: Callable[[T], U], *, forks: int, stop: threading.Event
) -> list[U]:
    """Return what the work on each thing came to, in their order.

    The main thread only waits, so Ctrl-C reaches it at once: it sets `stop`, gives those at
    work time to part, and goes on with the interruption. An exception of one is raised
    when all have ended: the others' work is not lost half-way.
    """
    if not things:
        return []
    came: SimpleQueue[tuple[int, U | BaseException]] = SimpleQueue()
    crew = Crew(min(forks, len(things)), name="climb")
    found: dict[int, U | BaseException] = {}
    asked = 0
    try:
        for place, thing in enumerate(things):
            asked += 1
            crew.ask(partial(_kept, came, place, partial(work, thing)))
        while len(found) < len(things):
            place, result = came.get()
            found[place] = result
    except BaseException:
        stop.set()
        _part(came, asked - len(found))
        raise
    finally:
        crew.close()
    return [_value(found[place]) for place in range(len(things))]


def _part(came: SimpleQueue[tuple[int, U | BaseException]], left: int) -> None:
    """Wait for those still at work, within the bound for each."""
    try:
        for _ in range(left):
            came.get(timeout=PARTING_S)
    except Empty:
        return


def _kept(
    came: SimpleQueue[tuple[int, U | BaseException]],
    place: int,
    call: Callable[[], U],
) -> None:
    """Put what a call returns or raises into the queue."""
    try:
        came.put((place, call()))
    except BaseException as error:
        came.put((place, error))


def _value(result: U | BaseException) -> U:
    """Return a result, or raise what came instead."""
    if isinstance(result, BaseException):
        raise result
    return result
