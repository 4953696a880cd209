"""What the executor writes through: intent before, result after, of one climb."""

from __future__ import annotations

from dataclasses import dataclass

from escalade.journal import facts
from escalade.journal.store import Journal
from escalade.model import Node
from escalade.plans import Action
from escalade.plans import Climb
from escalade.plans import Did
from escalade.plans import Verified
from escalade.plans import flat

__all__ = ["ClimbRecorder"]


@dataclass(frozen=True, slots=True)
class ClimbRecorder:
    """Writes what becomes of one climb's actions. Raises `JournalError`, as the journal."""

    journal: Journal
    run: str
    round: int
    climb: Climb

    def intent(self, action: Action, attempt: int) -> None:
        """Write that an action is about to run."""
        data = facts.intended(self.climb, action, round=self.round, attempt=attempt)
        self.journal.event(
            self.run, "intent", data=data, node=action.node, action=action.id
        )

    def group(self, action: Action, group: str) -> None:
        """Write which process group on its host an action runs in."""
        data = {"round": self.round, "climb": self.climb.id, "group": group}
        node = action.node if action.node.host == action.host else Node(action.host)
        self.journal.event(self.run, "group", data=data, node=node, action=action.id)

    def result(self, did: Did) -> None:
        """Write how an action ended."""
        data = facts.resulted(did, round=self.round, climb=self.climb.id)
        node = next((a.node for a in self._actions() if a.id == did.action), None)
        self.journal.event(self.run, "result", data=data, node=node, action=did.action)

    def verified(self, found: Verified) -> None:
        """Write what verification said of the climb."""
        data = facts.verified(self.climb, found, round=self.round)
        self.journal.event(self.run, "verified", data=data, node=self.climb.node)

    def _actions(self) -> tuple[Action, ...]:
        """Return every action of the climb."""
        return tuple(
            action
            for top in self.climb.steps
            for step in flat(top)
            for action in step.actions
        )
