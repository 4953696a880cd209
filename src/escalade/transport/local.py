"""This machine as a host: subprocesses, sockets, and the Engine's own socket."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import threading
import time
from collections.abc import Generator

from escalade.model import Host
from escalade.model import Status
from escalade.transport.base import BELT_S
from escalade.transport.base import Channel
from escalade.transport.base import Output
from escalade.transport.base import Target
from escalade.transport.base import Tcp
from escalade.transport.base import Trouble
from escalade.transport.engine_socket import connect_engine
from escalade.transport.outputs import Ending
from escalade.transport.outputs import Pieces
from escalade.transport.outputs import collect
from escalade.transport.outputs import relay
from escalade.transport.process import kill_session
from escalade.transport.process import pieces
from escalade.transport.process import spawn
from escalade.transport.sockets import SocketChannel
from escalade.transport.sockets import dial

__all__ = ["LocalTransport"]


class LocalTransport:
    """The transport of `connection: local`."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()

    def open(self) -> Output:
        """Return that this machine is reached: it always is."""
        return Output(Status.OK, 0)

    def run(self, line: str, *, timeout_s: float, limit: int = 1_000_000) -> Output:
        """Run one shell line, bounded there and from outside; keep `limit` bytes."""
        return collect(self._pieces(line, timeout_s), timeout_s=timeout_s, limit=limit)

    def stream(self, line: str, *, timeout_s: float) -> Generator[bytes, None, Output]:
        """Yield stdout as it comes, within the bound; return how it ended."""
        return relay(self._pieces(line, timeout_s), timeout_s=timeout_s)

    def connect(self, target: Target, *, timeout_s: float) -> Channel | Trouble:
        """Open a stream to a port or to the Engine."""
        if not isinstance(target, Tcp):
            return connect_engine(timeout_s=timeout_s)
        connected = dial(target.host, target.port, timeout_s=timeout_s)
        return connected if isinstance(connected, Trouble) else SocketChannel(connected)

    def put(self, path: str, content: bytes, *, mode: int = 0o600) -> Output:
        """Write a file through a temporary name beside it and a rename."""
        draft = f"{path}.{secrets.token_hex(4)}.new"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
                file.write(content)
                os.fchmod(file.fileno(), mode)
            os.replace(draft, path)  # noqa: PTH105 -- beside os.open
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(draft)  # noqa: PTH108 -- beside os.open
            denied = isinstance(error, PermissionError)
            status = Status.DENIED if denied else Status.ERROR
            return Output(status, reason=f"{path}: {error.strerror}")
        return Output(Status.OK, 0)

    def close(self) -> None:
        """End every command that still runs; never raises."""
        with self._lock:
            running = tuple(self._running)
        for process in running:
            kill_session(process.pid)

    def _pieces(self, line: str, timeout_s: float) -> Pieces:
        """Run a line and yield what it writes."""
        process = spawn(line, timeout_s)
        if isinstance(process, Output):
            return Ending(output=process)
        deadline = time.monotonic() + timeout_s + BELT_S
        with self._lock:
            self._running.add(process)
        try:
            return (yield from pieces(process, deadline=deadline))
        finally:
            with self._lock:
                self._running.discard(process)
