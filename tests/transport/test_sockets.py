"""Errors of sockets, each by the word that the probes use."""

from __future__ import annotations

import errno
import os
import socket
import threading
from queue import SimpleQueue

import pytest

from escalade.transport import sockets
from escalade.transport.base import Trouble


@pytest.mark.parametrize(
    ("number", "outcome"),
    [
        (errno.ECONNREFUSED, "refused"),
        (errno.ETIMEDOUT, "timeout"),
        (errno.EHOSTUNREACH, "no-route"),
        (errno.ENETUNREACH, "unreachable"),
        (errno.ECONNRESET, "reset"),
        (errno.EACCES, "denied"),
        (errno.EPERM, "denied"),
        (errno.ENOENT, "missing"),
        (errno.EIO, "unreachable"),
    ],
)
def test_each_error_has_its_word(number: int, outcome: str) -> None:
    """The system's own words stay as the detail."""
    error = OSError(number, os.strerror(number))
    assert sockets.trouble_of(error) == Trouble(outcome, os.strerror(number))


def test_waiting_too_long_is_a_timeout() -> None:
    """The library's own timeout has no number."""
    assert sockets.trouble_of(TimeoutError()).outcome == "timeout"


def test_a_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answer is not waited for longer than the bound."""
    release = threading.Event()
    lookup = sockets._lookup

    def hang(host: str, port: int, flags: int) -> object:
        if not flags:
            release.wait(10)
        return lookup(host, port, socket.AI_NUMERICHOST)

    monkeypatch.setattr(sockets, "_lookup", hang)
    found = sockets.resolve("slow.invalid", 80, timeout_s=0.05)
    release.set()
    assert isinstance(found, Trouble)
    assert "did not answer" in found.detail


def test_the_second_address_is_tried() -> None:
    """`localhost` may be ::1 first, where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        connected = sockets.dial("localhost", server.getsockname()[1], timeout_s=5)
        assert isinstance(connected, socket.socket)
        connected.close()


def test_a_connection_sends_small_packets_at_once() -> None:
    """TCP_NODELAY is set."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        connected = sockets.dial("127.0.0.1", server.getsockname()[1], timeout_s=5)
        assert isinstance(connected, socket.socket)
        assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        connected.close()


def test_an_alarm_that_is_set_later_and_due_sooner_comes_first() -> None:
    """One thread minds all alarms, in the order of their moments."""
    rung: SimpleQueue[str] = SimpleQueue()
    with (
        sockets.closing_after(60, lambda: rung.put("late")) as late,
        sockets.closing_after(0.01, lambda: rung.put("soon")) as soon,
    ):
        assert rung.get(timeout=30) == "soon"
        assert soon
    assert not late
    assert rung.empty()


def test_an_alarm_whose_close_hangs_holds_no_other() -> None:
    """What is closed may wait for ever itself."""
    rung, never = threading.Event(), threading.Event()
    try:
        with (
            sockets.closing_after(0.01, never.wait),
            sockets.closing_after(0.02, rung.set),
        ):
            assert rung.wait(30)
    finally:
        never.set()


def test_a_quick_socket_gives_what_came_in_the_pieces_asked_for() -> None:
    """All that is there is taken at once, and no byte is lost or given twice."""
    near, far = socket.socketpair()
    with sockets.QuickSocket(fileno=near.detach()) as quick, far:
        far.sendall(b"abcdef")
        far.shutdown(socket.SHUT_WR)
        assert [quick.recv(size) for size in (2, 3, 9, 9)] == [b"ab", b"cde", b"f", b""]
