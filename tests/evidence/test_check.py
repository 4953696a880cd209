"""One address asked from a host: what is understood, and how long it took."""

from __future__ import annotations

import socket
import struct
import threading

import pytest

from escalade.errors import UsageError
from escalade.evidence.check import HEAR_S
from escalade.evidence.check import CheckTarget
from escalade.evidence.check import check
from escalade.evidence.check import parse_target
from escalade.model import Host
from escalade.transport.local import LocalTransport


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("redis:6379", CheckTarget("redis", 6379, None)),
        ("http://web", CheckTarget("web", 80, "/")),
        ("HTTP://web:8080/a?b", CheckTarget("web", 8080, "/a?b")),
        ("web:8080/a", CheckTarget("web", 8080, "/a")),
        ("https://web/a", CheckTarget("web", 443, None, tls=True)),
        ("https://[::1]:8443", CheckTarget("::1", 8443, None, tls=True)),
    ],
)
def test_what_is_understood(text, target) -> None:
    """URLs and HOST:PORT; what speaks TLS is asked by TCP."""
    assert parse_target(text) == target


@pytest.mark.parametrize("text", ["redis", "ftp://web", "web:0", "https://web:70000"])
def test_what_is_not_understood(text) -> None:
    """Anything else is refused in one line."""
    with pytest.raises(UsageError, match=f"check {text}"):
        parse_target(text)


def asked(port, *, tls=False):
    """Return what a check of a local port reads."""
    target = CheckTarget("127.0.0.1", port, None, tls)
    piece = check("here", LocalTransport(Host("here")), target, now=0.0)
    return piece.readings[0]


def test_the_time_told_is_that_of_the_connect() -> None:
    """A port that says nothing is not charged with our wait for a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        record = asked(listener.getsockname()[1], tls=True)
    assert (record["outcome"], record["scheme"]) == ("silent", "https")
    assert record["took_s"] < HEAR_S


def test_a_port_that_hangs_up() -> None:
    """A peer that cuts the connection at once is heard."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def cut() -> None:
            peer, _ = listener.accept()
            linger = struct.pack("ii", 1, 0)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            peer.close()

        threading.Thread(target=cut, daemon=True).start()
        record = asked(listener.getsockname()[1])
    assert record["outcome"] == "reset"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert asked(free.getsockname()[1])["outcome"] == "refused"
