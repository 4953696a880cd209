"""One pass over one host: everything that is asked of it, as evidence.

The edge of the road: facts and the Engine's list first, then every container's
record, then all probes at once, each within its own bound and all within the host's.
What did not come in time is evidence, too: it says so.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from escalade.evidence.absent import absent
from escalade.evidence.ask import Asker
from escalade.evidence.ask import Deadline
from escalade.evidence.ask import Job
from escalade.evidence.ask import Later
from escalade.evidence.codec import order
from escalade.evidence.crew import Crew
from escalade.evidence.discover import Listed
from escalade.evidence.discover import address
from escalade.evidence.discover import inspect_path
from escalade.evidence.discover import listed
from escalade.evidence.discover import stacks
from escalade.evidence.facts import SCRIPT
from escalade.evidence.facts import read as read_facts
from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import json_or_none
from escalade.evidence.plan import Plan
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Get
from escalade.evidence.record import INSPECT
from escalade.evidence.record import flaw
from escalade.evidence.reply import fetch
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Host
from escalade.model import HostState
from escalade.model import Status
from escalade.redact import Redactor
from escalade.shapes import shaped
from escalade.transport.base import Output
from escalade.transport.base import Transport
from escalade.transport.engine_api import EngineApi

__all__ = ["GatherOptions", "HostPass", "gather"]

SHELL = "shell"
"""The cause of a host whose login shell does not do what it is told."""

CHANNELS = 8
"""Questions to one host at the same time: sshd refuses the eleventh session."""
FACTS_S = 3.0
INSPECT_S = 3.0
"""A container whose record takes longer is locked in the Engine: known to happen."""

Wanted = Callable[[tuple[Evidence, ...]], tuple[Address, ...]]
Progress = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class GatherOptions:
    """How deep, how long and of which stacks.

    `mode` is quick, full or deep; `deadline_s` bounds a host (deep logs have
    `deep_s` instead); `stacks` are the names asked for, empty for all; `secret_key`
    keys the hashes of one evidence file; `stop` ends all waits at once; `tail` is how
    many of a log's last lines are read (None: 400, quick 100); without `loose`,
    containers of no stack are listed and asked nothing, since nobody judges them.
    """

    mode: str = "full"
    deadline_s: float = 8.0
    deep_s: float = 120.0
    stacks: tuple[str, ...] = ()
    secret_key: bytes = field(default_factory=lambda: os.urandom(16))
    stop: threading.Event = field(default_factory=threading.Event)
    tail: int | None = None
    loose: bool = True

    @property
    def bound_s(self) -> float:
        """Return the seconds that a host may take."""
        if self.mode == "deep":
            return max(self.deadline_s, self.deep_s)
        return self.deadline_s


@dataclass(frozen=True, slots=True)
class HostPass:
    """What one pass over a host saw; `stacks` are all that are there, asked for or not."""

    state: HostState
    evidence: tuple[Evidence, ...] = ()
    stacks: tuple[str, ...] = ()


def gather(
    host: Host,
    transport: Transport,
    *,
    wanted: Wanted,
    options: GatherOptions,
    progress: Progress | None = None,
) -> HostPass:
    """Ask a host everything, within its deadline; never raises for a host.

    `wanted` is given the evidence of all containers and returns the addresses (with
    arguments) of the questions that runbooks ask beyond those always asked.
    """
    say = progress or (lambda _host, _phase: None)
    say(host.name, "open")
    opened = transport.open()
    if not opened.status.answered:
        return HostPass(_unreached(host, opened))
    pass_ = _Pass(host, transport, options, lambda phase: say(host.name, phase))
    try:
        return pass_.all(wanted)
    finally:
        pass_.close()


class _Pass:
    """The steps of one pass, in order, and what they share."""

    def __init__(
        self,
        host: Host,
        transport: Transport,
        options: GatherOptions,
        say: Callable[[str], None],
    ) -> None:
        self.host = host
        self.transport = transport
        self.options = options
        self.say = say
        self.engine = EngineApi(transport)
        self.crew = Crew(CHANNELS, name=f"gather-{host.name}")
        ends = time.monotonic() + options.bound_s
        deadline = Deadline(ends, options.stop)
        self.asker = Asker(transport, self.engine, self.crew, deadline)
        self.plan = Plan(host, options.mode, options.secret_key, options.stacks)
        self.plan.facts["tail"] = options.tail
        self.plan.loose = options.loose

    def close(self) -> None:
        """Let go of threads and channels."""
        self.crew.close()
        self.engine.close()

    def all(self, wanted: Wanted) -> HostPass:
        """Return the whole pass."""
        asker, plan = self.asker, self.plan
        self.say("engine")
        facts = self._ask_facts()
        engine = asker.start(Job(plan.catalog["engine"], plan.host_target("engine")))
        asker.wait(lambda: engine.answers[0] is not None)
        boxes = self._listed(engine)
        self.say("containers")
        lost = self._inspect(boxes)
        asker.wait(lambda: facts is None or facts.done)
        plan.facts |= (facts and facts.value) or {}
        for job in plan.first():
            asker.start(job)
        redactor = Redactor(plan.secrets(), self.options.secret_key)
        seen = (*plan.expected, *lost, *self._evidence(redactor))
        self.say("questions")
        for job in plan.second(wanted(seen)):
            asker.start(job)
        self._ask_shell()
        asker.settle()
        pieces = (*plan.expected, *lost, *self._evidence(redactor))
        found = tuple(sorted((*pieces, *absent(pieces)), key=order))
        self.say("done")
        state = self._state()
        # What a spoilt shell spoilt tells nothing of the host.
        spoilt = state.cause == SHELL
        return HostPass(state, () if spoilt else found, stacks(boxes))

    # ------------------------------------------------------------------ parts

    def _state(self) -> HostState:
        """Return whether the host still answers: it may have gone, or have no shell."""
        name, now = self.host.name, self.transport.open()
        if now.status.answered:
            return HostState(name, reachable=True)
        return _unreached(self.host, now)

    def _ask_facts(self) -> Later[Mapping[str, Any]] | None:
        """Have the host's facts read; a quick look at this machine needs none."""
        if self.options.mode == "quick" and self.host.connection == "local":
            return None

        def ask() -> Mapping[str, Any]:
            sent = time.time()
            output = self.transport.run(SCRIPT, timeout_s=FACTS_S, limit=10_000)
            return read_facts(output.stdout, sent=sent, came=time.time())

        return self.asker.later(ask)

    def _listed(self, engine: Job) -> tuple[Listed, ...]:
        """Return the containers in the Engine's list; without one nobody asks again."""
        answer = engine.answers[0] or Answer(Status.TIMEOUT, reason="no answer in time")
        if answer.status is Status.OK:
            try:
                return listed(json_or_none(answer.body))
            except TypeError as error:
                answer = Answer(Status.ERROR, reason=str(error))
        self.asker.no_engine = answer
        return ()

    def _inspect(self, boxes: Sequence[Listed]) -> tuple[Evidence, ...]:
        """Read the containers' records into the plan; return what was lost.

        All are read, whatever stacks were asked for: one may answer the others' calls.
        A quick look asks nobody who calls whom, so it reads the others not.
        """
        wish = self.options.stacks
        targets = [box for box in boxes if not wish or box.stack in wish]
        if self.options.mode == "quick":
            boxes = targets

        def ask(box: Listed) -> Callable[[], Answer]:
            question = Get(inspect_path(box), timeout_s=INSPECT_S)
            return lambda: fetch(
                self.engine, question, bound_s=self.asker.deadline.left_s
            )

        asked = {box: self.asker.later(ask(box)) for box in boxes}
        self.asker.wait(lambda: all(later.done for later in asked.values()))
        lost: list[Evidence] = []
        records: dict[Listed, Mapping[str, Any]] = {}
        for box, later in asked.items():
            answer = later.value or Answer(Status.TIMEOUT, reason="no answer in time")
            said = json_or_none(answer.body) if answer.status is Status.OK else None
            record = as_dict(said)
            wrong = flaw(said, INSPECT) or ("" if record.get("State") else "State")
            if not wrong:
                records[box] = record
            elif box in targets:
                lost.append(self._lost(box, answer, wrong))
        self.plan.know(records, targets)
        return tuple(lost)

    def _lost(self, box: Listed, answer: Answer, wrong: str) -> Evidence:
        """Return the evidence of a container whose record did not come whole."""
        status = Status.ERROR if answer.status.answered else answer.status
        reason = answer.reason or f"the Engine's record is garbled ({wrong})"
        place = address(self.host.name, box, "container")
        return Evidence(place, status, time=time.time(), complete=False, reason=reason)

    def _ask_shell(self) -> None:
        """Have the shell questions asked beside the others."""
        if not self.asker.shell:
            return
        # A quick look asks none, and need not load what it takes.
        from escalade.evidence.shell import ask_shell

        def work() -> None:
            try:
                ask_shell(self.asker, self.transport, self.engine, spawn=self.crew.ask)
            except Exception as error:  # a host in trouble is a value
                reason = f"{type(error).__name__}: {error}"
                for job, place, _ in self.asker.shell:
                    self.asker.answer(job, place, Answer(Status.ERROR, reason=reason))

        name = f"gather-{self.host.name}-shell"
        threading.Thread(target=work, name=name, daemon=True).start()

    def _evidence(self, redactor: Redactor) -> tuple[Evidence, ...]:
        """Return the evidence of all jobs that are done, without secrets."""
        return tuple(_evidence(job, redactor) for job in self.asker.jobs if job.done)


def _unreached(host: Host, said: Output) -> HostState:
    """Return a host that does not answer, and why, without secrets."""
    cause, detail = said.cause or None, shaped(said.reason)
    return HostState(host.name, reachable=False, cause=cause, detail=detail)


def _evidence(job: Job, redactor: Redactor) -> Evidence:
    """Return a finished job as evidence, without secrets."""
    parsed = job.parsed
    readings = redactor.readings(parsed.readings) if parsed.status.answered else ()
    return Evidence(
        address=job.target.address,
        status=parsed.status,
        readings=readings,
        time=job.time,
        took_s=round(job.took_s, 4),
        complete=parsed.complete,
        reason=redactor.text(parsed.reason),
    )
