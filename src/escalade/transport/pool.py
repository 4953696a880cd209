"""One connection a host for everything that a run does, closed at its end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from escalade.model import Host
from escalade.transport.base import Transport

__all__ = ["Pool"]


class Pool:
    """The open transports of a run, by the host's name; a dead one is replaced."""

    def __init__(self, opened: Callable[[Host], Transport]) -> None:
        self._opened = opened
        self._lock = threading.Lock()
        self._transports: dict[str, Transport] = {}

    def of(self, host: Host) -> Transport:
        """Return a host's transport: the one that is there, if it still answers.

        A host that was lost or not reached is tried again with a new connection.
        """
        with self._lock:
            transport = self._transports.get(host.name)
            fresh = transport is None
            if transport is None:
                transport = self._transports[host.name] = self._opened(host)
        if fresh or transport.open().status.answered:
            return transport
        transport.close()
        with self._lock:
            if self._transports.get(host.name) is transport:
                self._transports[host.name] = self._opened(host)
            return self._transports[host.name]

    def close(self) -> None:
        """Close every connection; never raises."""
        with self._lock:
            transports, self._transports = self._transports, {}
        for transport in transports.values():
            transport.close()

    def __enter__(self) -> Self:
        """Return the pool."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        self.close()
