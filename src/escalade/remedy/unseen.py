"""A host of which nothing is known: a step called by hand is refused there. Pure.

Otherwise it would be told of a service that is not there, which nobody knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace

from escalade.plans import Action
from escalade.plans import Call
from escalade.plans import PlannedStep

__all__ = ["Unseen", "refused"]


@dataclass(frozen=True, slots=True)
class Unseen:
    """Why a host was not seen, in one line; `host`: not even it, else its Engine alone."""

    why: str
    host: bool


def refused(step: PlannedStep, unseen: Unseen | None) -> PlannedStep:
    """Return a step, refused where it needs what cannot be reached.

    What only reads (a bundle, a message) and what needs no Engine (a command on the host)
    stays as it was planned.
    """
    if unseen is None:
        return step
    needs = any(_needs(action, unseen) for action in step.actions)
    if not needs and not step.trouble:
        return step
    return replace(step, actions=(), trouble=unseen.why)


def _needs(action: Action, unseen: Unseen) -> bool:
    """Whether an action needs what cannot be reached."""
    if unseen.host:
        return not action.reads
    return isinstance(action.do, Call)
