"""Questions put to one host at the same time, each within its own bound.

Asking is an edge: gets and dials go to a crew of threads, shell questions wait until
`shell` takes them all at once. A job is done when its last answer came; what has none
when the deadline passes gets one that says so.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from collections.abc import Sequence
from contextlib import suppress
from typing import Generic
from typing import NamedTuple
from typing import TypeVar

from escalade.evidence.crew import Crew
from escalade.evidence.dial import converse
from escalade.evidence.parsing import as_dict
from escalade.evidence.probe import PAUSED_S
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Dial
from escalade.evidence.probe import Get
from escalade.evidence.probe import Inside
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Script
from escalade.evidence.probe import Target
from escalade.evidence.reply import fetch
from escalade.model import Args
from escalade.model import Status
from escalade.transport.base import Transport
from escalade.transport.engine_api import EngineApi

__all__ = ["Asker", "Deadline", "Job", "Shell"]

_T = TypeVar("_T")

SLICE_S = 0.2
"""How often a wait looks at the stop event."""


class Deadline(NamedTuple):
    """A moment on the monotonic clock, and an event that makes it come at once."""

    ends: float
    stop: threading.Event

    @property
    def left_s(self) -> float:
        """Return the seconds that are left, never below 0."""
        return 0.0 if self.stop.is_set() else max(0.0, self.ends - time.monotonic())


class Job:
    """One probe put to one target, and how far it came."""

    __slots__ = (
        "answers",
        "done",
        "followed",
        "parsed",
        "probe",
        "questions",
        "target",
        "time",
        "took_s",
    )

    def __init__(self, probe: Probe, target: Target) -> None:
        self.probe = probe
        self.target = target
        self.questions: list[Question] = []
        self.answers: list[Answer | None] = []
        self.followed = False
        self.done = False
        self.parsed = Parsed()
        self.time = 0.0
        self.took_s = 0.0

    @property
    def args(self) -> Args:
        """Return the arguments that the question was made with."""
        return self.target.address.args

    def take(self, questions: Sequence[Question]) -> list[int]:
        """Add questions and return their places."""
        first = len(self.questions)
        self.questions += questions
        self.answers += [None] * len(questions)
        return list(range(first, len(self.questions)))

    @property
    def open(self) -> bool:
        """Whether an answer is still missing."""
        return any(answer is None for answer in self.answers)


def _paused(target: Target) -> bool:
    """Whether the Engine says of a question's container that it is paused."""
    return as_dict(target.inspect.get("State")).get("Paused") is True


def _guarded(job: Job, call: Callable[[], _T]) -> _T | None:
    """Return what a probe's own function makes of the world; None where it broke.

    Parsers meet bytes that nobody foresaw. One that breaks costs its own evidence,
    never the run.
    """
    try:
        return call()
    except Exception as error:
        reason = f"the probe broke: {type(error).__name__}: {error}"
        job.parsed = Parsed(status=Status.ERROR, complete=False, reason=reason)
        return None


class Shell(NamedTuple):
    """A shell question that waits for the batch: whose, and which."""

    job: Job
    place: int
    question: Script | Inside


class Later(Generic[_T]):
    """A value that a crew's thread will bring; `done` without one: it broke."""

    __slots__ = ("done", "value")

    def __init__(self) -> None:
        self.value: _T | None = None
        self.done = False


class Asker:
    """Puts jobs to one host and waits for them.

    `no_engine`, once set, answers all further gets: nobody is asked again.
    """

    def __init__(
        self, transport: Transport, engine: EngineApi, crew: Crew, deadline: Deadline
    ) -> None:
        self.deadline = deadline
        self.no_engine: Answer | None = None
        self.shell: list[Shell] = []
        self.jobs: list[Job] = []
        self._transport = transport
        self._engine = engine
        self._crew = crew
        self._changed = threading.Condition()

    def start(self, job: Job) -> Job:
        """Put a job's questions on their way; a job without any is parsed at once."""
        self.jobs.append(job)
        job.time = time.time()
        questions = _guarded(job, lambda: job.probe.questions(job.target, job.args))
        if questions is None:
            self._finish(job, None)
        elif questions:
            self._send(job, questions)
        else:
            self._end(job)
        return job

    def answer(self, job: Job, index: int, answer: Answer) -> None:
        """Note an answer; the last one of a job lets it follow up or end."""
        with self._changed:
            if job.done or job.answers[index] is not None:
                return
            job.answers[index] = answer
            complete = not job.open
            self._changed.notify_all()
        if complete:
            self._advance(job)

    def later(self, call: Callable[[], _T]) -> Later[_T]:
        """Have a thread of the crew make a call; its value comes by `wait`."""
        later: Later[_T] = Later()

        def task() -> None:
            value = None
            with suppress(Exception):
                value = call()
            with self._changed:
                later.value, later.done = value, True
                self._changed.notify_all()

        self._crew.ask(task)
        return later

    def wait(self, done: Callable[[], bool]) -> bool:
        """Wait until something holds; False when the deadline came first."""
        with self._changed:
            while not done():
                left = self.deadline.left_s
                if left <= 0:
                    return False
                self._changed.wait(min(left, SLICE_S))
        return True

    def settle(self) -> None:
        """Wait for all jobs, and end those that the deadline overtook."""
        self.wait(lambda: all(job.done for job in self.jobs))
        for job in self.jobs:
            if job.done:
                continue
            with self._changed:
                late = Answer(Status.TIMEOUT, reason="no answer before the deadline")
                job.answers = [a or late for a in job.answers]
                job.followed = True
            self._end(job)

    def _advance(self, job: Job) -> None:
        """Ask what the first answers call for, else parse."""
        follow = job.probe.follow
        if follow is not None and not job.followed:
            job.followed = True
            came = tuple(a for a in job.answers if a is not None)
            more = _guarded(job, lambda: follow(job.target, job.args, came))
            if more:
                self._send(job, more)
                return
        self._end(job)

    def _send(self, job: Job, questions: Sequence[Question]) -> None:
        """Hand questions to the crew, or to the batch."""
        for index, question in zip(job.take(questions), questions, strict=True):
            if isinstance(question, (Script, Inside)):
                self.shell.append(Shell(job, index, question))
            elif isinstance(question, Get) and self.no_engine is not None:
                self.answer(job, index, self.no_engine)
            else:
                self._crew.ask(self._task(job, index, question))

    def _task(self, job: Job, index: int, question: Get | Dial) -> Callable[[], None]:
        """Return the task that gets one answer, whatever happens."""
        if isinstance(question, Dial) and _paused(job.target):
            question = question._replace(timeout_s=min(question.timeout_s, PAUSED_S))

        def task() -> None:
            bound = min(self.deadline.left_s, 2 * question.timeout_s)
            try:
                if bound <= 0:
                    answer = Answer(Status.TIMEOUT, reason="no time was left to ask")
                elif isinstance(question, Get):
                    answer = fetch(self._engine, question, bound_s=bound)
                else:
                    answer = converse(self._transport, question, bound_s=bound)
            except Exception as error:  # a host in trouble is a value
                answer = Answer(Status.ERROR, reason=f"{type(error).__name__}: {error}")
            self.answer(job, index, answer)

        return task

    def _end(self, job: Job) -> None:
        """Parse what came and mark the job as done."""
        answers = tuple(a for a in job.answers if a is not None)
        took_s = max((a.took_s for a in answers), default=0.0)
        parsed = _guarded(job, lambda: job.probe.parse(job.target, job.args, answers))
        self._finish(job, parsed, took_s)

    def _finish(self, job: Job, parsed: Parsed | None, took_s: float = 0.0) -> None:
        """Mark a job as done; the first to do so wins."""
        with self._changed:
            if job.done:
                return
            job.parsed = parsed or job.parsed
            job.took_s = took_s
            job.time = time.time()
            job.done = True
            self._changed.notify_all()
