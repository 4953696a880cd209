"""Jobs put to a host: broken probes, follow-ups, deadlines, shell and exec."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fake_engine import Route
from fake_engine import engine
from fake_engine import hang
from fake_engine import say

from escalade.evidence.ask import Asker
from escalade.evidence.ask import Deadline
from escalade.evidence.ask import Job
from escalade.evidence.crew import Crew
from escalade.evidence.probe import PAUSED_S
from escalade.evidence.probe import Dial
from escalade.evidence.probe import Get
from escalade.evidence.probe import Inside
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Script
from escalade.evidence.probe import Target
from escalade.evidence.reply import fetch
from escalade.evidence.shell import ask_shell
from escalade.model import Address
from escalade.model import Host
from escalade.model import Status
from escalade.transport.base import Output
from escalade.transport.base import Trouble
from escalade.transport.engine_api import EngineApi
from escalade.transport.fake import FakeTransport
from escalade.transport.fake import Recorded
from escalade.transport.local import LocalTransport

PLACE = Address("h", "s", "x", "x-1", "test")


def parse(target: Target, args: object, answers: Any) -> Parsed:
    """Keep the answers as they are."""
    del target, args
    return Parsed(
        tuple(
            {"status": a.status.value, "body": a.body.decode(), "reason": a.reason}
            for a in answers
        )
    )


def probe(*questions: Question, **more: Any) -> Probe:
    """Return a probe that asks these questions."""
    known = {"questions": lambda _target, _args: questions, "parse": parse, **more}
    return Probe(name="test", scope="container", doc="", readings={}, **known)


OPEN: list[EngineApi] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Close the channels that a test opened."""
    yield
    while OPEN:
        OPEN.pop().close()


def api_of(transport: Any) -> EngineApi:
    """Return an Engine that is closed after the test."""
    OPEN.append(EngineApi(transport))
    return OPEN[-1]


def asker(transport: Any, *, bound_s: float = 5.0) -> Asker:
    """Return what puts jobs to a host."""
    ends = Deadline(time.monotonic() + bound_s, threading.Event())
    return Asker(transport, api_of(transport), Crew(4, name="t"), ends)


def came(job: Job) -> list[tuple[object, object]]:
    """Return status and body of each answer of a job."""
    return [(r["status"], r["body"]) for r in job.parsed.readings]


FAKE = FakeTransport(Host("h"), Recorded(engine={"/a": b"1", "/b": b"2"}))


# --------------------------------------------------------------------------- jobs


@pytest.mark.parametrize(
    "broken",
    [
        {"questions": lambda _target, _args: 1 / 0},
        {"parse": lambda _target, _args, _answers: 1 / 0},
        {"follow": lambda _target, _args, _answers: 1 / 0, "parse": lambda *_: 1 / 0},
    ],
)
def test_a_probe_that_breaks(broken: dict[str, Any]) -> None:
    """It costs its own evidence and says so; the next one is asked."""
    asked = asker(FAKE)
    job = asked.start(Job(probe(Get("/a"), **broken), Target(PLACE)))
    good = asked.start(Job(probe(Get("/b")), Target(PLACE)))
    asked.settle()
    assert (job.parsed.status, job.parsed.complete) == (Status.ERROR, False)
    assert job.parsed.reason == "the probe broke: ZeroDivisionError: division by zero"
    assert came(good) == [("ok", "2")]


def test_what_follows_is_asked_once() -> None:
    """A follow-up sees the first answers; the parser sees all."""
    seen: list[int] = []

    def follow(_target: Target, _args: object, answers: Any) -> tuple[Question, ...]:
        seen.append(len(answers))
        return (Get("/b"),)

    asked = asker(FAKE)
    job = asked.start(Job(probe(Get("/a"), follow=follow), Target(PLACE)))
    asked.settle()
    assert came(job) == [("ok", "1"), ("ok", "2")]
    assert seen == [1]


def test_the_deadline_keeps_what_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One answer came, one did not: the parser gets both."""
    with engine(tmp_path, {"/a": say(b"1"), "/slow": hang}) as (path, _):
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        asked = asker(LocalTransport(Host("h")), bound_s=0.5)
        job = asked.start(Job(probe(Get("/a"), Get("/slow")), Target(PLACE)))
        asked.settle()
    assert [status for status, _ in came(job)] == ["ok", "timeout"]
    assert job.done


def test_no_time_left() -> None:
    """After the deadline nobody is asked."""
    asked = asker(FAKE, bound_s=0.0)
    job = asked.start(Job(probe(Get("/a"), Dial("x", 1)), Target(PLACE)))
    asked.settle()
    assert {status for status, _ in came(job)} == {"timeout"}


def test_a_transport_that_falls_is_an_answer() -> None:
    """Even a mistake of ours in the transport ends as evidence."""
    asked = asker(FakeTransport(Host("h"), Recorded()))
    job = asked.start(Job(probe(Dial("nobody", 1)), Target(PLACE)))
    asked.settle()
    (record,) = job.parsed.readings
    assert record["status"] == "error"
    assert "NotRecordedError" in str(record["reason"])


@pytest.mark.parametrize("paused", [True, False])
def test_a_paused_container_is_waited_for_less(*, paused: bool) -> None:
    """It answers nobody, and a whole look would wait for it."""
    waits: list[float] = []

    class Patient(FakeTransport):
        """Nobody answers; how long one would have waited is kept."""

        def connect(self, target: object, *, timeout_s: float) -> Trouble:
            del target
            waits.append(timeout_s)
            return Trouble("timeout", "nothing came")

    target = Target(PLACE, inspect={"State": {"Paused": paused}})
    asked = asker(Patient(Host("h"), Recorded()))
    asked.start(Job(probe(Dial("x", 1)), target))
    asked.settle()
    assert waits == [PAUSED_S if paused else Dial("x", 1).timeout_s]


def test_a_call_that_breaks_brings_nothing() -> None:
    """Whoever waits for it is told that it is over."""
    asked = asker(FAKE)
    later = asked.later(lambda: 1 / 0)
    assert asked.wait(lambda: later.done)
    assert later.value is None


# ------------------------------------------------------------------------- folds


def test_a_fold_reads_the_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its result is the body; one that has enough ends the stream; 404 is no body."""
    table: dict[str, Route] = {
        "/a": say(b"abc"),
        "/gone": say({"message": "gone"}, 404),
    }
    with engine(tmp_path, table) as (path, _):
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        api = api_of(LocalTransport(Host("h")))
        whole = fetch(api, Get("/a", fold=lambda c: b"".join(c) + b"!"), bound_s=5)
        first = fetch(api, Get("/a", fold=lambda c: next(c)[:1]), bound_s=5)
        gone = fetch(api, Get("/gone", fold=b"".join), bound_s=5)
    assert (whole.status, whole.body) == (Status.OK, b"abc!")
    assert (first.status, first.body) == (Status.OK, b"a")
    assert (gone.status, gone.code) == (Status.VANISHED, 404)
    assert "gone" in gone.reason


def test_a_stream_that_breaks_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came of it is kept, as a part."""

    def torn(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc")
        handler.close = True

    with engine(tmp_path, {"/a": torn, "/none": say({"message": "no"}, 501)}) as (
        path,
        _,
    ):
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        api = api_of(LocalTransport(Host("h")))
        part = fetch(api, Get("/a", fold=b"".join), bound_s=5)
        none = fetch(api, Get("/none"), bound_s=5)
    assert (part.status, part.body, part.truncated) == (Status.PARTIAL, b"abc", True)
    assert none.status is Status.UNSUPPORTED


# ------------------------------------------------------------------- shell, exec


def run_shell(transport: Any, *jobs: Job, bound_s: float = 5.0) -> None:
    """Put jobs and ask their shell questions."""
    asked = asker(transport, bound_s=bound_s)
    for job in jobs:
        asked.start(job)
    ask_shell(
        asked,
        transport,
        api_of(transport),
        spawn=lambda task: threading.Thread(target=task).start(),
    )
    asked.settle()


def job(*questions: Question, pid: int = 1, **facts: Any) -> Job:
    """Return a job for a container."""
    inspect = {"Id": "c" * 64, "State": {"Pid": pid}}
    known = {"root": False, "has_bash": True, "has_nsenter": True, **facts}
    return Job(probe(*questions), Target(PLACE, inspect, facts=known))


@pytest.mark.parametrize("bash", [True, False])
def test_scripts_of_all_jobs_are_one_run(*, bash: bool) -> None:
    """Each job gets its own answers out of the one output."""
    one, two = (
        job(Script("echo 1"), Script("echo 2"), has_bash=bash),
        job(Script("echo 3")),
    )
    run_shell(LocalTransport(Host("h")), one, two)
    assert came(one) == [("ok", "1\n"), ("ok", "2\n")]
    assert came(two) == [("ok", "3\n")]


def test_a_host_that_runs_nothing() -> None:
    """Its trouble is the answer to every shell question."""
    transport = FakeTransport(Host("h"))
    transport.run = lambda *_args, **_more: Output(  # type: ignore[method-assign]
        Status.UNSUPPORTED, reason="no `timeout`"
    )
    asked = job(Script("echo 1"))
    run_shell(transport, asked)
    assert came(asked) == [("unsupported", "")]


@pytest.mark.parametrize(
    ("output", "status"),
    [
        (Output(Status.OK, 0, b"noise", truncated=True), "error"),
        (Output(Status.OK, 0, b"noise"), "timeout"),
    ],
)
def test_answers_that_are_missing(output: Output, status: str) -> None:
    """An output without an answer is no answer."""
    transport = FakeTransport(Host("h"))
    transport.run = lambda *_args, **_more: output  # type: ignore[method-assign]
    asked = job(Script("echo 1"))
    run_shell(transport, asked)
    assert came(asked) == [(status, "")]


def test_a_question_too_long_for_any_line() -> None:
    """It is not asked, and says why; the others are."""
    long, short = job(Script("# " + "x" * 200_000)), job(Script("echo 1"))
    run_shell(LocalTransport(Host("h")), long, short)
    assert came(long) == [("unsupported", "")]
    assert came(short) == [("ok", "1\n")]


def execute(*, without: str = "") -> Callable[[Any], None]:
    """Return an Engine's exec that runs the command here, as it frames it."""
    commands: list[list[str]] = []

    def route(handler: Any) -> None:
        wish = json.loads(handler.body)
        if "Cmd" in wish:
            commands.append(wish["Cmd"])
            say({"Id": "e1"}, 201)(handler)
            return
        words = commands[-1]
        if without:
            words[2] = f'command() {{ [ "$2" != {without} ]; }}\n' + words[2]
        out = subprocess.run(words, capture_output=True, check=False).stdout
        head = b"\x01\0\0\0" + len(out).to_bytes(4, "big")
        say(head + out)(handler)

    return route


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Give a way to put questions to a container by exec."""

    def work(table: dict[str, Route], *questions: Question) -> list[Any]:
        asked = job(*questions)
        with engine(tmp_path, table) as (path, _):
            monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
            run_shell(LocalTransport(Host("h")), asked)
        return [*asked.parsed.readings]

    return work


CREATE = "/containers/" + "c" * 64 + "/exec"


def test_exec(world: Callable[..., list[Any]]) -> None:
    """Without root the snippets of a container are one exec, framed and bounded."""
    route = execute()
    table = {CREATE: route, "/exec/e1/start": route}
    one, two = world(table, Inside("echo here"), Inside("sleep 9", timeout_s=1.0))
    assert one["body"] == "here\n"
    assert two["status"] == "timeout"


def test_exec_without_bash(world: Callable[..., list[Any]]) -> None:
    """An image's own shell is enough."""
    route = execute(without="bash")
    (one,) = world({CREATE: route, "/exec/e1/start": route}, Inside("echo 1"))
    assert (one["status"], one["body"]) == ("ok", "1\n")


def test_exec_without_timeout(world: Callable[..., list[Any]]) -> None:
    """An image without `timeout` is asked all the same."""
    route = execute(without="timeout")
    (one,) = world({CREATE: route, "/exec/e1/start": route}, Inside("echo 1"))
    assert one["body"] == "1\n"


@pytest.mark.parametrize(
    ("table", "status", "says"),
    [
        ({CREATE: say({"message": "x is paused"}, 409)}, "error", "x is paused"),
        ({CREATE: say(b"garbage", 201)}, "error", "no JSON"),
        ({CREATE: say({"Id": "e1"}, 201)}, "vanished", ""),
        (
            {CREATE: say({"Id": "e1"}, 201), "/exec/e1/start": say(b"")},
            "timeout",
            "no answer in time",
        ),
        (
            {
                CREATE: say({"Id": "e1"}, 201),
                "/exec/e1/start": say(
                    b'\x01\0\0\0\0\0\0\x36OCI exec: "sh": executable file not found in $PATH ok'
                ),
            },
            "unsupported",
            "executable file not found",
        ),
    ],
)
def test_exec_that_is_refused(
    world: Callable[..., list[Any]], table: dict[str, Route], status: str, says: str
) -> None:
    """The Engine's refusal is the answer of everybody in that container."""
    answers = world(table, Inside("echo 1"), Inside("echo 2"))
    assert {a["status"] for a in answers} == {status}
    assert all(says in a["reason"] for a in answers)


def test_a_door_that_is_closed_to_us() -> None:
    """A trouble of the way is told from one of the port."""
    recorded = Recorded(ports={("x", 1): Trouble("denied", "no forwarding")})
    asked = asker(FakeTransport(Host("h"), recorded))
    put = asked.start(Job(probe(Dial("x", 1)), Target(PLACE)))
    asked.settle()
    assert came(put) == [("denied", "")]
