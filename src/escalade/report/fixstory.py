"""What one run of `fix` did, from the first look to the last word: nouns only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from escalade.model import Diagnosis
from escalade.model import Node
from escalade.model import Verdict
from escalade.plans import Action
from escalade.plans import Climb
from escalade.plans import Did
from escalade.plans import Outcome
from escalade.plans import Plan
from escalade.plans import Verified
from escalade.text import Text

__all__ = ["FixStory", "HandedOff"]


@dataclass(frozen=True, slots=True)
class HandedOff:
    """One message for the next person: whom it is for, its file, and what it is about.

    `file` is empty where it could not be written. `finding` and `symptom` are empty for a
    step called by hand.
    """

    message: Text
    node: Node
    to: str = ""
    file: str = ""
    finding: str = ""
    symptom: str = ""


@dataclass(frozen=True, slots=True)
class FixStory:
    """A run of `fix`, `apply`, `approve`, `resume` or of a step called by hand.

    `outcome` is None where nothing ran (`dry`, refused, waiting, nothing to fix); `level`
    is the highest that ran, 0 where none did. `escalations` say, in order, why a level was
    left. `after` is the last diagnosis, None where there was no second one. `exit` is the
    exit code. `restarted` are the services whose containers the actions touched. `handoffs`
    are the messages for the next person, `kept` the paths of what else is there to be
    passed on: bundles, and all that a step called by hand has collected. `unbegun` are the
    hosts that the brake of a rolling change kept from their turn. `echoes` are roots of the
    last look, by id, that only repeat what logs said before the cure.
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
    handoffs: tuple[HandedOff, ...] = ()
    kept: tuple[str, ...] = ()
    dry: bool = False
    waiting_approval: bool = False
    unbegun: tuple[str, ...] = ()
    echoes: frozenset[str] = frozenset()

    @property
    def blind(self) -> bool:
        """Whether nothing was seen that could be acted on, and nobody can tell why not."""
        planned = any(plan.climbs for plan in self.plans)
        return self.last.verdict is Verdict.UNKNOWN and not planned

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
