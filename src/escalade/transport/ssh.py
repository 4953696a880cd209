"""A host over SSH: one connection, at most eight channels on it at once."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any
from typing import NamedTuple

from escalade.errors import EscaladeError
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
from escalade.transport.become import Become
from escalade.transport.become import no_password
from escalade.transport.become import refusal
from escalade.transport.greeting import greeting
from escalade.transport.greeting import heard
from escalade.transport.outputs import Ending
from escalade.transport.outputs import Pieces
from escalade.transport.outputs import collect
from escalade.transport.outputs import one_line
from escalade.transport.outputs import relay
from escalade.transport.putting import PUT_S
from escalade.transport.putting import put_line
from escalade.transport.putting import put_output
from escalade.transport.ssh_channels import LOST
from escalade.transport.ssh_channels import EngineChannel
from escalade.transport.ssh_channels import Job
from escalade.transport.ssh_channels import SshChannel
from escalade.transport.ssh_channels import engine_job
from escalade.transport.ssh_channels import execute
from escalade.transport.ssh_channels import job
from escalade.transport.ssh_channels import pieces
from escalade.transport.ssh_connect import Link
from escalade.transport.ssh_connect import Refusal
from escalade.transport.ssh_connect import connect
from escalade.transport.ssh_options import hop_for

__all__ = ["SESSIONS", "Opened", "SshTransport"]

SESSIONS = 8
"""Sessions at once: sshd refuses the eleventh on a connection (MaxSessions)."""
ENGINE_CHANNELS = 3
"""Of these, how many may carry the Engine API: each is a process on the host."""

_BUSY = f"all {SESSIONS} channels to the host are busy"
_NUMERIC = re.compile(r"[0-9.]+|[0-9a-fA-F:.%\w]*:[0-9a-fA-F:.%\w]*")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}")
_NO_GETENT = 127
_UNKNOWN_NAME = "the host finds no address for it"
_SUDO_S = 10.0
_PUT_RATE = 100_000
"""Bytes a second that a link is trusted to carry at least."""


class Opened(NamedTuple):
    """An open connection by the names that Fabric has for its parts."""

    host: str
    user: str
    port: int
    client: Any
    transport: Any


class SshTransport:
    """The transport of `connection: ssh`."""

    engine_channels = ENGINE_CHANNELS

    def __init__(
        self,
        host: Host,
        *,
        timeouts: Timeouts,
        ssh_config: Path | None = None,
        become: Become | None = None,
    ) -> None:
        self.host = host
        self.become = become
        self._timeouts = timeouts
        self._ssh_config = ssh_config
        self._opening = threading.Lock()
        self._sessions = threading.BoundedSemaphore(SESSIONS)
        self._forwards = threading.BoundedSemaphore(SESSIONS)
        self._link: Link | None = None
        self._refusal: Output | None = None
        self._shell_is_well = False

    @property
    def connection(self) -> Opened | None:
        """Return what a user's own task gets its Fabric Connection over.

        Fabric's object is not made here: it costs more than a handshake to import, and
        its configuration is not made to be shared by threads.
        """
        link = self._link
        if link is None:
            return None
        hop = link.hop
        return Opened(hop.address, hop.user, hop.port, link.client, link.transport)

    def open(self) -> Output:
        """Reach the host (once); the status, cause and reason say why not."""
        started = time.monotonic()
        with self._opening:
            if self._link is not None:
                return self._state(self._link)
            if self._refusal is None:
                link = self._reach()
                refused = self._admitted(link) if isinstance(link, Link) else link
                if isinstance(link, Link) and refused is None:
                    self._link = link
                    return Output(Status.OK, 0, took_s=time.monotonic() - started)
                self._refusal = refused
            return self._refusal or LOST

    def _admitted(self, link: Link) -> Output | None:
        """Return why sudo does not let us on a new connection; None where it does.

        It is asked once before several commands would send a wrong password at a time.
        """
        if self.become is None:
            return None
        try:
            work = job("true", timeout_s=_SUDO_S, become=self.become)
        except EscaladeError as error:
            refused: Output | None = no_password(error, self.host.name)
        else:
            ran = collect(
                self._ran(link, work, time.monotonic() + _SUDO_S + BELT_S),
                timeout_s=_SUDO_S,
                limit=0,
            )
            refused = refusal(ran, self.host.name)
        if refused is not None:
            link.release()
        return refused

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
        if not link.transport.is_active():
            return LOST
        return self._refusal or Output(Status.OK, 0)

    def run(self, line: str, *, timeout_s: float, limit: int = 1_000_000) -> Output:
        """Run one shell line, bounded there and from outside; keep `limit` bytes."""
        return collect(
            self._pieces(line, timeout_s),
            timeout_s=timeout_s,
            limit=limit,
        )

    def stream(self, line: str, *, timeout_s: float) -> Generator[bytes, None, Output]:
        """Yield stdout as it comes, within the bound; return how it ended."""
        return relay(self._pieces(line, timeout_s), timeout_s=timeout_s)

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
        line = put_line(path, len(content), mode, draft=secrets.token_hex(4))
        bound_s = PUT_S + len(content) / _PUT_RATE
        written = self._pieces(line, bound_s, stdin=content)
        return put_output(path, collect(written, timeout_s=bound_s, limit=0))

    def close(self) -> None:
        """Close the connection; never raises."""
        with self._opening:
            link, self._link = self._link, None
            self._refusal = LOST
        if link is not None:
            link.release()

    def _pieces(
        self, line: str, timeout_s: float, *, stdin: bytes | None = None
    ) -> Pieces:
        """Run a line in a session and yield what it writes.

        Until the login shell has proved that it does what it is told, it has to greet.
        """
        reached = self.open()
        link = self._link
        if reached.status is not Status.OK or link is None:
            return Ending(output=reached)
        known = self._shell_is_well
        told = line if known else greeting(line)
        try:
            work = job(told, timeout_s=timeout_s, stdin=stdin, become=self.become)
        except EscaladeError as error:
            return Ending(output=no_password(error, self.host.name))
        ran = self._ran(link, work, time.monotonic() + timeout_s + BELT_S)
        return (yield from ran if known else heard(ran, self.host.name, self._judge))

    def _judge(self, trouble: Output | None) -> None:
        """Remember whether the login shell is well."""
        self._shell_is_well = trouble is None
        if trouble is not None:
            self._refusal = trouble

    def _ran(self, link: Link, work: Job, deadline: float) -> Pieces:
        """Run a job in a session and yield what it writes."""
        if not self._sessions.acquire(timeout=max(deadline - time.monotonic(), 0)):
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
        try:
            work = engine_job(self.become)
        except EscaladeError as error:
            self._sessions.release()
            return Trouble("denied", no_password(error, self.host.name).reason)
        channel = self._execute(link, work, deadline)
        if isinstance(channel, Output):
            self._sessions.release()
            late = channel.status is Status.TIMEOUT
            return Trouble("timeout" if late else "closed", channel.reason)
        return EngineChannel(channel, self._sessions.release)
