"""The whole pass over a host, against an Engine that can be made to misbehave."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fake_engine import Route
from fake_engine import engine
from fake_engine import frame
from fake_engine import hang
from fake_engine import raw
from fake_engine import say

from escalade.evidence.codec import dump
from escalade.evidence.codec import load
from escalade.evidence.codec import order
from escalade.evidence.gather import GatherOptions
from escalade.evidence.gather import HostPass
from escalade.evidence.gather import gather
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Host
from escalade.model import Snapshot
from escalade.model import Status
from escalade.model import args_of
from escalade.transport.base import Output
from escalade.transport.fake import FakeTransport
from escalade.transport.fake import Recorded
from escalade.transport.local import LocalTransport

COMPOSE = "com.docker.compose."
SECRET = "pl4nted-s3cret-value"
SHORT = "tiny1x"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


def labels(stack: str | None, service: str) -> dict[str, str]:
    """Return Compose's labels."""
    if stack is None:
        return {}
    return {COMPOSE + "project": stack, COMPOSE + "service": service}


def inspect(
    identity: str, stack: str | None, service: str, **state: Any
) -> dict[str, Any]:
    """Return the Engine's record of a container whose every part holds a secret."""
    check = {"Test": ["CMD-SHELL", f"redis-cli -a {SECRET} ping"], "Interval": 10**9}
    result = {"Start": "2026-11-24T17:00:01Z", "End": "2026-11-24T17:00:02Z"}
    log = [{**result, "ExitCode": 1, "Output": f"Bearer {SECRET} password={SHORT}"}]
    return {
        "Id": identity * 64,
        "Created": "2026-11-24T17:00:00Z",
        "Path": "server",
        "Args": ["--requirepass", SHORT, f"--url=redis://:{SECRET}@db/0"],
        "Image": "sha256:1",
        "RestartCount": 0,
        "State": {
            "Status": "running",
            "Running": True,
            "Pid": 1,
            "Error": f"failed with token={SECRET}",
            "StartedAt": "2026-11-24T17:00:00Z",
            "FinishedAt": "0001-01-01T00:00:00Z",
            "Health": {"Status": "unhealthy", "FailingStreak": 2, "Log": log},
            **state,
        },
        "Config": {
            "Image": "shop/web:1",
            "Labels": {**labels(stack, service), "note": f"secret={SECRET}"},
            "Env": [f"API_SECRET={SECRET}", f"DB_URL=postgres://u:{SHORT}@db/x"],
            "Healthcheck": check,
        },
        "HostConfig": {"NetworkMode": "none"},
        "NetworkSettings": {"Networks": {}, "Ports": {}},
        "Mounts": [],
    }


def box(identity: str, name: str, stack: str | None, service: str) -> dict[str, Any]:
    """Return a record of the Engine's list."""
    return {
        "Id": identity * 64,
        "Names": [f"/{name}"],
        "Labels": labels(stack, service),
    }


def routes(**more: Route) -> dict[str, Route]:
    """Return an Engine with two services of one stack and a container of none."""
    boxes = [
        box("a", "shop-web-1", "shop", "web"),
        box("b", "shop-db-1", "shop", "db"),
        box("c", "alone", None, ""),
    ]
    lines = frame(f"login {SECRET}") + frame(f"jwt {TOKEN}", 2) + frame("ready")
    table = {
        "/containers/json": say(boxes),
        "/version": say({"Version": "20.10", "ApiVersion": "1.41"}),
        "/info": say({"Driver": "overlay2", "CgroupVersion": "2"}),
        "/networks": say([{"Name": "n", "Driver": "bridge"}]),
        "/volumes": say({"Volumes": []}),
        "/images/json": say([{"Id": "sha256:1", "RepoTags": ["shop/web:1"]}]),
    }
    for identity, stack, service in (
        ("a", "shop", "web"),
        ("b", "shop", "db"),
        ("c", None, "alone"),
    ):
        path = f"/containers/{identity * 64}"
        table[f"{path}/json"] = say(inspect(identity, stack, service))
        table[f"{path}/logs"] = say(lines)
    return table | {k.replace("__", "/"): v for k, v in more.items()}


Wanted = Callable[[tuple[Evidence, ...]], tuple[Address, ...]]


@dataclass
class Gather:
    """Gathers from an Engine with these routes; None is no Engine at all."""

    folder: Path
    patch: pytest.MonkeyPatch
    asked: tuple[str, ...] = ()

    def __call__(
        self,
        table: dict[str, Route] | None,
        wanted: Wanted = lambda _: (),
        **options: Any,
    ) -> HostPass:
        known = {"mode": "full", "deadline_s": 4.0, "secret_key": b"key", **options}
        transport = LocalTransport(Host("here"))
        with engine(self.folder, table or {}) as (path, asked):
            where = str(self.folder / "none") if table is None else path
            self.patch.setenv("DOCKER_HOST", f"unix://{where}")
            found = gather(
                transport.host,
                transport,
                wanted=wanted,
                options=GatherOptions(**known),
            )
        self.asked = tuple(asked)
        return found


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gather:
    """Give a way to gather."""
    return Gather(tmp_path, monkeypatch)


def pick(found: HostPass, probe: str, service: str | None = None) -> Evidence:
    """Return the only piece of a probe at a service."""
    pieces = [
        p
        for p in found.evidence
        if p.address.probe == probe and p.address.service == service
    ]
    (piece,) = pieces
    return piece


# ------------------------------------------------------------------ a good pass


def test_everything_is_asked(run: Gather) -> None:
    """Host, stack and container probes all have their evidence, in a fixed order."""
    found = run(routes())
    assert found.state.reachable
    assert found.stacks == ("shop",)
    names = {p.address.probe for p in found.evidence}
    assert {"engine", "container", "env", "log", "published", "mounts"} <= names
    assert {"networks", "volumes", "images"} <= names
    assert list(found.evidence) == sorted(found.evidence, key=order)
    assert len(found.evidence) == len({p.address for p in found.evidence})
    web = pick(found, "container", "web")
    assert web.address == Address("here", "shop", "web", "shop-web-1", "container")
    assert pick(found, "container", "alone").address.stack is None
    assert pick(found, "engine").readings[0]["reachable"] is True


def test_no_secret_is_ever_kept(run: Gather) -> None:
    """Environment, command, labels, health, errors, logs and URLs: nothing stays."""
    found = run(routes())
    state = Snapshot(1.0, "full", (found.state,), found.evidence)
    text = "\n".join(dump(state))
    for secret in (SECRET, SHORT, TOKEN):
        assert secret not in text
    assert load(dump(state), "x") == state
    log = [r["text"] for r in pick(found, "log", "web").readings if "text" in r]
    assert log[0] != f"login {SECRET}"
    assert log[0].startswith("login [secret ")
    assert log[1:] == ["jwt [redacted]", "ready"]


def test_a_secret_called_like_a_service(run: Gather) -> None:
    """Names stay readable, whatever somebody chose as a key."""
    table = routes()
    record = inspect("a", "shop", "web")
    record["Config"]["Env"] = ["API_KEY=shop-web-1", "B_SECRET=shop/web:1"]
    table["/containers/" + "a" * 64 + "/json"] = say(record)
    found = pick(run(table), "container", "web").readings[0]
    assert (found["name"], found["image"]) == ("shop-web-1", "shop/web:1")


def test_one_stack_alone(run: Gather) -> None:
    """The others are not asked about, and still said to be there."""
    found = run(routes(), stacks=("shop",))
    assert {p.address.service for p in found.evidence} == {None, "web", "db"}
    found = run(routes(), stacks=("other",))
    assert {p.address.service for p in found.evidence} == {None}
    assert found.stacks == ("shop",)


def test_a_quick_look(run: Gather) -> None:
    """List, records, tails and published ports: no script, no other list."""
    found = run(routes(), mode="quick")
    names = {p.address.probe for p in found.evidence}
    assert names == {"engine", "container", "env", "log", "published"}
    assert not any(path.startswith(("/info", "/images")) for path in run.asked)


def test_wishes(run: Gather) -> None:
    """What runbooks want is asked once at each place; what cannot be asked is not."""

    def wanted(evidence: tuple[Evidence, ...]) -> tuple[Address, ...]:
        assert {p.address.probe for p in evidence} >= {"container", "env"}
        port = args_of({"port": 80})
        web = Address("here", "shop", "web", "shop-web-1", "http", port)
        return (
            web,
            web,
            Address("here", "shop", "db", None, "http", port),
            Address("here", "shop", "web", None, "log", args_of({"contains": "x"})),
            Address("here", "shop", "web", None, "ports"),
            Address("here", "shop", "web", None, "nosuchprobe"),
        )

    found = run(routes(), wanted)
    asked = [p.address for p in found.evidence if p.address.probe == "http"]
    assert sorted(a.service or "" for a in asked) == ["db", "web"]
    assert len(found.evidence) == len({p.address for p in found.evidence})


def test_a_wish_of_the_host_alone(run: Gather) -> None:
    """What Docker keeps on the disk is asked where somebody wants it, once."""

    def wanted(_: tuple[Evidence, ...]) -> tuple[Address, ...]:
        return (Address("here", None, None, None, "docker_disk"),) * 2

    table = routes()
    table["/system/df"] = say({"LayersSize": 7, "Images": [], "Containers": []})
    assert pick(run(table, wanted), "docker_disk").readings[0]["images_size"] == 7
    assert sum(path.startswith("/system/df") for path in run.asked) == 1
    assert not any(p.address.probe == "docker_disk" for p in run(table).evidence)


def test_how_many_lines_of_logs(run: Gather) -> None:
    """The last lines of a log are as many as the caller wants."""
    for options, lines in (({}, 400), ({"mode": "quick"}, 100), ({"tail": 1234}, 1234)):
        run(routes(), **options)
        assert any(path.endswith(f"tail={lines}") for path in run.asked)


def test_a_deep_run_searches_whole_logs(run: Gather) -> None:
    """What the runbooks look for is counted over the whole of the run."""

    def wanted(_: tuple[Evidence, ...]) -> tuple[Address, ...]:
        asked = args_of({"contains": ("ready", "login"), "scope": "whole"})
        return (Address("here", "shop", "web", "shop-web-1", "log", asked),)

    found = run(routes(), wanted, mode="deep")
    scans = [r for r in pick(found, "log", "web").readings if r["part"] == "scan"]
    assert [scan["count"] for scan in scans] == [2]
    assert not [r for r in pick(found, "log", "db").readings if r["part"] == "scan"]


def test_progress() -> None:
    """The phases of a pass are told as they begin."""
    said: list[tuple[str, str]] = []
    recorded = Recorded(opened=Output(Status.UNREACHABLE, reason="no", cause="refused"))
    gather(
        Host("h"),
        FakeTransport(Host("h"), recorded),
        wanted=lambda _: (),
        options=GatherOptions(),
        progress=lambda host, phase: said.append((host, phase)),
    )
    assert said == [("h", "open")]


# -------------------------------------------------------------------- misbehaviour


def test_a_host_that_is_not_reached() -> None:
    """No evidence, and why."""
    recorded = Recorded(
        opened=Output(Status.UNREACHABLE, reason="no way", cause="refused")
    )
    found = gather(
        Host("h"),
        FakeTransport(Host("h"), recorded),
        wanted=lambda _: (),
        options=GatherOptions(),
    )
    assert not found.state.reachable
    assert (found.state.cause, found.state.detail) == ("refused", "no way")
    assert found.evidence == ()


def test_a_container_that_vanished(run: Gather) -> None:
    """Gone between list and record: that is evidence; the others are read."""
    table = routes()
    table["/containers/" + "b" * 64 + "/json"] = say(
        {"message": "No such container"}, 404
    )
    found = run(table)
    lost = pick(found, "container", "db")
    assert (lost.status, lost.readings) == (Status.VANISHED, ())
    assert "No such container" in lost.reason
    assert pick(found, "container", "web").status is Status.OK
    assert {p.address.probe for p in found.evidence if p.address.service == "db"} == {
        "container"
    }


def test_a_record_that_is_garbage(run: Gather) -> None:
    """No JSON, or none of a container: an error of this container alone."""
    for body in (b"<html>", b"[]", b"{}"):
        table = routes()
        table["/containers/" + "b" * 64 + "/json"] = say(body)
        found = run(table)
        assert pick(found, "container", "db").status is Status.ERROR
        assert pick(found, "container", "web").status is Status.OK


def test_a_record_that_hangs(run: Gather) -> None:
    """A container that the Engine has locked holds nobody else."""
    table = routes()
    table["/containers/" + "b" * 64 + "/json"] = hang
    found = run(table, deadline_s=6.0)
    assert pick(found, "container", "db").status is Status.TIMEOUT
    assert pick(found, "log", "web").status is Status.OK


def test_a_log_that_hangs(run: Gather) -> None:
    """One question without an answer is one gap, not more."""
    table = routes()
    table["/containers/" + "b" * 64 + "/logs"] = hang
    found = run(table, deadline_s=2.0)
    late = pick(found, "log", "db")
    assert (late.status, late.complete) == (Status.TIMEOUT, False)
    assert late.reason
    assert pick(found, "log", "web").status is Status.OK
    assert pick(found, "images").status is Status.OK


@pytest.mark.parametrize(
    ("route", "cause", "says"),
    [
        (say({"message": "out of sorts"}, 500), "error", "out of sorts"),
        (say(b"garbage"), "error", "no list"),
        (say({"a": 1}), "error", "no list"),
        (raw(b"\x00\x01\x02\xff\r\n\r\n"), "error", "HTTP"),
        (raw(b""), "", ""),
        (hang, "timeout", "not answer"),
    ],
)
def test_an_engine_in_trouble(run: Gather, route: Route, cause: str, says: str) -> None:
    """500, garbage or silence: the Engine's fault is evidence, the host still answers."""
    table = dict.fromkeys(routes(), route)
    found = run(table, deadline_s=6.0)
    record = pick(found, "engine").readings[0]
    assert record["reachable"] is False
    assert not cause or record["cause"] == cause
    assert says in str(record["detail"])
    assert found.state.reachable
    assert not [p for p in found.evidence if p.address.probe == "container"]
    lists = [p for p in found.evidence if p.address.probe in ("networks", "images")]
    assert lists
    assert not any(p.status.answered for p in lists)
    scripts = [p for p in found.evidence if p.address.probe in ("resources", "disk")]
    assert all(p.status.answered for p in scripts)


def test_no_engine(run: Gather) -> None:
    """No socket: the Engine is not reachable, the host is."""
    record = pick(run(None), "engine").readings[0]
    assert record["reachable"] is False
    assert record["cause"] in ("not-running", "not-installed")


def test_no_containers(run: Gather) -> None:
    """An Engine without a container is a good Engine."""
    table = routes()
    table["/containers/json"] = say([])
    found = run(table)
    assert pick(found, "engine").readings[0]["containers"] == 0
    assert found.stacks == ()


def test_stop(run: Gather) -> None:
    """An interrupted run ends its waits at once and says what is missing."""
    stop = threading.Event()
    stop.set()
    found = run(routes(), stop=stop, deadline_s=60.0)
    assert pick(found, "engine").readings[0]["reachable"] is False


def test_a_service_that_has_no_container(run: Gather) -> None:
    """What the inventory names and nobody runs is missing."""
    host = Host("here", vars={"escalade_stacks": {"shop": {"late": {"role": "redis"}}}})
    recorded = Recorded(engine={"/containers/json?all=1": []})
    transport = FakeTransport(host, recorded)
    transport.run = lambda *_args, **_more: Output(Status.ERROR)  # type: ignore[method-assign]
    found = gather(
        host, transport, wanted=lambda _: (), options=GatherOptions(mode="quick")
    )
    late = pick(found, "container", "late")
    assert late.readings[0]["state"] == "missing"
    assert pick(found, "expected", "late").readings[0]["role"] == "redis"
