"""The nouns of the journal: a run, its events, and the state that follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from escalade.model import Node

__all__ = [
    "KINDS",
    "Data",
    "Event",
    "Group",
    "Process",
    "RunRecord",
    "RunState",
    "Word",
]

KINDS = (
    "started",
    "scheduled",
    "diagnosed",
    "planned",
    "approved",
    "denied",
    "locked",
    "busy",
    "saved",
    "intent",
    "group",
    "result",
    "verified",
    "escalated",
    "handed-off",
    "held",
    "unheld",
    "budget-reset",
    "ended",
)
"""What can happen in a run; docs/journal.md says what each keeps."""

Data = Mapping[str, object]
"""An event's own facts: what JSON can hold, names as in docs/journal.md."""


@dataclass(frozen=True, slots=True)
class Process:
    """The controller that carries a run out, told apart from any other.

    `boot` names the start of its machine, `space` its own view of process numbers (a
    container has another one), `born` is its start in ticks since that boot.
    """

    host: str
    pid: int
    boot: str = ""
    space: str = ""
    born: str = ""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One invocation: who asked for what, when, from where, and why.

    `command` is its command line without secrets; `started` in epoch seconds.
    """

    id: str
    kind: str
    who: str
    controller: str
    started: float
    command: str = ""
    why: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in a run, in the order of `id`.

    `action` is the id of a plan's action. `redacted` says that a secret was taken out:
    a command in it is for people, and cannot be run again as it stands.
    """

    id: int
    run: str
    time: float
    kind: str
    node: Node | None = None
    action: str = ""
    data: Data = field(default_factory=dict)
    redacted: bool = False


Word = str
"""waiting-approval, expired, running, interrupted or ended."""


@dataclass(frozen=True, slots=True)
class RunState:
    """Where a run stands, by its events.

    `expires` is until when a plan may be approved; `sure` is False where only the
    controller's own machine could tell whether it still runs.
    """

    word: Word
    exit: int | None = None
    outcome: str = ""
    level: int | None = None
    ended: float | None = None
    expires: float | None = None
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """A process group on a host whose action has no result: it may still run there."""

    action: str
    host: str
    group: str
    time: float


def of_kind(events: Sequence[Event], *kinds: str) -> tuple[Event, ...]:
    """Return the events of some kinds, in order."""
    return tuple(event for event in events if event.kind in kinds)
