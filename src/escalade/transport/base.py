"""The narrow door to the world: what every transport can do, and what it answers.

A transport never raises for a host: trouble is a value with a status and a reason.
"""

from __future__ import annotations

import shlex
from collections.abc import Generator
from dataclasses import dataclass
from typing import NamedTuple
from typing import Protocol

from escalade.model import Host
from escalade.model import Status

__all__ = [
    "BELT_S",
    "KILL_S",
    "Channel",
    "Command",
    "EngineSocket",
    "Output",
    "Target",
    "Tcp",
    "Timeouts",
    "Transport",
    "Trouble",
    "bounded",
]

KILL_S = 2.0
"""Seconds between `timeout`'s TERM and its KILL."""
BELT_S = 5.0
"""Seconds that the outer wait grants beyond the bound set where the command runs."""


class Command(NamedTuple):
    """A shell line whose values are quoted by construction: `%s` is a quoted value."""

    template: str
    values: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """Return the line with every value quoted for a POSIX shell."""
        return self.template % tuple(shlex.quote(value) for value in self.values)


def bounded(line: str, timeout_s: float) -> str:
    """Return the line wrapped so that it ends where it runs, its stdin closed.

    `timeout` leads its own process group, so the whole tree ends with it; exit
    code 124 (or 137 after the KILL) then means that the bound was hit.
    """
    kill, bound = f"{KILL_S:g}", f"{max(timeout_s, 0.1):g}"
    return f"LC_ALL=C timeout -k {kill} {bound} sh -c {shlex.quote(line)} </dev/null"


class Output(NamedTuple):
    """How a command ended: `code` is None unless it ran to an end of its own.

    `status` is OK (it ran, whatever its code), TIMEOUT, UNREACHABLE, DENIED,
    UNSUPPORTED (no `timeout` or shell there) or ERROR; `reason` is one line.
    `truncated` is True where the output passed the limit and was cut. `cause` says in
    one word why a host was not reached: name, route, refused, timeout, banner,
    host-key-unknown, host-key-changed, auth, gateway or closed (docs/transport.md).
    """

    status: Status
    code: int | None = None
    stdout: bytes = b""
    stderr: bytes = b""
    took_s: float = 0.0
    reason: str = ""
    truncated: bool = False
    cause: str = ""


class Timeouts(NamedTuple):
    """How long each part of reaching a host may take, in seconds.

    `connect_s` is for TCP and for the names before it, `banner_s` for the SSH greeting
    and again for the key exchange, `auth_s` for logging in. `keepalive_s` is the pause
    between two signs of life.
    """

    connect_s: float = 5.0
    banner_s: float = 5.0
    auth_s: float = 10.0
    keepalive_s: float = 15.0


class Tcp(NamedTuple):
    """A TCP port as seen from the host."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class EngineSocket:
    """The Docker Engine's API socket on the host."""


Target = Tcp | EngineSocket


class Trouble(NamedTuple):
    """Why a connection could not be made.

    `outcome` is one of refused, timeout, dns, no-route, unreachable, reset, denied,
    missing (no socket there), not-installed, closed; `detail` is the system's words.
    """

    outcome: str
    detail: str = ""


class Channel(Protocol):
    """An open two-way byte stream."""

    def send(self, data: bytes, timeout_s: float) -> None:
        """Send all bytes or raise TimeoutError or OSError."""

    def recv(self, size: int, timeout_s: float) -> bytes:
        """Return up to `size` bytes, b"" at the end; TimeoutError when none came."""

    def close(self) -> None:
        """Close both ways; never raises."""


class Transport(Protocol):
    """How one host is reached. One object a host; its methods may run in threads."""

    host: Host

    def open(self) -> Output:
        """Reach the host (once); the status and reason say whether and why not."""

    def run(self, line: str, *, timeout_s: float, limit: int = 1_000_000) -> Output:
        """Run one shell line, bounded there and from outside; keep `limit` bytes."""

    def stream(self, line: str, *, timeout_s: float) -> Generator[bytes, None, Output]:
        """Yield stdout as it comes, within the bound; return how it ended."""

    def connect(self, target: Target, *, timeout_s: float) -> Channel | Trouble:
        """Open a stream to a port or to the Engine, as seen from the host."""

    def put(self, path: str, content: bytes, *, mode: int = 0o600) -> Output:
        """Write a file on the host through a temporary name and a rename."""

    def close(self) -> None:
        """Close the connection; never raises."""
