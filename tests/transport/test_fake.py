"""The transport that replays recordings."""

from __future__ import annotations

import pytest

from escalade.model import Host
from escalade.model import Status
from escalade.transport.base import Output
from escalade.transport.base import Tcp
from escalade.transport.base import Trouble
from escalade.transport.engine_api import EngineApi
from escalade.transport.fake import FakeTransport
from escalade.transport.fake import NotRecordedError
from escalade.transport.fake import Recorded

HOST = Host("web1")


def test_a_recorded_line_is_replayed() -> None:
    """As text, as bytes or as a whole Output; the limit holds."""
    gone = Output(Status.TIMEOUT, reason="slow")
    fake = FakeTransport(HOST, Recorded(runs={"a": "text", "b": b"x", "c": gone}))
    assert fake.run("a", timeout_s=1).stdout == b"text"
    assert fake.run("a", timeout_s=1, limit=2) == Output(
        Status.OK, 0, b"te", truncated=True
    )
    assert list(fake.stream("b", timeout_s=1)) == [b"x"]
    assert fake.run("c", timeout_s=1) == gone
    assert fake.asked == ["a", "a", "b", "c"]


def test_what_was_not_recorded_is_refused() -> None:
    """A test that asks something new must say what comes back."""
    fake = FakeTransport(HOST)
    with pytest.raises(NotRecordedError, match="no answer to: rm -rf"):
        fake.run("rm -rf /", timeout_s=1)
    with pytest.raises(NotRecordedError, match=r"10\.0\.0\.1"):
        fake.connect(Tcp("10.0.0.1", 80), timeout_s=1)
    with pytest.raises(NotRecordedError, match="/info"):
        EngineApi(fake).get("/info")


def test_an_engine_is_replayed_over_http() -> None:
    """The same client as for a real one."""
    fake = FakeTransport(
        HOST,
        Recorded(
            engine={
                "/version": {"ApiVersion": "1.41"},
                "/containers/x/json": (404, {"message": "gone"}),
                "POST /containers/x/start": (204, b""),
            }
        ),
    )
    api = EngineApi(fake)
    assert api.get("/version").json() == {"ApiVersion": "1.41"}
    assert api.get("/containers/x/json").status is Status.VANISHED
    assert api.post("/containers/x/start").status is Status.OK


def test_ports_and_troubles_are_replayed() -> None:
    """A peer's words, and the ways not to reach one."""
    ports = {("a", 1): b"+PONG\r\n", ("b", 2): Trouble("refused")}
    no_engine = Trouble("not-installed", "no docker")
    fake = FakeTransport(HOST, Recorded(ports=ports, engine_trouble=no_engine))
    channel = fake.connect(Tcp("a", 1), timeout_s=1)
    assert not isinstance(channel, Trouble)
    channel.send(b"PING\r\n", 1)
    assert channel.recv(100, 1) == b"+PONG\r\n"
    assert channel.recv(100, 1) == b""
    assert fake.connect(Tcp("b", 2), timeout_s=1) == Trouble("refused")
    assert EngineApi(fake).get("/version").cause == "not-installed"


def test_a_host_that_is_not_reached() -> None:
    """Every line says what opening said."""
    lost = Output(Status.UNREACHABLE, cause="refused")
    fake = FakeTransport(HOST, Recorded(opened=lost))
    assert fake.open() is fake.run("anything", timeout_s=1)


def test_files_are_kept() -> None:
    """What would have been written."""
    fake = FakeTransport(HOST)
    assert fake.put("/etc/x", b"content").status is Status.OK
    assert fake.files == {"/etc/x": b"content"}
