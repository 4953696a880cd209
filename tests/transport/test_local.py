"""This machine as a host: commands end, streams are bounded, sockets tell why."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from escalade.model import Host
from escalade.model import Status
from escalade.transport import process
from escalade.transport.base import Output
from escalade.transport.base import Tcp
from escalade.transport.base import Trouble
from escalade.transport.local import LocalTransport


@pytest.fixture
def local() -> Iterator[LocalTransport]:
    """Return this machine."""
    transport = LocalTransport(Host("localhost"))
    yield transport
    transport.close()


def gone(marker: str) -> bool:
    """Whether no process has a word on its command line any more, or soon."""
    for _ in range(100):
        if not running(marker):
            return True
        time.sleep(0.02)
    return False


def running(marker: str) -> bool:
    """Whether a process of this machine has a word on its command line."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if marker.encode() in entry.read_bytes().split(b"\0"):
                return True
        except OSError:
            continue
    return False


def test_the_outer_wait_ends_what_the_bound_could_not(
    local: LocalTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where `timeout` itself does not end it, its session is killed from outside."""
    monkeypatch.setattr("escalade.transport.local.BELT_S", 0.2)
    stubborn = "trap '' TERM; while :; do sleep 0.1; done # 4177"
    output = local.run(stubborn, timeout_s=0.2)
    assert output.status is Status.TIMEOUT
    assert "long past its bound" in output.reason
    assert gone(stubborn)


def test_a_child_in_a_group_of_its_own_is_ended_too(local: LocalTransport) -> None:
    """An inner `timeout` leaves the outer one's group, but not its session."""
    output = local.run("timeout 99 sleep 4179", timeout_s=0.3)
    assert output.status is Status.TIMEOUT
    assert gone("4179")


def test_no_timeout_program(
    local: LocalTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it nothing is run, and it says so."""
    monkeypatch.setenv("PATH", "/nonexistent")
    assert local.run("true", timeout_s=5).status is Status.UNSUPPORTED


@pytest.mark.parametrize("line", ["echo \0", "echo \udcff"])
def test_lines_that_cannot_be_run(local: LocalTransport, line: str) -> None:
    """Odd bytes are a value, not a traceback."""
    assert isinstance(local.run(line, timeout_s=5), Output)


def test_without_a_process_descriptor(
    local: LocalTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the kernel has none, commands still end and have their codes."""
    monkeypatch.setattr(process, "_end_of", lambda _pid: None)
    assert local.run("echo x; exit 4", timeout_s=5).code == 4
    assert local.run("sleep 31", timeout_s=0.2).status is Status.TIMEOUT


def test_a_stream_that_is_closed_ends_its_command(local: LocalTransport) -> None:
    """Nobody listens, so nothing runs."""
    stream = local.stream("echo first; sleep 4180", timeout_s=60)
    assert next(stream) == b"first\n"
    stream.close()
    assert gone("4180")


def test_close_ends_what_runs(local: LocalTransport) -> None:
    """Ctrl-C in the main thread frees the workers."""
    found: list[Output] = []
    started = threading.Event()

    def work() -> None:
        stream = local.stream("echo up; sleep 4181", timeout_s=60)
        next(stream)
        started.set()
        with pytest.raises(StopIteration) as ended:
            next(stream)
        found.append(ended.value.value)

    thread = threading.Thread(target=work)
    thread.start()
    assert started.wait(10)
    local.close()
    thread.join(10)
    assert not thread.is_alive()
    assert found[0].code == 137


# -------------------------------------------------------------------------- files


# --------------------------------------------------------------------------- ports


def test_a_port_that_drops_connections(local: LocalTransport) -> None:
    """Somebody listens who never accepts: a timeout."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        port = server.getsockname()[1]
        waiting = []
        for _ in range(4):
            client = socket.socket()
            client.setblocking(False)  # noqa: FBT003 -- the library's way
            client.connect_ex(("127.0.0.1", port))
            waiting.append(client)
        trouble = local.connect(Tcp("127.0.0.1", port), timeout_s=0.3)
        for client in waiting:
            client.close()
    assert isinstance(trouble, Trouble)
    assert trouble.outcome == "timeout"


@pytest.mark.parametrize("name", ["a" * 70, "a..b", "", "x\0y", "\udcff"])
def test_a_name_that_cannot_be_one(local: LocalTransport, name: str) -> None:
    """Odd names are a value too."""
    trouble = local.connect(Tcp(name, 1), timeout_s=2)
    assert isinstance(trouble, Trouble)
