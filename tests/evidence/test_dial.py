"""One TCP conversation: against real sockets of this host."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress

import pytest

from escalade.evidence.dial import converse
from escalade.evidence.httptext import complete
from escalade.evidence.httptext import request
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Dial
from escalade.model import Host
from escalade.model import Status
from escalade.transport.base import Trouble
from escalade.transport.fake import FakeTransport
from escalade.transport.fake import Recorded
from escalade.transport.local import LocalTransport

HERE = LocalTransport(Host("here"))


@contextmanager
def server(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve one connection; yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def work() -> None:
            peer, _ = listener.accept()
            with peer, suppress(OSError):
                behave(peer)

        threading.Thread(target=work, daemon=True).start()
        yield listener.getsockname()[1]


def talk(behave: Callable[[socket.socket], None], **more: object) -> Answer:
    """Return the answer of a conversation with a server."""
    with server(behave) as port:
        asked = Dial("127.0.0.1", port, **{"timeout_s": 0.5, **more})  # type: ignore[arg-type]
        return converse(HERE, asked, bound_s=2.0)


def answered(answer: Answer) -> tuple[str, bytes]:
    """Return outcome and body of a conversation that took place."""
    assert answer.status is Status.OK
    return answer.outcome, answer.body


def test_a_peer_that_answers() -> None:
    """What was sent arrives, what comes is returned."""

    def echo(peer: socket.socket) -> None:
        peer.sendall(b"you said " + peer.recv(100))

    assert answered(talk(echo, send=b"hello")) == ("ok", b"you said hello")


def test_a_peer_that_says_nothing() -> None:
    """Connected, and not one byte in time."""
    found = talk(lambda _: time.sleep(1.5), send=b"x")
    assert answered(found) == ("silent", b"")
    assert 0.4 < found.took_s < 1.5


def test_a_peer_that_hangs_up() -> None:
    """Connected, ended without a byte."""
    assert answered(talk(lambda peer: peer.recv(10), send=b"x")) == ("closed", b"")


def test_a_peer_that_resets() -> None:
    """What Docker's proxy does when nobody listens behind it."""

    def reset(peer: socket.socket) -> None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    assert answered(talk(reset, send=b"x"))[0] == "reset"


def test_a_port_where_nobody_listens() -> None:
    """Refused is an answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    found = converse(HERE, Dial("127.0.0.1", port), bound_s=1.0)
    assert answered(found) == ("refused", b"")


def test_reading_stops_when_all_is_there() -> None:
    """Nobody waits for a peer that keeps the line open after its answer."""

    def lazy(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")
        time.sleep(3)

    found = talk(lazy, send=request("127.0.0.1", 1), done=complete)
    assert found.took_s < 0.4
    found = talk(lazy, until=b"\r\n\r\n")
    assert found.took_s < 0.4


def test_reading_stops_at_the_limit() -> None:
    """An endless answer is cut."""
    found = talk(lambda peer: peer.sendall(b"x" * 100_000), limit=1000)
    assert len(found.body) == 1000
    assert found.truncated


def test_a_peer_that_drips_is_bounded() -> None:
    """A byte every now and then does not stretch the conversation for ever."""

    def drip(peer: socket.socket) -> None:
        for _ in range(40):
            peer.sendall(b"x")
            time.sleep(0.1)

    with server(drip) as port:
        started = time.monotonic()
        found = converse(HERE, Dial("127.0.0.1", port, timeout_s=5.0), bound_s=0.6)
    assert found.outcome == "ok"
    assert time.monotonic() - started < 2.0


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ("timeout", Status.OK),
        ("denied", Status.DENIED),
        ("missing", Status.UNSUPPORTED),
    ],
)
def test_troubles(outcome: str, status: Status) -> None:
    """A port that cannot be reached is an answer; a way that is closed to us is none."""
    recorded = Recorded(ports={("x", 1): Trouble(outcome, "words")})
    found = converse(FakeTransport(Host("h"), recorded), Dial("x", 1), bound_s=1.0)
    assert (found.status, found.outcome, found.reason) == (status, outcome, "words")
