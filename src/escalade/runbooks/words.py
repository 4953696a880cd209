"""The words that a runbook may speak: probes, steps, roles bound to services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from escalade.errors import nearest
from escalade.evidence.probe import Argument
from escalade.evidence.probe import Probe
from escalade.runbooks.problems import show
from escalade.runbooks.spot import Spot

__all__ = ["StepLike", "Words"]


class StepLike(Protocol):
    """What must be known of a step to check a runbook: `remedy.step.StepKind` has it."""

    @property
    def arguments(self) -> Mapping[str, Argument]:
        """The arguments that may be given, by name."""

    @property
    def scope(self) -> str:
        """What one call is about: service, stack or host."""


@dataclass(frozen=True, slots=True)
class Words:
    """What conditions and steps are checked against.

    `roles` is None where a role file could not be read: then any role passes, since
    the file's own problem is reported. `kinds` are the steps, None where nobody said
    which there are; `user_tasks` the operator's own. `registered` are the names whose
    outcome a step's condition may ask for, None outside of steps.
    """

    catalog: Mapping[str, Probe]
    roles: frozenset[str] | None
    kinds: Mapping[str, StepLike] | None = None
    user_tasks: frozenset[str] = frozenset()
    registered: frozenset[str] | None = None

    def role(self, spot: Spot, *more: str) -> None:
        """Report a value that is no role; `more` are the other words allowed there."""
        if self.roles is None or not isinstance(spot.value, str):
            return
        known = (*sorted(self.roles), *more)
        if spot.value not in known:
            hint = nearest(spot.value, known) or f"; known: {', '.join(known)}"
            spot.wrong(f"unknown role {show(spot.value)}{hint if known else ''}")

    def step(self, spot: Spot) -> bool:
        """Whether a place's key is a step; one that is none is reported."""
        if self.kinds is None or spot.name in (*self.kinds, *self.user_tasks):
            return True
        known = (*self.kinds, *sorted(self.user_tasks), "group")
        hint = nearest(spot.name, known) or f"; known: {', '.join(known)}"
        spot.misplaced(f"unknown step {spot.name!r}{hint}")
        return False

    def arguments_of(self, step: str) -> Mapping[str, Argument] | None:
        """Return the arguments of a step; None where any may be given."""
        kind = (self.kinds or {}).get(step)
        return kind.arguments if kind else None
