"""What a probe is: questions as values, a pure parser, and a pure view for conditions.

A probe never touches the world. `gather` asks its questions through the host's
transport and hands the answers to its parser; conditions read what its view returns.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import NamedTuple
from typing import Protocol

from escalade.model import Address
from escalade.model import Args
from escalade.model import Evidence
from escalade.model import Reading
from escalade.model import Scalar
from escalade.model import Status

__all__ = [
    "Answer",
    "Argument",
    "Dial",
    "Get",
    "Inside",
    "Parsed",
    "Peer",
    "Probe",
    "Question",
    "Script",
    "Seen",
    "Target",
    "View",
    "failed",
]


@dataclass(frozen=True, slots=True)
class Script:
    """A POSIX shell snippet for the host; all of a host's snippets travel as one."""

    text: str
    timeout_s: float = 3.0
    limit: int = 65_536


@dataclass(frozen=True, slots=True)
class Inside:
    """A bash snippet to run inside the container's network namespace.

    Asked with nsenter where we are root on the host, else by exec, else it is a gap.
    All snippets of one container travel together.
    """

    text: str
    timeout_s: float = 4.0
    limit: int = 65_536


class Get(NamedTuple):
    """A GET to the Engine API. The body is kept up to `limit` bytes.

    `fold`, where given, reads the body as it streams and returns what to keep of it,
    in bounded memory; `limit` then does not apply.
    """

    path: str
    limit: int = 4_000_000
    timeout_s: float = 5.0
    fold: Callable[[Iterator[bytes]], bytes] | None = None


PAUSED_S = 0.25
"""How long an answer of a paused container is waited for: it answers nobody, and the
whole look would wait for it."""


class Dial(NamedTuple):
    """A TCP conversation from the host: connect, send, read.

    Reading stops when `until` is in what came or `done` says so of it, at `limit`
    bytes, at the peer's end, or when nothing came for `timeout_s`.
    """

    host: str
    port: int
    send: bytes = b""
    until: bytes = b""
    limit: int = 16_384
    timeout_s: float = 2.0
    done: Callable[[bytes], bool] | None = None


Question = Script | Inside | Get | Dial


class Answer(NamedTuple):
    """What came back for one question.

    `code` is the exit code of a script or the HTTP status of the Engine; `outcome` is
    how a dial ended: ok (the peer answered), silent (connected, no byte in time),
    closed (connected, ended without a byte), reset, refused, timeout, dns, no-route,
    unreachable, denied.
    """

    status: Status
    body: bytes = b""
    code: int | None = None
    outcome: str = ""
    took_s: float = 0.0
    reason: str = ""
    truncated: bool = False


class Peer(NamedTuple):
    """Another container of the same host, as questions need to know it."""

    service: str
    replica: str
    names: tuple[str, ...]
    addresses: tuple[str, ...]
    ports: tuple[int, ...]
    running: bool
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """What a question is asked of, with the raw facts it may need.

    `inspect` is the Engine's own record of the container: it holds secrets, lives in
    memory only, and never reaches a reading. `facts` are the host's slow truths:
    `root` (bool), `now` (float, the host's clock), `has_bash`, `cgroup` (1 or 2) ...
    """

    address: Address
    inspect: Mapping[str, Any] = field(default_factory=dict)
    peers: tuple[Peer, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    secret_key: bytes = b""


class Parsed(NamedTuple):
    """What a parser made of the answers."""

    readings: tuple[Reading, ...] = ()
    status: Status = Status.OK
    complete: bool = True
    reason: str = ""


def failed(answers: Sequence[Answer]) -> Parsed | None:
    """Return the first answer's trouble as a parse result, None if all came."""
    for answer in answers:
        if not answer.status.answered:
            return Parsed(status=answer.status, complete=False, reason=answer.reason)
    return None


class Seen(Protocol):
    """The evidence of a snapshot, looked up by address: what a view may read."""

    @property
    def now(self) -> float:
        """The clock that judges, in seconds since the epoch."""

    def of(
        self,
        probe: str,
        *,
        host: str,
        stack: str | None = None,
        service: str | None = None,
        replica: str | None = None,
        args: Args | None = None,
    ) -> Sequence[Evidence]:
        """Return the pieces of a probe at a place; None means "whatever it is"."""

    def role(self, host: str, stack: str, role: str) -> tuple[str, ...]:
        """Return the services of a stack that are bound to a role."""


class View(NamedTuple):
    """What a condition sees: records, or why there are none.

    `unknown` is set where the question could not be answered. A `complete` view with
    no record that fits is False; an incomplete one is unknown.
    """

    readings: tuple[Reading, ...] = ()
    complete: bool = True
    unknown: str = ""


class Argument(NamedTuple):
    """An argument a condition may give to a probe: its type, default and words."""

    type: type
    default: Scalar | tuple[str, ...] = None
    choices: tuple[str, ...] = ()
    required: bool = False
    many: bool = False


def _no_questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask nothing: the probe is a view over what others saw."""
    del target, args
    return ()


def _no_parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Parse nothing."""
    del target, args, answers
    return Parsed(status=Status.UNSUPPORTED, reason="not a question")


@dataclass(frozen=True, slots=True)
class Probe:
    """A read-only question with a pure parser. A module-level value is discovered.

    - `scope`: `host`, `stack` or `container`: what it is asked of.
    - `arguments`: those that make a question of their own (`http`'s path) and those
      that only its view reads (`log`'s pattern; names in `view_only`).
    - `readings`: name to type of what a record can hold.
    - `always`: asked of every target, in whatever run, without a runbook's wish.
    - `quick`: asked by `diagnose --quick` too.
    - `derived`: asks nothing; a view over what other probes saw of the same place.
    - `scans`: a deep run tells it the view arguments too, so that it can look for them.
    - `slow`: its answer takes seconds; a run that acts asks only for what it acts on.
    - `needs_running`: a container that does not run has nothing to answer.
    - `follow`: what else to ask once the first answers came (`Get` and `Dial` only);
      the parser gets all answers.
    - `view(seen, address, args)`: pure; by default the stored readings.
    """

    name: str
    scope: str
    doc: str
    readings: Mapping[str, type]
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    view_only: frozenset[str] = frozenset()
    always: bool = False
    quick: bool = False
    derived: bool = False
    scans: bool = False
    slow: bool = False
    needs_running: bool = False
    questions: Callable[[Target, Args], tuple[Question, ...]] = _no_questions
    follow: Callable[[Target, Args, Sequence[Answer]], tuple[Question, ...]] | None = (
        None
    )
    parse: Callable[[Target, Args, Sequence[Answer]], Parsed] = _no_parse
    view: Callable[[Seen, Address, Args], View] | None = None
    headline: Iterable[str] = ()

    def question_args(self, args: Args) -> Args:
        """Return the arguments that make a question of their own, in order."""
        return tuple(pair for pair in args if pair[0] not in self.view_only)
