"""One process of this machine: both streams in bounded memory, every wait bounded."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path

from escalade.model import Status
from escalade.transport.base import KILL_S
from escalade.transport.base import Output
from escalade.transport.outputs import GRACE_S
from escalade.transport.outputs import LONGEST_LINE
from escalade.transport.outputs import Ending
from escalade.transport.outputs import Pieces

__all__ = ["FROM_STDIN", "kill_session", "pieces", "spawn", "start"]

FROM_STDIN = 's=$(cat); exec </dev/null; eval "$s"'
"""What `sh -c` runs for a script that is too long to be an argument."""

_BLOCK = 65_536
_REAP_S = 1.0


def spawn(line: str, timeout_s: float) -> subprocess.Popen[bytes] | Output:
    """Start a shell line in a session of its own, bounded as `base.bounded` does it.

    Here `timeout` is started without a shell around it, so that it leads the session
    and one signal reaches all of it.
    """
    long = len(line) > LONGEST_LINE
    bound = f"{max(timeout_s, 0.1):g}"
    words = ["timeout", "-k", f"{KILL_S:g}", bound, "sh", "-c"]
    script = line.encode("utf-8", "surrogateescape") if long else None
    return start([*words, FROM_STDIN if long else line], script)


def start(
    words: Sequence[str], content: bytes | None
) -> subprocess.Popen[bytes] | Output:
    """Start a program in a session of its own; its stdin is closed or holds a content."""
    try:
        with _stdin(content) as stdin:
            return subprocess.Popen(
                words,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, "LC_ALL": "C"},
                start_new_session=True,
            )
    except FileNotFoundError:
        return Output(Status.UNSUPPORTED, reason=f"no `{words[0]}` program here")
    except (OSError, ValueError) as error:
        return Output(Status.ERROR, reason=f"could not start: {error}")


@contextlib.contextmanager
def _stdin(content: bytes | None) -> Iterator[int]:
    """Give a closed stdin, or one that holds a content, in memory where that can be."""
    if content is None:
        yield subprocess.DEVNULL
        return
    import tempfile

    in_memory = hasattr(os, "memfd_create")
    with (
        os.fdopen(os.memfd_create("stdin"), "w+b")
        if in_memory
        else tempfile.TemporaryFile("w+b")
    ) as file:
        file.write(content)
        file.seek(0)
        yield file.fileno()


def pieces(
    process: subprocess.Popen[bytes],
    *,
    deadline: float,
    ender: Callable[[tuple[int, ...]], None] | None = None,
) -> Pieces:
    """Yield what a process writes; end it when the deadline (monotonic) has passed.

    A process that ended while somebody else still holds its streams is not waited for.
    `ender` ends processes that belong to another user, where there may be some.
    """
    watch = _Watch(process, ender)
    try:
        yield from watch.read(deadline)
    finally:
        watch.finish()
    code = process.returncode
    if not watch.ended or code is None:
        return Ending(expired=True)
    # A shell would say 128 plus the signal.
    return Ending(code if code >= 0 else 128 - code)


class _Watch:
    """The streams and the end of one process, waited for together."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        ender: Callable[[tuple[int, ...]], None] | None,
    ) -> None:
        self.ended = False
        self._ender = ender
        self._process = process
        self._selector = selectors.DefaultSelector()
        for stream, is_error in ((process.stdout, False), (process.stderr, True)):
            if stream is not None:
                self._selector.register(stream, selectors.EVENT_READ, is_error)
        self._end = _end_of(process.pid)
        if self._end is not None:
            self._selector.register(self._end, selectors.EVENT_READ)

    def read(self, deadline: float) -> Iterator[tuple[bool, bytes]]:
        """Yield pieces until the process and its streams ended, or the deadline."""
        while self._selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return
            for key, _ in self._selector.select(left):
                if key.data is None:
                    self._selector.unregister(key.fileobj)
                    self.ended = True
                    deadline = min(deadline, time.monotonic() + GRACE_S)
                elif data := os.read(key.fd, _BLOCK):
                    yield key.data, data
                else:
                    self._selector.unregister(key.fileobj)
        if self._end is None:
            left = max(deadline - time.monotonic(), 0)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.ended = self._process.wait(left) is not None

    def finish(self) -> None:
        """Kill what is left and let go of everything; the code is known after it."""
        # Until it is reaped, the process's number cannot belong to anybody else.
        if self._selector.get_map() or not self.ended:
            spared = kill_session(self._process.pid)
            if spared and self._ender:
                self._ender(spared)
        self._selector.close()
        if self._end is not None:
            os.close(self._end)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_REAP_S)


def _end_of(pid: int) -> int | None:
    """Return a descriptor that becomes readable at a process's end (Linux)."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def kill_session(leader: int) -> tuple[int, ...]:
    """Kill a session: its leader's group, and those that made a group of their own.

    Returns the processes that are not ours to kill.
    """
    with contextlib.suppress(OSError):
        os.killpg(leader, signal.SIGKILL)
    spared = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            pid = int(entry.name)
            if os.getsid(pid) == leader:
                try:
                    os.kill(pid, signal.SIGKILL)
                except PermissionError:
                    spared.append(pid)
    return tuple(spared)
