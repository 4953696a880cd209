"""The way to a host whose variables tell none: each question says why."""

from __future__ import annotations

from collections.abc import Generator

from escalade.model import Host
from escalade.model import Status
from escalade.transport.base import Output
from escalade.transport.base import Target
from escalade.transport.base import Trouble

__all__ = ["CAUSE", "Unmade"]

CAUSE = "inventory"
"""The cause of a host that cannot be reached since the inventory is wrong about it."""


class Unmade:
    """A host that is never reached, for its `trouble`."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._said = Output(Status.UNREACHABLE, reason=host.trouble, cause=CAUSE)

    def open(self) -> Output:
        """Return why the host cannot be reached."""
        return self._said

    def run(self, line: str, *, timeout_s: float, limit: int = 1_000_000) -> Output:
        """Return why the host cannot be reached."""
        del line, timeout_s, limit
        return self._said

    def stream(self, line: str, *, timeout_s: float) -> Generator[bytes, None, Output]:
        """Yield nothing; return why the host cannot be reached."""
        del line, timeout_s
        yield from ()
        return self._said

    def connect(self, target: Target, *, timeout_s: float) -> Trouble:
        """Return why the host cannot be reached."""
        del target, timeout_s
        return Trouble("unreachable", self.host.trouble)

    def put(self, path: str, content: bytes, *, mode: int = 0o600) -> Output:
        """Return why the host cannot be reached."""
        del path, content, mode
        return self._said

    def close(self) -> None:
        """Close nothing."""
