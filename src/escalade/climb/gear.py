"""What a run acts with: made once at its start, handed to every part of the climb."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Protocol

from escalade.climb.chronicle import Chronicle
from escalade.climb.looks import Watch
from escalade.climb.policy import Policy
from escalade.climb.rolling import Rolling
from escalade.journal.store import Journal
from escalade.model import Diagnosis
from escalade.model import Node
from escalade.plans import Action
from escalade.plans import Climb
from escalade.plans import Did
from escalade.plans import Plan
from escalade.plans import Risk
from escalade.plans import Verified
from escalade.remedy.plan import Called
from escalade.run import Road
from escalade.text import Text

__all__ = ["Desk", "Gear", "Order"]


class Desk(Protocol):
    """Whoever watches a run: told as it goes, and asked. Called from several threads."""

    def looked(self, diagnosis: Diagnosis) -> None:
        """See what the first look found."""

    def planned(self, plan: Plan, diagnosis: Diagnosis) -> None:
        """See a plan before anything of it runs."""

    def agrees(self, plan: Plan) -> bool:
        """Say whether a plan may run."""

    def begins(self, action: Action) -> None:
        """See that an action begins."""

    def says(self, action: Action, line: str) -> None:
        """See a line that an action wrote, without secrets."""

    def did(self, action: Action, did: Did) -> None:
        """See how an action ended."""

    def verified(self, climb: Climb, found: Verified) -> None:
        """See what verification said."""

    def escalated(self, reason: Text) -> None:
        """See why a level is left."""

    def notes(self, text: Text) -> None:
        """See a sentence: a lock that is waited for, facts that changed."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the operator asked for.

    `only` are symptoms, runbooks or services; `level` where to begin; `calls` are steps
    called by hand, in `stack` where one is named, instead of a diagnosis' roots. `rolling` is
    how it goes over many hosts. `tags` and `skip_tags` choose among the ladders' steps.
    """

    only: tuple[str, ...] = ()
    level: int | None = None
    max_level: int = 3
    calls: tuple[Called, ...] = ()
    stack: str | None = None
    rolling: Rolling | None = None
    tags: tuple[str, ...] = ()
    skip_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gear:
    """The means of one run.

    `folder` is the run's own, for evidence and messages; `rests` are the hashes that every
    plan rests on; `tasks` the operator's own tasks with their risk; `who` acts, for the
    journal and for locks; `clock` is now (epoch seconds).
    """

    road: Road
    watch: Watch
    journal: Journal
    folder: Path
    desk: Desk
    policy: Policy
    order: Order
    who: str
    clock: Callable[[], float]
    chronicle: Chronicle = field(default_factory=Chronicle)
    rests: Mapping[str, str] = field(default_factory=dict)
    tasks: Mapping[str, Risk] = field(default_factory=dict)
    tasks_folder: Path = Path()

    @property
    def run(self) -> str:
        """Return the run's id."""
        return self.road.run

    def note(
        self,
        kind: str,
        data: Mapping[str, object],
        *,
        node: Node | None = None,
    ) -> None:
        """Write one event of the run into the journal. Raises `JournalError`."""
        self.journal.event(self.run, kind, data=data, node=node)
