"""What one run of `fix` did, from the first look to the last word: nouns only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from escalade.model import Diagnosis
from escalade.model import Node
from escalade.plans import Action
from escalade.plans import Climb
from escalade.plans import Did
from escalade.plans import Outcome
from escalade.plans import Plan
from escalade.plans import Verified
from escalade.text import Text

__all__ = ["FixStory"]


@dataclass(frozen=True, slots=True)
class FixStory:
    """A run of `fix`, `apply`, `approve`, `resume` or of a step called by hand.

    `outcome` is None where nothing ran (`dry`, refused, waiting, nothing to fix); `level`
    is the highest that ran, 0 where none did. `escalations` say, in order, why a level was
    left. `after` is the last diagnosis, None where there was no second one. `exit` is the
    exit code. `restarted` are the services whose containers the actions touched. `handoff`
    is the message for the next person, `handoff_to` whom it is for and `handoff_file` where
    it was written.
    """

    run: str
    started: float
    took_s: float
    before: Diagnosis
    after: Diagnosis | None = None
    plans: tuple[Plan, ...] = ()
    dids: tuple[Did, ...] = ()
    verified: tuple[Verified, ...] = ()
    escalations: tuple[Text, ...] = ()
    outcome: Outcome | None = None
    level: int = 0
    exit: int = 0
    restarted: tuple[Node, ...] = ()
    refused: Text | None = None
    handoff: Text | None = None
    handoff_to: str = ""
    handoff_file: str = ""
    dry: bool = False
    waiting_approval: bool = False

    @property
    def last(self) -> Diagnosis:
        """Return the newest diagnosis."""
        return self.after or self.before

    @property
    def actions(self) -> Mapping[str, Action]:
        """Return every planned action of the run by its id."""
        return {action.id: action for plan in self.plans for action in plan.actions}

    @property
    def climbs(self) -> tuple[Climb, ...]:
        """Return the newest climb of each root (or place), in order of the first plan."""
        newest: dict[tuple[str, Node], Climb] = {}
        for plan in self.plans:
            for climb in plan.climbs:
                newest[climb.finding, climb.node] = climb
        return tuple(newest.values())

    def said(self, climb: str) -> Verified | None:
        """Return what verification said last of a climb, by its id."""
        return next((v for v in reversed(self.verified) if v.climb == climb), None)
