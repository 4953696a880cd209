"""The nouns that travel the road: frozen values and enums, standard library only.

Times are seconds since the epoch (UTC, float) in fields called `time`, `recorded`
or `*_at`; durations are seconds in fields that end in `_s`; sizes are bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from enum import Enum
from enum import IntEnum

from escalade.text import NO_TEXT
from escalade.text import Text

__all__ = [
    "Address",
    "All",
    "Any",
    "Args",
    "Ask",
    "Cite",
    "Comparison",
    "Condition",
    "Confidence",
    "Diagnosis",
    "Evidence",
    "Finding",
    "Gap",
    "Host",
    "HostState",
    "Kind",
    "Ladder",
    "Node",
    "Not",
    "Reading",
    "Remedy",
    "Run",
    "Runbook",
    "Scalar",
    "ServiceState",
    "Severity",
    "Snapshot",
    "Spread",
    "Status",
    "Step",
    "Symptom",
    "Truth",
    "Value",
    "Verdict",
    "args_of",
]

Scalar = str | int | float | bool | None
Value = Scalar | tuple[str, ...]
Reading = Mapping[str, Value]
"""One flat record that a parser produced; `None` means "not known"."""
Args = tuple[tuple[str, Value], ...]
"""Canonical arguments: sorted by name; an argument that takes many is a tuple."""


def args_of(values: Mapping[str, Value]) -> Args:
    """Return arguments in their canonical order."""
    return tuple(sorted(values.items()))


class Severity(IntEnum):
    """How bad it is for users; ordered."""

    INFO = 0
    WARNING = 1
    ERROR = 2
    CRITICAL = 3

    @property
    def word(self) -> str:
        """Return the name used in YAML and JSON."""
        return self.name.lower()


class Kind(Enum):
    """What a symptom says about the service it is seen on."""

    INTRINSIC = "intrinsic"
    DEPENDENCY = "dependency"
    CONSEQUENCE = "consequence"


class Confidence(Enum):
    """How sure we are; the numbers are starting values (docs/confidence.md)."""

    PROVEN = "proven"
    STRONG = "strong"
    LIKELY = "likely"
    GUESS = "guess"

    @property
    def number(self) -> float:
        """Return the class as a number from 0 to 1."""
        return {"proven": 0.95, "strong": 0.8, "likely": 0.6, "guess": 0.3}[self.value]


class Truth(Enum):
    """Kleene's three values."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


class Status(Enum):
    """How a question ended. Only `OK` and `PARTIAL` carry readings."""

    OK = "ok"
    PARTIAL = "partial"
    ERROR = "error"
    TIMEOUT = "timeout"
    DENIED = "denied"
    UNSUPPORTED = "unsupported"
    UNREACHABLE = "unreachable"
    VANISHED = "vanished"

    @property
    def answered(self) -> bool:
        """Whether the evidence carries readings."""
        return self in (Status.OK, Status.PARTIAL)


class Verdict(Enum):
    """What one diagnosis says of everything that it saw."""

    HEALTHY = "healthy"
    FINDINGS = "findings"
    UNKNOWN = "unknown"


# --------------------------------------------------------------------- hosts


@dataclass(frozen=True, slots=True)
class Host:
    """One addressable target, as in the inventory.

    `connection` is `local` or `ssh`; `address`, `port`, `user` and `identity` are
    None where ~/.ssh/config or SSH's own default decides. `become` is the user as whom
    everything runs there, by sudo; None: who logged in; empty: who logged in, whatever a
    flag or setting says. `vars` holds what the inventory says beyond that
    (`escalade_stacks` ...). `trouble` says why its variables tell no way to it.
    """

    name: str
    connection: str = "local"
    address: str | None = None
    port: int | None = None
    user: str | None = None
    identity: str | None = None
    jump: str | None = None
    groups: tuple[str, ...] = ()
    vars: Mapping[str, object] = field(default_factory=dict)
    become: str | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class HostState:
    """Whether a host answered, and if not, why (`cause` is one of docs/hosts.md)."""

    host: str
    reachable: bool
    cause: str | None = None
    detail: str = ""


# ------------------------------------------------------------------ evidence


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """A place where a finding can sit: a service, a stack, or a host itself."""

    host: str
    stack: str | None = None
    service: str | None = None

    def __str__(self) -> str:
        """Return `service on host`, or `host`."""
        name = self.service or self.stack
        return f"{name} on {self.host}" if name else self.host


@dataclass(frozen=True, slots=True)
class Address:
    """Where a piece of evidence came from, and what was asked there.

    `replica` is the container's name; None for questions about a host or a stack.
    """

    host: str
    stack: str | None
    service: str | None
    replica: str | None
    probe: str
    args: Args = ()

    @property
    def node(self) -> Node:
        """Return the place that this evidence speaks of."""
        return Node(self.host, self.stack, self.service)

    @property
    def target(self) -> str:
        """Return the target in one word for people: container, service or host."""
        return self.replica or self.service or self.stack or self.host


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a probe saw.

    `readings` are flat records; `complete` is False where only a part was read
    (a partial log proves presence, never absence); `reason` says in one line why
    there are none or not all.
    """

    address: Address
    status: Status
    readings: tuple[Reading, ...] = ()
    time: float = 0.0
    took_s: float = 0.0
    complete: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that one pass over the hosts saw: what `--save` writes and `--from` reads.

    `mode` is `quick`, `full` or `deep`; `recorded` is the clock that judges.
    """

    recorded: float
    mode: str
    hosts: tuple[HostState, ...]
    evidence: tuple[Evidence, ...]


# ------------------------------------------------------------------ runbooks


@dataclass(frozen=True, slots=True)
class Comparison:
    """One reading against one value.

    `op` is eq, ne, in, not_in, gt, ge, lt, le, matches, contains or known.
    """

    reading: str
    op: str
    value: Value | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to one probe and what its readings must be.

    `of` names the role asked instead of the symptom's own service; `every` asks
    that all replicas hold it. It holds if one record satisfies all comparisons.
    """

    probe: str
    args: Args
    expect: tuple[Comparison, ...]
    of: str | None = None
    every: bool = False


@dataclass(frozen=True, slots=True)
class All:
    """Holds when every part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Holds when at least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Holds when its part does not."""

    part: Condition


Condition = Ask | All | Any | Not


@dataclass(frozen=True, slots=True)
class Step:
    """One named entry of a level: an Invoke task, its arguments, how it is carried out.

    `args` may hold templates (`{{ root.service }}`), filled from `vars` and the root.
    `attempts` counts executions; between two of them `backoff_s` doubles up to `cap_s`,
    plus or minus the share `jitter`. `timeout_s` None is the step's own. `group` are the steps
    of a group (then `name` is "group"), which retries as one. `source` is file:line.
    """

    name: str
    args: Mapping[str, object] = field(default_factory=dict)
    when: Condition | None = None
    until: Condition | None = None
    attempts: int = 1
    backoff_s: float = 2.0
    cap_s: float = 60.0
    jitter: float = 0.1
    timeout_s: float | None = None
    group: tuple[Step, ...] = ()
    on_failed: tuple[Step, ...] = ()
    on_unreachable: tuple[Step, ...] = ()
    on_timeout: tuple[Step, ...] = ()
    always: tuple[Step, ...] = ()
    register: str = ""
    vars: Mapping[str, object] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The ordered ways to cure: level number to steps; `verify` is asked after each."""

    name: str
    levels: Mapping[int, tuple[Step, ...]]
    verify: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Symptom:
    """A named condition on readings, from a runbook.

    `id` is `<runbook>.<name>`. `blames` is a role, or `probe.reading` whose value in
    the record that held names a service. `standing` marks a weakness that was there
    before any incident: it neither explains other findings nor is explained by them.
    `yields` marks a bare state (stopped, unhealthy): it says that a service is in
    trouble but not why, so any finding that says why comes before it.
    `remedy` is `ladder`, `wait`, `none` or `handoff`. `advice` may differ by the value
    of a reading: `advice_by` is that reading, `advices` its cases.
    """

    id: str
    runbook: str
    role: str
    kind: Kind
    title: Text
    severity: Severity
    confidence: Confidence
    when: Condition
    blames: str | None = None
    standing: bool = False
    yields: bool = False
    remedy: str = "ladder"
    ladder: str | None = None
    start_level: int = 1
    advice: Text | None = None
    advice_by: str | None = None
    advices: Mapping[str, Text] = field(default_factory=dict)
    where: str = ""


@dataclass(frozen=True, slots=True)
class Runbook:
    """One YAML file for one failure domain.

    `vars` are its own variables as plain data; `docs` among them are the pages of the vendor's
    documentation that a hand-off names.
    """

    name: str
    title: Text
    role: str
    symptoms: tuple[Symptom, ...]
    ladders: Mapping[str, Ladder]
    source: str = ""
    vars: Mapping[str, object] = field(default_factory=dict)


# ----------------------------------------------------------------- diagnosis


@dataclass(frozen=True, slots=True)
class Cite:
    """One piece of evidence quoted for people: why a finding is believed."""

    probe: str
    target: str
    time: float
    excerpt: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do about a root: ladder and level, or advice alone."""

    ladder: str | None
    level: int | None
    steps: tuple[str, ...]
    advice: Text | None


@dataclass(frozen=True, slots=True)
class Finding:
    """A symptom that held, with its evidence.

    `id` is stable for (symptom, node); `since` is when it began, where that is known;
    `caused_by` is the id of the finding that explains this one, None for a root;
    `explains` are the ids folded under a root; `replicas` are the containers of the
    service of which it is true by themselves (none where only all together are).
    """

    id: str
    symptom: str
    node: Node
    severity: Severity
    confidence: Confidence
    kind: Kind
    title: Text
    why: tuple[Cite, ...]
    remedy: Remedy
    blames: tuple[Node, ...] = ()
    since: float | None = None
    standing: bool = False
    yields: bool = False
    suspected: bool = False
    caused_by: str | None = None
    explains: tuple[str, ...] = ()
    replicas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """A question that could not be answered, and why.

    `hides` is True where the missing answer could hide an error.
    """

    node: Node
    probe: str
    reason: str
    hides: bool


@dataclass(frozen=True, slots=True)
class ServiceState:
    """One row of the state board.

    `files` are the Compose files that made the container and `folder` the project's
    own, as paths on its host; empty where it does not say.
    """

    node: Node
    container: str | None
    state: str
    health: str | None
    verdict: str
    role: str | None = None
    note: Text = NO_TEXT
    files: tuple[str, ...] = ()
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Spread:
    """One root that several hosts have, of `of` hosts looked at.

    `title` names no host and `service` is None where it differs; `findings` are the ids of
    the roots. `shared` is a word for what they may have in common beyond themselves (dns,
    gateway, registry, clock, network, or empty) and `because` says so in a sentence.
    """

    symptom: str
    service: str | None
    severity: Severity
    title: Text
    hosts: tuple[str, ...]
    of: int
    findings: tuple[str, ...]
    shared: str = ""
    because: Text = NO_TEXT


@dataclass(frozen=True, slots=True)
class Run:
    """One invocation: its id, its start (epoch seconds) and how long it took."""

    id: str
    started: float
    took_s: float


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Roots, what each explains, gaps: what one run has to say."""

    run: str
    started: float
    took_s: float
    mode: str
    verdict: Verdict
    exit: int
    hosts: tuple[HostState, ...]
    services: tuple[ServiceState, ...]
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    not_applicable: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    fleet: tuple[Spread, ...] = ()

    @property
    def roots(self) -> tuple[Finding, ...]:
        """Return the findings that no other finding explains, likeliest first.

        A note of severity info never is one.
        """
        free = (f for f in self.findings if f.caused_by is None)
        return tuple(f for f in free if f.severity > Severity.INFO)
