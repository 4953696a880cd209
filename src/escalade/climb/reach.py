"""Hosts that a look did not reach, or whose Engine did not answer, and how that is said."""

from __future__ import annotations

from collections.abc import Iterator

from escalade.climb.looks import Sight
from escalade.model import Node
from escalade.remedy.unseen import Unseen

__all__ = ["unseen"]


def unseen(sight: Sight) -> dict[str, Unseen]:
    """Return the hosts of which nothing is known because of their contact or Engine.

    The reason is the diagnosis' own title, so that a step says what `diagnose` says.
    """
    return dict(_unseen(sight))


def _unseen(sight: Sight) -> Iterator[tuple[str, Unseen]]:
    """Yield each host with why."""
    for state in sight.snapshot.hosts:
        engine = sight.scenes[state.host].records("engine")
        lost = any(record.get("reachable") is False for record in engine)
        if state.reachable and not lost:
            continue
        told = (r.title.en for r in sight.diagnosis.roots if r.node == Node(state.host))
        what = state.host if not state.reachable else f"the Engine of {state.host}"
        why = next(told, f"{what} cannot be reached")
        yield state.host, Unseen(why, host=not state.reachable)
