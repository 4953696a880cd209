"""The pass over this host, with the real stack on a real Engine."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from escalade.evidence.ask import Asker
from escalade.evidence.ask import Deadline
from escalade.evidence.ask import Job
from escalade.evidence.codec import dump
from escalade.evidence.codec import load
from escalade.evidence.crew import Crew
from escalade.evidence.gather import GatherOptions
from escalade.evidence.gather import HostPass
from escalade.evidence.gather import gather
from escalade.evidence.logs import LOG
from escalade.evidence.probe import Inside
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Target
from escalade.evidence.seen import SeenSnapshot
from escalade.evidence.shell import ask_shell
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Host
from escalade.model import Snapshot
from escalade.model import Status
from escalade.model import args_of
from escalade.transport.engine_api import EngineApi
from escalade.transport.local import LocalTransport

pytestmark = [pytest.mark.bed, pytest.mark.usefixtures("bed")]

STACK = "eloquence"


def wanted(evidence: tuple[Evidence, ...]) -> tuple[Address, ...]:
    """Ask Redis and LiveKit in their own words, and the logs for their markers."""
    asked = {
        "redis": ("redis", {}),
        "livekit-server": ("http", {"port": 7880}),
        "eloquence-multiagent": ("log", {"contains": "registered worker"}),
    }
    return tuple(
        Address("here", at.stack, at.service, at.replica, probe, args_of(args))
        for piece in evidence
        if (at := piece.address).probe == "container" and at.service in asked
        for probe, args in [asked[at.service]]
    )


def look(mode: str = "full", **more: Any) -> HostPass:
    """Gather from this host."""
    transport = LocalTransport(Host("here"))
    options = GatherOptions(mode=mode, stacks=(STACK,), **more)
    return gather(transport.host, transport, wanted=wanted, options=options)


@pytest.fixture(scope="module")
def found(bed: object) -> HostPass:
    """Return one full pass."""
    del bed
    return look()


def pick(found: HostPass, probe: str, service: str | None = None) -> Evidence:
    """Return the only piece of a probe at a service."""
    (piece,) = (
        p
        for p in found.evidence
        if (p.address.probe, p.address.service) == (probe, service)
    )
    return piece


def test_every_question_is_answered(found: HostPass) -> None:
    """On a healthy stack nothing is left open but long logs."""
    open_ = [
        (p.address.probe, p.address.target, p.reason)
        for p in found.evidence
        if not p.status.answered
    ]
    assert open_ == []
    assert STACK in found.stacks


def test_containers(found: HostPass) -> None:
    """All services run, healthy, on one network."""
    boxes = [p.readings[0] for p in found.evidence if p.address.probe == "container"]
    assert len(boxes) == 6
    assert {box["state"] for box in boxes} == {"running"}
    assert {box["health"] for box in boxes} == {"healthy"}
    assert {box["networks"] for box in boxes} == {("eloquence_default",)}


def test_in_their_own_words(found: HostPass) -> None:
    """Redis says PONG, LiveKit says OK, and so do the published ports."""
    assert pick(found, "redis", "redis").readings[0]["ping"] == "PONG"
    answer = pick(found, "http", "livekit-server").readings[0]
    assert (answer["status"], answer["body"]) == (200, "OK")
    ports = {r["port"]: r for r in pick(found, "published", "livekit-server").readings}
    assert ports[7880]["status"] == 200


def test_keys_agree(found: HostPass) -> None:
    """Server, agent and token service hold one secret: by hash, never by value."""

    def held(service: str, variable: str) -> object:
        records = pick(found, "env", service).readings
        return next(r["hash"] for r in records if r["variable"] == variable)

    server = held("livekit-server", "LIVEKIT_KEYS.secret")
    assert server == held("eloquence-multiagent", "LIVEKIT_API_SECRET")
    assert server == held("token-service", "LIVEKIT_API_SECRET")


def test_the_agents_log(found: HostPass) -> None:
    """The worker's registration is found, wherever in its log it stands."""
    snapshot = Snapshot(time.time(), "full", (found.state,), found.evidence)
    place = pick(found, "log", "eloquence-multiagent").address
    asked = args_of({"contains": "registered worker", "scope": "whole"})
    assert LOG.view is not None
    view = LOG.view(SeenSnapshot(snapshot, {}), place, asked)
    assert view.readings[0]["count"]


def test_a_real_pass_goes_to_a_file_and_back(found: HostPass) -> None:
    """What was gathered is saved without a secret and loaded as it was."""
    snapshot = Snapshot(time.time(), "full", (found.state,), found.evidence)
    lines = list(dump(snapshot))
    assert load(lines, "x") == snapshot
    record = subprocess.run(
        [
            "docker",
            "inspect",
            "--format",
            "{{json .Config.Env}}",
            "eloquence-multiagent",
        ],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    secret = record.partition("LIVEKIT_API_SECRET=")[2].partition('"')[0]
    assert len(secret) > 20
    assert secret not in "\n".join(lines)


def test_quick_and_deep() -> None:
    """A quick look runs no script; a deep one searches whole logs."""
    assert "sockets" not in {p.address.probe for p in look("quick").evidence}
    log = pick(look("deep"), "log", "eloquence-multiagent")
    (scan,) = [r for r in log.readings if r["part"] == "scan"]
    assert scan["count"]


# ------------------------------------------------------- inside a container


def _parse(target: Target, args: object, answers: Any) -> Parsed:
    del target, args
    return Parsed(tuple({"body": a.body.decode(), "reason": a.reason} for a in answers))


ECHO = Probe(
    name="echo",
    scope="container",
    doc="",
    readings={"body": str},
    questions=lambda _target, _args: (
        Inside("echo ${BASH_VERSION:+bash} $(cat /proc/net/tcp | wc -l | grep -c .)"),
        Inside("echo begun; sleep 30", timeout_s=1.0),
        Inside("exit 3"),
    ),
    parse=_parse,
)


def inside(name: str, **facts: Any) -> list[str]:
    """Put the probe to a container; return what each question came to."""
    transport = LocalTransport(Host("here"))
    engine = EngineApi(transport)
    record = engine.get(f"/containers/{name}/json", timeout_s=5).json()
    known = {"root": False, "has_bash": True, "has_nsenter": True, **facts}
    target = Target(Address("here", None, "x", name, "echo"), record, facts=known)
    crew = Crew(4, name="t")
    asker = Asker(
        transport, engine, crew, Deadline(time.monotonic() + 10, threading.Event())
    )
    job = asker.start(Job(ECHO, target))
    ask_shell(asker, transport, engine, spawn=crew.ask)
    asker.settle()
    crew.close()
    engine.close()
    assert job.parsed.readings, job.parsed
    return [f"{r['body']}|{r['reason']}" for r in job.parsed.readings]


@pytest.mark.parametrize("root", [True, False])
def test_inside_by_nsenter_and_by_exec(*, root: bool) -> None:
    """As root by the namespace, else by exec: bounded and framed alike."""
    one, two, three = inside("eloquence-redis-1", root=root)
    assert one.split() == (["bash", "1", "|"] if root else ["1", "|"])
    assert two.startswith("begun\n|it took too long")
    assert three == "|"


@pytest.fixture
def paused() -> Iterator[str]:
    """Pause Redis for one test."""
    subprocess.run(["docker", "pause", "eloquence-redis-1"], check=True)
    yield "eloquence-redis-1"
    subprocess.run(["docker", "unpause", "eloquence-redis-1"], check=True)


def test_a_paused_container_takes_no_exec(paused: str) -> None:
    """The Engine's refusal is everybody's answer."""
    assert all("is paused" in said for said in inside(paused))


def test_an_image_without_bash() -> None:
    """Snippets put by exec need no more than the image's own shell."""
    name = "escalade-test-nobash"
    subprocess.run(["docker", "rm", "--force", name], check=False, capture_output=True)
    subprocess.run(
        ["docker", "run", "--rm", "-d", "--network", "none", "--name", name,
         "--entrypoint", "sh", "escalade-bed/base:1", "-c", "rm -f /bin/bash /usr/bin/bash; sleep 100"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    try:
        said = ""
        for _ in range(50):
            said = inside(name)[0]
            if not said.startswith("bash"):
                break
            time.sleep(0.1)
        assert said.split("|")[0].strip() == "1"
    finally:
        subprocess.run(["docker", "rm", "-f", name], check=True, capture_output=True)


def test_a_process_that_is_gone() -> None:
    """A container that ended meanwhile leaves its questions without an answer."""
    transport = LocalTransport(Host("here"))
    engine = EngineApi(transport)
    crew = Crew(2, name="t")
    ends = Deadline(time.monotonic() + 5, threading.Event())
    asker = Asker(transport, engine, crew, ends)
    record = {"Id": "0" * 64, "State": {"Pid": 4_000_000}}
    facts = {"root": True, "has_bash": True, "has_nsenter": True}
    target = Target(Address("h", None, "x", "x", "echo"), record, facts=facts)
    job = asker.start(Job(ECHO, target))
    ask_shell(asker, transport, engine, spawn=crew.ask)
    asker.settle()
    crew.close()
    engine.close()
    assert all(not r["body"] for r in job.parsed.readings)
    assert job.answers[0] is not None
    assert job.answers[0].status is not Status.OK
