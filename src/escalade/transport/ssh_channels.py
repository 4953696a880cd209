"""What runs in a channel of an SSH connection: commands, and byte streams."""

from __future__ import annotations

import contextlib
import re
import select
import shlex
import threading
import time
from collections.abc import Callable
from collections.abc import Generator
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from escalade.model import Status
from escalade.transport.base import KILL_S
from escalade.transport.base import Output
from escalade.transport.base import Trouble
from escalade.transport.base import bounded
from escalade.transport.become import Become
from escalade.transport.become import raised
from escalade.transport.become import secret_of
from escalade.transport.outputs import GRACE_S
from escalade.transport.outputs import LONGEST_LINE
from escalade.transport.outputs import Ending
from escalade.transport.outputs import Pieces
from escalade.transport.outputs import one_line
from escalade.transport.process import FROM_STDIN
from escalade.transport.sockets import BrokenError
from escalade.transport.sockets import closing_after

__all__ = [
    "DIAL_ENGINE",
    "LOST",
    "EngineChannel",
    "Job",
    "SshChannel",
    "engine_job",
    "execute",
    "job",
    "pieces",
]

DIAL_ENGINE = (
    "sh -c 'PATH=$PATH:/usr/local/bin:/snap/bin;"
    " docker system dial-stdio || timeout 1 head -c 1 >/dev/null'"
)
"""What carries the Engine API through a channel; it ends with the connection.

Where it cannot, it still waits for our first byte: the SSH library may send that to a
channel which has just ended, and for such a packet sshd ends the whole connection.
"""

LOST = Output(Status.UNREACHABLE, reason="the SSH connection ended", cause="closed")
"""What every call gets once the connection is gone."""

_BLOCK = 262_144
_LOOK_S = 0.5
_LEAST_S = 0.001
_PAUSES_S = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
_TROUBLES = (
    (re.compile(r"permission denied", re.IGNORECASE), "denied"),
    (
        re.compile(r"docker: (?:command )?not found|docker: No such file"),
        "not-installed",
    ),
    (
        re.compile(
            r"daemon running|cannot connect|refused|no such file", re.IGNORECASE
        ),
        "missing",
    ),
)


@dataclass(frozen=True, slots=True)
class Job:
    """What is started in a channel. Without `stdin` it gets none.

    With `more`, stdin stays open after what is there.
    """

    line: str
    stdin: bytes | None = field(default=None, repr=False)
    more: bool = False


def job(
    line: str,
    *,
    timeout_s: float,
    stdin: bytes | None = None,
    become: Become | None = None,
) -> Job:
    """Return a shell line as a bounded job; a very long one travels through stdin.

    With `become`, all of it runs as that user. Raises `EscaladeError` where the
    password for it cannot be had.
    """
    if become is not None:
        return _raised(line, become, timeout_s=timeout_s, stdin=stdin)
    if stdin is None and len(line) <= LONGEST_LINE:
        return Job(bounded(line, timeout_s))
    bound = f"LC_ALL=C timeout -k {KILL_S:g} {max(timeout_s, 0.1):g} sh -c"
    if stdin is None:
        script = line.encode("utf-8", "surrogateescape")
        return Job(f"{bound} {shlex.quote(FROM_STDIN)}", script)
    return Job(f"{bound} {shlex.quote(line)}", stdin)


def _raised(line: str, become: Become, *, timeout_s: float, stdin: bytes | None) -> Job:
    """Return a bounded job that runs as another user."""
    bound = f"env LC_ALL=C timeout -k {KILL_S:g} {max(timeout_s, 0.1):g} sh -c"
    command = f"{bound} {shlex.quote(line)}"
    # Quoted once more for the password's sake, it may have grown too long.
    if stdin is None and len(shlex.quote(command)) > LONGEST_LINE:
        stdin = line.encode("utf-8", "surrogateescape")
        command = f"{bound} {shlex.quote(FROM_STDIN)}"
    whole = raised(command, become, stdin=stdin is not None)
    return Job(whole, secret_of(become, stdin))


def engine_job(become: Become | None = None) -> Job:
    """Return what carries the Engine API through a channel."""
    if become is None:
        return Job(DIAL_ENGINE)
    line = raised(DIAL_ENGINE, become, stdin=True)
    return Job(line, secret_of(become, b""), more=True)


def execute(transport: Any, work: Job, *, deadline: float) -> Any:
    """Return a channel in which a job runs, all of its stdin sent.

    The library waits without a bound for the server's yes, so the channel is closed
    under it at the deadline (monotonic). Raises what the library raises.
    """
    channel = _session(transport, deadline)
    try:
        with closing_after(deadline - time.monotonic(), channel.close) as late:
            channel.exec_command(work.line)
            # A command that ended before it had read all has its own words for it.
            with contextlib.suppress(OSError):
                if work.stdin is not None:
                    channel.sendall(work.stdin)
                    if not work.more:
                        channel.shutdown_write()
    except BaseException:
        channel.close()
        raise
    if late:
        raise TimeoutError
    return channel


def _session(transport: Any, deadline: float) -> Any:
    """Return a new session.

    Sessions that were given up still count for the server until their command has
    ended, so a refusal is tried again for a little while.
    """
    from paramiko.ssh_exception import SSHException

    pauses = iter(_PAUSES_S)
    while True:
        left = max(deadline - time.monotonic(), _LEAST_S)
        try:
            return transport.open_session(timeout=left)
        except SSHException:
            # With several refused at once, the library loses what it was told.
            pause = next(pauses, None)
            if pause is None or pause >= left or not transport.is_active():
                raise
            time.sleep(pause)


def pieces(channel: Any, *, deadline: float) -> Pieces:
    """Yield what a command writes; stop when the deadline (monotonic) has passed.

    A command that ended while somebody else still holds its streams is not waited for.
    """
    try:
        whole = yield from _read(channel, deadline)
        left = max(deadline - time.monotonic(), 0)
        ended = channel.status_event.wait(left)
        code = channel.recv_exit_status() if ended else None
        if ended and whole:
            _await_close(channel)
    finally:
        channel.close()
    if code is None:
        return Ending(expired=True)
    if code >= 0:
        return Ending(code)
    if not channel.get_transport().is_active():
        return Ending(output=LOST)
    return Ending()


def _await_close(channel: Any) -> None:
    """Wait a moment for the server's own close: only then has it freed the session."""
    channel.event.clear()
    if not channel.closed:
        channel.event.wait(GRACE_S)


def _read(channel: Any, deadline: float) -> Generator[tuple[bool, bytes], None, bool]:
    """Yield pieces until both streams ended, or the command did a while ago.

    Returns whether both streams ended.
    """
    poll = select.poll()
    poll.register(channel.fileno(), select.POLLIN)
    channel.settimeout(0.0)
    streams = {False: channel.recv, True: channel.recv_stderr}
    finished = False
    while streams:
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        # The end of a command does not wake us, only the end of its streams.
        poll.poll(1000 * min(left, _LOOK_S))
        for is_error, read in tuple(streams.items()):
            try:
                data = read(_BLOCK)
            except TimeoutError:
                continue
            if data:
                yield is_error, data
            else:
                del streams[is_error]
        if not finished and channel.exit_status_ready():
            finished = True
            deadline = min(deadline, time.monotonic() + GRACE_S)
    return True


class SshChannel:
    """A channel of an SSH connection as a Channel."""

    def __init__(self, channel: Any, release: Callable[[], None]) -> None:
        self._channel = channel
        self._release = release
        self._lock = threading.Lock()
        self._open = True

    def send(self, data: bytes, timeout_s: float) -> None:
        """Send all bytes or raise TimeoutError or OSError."""
        self._channel.settimeout(max(timeout_s, _LEAST_S))
        self._channel.sendall(data)

    def recv(self, size: int, timeout_s: float) -> bytes:
        """Return up to `size` bytes, b"" at the end; TimeoutError when none came."""
        self._channel.settimeout(max(timeout_s, _LEAST_S))
        data: bytes = self._channel.recv(size)
        return data

    def close(self) -> None:
        """Close both ways and give back the place it took; never raises."""
        with self._lock:
            was_open, self._open = self._open, False
        if was_open:
            self._channel.close()
            self._release()


class EngineChannel(SshChannel):
    """The Engine's socket on the host, behind `docker system dial-stdio`.

    That program says on stderr why it cannot reach the Engine, and only then ends: so
    the first answer that does not come is raised as a BrokenError.
    """

    def __init__(self, channel: Any, release: Callable[[], None]) -> None:
        super().__init__(channel, release)
        self._reached = False

    def send(self, data: bytes, timeout_s: float) -> None:
        """Send all bytes or raise TimeoutError or OSError."""
        try:
            super().send(data, timeout_s)
        except TimeoutError:
            raise
        except OSError:
            if self._reached:
                raise
            raise BrokenError(self._trouble(timeout_s)) from None

    def recv(self, size: int, timeout_s: float) -> bytes:
        """Return up to `size` bytes; raise BrokenError where there is no Engine."""
        data = super().recv(size, timeout_s)
        if not data and not self._reached:
            raise BrokenError(self._trouble(timeout_s))
        self._reached = True
        return data

    def _trouble(self, timeout_s: float) -> Trouble:
        """Return what the program said before it ended."""
        said = b""
        self._channel.settimeout(min(max(timeout_s, _LEAST_S), GRACE_S))
        try:
            while data := self._channel.recv_stderr(_BLOCK):
                said += data
        except OSError:
            pass
        words = one_line(said) or "the host ended the channel to the Engine"
        if not self._channel.get_transport().is_active():
            return Trouble("closed", "the SSH connection ended")
        for pattern, outcome in _TROUBLES:
            if pattern.search(words):
                return Trouble(outcome, words)
        return Trouble("closed" if not said else "unreachable", words)
