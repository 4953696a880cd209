"""This machine as a host: subprocesses, sockets, and the Engine's own socket."""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import subprocess
import threading
import time
from collections.abc import Generator

from escalade.errors import EscaladeError
from escalade.model import Host
from escalade.model import Status
from escalade.transport.base import BELT_S
from escalade.transport.base import KILL_S
from escalade.transport.base import Channel
from escalade.transport.base import Output
from escalade.transport.base import Target
from escalade.transport.base import Tcp
from escalade.transport.base import Trouble
from escalade.transport.become import Become
from escalade.transport.engine_socket import connect_engine
from escalade.transport.outputs import Ending
from escalade.transport.outputs import Pieces
from escalade.transport.outputs import collect
from escalade.transport.outputs import relay
from escalade.transport.process import kill_session
from escalade.transport.process import pieces
from escalade.transport.process import spawn
from escalade.transport.process import start
from escalade.transport.putting import PUT_S
from escalade.transport.putting import put_line
from escalade.transport.putting import put_output
from escalade.transport.putting import put_trouble
from escalade.transport.sockets import SocketChannel
from escalade.transport.sockets import dial

__all__ = ["LocalTransport"]

_SUDO_S = 10.0


class LocalTransport:
    """The transport of `connection: local`."""

    def __init__(self, host: Host, *, become: Become | None = None) -> None:
        self.host = host
        self.become = become
        self._opened: Output | None = None
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._opening = threading.Lock()

    def open(self) -> Output:
        """Return that this machine is reached: it is, unless sudo does not let us."""
        if self.become is None:
            return Output(Status.OK, 0)
        from escalade.transport.become import refusal

        with self._opening:
            if self._opened is None:
                ran = collect(self._pieces("true", _SUDO_S), timeout_s=_SUDO_S, limit=0)
                self._opened = refusal(ran, self.host.name) or Output(Status.OK, 0)
            return self._opened

    def run(self, line: str, *, timeout_s: float, limit: int = 1_000_000) -> Output:
        """Run one shell line, bounded there and from outside; keep `limit` bytes."""
        pieces_ = self._admitted(line, timeout_s)
        return collect(pieces_, timeout_s=timeout_s, limit=limit)

    def stream(self, line: str, *, timeout_s: float) -> Generator[bytes, None, Output]:
        """Yield stdout as it comes, within the bound; return how it ended."""
        return relay(self._admitted(line, timeout_s), timeout_s=timeout_s)

    def connect(self, target: Target, *, timeout_s: float) -> Channel | Trouble:
        """Open a stream to a port or to the Engine."""
        if not isinstance(target, Tcp):
            return self._engine(timeout_s)
        connected = dial(target.host, target.port, timeout_s=timeout_s)
        return connected if isinstance(connected, Trouble) else SocketChannel(connected)

    def put(self, path: str, content: bytes, *, mode: int = 0o600) -> Output:
        """Write a file through a temporary name beside it and a rename."""
        if self.become is not None:
            line = put_line(path, len(content), mode, draft=secrets.token_hex(4))
            written = self._admitted(line, PUT_S, stdin=content)
            return put_output(path, collect(written, timeout_s=PUT_S, limit=0))
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
            return put_trouble(path, error.strerror or str(error))
        return Output(Status.OK, 0)

    def close(self) -> None:
        """End every command that still runs; never raises."""
        with self._lock:
            running = tuple(self._running)
        for process in running:
            kill_session(process.pid)

    def _engine(self, timeout_s: float) -> Channel | Trouble:
        """Open a stream to the Engine: as who we are, else as whom we may become."""
        found = connect_engine(timeout_s=timeout_s)
        if self.become is None or not isinstance(found, Trouble):
            return found
        if found.outcome != "denied" or not self.open().status.answered:
            return found
        from escalade.transport.become import no_password
        from escalade.transport.proxy import ProxySocket
        from escalade.transport.ssh_channels import engine_job

        try:
            work = engine_job(self.become)
        except EscaladeError as error:
            return Trouble("denied", no_password(error, self.host.name).reason)
        near = ProxySocket.start(f"sh -c {shlex.quote(work.line)}")
        if work.stdin:
            near.sendall(work.stdin)
        return SocketChannel(near)

    def _admitted(
        self, line: str, timeout_s: float, *, stdin: bytes | None = None
    ) -> Pieces:
        """Run a line once we may; yield what it writes."""
        reached = self.open()
        if reached.status is not Status.OK:
            return Ending(output=reached)
        return (yield from self._pieces(line, timeout_s, stdin=stdin))

    def _started(
        self, line: str, timeout_s: float, stdin: bytes | None
    ) -> subprocess.Popen[bytes] | Output:
        """Start a line, as another user where that is said."""
        if self.become is None:
            return spawn(line, timeout_s)
        from escalade.transport.become import no_password
        from escalade.transport.ssh_channels import job

        try:
            work = job(line, timeout_s=timeout_s, stdin=stdin, become=self.become)
        except EscaladeError as error:
            return no_password(error, self.host.name)
        return start(["sh", "-c", work.line], work.stdin)

    def _end(self, pids: tuple[int, ...]) -> None:
        """End processes that belong to whom we became."""
        line = f"kill -KILL {' '.join(map(str, pids))}"
        process = self._started(line, KILL_S, None)
        if not isinstance(process, Output):
            ended = pieces(process, deadline=time.monotonic() + BELT_S)
            collect(ended, timeout_s=KILL_S, limit=0)

    def _pieces(
        self, line: str, timeout_s: float, *, stdin: bytes | None = None
    ) -> Pieces:
        """Run a line and yield what it writes."""
        process = self._started(line, timeout_s, stdin)
        if isinstance(process, Output):
            return Ending(output=process)
        deadline = time.monotonic() + timeout_s + BELT_S
        with self._lock:
            self._running.add(process)
        try:
            ender = self._end if self.become else None
            return (yield from pieces(process, deadline=deadline, ender=ender))
        finally:
            with self._lock:
                self._running.discard(process)
