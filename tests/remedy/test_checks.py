"""Postconditions asked of real containers, ports and paths, and of hosts that are mute."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from escalade.model import Comparison
from escalade.model import Host
from escalade.model import Status
from escalade.model import Truth
from escalade.plans import Check
from escalade.remedy.checks import Asked
from escalade.remedy.checks import Checks
from escalade.remedy.checks import ask
from escalade.transport.base import Output
from escalade.transport.base import Trouble
from escalade.transport.engine_api import EngineApi
from escalade.transport.fake import FakeTransport
from escalade.transport.fake import Recorded
from escalade.transport.local import LocalTransport
from tests.remedy.performing import IMAGE
from tests.remedy.performing import docker
from tests.remedy.performing import eventually
from tests.remedy.performing import inspect
from tests.remedy.performing import remove

NAME = "esc-perf-checks"
STACK = "esc-perf-stack"


def check(of: str, *target: str, **expect: object) -> Check:
    """Return a check: `reading=value`, or `reading=(op, value)`."""
    pairs = {
        name: value if isinstance(value, tuple) else ("eq", value)
        for name, value in expect.items()
    }
    return Check(of, target, tuple(Comparison(n, *pair) for n, pair in pairs.items()))


def here(one: Check) -> Asked:
    """Ask this machine."""
    transport = LocalTransport(Host("localhost"))
    engine = EngineApi(transport)
    try:
        return ask(one, engine=engine, transport=transport, host="localhost")
    finally:
        engine.close()


def recorded(one: Check, engine: dict[str, object]) -> Asked:
    """Ask an Engine that was recorded."""
    transport = FakeTransport(Host("web1"), Recorded(engine=engine))
    api = EngineApi(transport)
    return ask(one, engine=api, transport=transport, host="web1")


@pytest.fixture(scope="module")
def box() -> Iterator[str]:
    """Return a container that runs, of a stack's service."""
    remove(NAME)
    labels = {"project": STACK, "service": "cache", "container-number": "1"}
    words = [f"--label=com.docker.compose.{k}={v}" for k, v in labels.items()]
    script = "echo ready to serve; echo ready >&2; exec sleep 300"
    docker("run", "-d", "--name", NAME, *words, IMAGE, "sh", "-c", script)
    yield NAME
    remove(NAME)


# ------------------------------------------------------------- what the Engine knows


@pytest.mark.engine
def test_a_container_has_the_readings_of_its_probe(box: str) -> None:
    """State, id and start are compared by the same words as in a runbook."""
    identity = inspect(box)["Id"][:12]
    one = check("container", box, running=True, id=identity, health="none", exists=True)
    assert here(one) == Asked(Truth.TRUE)


@pytest.mark.engine
def test_what_does_not_hold_is_said(box: str) -> None:
    """The first comparison that failed, with the reading as it is."""
    asked = here(check("container", box, exists=True, running=False))
    assert asked == Asked(Truth.FALSE, f"{box}: running is yes")


@pytest.mark.engine
def test_a_start_is_newer_than_the_planned_one(box: str) -> None:
    """The plan's reading and the postcondition's are of one clock: the Engine's."""
    transport = LocalTransport(Host("localhost"))
    api = EngineApi(transport)
    seen = Checks(api, transport, host="localhost")
    now = check("container", box, started_at=("gt", 0.0))
    assert seen.ask((now,)).truth is Truth.TRUE
    later = check("container", box, started_at=("gt", 4e9))
    assert seen.ask((now, later)).truth is Truth.FALSE
    api.close()


@pytest.mark.engine
@pytest.mark.parametrize("expect", [{"exists": False}, {"running": False}])
def test_a_missing_container_does_not_run(expect: dict[str, object]) -> None:
    """It is a fact, not a gap."""
    assert here(check("container", "esc-perf-none", **expect)).truth is Truth.TRUE


@pytest.mark.engine
def test_nothing_else_holds_of_a_missing_container() -> None:
    """A new id that nobody has is no new container."""
    asked = here(check("container", "esc-perf-none", id=("ne", "0123456789ab")))
    assert asked == Asked(Truth.FALSE, "esc-perf-none does not exist")


@pytest.mark.engine
def test_a_service_is_all_of_its_containers(box: str) -> None:
    """Each of them must hold it; a service without any does not exist."""
    assert here(check("service", STACK, "cache", running=True)).truth is Truth.TRUE
    none = here(check("service", STACK, "other", running=True))
    assert none == Asked(Truth.FALSE, "other does not exist")
    assert here(check("service", STACK, "other", exists=False)).truth is Truth.TRUE


@pytest.mark.engine
def test_images_and_volumes() -> None:
    """They exist or not; an image has an id and a time."""
    image = inspect_image(IMAGE)
    assert here(check("image", IMAGE, id=image)).truth is Truth.TRUE
    assert here(check("image", image, created_at=("gt", 1e9))).truth is Truth.TRUE
    gone = check("image", "esc-perf/none:1", exists=True)
    assert here(gone) == Asked(Truth.FALSE, "esc-perf/none:1 does not exist")
    docker("volume", "create", "esc-perf-volume")
    try:
        assert here(check("volume", "esc-perf-volume", exists=True)).truth is Truth.TRUE
    finally:
        docker("volume", "rm", "esc-perf-volume")
    assert here(check("volume", "esc-perf-volume", exists=False)).truth is Truth.TRUE


def inspect_image(reference: str) -> str:
    """Return an image's id."""
    return docker("image", "inspect", "--format", "{{.Id}}", reference)


@pytest.mark.engine
def test_networks_and_who_is_on_them(box: str) -> None:
    """Connected, with the aliases by which others find it."""
    docker("network", "create", "esc-perf-net")
    try:
        apart = check("network", "esc-perf-net", box, exists=True, connected=False)
        assert here(apart).truth is Truth.TRUE
        docker("network", "connect", "--alias", "cache", "esc-perf-net", box)
        joined = check(
            "network",
            "esc-perf-net",
            box,
            connected=True,
            aliases=("contains", "cache"),
        )
        assert here(joined).truth is Truth.TRUE
        docker("network", "disconnect", "esc-perf-net", box)
    finally:
        docker("network", "rm", "esc-perf-net")
    assert here(check("network", "esc-perf-net", box, exists=False)).truth is Truth.TRUE


@pytest.mark.engine
def test_lines_of_a_log_since_the_start(box: str) -> None:
    """Both streams count."""
    assert eventually(lambda: "ready to serve" in docker("logs", box))
    assert here(check("log", box, "ready", count=2)).truth is Truth.TRUE
    assert here(check("log", box, "never said", count=0)).truth is Truth.TRUE


def test_lines_of_the_run_before_do_not_count() -> None:
    """Those are asked for that are younger than its end, and a little older than the start.

    The Engine notes a start after the first lines may have come.
    """
    asked = []
    for finished in ("2030-01-01T00:00:09Z", "0001-01-01T00:00:00Z"):
        state = {"StartedAt": "2030-01-01T00:00:10Z", "FinishedAt": finished}
        since = 1893456009 if "2030" in finished else 1893456008
        path = f"/containers/x/logs?stdout=1&stderr=1&since={since}.000000"
        engine = {"/containers/x/json": {"Config": {}, "State": state}, path: b""}
        asked.append(recorded(check("log", "x", "ready", count=0), engine).truth)
    assert asked == [Truth.TRUE, Truth.TRUE]


# ----------------------------------------------------------------- what a host sees


def test_a_port_that_listens_and_one_that_does_not() -> None:
    """As seen from the host, without a byte."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        assert here(check("tcp", "127.0.0.1", port, outcome="ok")).truth is Truth.TRUE
    closed = here(check("tcp", "127.0.0.1", port, outcome="ok"))
    assert closed == Asked(Truth.FALSE, f"127.0.0.1:{port}: outcome is refused")


def test_an_answer_over_http() -> None:
    """Its status is compared."""

    class Teapot(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(418 if self.path == "/tea" else 404)

        def log_message(self, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Teapot) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = str(server.server_port)
        asked = here(check("http", "127.0.0.1", port, "/tea", status=418))
        server.shutdown()
    assert asked.truth is Truth.TRUE


def test_a_path_and_its_size(tmp_path: Path) -> None:
    """A file that is there, one that is not, and one whose name is a shell's delight."""
    name = tmp_path / "a $(touch b) 'c' -n.tar"
    assert here(check("path", str(name), exists=False)).truth is Truth.TRUE
    name.write_bytes(b"12345")
    assert here(check("path", str(name), exists=True, size=5)).truth is Truth.TRUE
    assert list(tmp_path.iterdir()) == [name]


def test_a_path_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """It does not exist either."""
    deep = str(tmp_path / "no" / "such" / "file")
    assert here(check("path", deep, exists=True)).truth is Truth.FALSE


# --------------------------------------------------------------------- what is unknown


def test_an_engine_that_does_not_answer_is_unknown() -> None:
    """Its silence proves neither."""
    lost = Recorded(engine_trouble=Trouble("missing", "no Engine here"))
    transport = FakeTransport(Host("web1"), lost)
    engine = EngineApi(transport)
    one = check("container", "redis", running=False)
    asked = ask(one, engine=engine, transport=transport, host="web1")
    assert asked == Asked(Truth.UNKNOWN, "container redis: no Engine here")


def test_a_host_that_is_not_reached_is_unknown() -> None:
    """A port behind a lost connection is not a closed port."""
    opened = Output(Status.UNREACHABLE, reason="the SSH connection ended")
    transport = FakeTransport(Host("web1"), Recorded(opened=opened))
    engine = EngineApi(transport)
    for one in (check("tcp", "a", "1", outcome="ok"), check("path", "/x", exists=True)):
        asked = ask(one, engine=engine, transport=transport, host="web1")
        assert asked.truth is Truth.UNKNOWN
        assert "the SSH connection ended" in asked.reason


def test_a_reading_that_is_not_known_is_unknown() -> None:
    """The time of an image that does not say one."""
    engine = {"/images/x/json": {"Id": "sha256:1"}}
    asked = recorded(check("image", "x", created_at=("gt", 1.0)), engine)
    assert asked == Asked(Truth.UNKNOWN, "x: created_at is not known")


def test_an_unknown_kind_of_check_is_unknown() -> None:
    """It is never taken for done."""
    assert recorded(check("moon", "x", full=True), {}).truth is Truth.UNKNOWN


def test_no_checks_tell_nothing() -> None:
    """Nothing asked is nothing proved."""
    transport = FakeTransport(Host("web1"))
    checks = Checks(EngineApi(transport), transport, host="web1")
    assert checks.ask(()).truth is Truth.UNKNOWN


def test_one_off_containers_do_not_count() -> None:
    """What `docker compose run` left is not the service."""
    labels = {"com.docker.compose.oneoff": "True"}
    filters = {
        "label": ["com.docker.compose.project=s", "com.docker.compose.service=a"]
    }
    path = f"/containers/json?all=true&filters={quote(json.dumps(filters), safe='')}"
    engine = {path: [{"Id": "1", "Labels": labels}]}
    asked = recorded(check("service", "s", "a", running=True), engine)
    assert asked == Asked(Truth.FALSE, "a does not exist")


def test_a_part_of_a_log_proves_presence_alone() -> None:
    """Lines that were not read may hold the text."""

    class Cut(FakeTransport):
        def connect(self, target: object, *, timeout_s: float) -> object:
            made = super().connect(target, timeout_s=timeout_s)
            if hasattr(made, "_recorded"):
                send = made.send

                def cut(data: bytes, wait_s: float) -> None:
                    send(data, wait_s)
                    made._data = made._data.replace(b"th: 18", b"th: 99")

                made.send = cut
            return made

    frame = b"\x01\0\0\0\0\0\0\x0aready now\n"
    engine = {
        "/containers/x/json": {"Config": {}, "State": {}},
        "/containers/x/logs?stdout=1&stderr=1": frame,
    }
    transport = Cut(Host("web1"), Recorded(engine=engine))
    checks = Checks(EngineApi(transport), transport, host="web1")
    assert (
        checks.ask((check("log", "x", "ready", count=("ge", 1)),)).truth is Truth.TRUE
    )
    assert checks.ask((check("log", "x", "ready", count=1),)).truth is Truth.UNKNOWN
    assert checks.ask((check("log", "x", "gone", count=0),)).truth is Truth.UNKNOWN


def test_the_clock_of_the_host_judges_its_health() -> None:
    """It is asked once, whatever the number of checks."""
    engine = {
        "/info": {"SystemTime": "2030-01-01T00:00:00.5Z"},
        "/containers/x/json": {
            "Name": "/x",
            "State": {"Running": True, "StartedAt": "2029-12-31T23:59:00Z"},
        },
    }
    transport = FakeTransport(Host("web1"), Recorded(engine=engine))
    checks = Checks(EngineApi(transport), transport, host="web1")
    one = check("container", "x", uptime_s=("lt", 70.0))
    assert checks.ask((one, one)).truth is Truth.TRUE
    assert transport.asked.count("/info") == 1
