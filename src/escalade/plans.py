"""The nouns of the way back: action, step, plan, what was done, outcome. Frozen values.

Times are seconds since the epoch, durations end in `_s`, as in `model`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from enum import Enum
from enum import IntEnum

from escalade.model import Args
from escalade.model import Comparison
from escalade.model import Condition
from escalade.model import Node
from escalade.text import NO_TEXT
from escalade.text import Text

__all__ = [
    "Action",
    "Attempt",
    "Call",
    "Check",
    "Climb",
    "Collect",
    "Control",
    "Did",
    "Do",
    "Ended",
    "Outcome",
    "Plan",
    "PlannedStep",
    "Risk",
    "Shell",
    "UserTask",
    "Verified",
]


class Risk(IntEnum):
    """What an action can break; ordered."""

    SAFE = 0
    DISRUPTIVE = 1
    DESTRUCTIVE = 2

    @property
    def word(self) -> str:
        """Return the name used in YAML, on the command line and in JSON."""
        return self.name.lower()


class Outcome(Enum):
    """What verification said after a level."""

    CURED = "cured"
    PERSISTS = "persists"
    WORSE = "worse"
    UNKNOWN = "unknown"


class Ended(Enum):
    """How one action ended.

    `SKIPPED`: its postcondition held already, or its step's `when` did not.
    `UNKNOWN`: it was under way when the controller ended, and nothing tells.
    """

    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    INTERRUPTED = "interrupted"
    UNKNOWN = "unknown"

    @property
    def well(self) -> bool:
        """Whether the action's effect is there."""
        return self in (Ended.DONE, Ended.SKIPPED)


# ------------------------------------------------------------- what is done


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the host's Engine API.

    `body` is JSON text; `fine` are HTTP codes beyond 2xx that mean "it is so already"
    (304 of start and stop).
    """

    method: str
    path: str
    body: str = ""
    fine: tuple[int, ...] = (304,)


@dataclass(frozen=True, slots=True)
class Shell:
    """One POSIX shell line on the host, every value in it quoted (transport.Command)."""

    line: str


@dataclass(frozen=True, slots=True)
class Collect:
    """Something to read and keep with the run: `logs`, `network`, `bundle`, `handoff` ...

    It changes nothing on the host.
    """

    what: str
    args: Args = ()


@dataclass(frozen=True, slots=True)
class UserTask:
    """A task of the operator's own tasks.py with the words of its command line."""

    words: tuple[str, ...]


Do = Call | Shell | Collect | UserTask
"""None in its place waits for the postcondition alone."""


@dataclass(frozen=True, slots=True)
class Check:
    """A question that tells whether an action happened.

    `of` says what is asked and `target` where:

    - `container` (name): the readings of the probe `container`, and `exists`
    - `service` (stack, service): the same of each of its containers
    - `image` (reference): exists, id, created_at
    - `volume` (name): exists
    - `network` (network, container): exists, connected, aliases
    - `tcp` (host, port): outcome, as seen from the host
    - `http` (host, port, path): outcome, status
    - `log` (container, text): count of lines since the container's start that hold it
    - `path` (path on the host): exists, size

    It holds when every record satisfies all comparisons, and there is a record (a
    missing object is one record with `exists: False`). Once one satisfies all of `lost`,
    it cannot come to hold any more: there is nothing to wait for.
    """

    of: str
    target: tuple[str, ...]
    expect: tuple[Comparison, ...]
    lost: tuple[Comparison, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """One command or API call that a step asks for: unit of plan, approval, journal.

    `command` is what an operator would type on the host; `undo` takes it back ("" where
    nothing is to be taken back). `touches` are the services whose containers it starts,
    stops, replaces or removes; an action without any changes no container. `after` is the
    postcondition, asked until it holds for `settle_s` seconds once the action ended; where
    it holds before, the action is skipped unless `always`.
    """

    host: str
    step: str
    node: Node
    do: Do | None
    command: str
    risk: Risk = Risk.SAFE
    why: Text = NO_TEXT
    undo: str = ""
    touches: tuple[Node, ...] = ()
    after: tuple[Check, ...] = ()
    timeout_s: float = 60.0
    settle_s: float = 0.0
    always: bool = False
    id: str = ""

    @property
    def reads(self) -> bool:
        """Whether it changes nothing on the host."""
        return self.do is None or isinstance(self.do, Collect)


# ----------------------------------------------------------------- the plan


@dataclass(frozen=True, slots=True)
class Control:
    """How a step is carried out.

    `attempts` counts executions (3 means three); between two of them `backoff_s`
    doubles up to `cap_s`, plus or minus the share `jitter`. `timeout_s` bounds one attempt.
    `until` must hold after an attempt for it to have succeeded.
    """

    attempts: int = 1
    backoff_s: float = 2.0
    cap_s: float = 60.0
    jitter: float = 0.1
    timeout_s: float | None = None
    when: Condition | None = None
    until: Condition | None = None


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step with the actions that it comes to, or a group that retries as one.

    `id` is unique in its plan (`1.2` ...). A handler that is there takes the failure over:
    the level goes on after it. `always` runs whatever happened. `trouble` says why the step
    cannot be planned at all (its service does not exist ...).
    """

    id: str
    name: str
    node: Node
    actions: tuple[Action, ...] = ()
    control: Control = field(default_factory=Control)
    group: tuple[PlannedStep, ...] = ()
    on_failed: tuple[PlannedStep, ...] = ()
    on_unreachable: tuple[PlannedStep, ...] = ()
    on_timeout: tuple[PlannedStep, ...] = ()
    always: tuple[PlannedStep, ...] = ()
    register: str = ""
    tags: tuple[str, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Climb:
    """One level of one root's ladder, or of nothing: a step that an operator asked for.

    `remedy` is ladder, wait, none or handoff (as of a symptom). `reason` says why this
    level: where it begins, or why the one below was left. `ripe_s` are the seconds after its
    last action before which its symptom could not show again, so that its absence tells
    nothing.
    """

    id: str
    node: Node
    symptom: str
    finding: str
    title: Text
    ladder: str | None
    level: int
    steps: tuple[PlannedStep, ...]
    remedy: str = "ladder"
    advice: Text | None = None
    reason: Text = NO_TEXT
    verify: tuple[Condition, ...] = ()
    ripe_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """The ordered actions, as a value; what was shown is what runs.

    `round` counts the plans of a run from 1. `rests` are the facts it rests on, by name: symptoms,
    container, image and configuration ids, hashes of runbooks, package and user tasks.
    `digest` covers actions and `rests` (sha256, hexadecimal).
    """

    run: str
    round: int
    made: float
    climbs: tuple[Climb, ...]
    rests: Mapping[str, str]
    digest: str

    @property
    def steps(self) -> tuple[PlannedStep, ...]:
        """Return every step in order, those of groups and handlers included."""
        return tuple(
            s for climb in self.climbs for top in climb.steps for s in flat(top)
        )

    @property
    def actions(self) -> tuple[Action, ...]:
        """Return every action in order, those of groups and handlers included."""
        return tuple(action for step in self.steps for action in step.actions)

    @property
    def risk(self) -> Risk:
        """Return the highest risk of all actions."""
        return max((action.risk for action in self.actions), default=Risk.SAFE)


def flat(step: PlannedStep) -> tuple[PlannedStep, ...]:
    """Return a step and all below it, in order of the file."""
    below = (
        *step.group,
        *step.on_failed,
        *step.on_unreachable,
        *step.on_timeout,
        *step.always,
    )
    return (step, *(inner for each in below for inner in flat(each)))


# ----------------------------------------------------------- what was done


@dataclass(frozen=True, slots=True)
class Did:
    """How one action ended: what the journal keeps of it.

    `attempt` counts from 1; `code` is the exit code or HTTP status; `reason` one line;
    `output` the redacted, capped end of what it wrote; `kept` names files of the run's
    folder that hold what was collected; `orphan` says what is still running on the host and
    could not be ended.
    """

    action: str
    ended: Ended
    attempt: int = 1
    started: float = 0.0
    took_s: float = 0.0
    code: int | None = None
    reason: str = ""
    output: str = ""
    kept: tuple[str, ...] = ()
    orphan: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """What verification said of one climb: outcome, why, and the facts behind it.

    `new` are findings that were not there before; `again` is True where a fresh look may
    still change the outcome (a health check that is starting). `unheard`: the finding is
    gone, but those who told of it have said nothing since.
    """

    climb: str
    outcome: Outcome
    reason: Text = NO_TEXT
    new: tuple[str, ...] = ()
    again: bool = False
    unheard: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """One level that was carried out for one finding: what budgets count.

    `fingerprint` is the finding's id, empty for a step called by hand; `time` and `ended`
    are when its first and last event came, `outcome` what verification said.
    """

    time: float
    node: Node
    fingerprint: str
    symptom: str
    level: int
    outcome: Outcome = Outcome.UNKNOWN
    ended: float = 0.0
    run: str = ""
