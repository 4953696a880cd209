"""A host over SSH: one connection, at most eight channels on it at once."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from escalade.model import Host
from escalade.model import Status
from escalade.transport.base import BELT_S
from escalade.transport.base import Channel
from escalade.transport.base import Command
from escalade.transport.base import Output
from escalade.transport.base import Target
from escalade.transport.base import Tcp
from escalade.transport.base import Timeouts
from escalade.transport.base import Trouble
from escalade.transport.outputs import Ending
from escalade.transport.outputs import Pieces
from escalade.transport.outputs import collect
from escalade.transport.outputs import one_line
from escalade.transport.outputs import relay
from escalade.transport.ssh_channels import DIAL_ENGINE
from escalade.transport.ssh_channels import LOST
from escalade.transport.ssh_channels import EngineChannel
from escalade.transport.ssh_channels import Job
from escalade.transport.ssh_channels import SshChannel
from escalade.transport.ssh_channels import execute
from escalade.transport.ssh_channels import job
from escalade.transport.ssh_channels import pieces
from escalade.transport.ssh_connect import Link
from escalade.transport.ssh_connect import Refusal
from escalade.transport.ssh_connect import connect
from escalade.transport.ssh_options import hop_for

__all__ = ["SESSIONS", "SshTransport"]

SESSIONS = 8
"""Sessions at once: sshd refuses the eleventh on a connection (MaxSessions)."""
ENGINE_CHANNELS = 3
"""Of these, how many may carry the Engine API: each is a process on the host."""

_BUSY = f"all {SESSIONS} channels to the host are busy"
# A connection that breaks would end the file early, so its size is looked at.
_PUT = (
    "umask 077; if [ -d %s ]; then echo it is a directory >&2; exit 1; fi; "
    'if cat >%s && [ "$(($(wc -c <%s)))" = %s ] && chmod %s %s && mv -f %s %s; '
    "then :; else rm -f %s; exit 1; fi"
)
_NUMERIC = re.compile(r"[0-9.]+|[0-9a-fA-F:.%\w]*:[0-9a-fA-F:.%\w]*")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}")
_NO_GETENT = 127
_UNKNOWN_NAME = "the host finds no address for it"
_PUT_S = 30.0
_PUT_RATE = 100_000
"""Bytes a second that a link is trusted to carry at least."""


class SshTransport:
    """The transport of `connection: ssh`."""

    engine_channels = ENGINE_CHANNELS

    def __init__(
        self, host: Host, *, timeouts: Timeouts, ssh_config: Path | None = None
    ) -> None:
        self.host = host
        self._timeouts = timeouts
        self._ssh_config = ssh_config
        self._opening = threading.Lock()
        self._sessions = threading.BoundedSemaphore(SESSIONS)
        self._forwards = threading.BoundedSemaphore(SESSIONS)
        self._link: Link | None = None
        self._refusal: Output | None = None

    @property
    def connection(self) -> Any:
        """Return Fabric's open Connection: the context of a user's own task."""
        return self._link.connection if self._link else None

    def open(self) -> Output:
        """Reach the host (once); the status, cause and reason say why not."""
        started = time.monotonic()
        with self._opening:
            if self._link is not None:
                return self._state(self._link)
            if self._refusal is None:
                link = self._reach()
                if isinstance(link, Link):
                    self._link = link
                    return Output(Status.OK, 0, took_s=time.monotonic() - started)
                self._refusal = link
            return self._refusal

    def _reach(self) -> Link | Output:
        """Open the connection, or say why there is none."""
        try:
            hop = hop_for(self.host, ssh_config=self._ssh_config)
        except (OSError, ValueError, KeyError) as error:
            reason = f"{self.host.name}: {one_line(str(error))}"
            return Output(Status.ERROR, reason=reason, cause="name")
        link = connect(hop, self._timeouts)
        return link.output if isinstance(link, Refusal) else link

    def _state(self, link: Link) -> Output:
        """Return whether an open connection still is one."""
        if link.transport.is_active():
            return Output(Status.OK, 0)
        return LOST

    def run(self, line: str, *, timeout_s: float, limit: int = 1_000_000) -> Output:
        """Run one shell line, bounded there and from outside; keep `limit` bytes."""
        return collect(
            self._pieces(job(line, timeout_s=timeout_s), timeout_s),
            timeout_s=timeout_s,
            limit=limit,
        )

    def stream(self, line: str, *, timeout_s: float) -> Generator[bytes, None, Output]:
        """Yield stdout as it comes, within the bound; return how it ended."""
        return relay(
            self._pieces(job(line, timeout_s=timeout_s), timeout_s),
            timeout_s=timeout_s,
        )

    def connect(self, target: Target, *, timeout_s: float) -> Channel | Trouble:
        """Open a stream to a port or to the Engine, as seen from the host."""
        reached = self.open()
        if reached.status is not Status.OK or self._link is None:
            return Trouble("closed", reached.reason)
        if isinstance(target, Tcp):
            return self._forward(self._link, target, timeout_s=timeout_s)
        return self._dial_engine(self._link, timeout_s=timeout_s)

    def put(self, path: str, content: bytes, *, mode: int = 0o600) -> Output:
        """Write a file on the host through a temporary name and a rename."""
        draft = f"{path}.{secrets.token_hex(4)}.new"
        values = (path, draft, draft, str(len(content)), f"{mode:o}", draft)
        line = Command(_PUT, (*values, draft, path, draft)).line
        bound_s = _PUT_S + len(content) / _PUT_RATE
        work = job(line, timeout_s=bound_s, stdin=content)
        output = collect(self._pieces(work, bound_s), timeout_s=bound_s, limit=0)
        if output.status is not Status.OK or output.code == 0:
            return output
        said = one_line(output.stderr) or "was not written"
        denied = "permission denied" in said.lower()
        status = Status.DENIED if denied else Status.ERROR
        return Output(status, reason=f"{path}: {said}", took_s=output.took_s)

    def close(self) -> None:
        """Close the connection; never raises."""
        with self._opening:
            link, self._link = self._link, None
            self._refusal = LOST
        if link is not None:
            link.release()

    def _pieces(self, work: Job, timeout_s: float) -> Pieces:
        """Run a job in a session and yield what it writes."""
        reached = self.open()
        link = self._link
        if reached.status is not Status.OK or link is None:
            return Ending(output=reached)
        deadline = time.monotonic() + timeout_s + BELT_S
        if not self._sessions.acquire(timeout=timeout_s + BELT_S):
            return Ending(output=Output(Status.TIMEOUT, reason=_BUSY))
        try:
            channel = self._execute(link, work, deadline)
            if isinstance(channel, Output):
                return Ending(output=channel)
            return (yield from pieces(channel, deadline=deadline))
        finally:
            self._sessions.release()

    def _execute(self, link: Link, work: Job, deadline: float) -> Any:
        """Return a channel in which a job runs, or an Output that says why not."""
        try:
            return execute(link.transport, work, deadline=deadline)
        except Exception as error:
            if not link.transport.is_active():
                return LOST
            if time.monotonic() >= deadline:
                reason = "the host did not start the command in time"
                return Output(Status.TIMEOUT, reason=reason)
            reason = f"the host refused to run a command: {one_line(str(error))}"
            return Output(Status.ERROR, reason=reason)

    def _forward(self, link: Link, port: Tcp, *, timeout_s: float) -> Channel | Trouble:
        """Open a connection from the host to a port."""
        deadline = time.monotonic() + timeout_s
        addresses = self._resolve(port.host, timeout_s=timeout_s)
        if isinstance(addresses, Trouble):
            return addresses
        if not self._forwards.acquire(timeout=max(deadline - time.monotonic(), 0)):
            return Trouble("timeout", _BUSY)
        trouble = Trouble("timeout", "no answer in time")
        for position, address in enumerate(addresses):
            left = (deadline - time.monotonic()) / (len(addresses) - position)
            opened = link.forwards.open(address, port.port, timeout_s=max(left, 0.1))
            if not isinstance(opened, Trouble):
                return SshChannel(opened, self._forwards.release)
            trouble = opened
        self._forwards.release()
        return trouble

    def _resolve(self, name: str, *, timeout_s: float) -> tuple[str, ...] | Trouble:
        """Return the addresses that a name has on the host.

        sshd would look it up too, but while it waits for an answer the whole
        connection stands still.
        """
        if _NUMERIC.fullmatch(name):
            return (name,)
        if not _NAME.fullmatch(name):
            return Trouble("dns", f"not a host name: {name!r}")
        line = Command("getent ahosts %s", (name,)).line
        output = self.run(line, timeout_s=timeout_s, limit=10_000)
        if output.status is Status.UNREACHABLE:
            return Trouble("closed", output.reason)
        if output.status is Status.UNSUPPORTED or output.code == _NO_GETENT:
            return (name,)
        rows = output.stdout.decode("ascii", "replace").splitlines()
        found = [row.split()[0] for row in rows if row.strip()]
        return tuple(dict.fromkeys(found)) or Trouble("dns", _UNKNOWN_NAME)

    def _dial_engine(self, link: Link, *, timeout_s: float) -> Channel | Trouble:
        """Open a channel to the host's Engine."""
        deadline = time.monotonic() + timeout_s
        if not self._sessions.acquire(timeout=max(timeout_s, 0)):
            return Trouble("timeout", _BUSY)
        channel = self._execute(link, Job(DIAL_ENGINE), deadline)
        if isinstance(channel, Output):
            self._sessions.release()
            late = channel.status is Status.TIMEOUT
            return Trouble("timeout" if late else "closed", channel.reason)
        return EngineChannel(channel, self._sessions.release)
