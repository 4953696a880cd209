"""What a task of the operator's own says: line by line, without secrets, to whom it is due."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from escalade.evidence.parsing import clean

__all__ = ["Lines", "heard"]

KEPT = 65_536
"""Characters of the end of all that was said that are kept."""
LONGEST = 8192
"""A line that is longer is passed on in pieces."""


class Lines(io.TextIOBase):
    """A stream for writing that passes whole lines on, and keeps the end of them all.

    A line that is shown anew (a carriage return) is passed on as it stood last.
    """

    def __init__(
        self, redact: Callable[[str], str], say: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._redact = redact
        self._say = say
        self._lock = threading.Lock()
        self._part = ""
        self._kept: list[str] = []
        self._size = 0

    def writable(self) -> bool:
        """Return that it can be written to."""
        return True

    def write(self, text: str) -> int:
        """Take in a text of any length."""
        with self._lock:
            *lines, self._part = (self._part + text).split("\n")
            if len(self._part) > LONGEST:
                lines.append(self._part)
                self._part = ""
            for line in lines:
                self._pass(line)
        return len(text)

    def finish(self) -> str:
        """Pass on what has no line end, and return the end of all that was said."""
        with self._lock:
            if self._part:
                self._pass(self._part)
                self._part = ""
            return "".join(f"{line}\n" for line in self._kept)

    def _pass(self, line: str) -> None:
        """Pass one line on, without secrets and without what a terminal would obey."""
        shown = line.rstrip("\r").rpartition("\r")[2]
        told = self._redact(clean(shown, 2 * LONGEST))
        self._kept.append(told)
        self._size += len(told) + 1
        while self._size > KEPT and len(self._kept) > 1:
            self._size -= len(self._kept.pop(0)) + 1
        self._say(told)


class _ByThread(io.TextIOBase):
    """Stands in for a standard stream: each thread's own stream, else the real one."""

    def __init__(self, real: Any) -> None:
        super().__init__()
        self.real = real
        self.mine = threading.local()
        self.users = 0

    def writable(self) -> bool:
        """Return that it can be written to."""
        return True

    def write(self, text: str) -> int:
        """Write to the stream of the thread that calls."""
        stream = getattr(self.mine, "stream", None) or self.real
        written: int = stream.write(text)
        return written

    def flush(self) -> None:
        """Flush the stream of the thread that calls."""
        stream = getattr(self.mine, "stream", None) or self.real
        stream.flush()

    def fileno(self) -> int:
        """Return the number of the real stream."""
        number: int = self.real.fileno()
        return number

    def isatty(self) -> bool:
        """Return whether the real stream is a terminal."""
        return bool(self.real.isatty())

    def __getattr__(self, name: str) -> Any:
        """Return what else is asked of the real stream."""
        return getattr(self.real, name)


_LOCK = threading.Lock()
_NAMES = ("stdout", "stderr")


@contextmanager
def heard(stream: Lines) -> Iterator[None]:
    """Give a stream what this thread prints, and leave other threads' prints alone."""
    with _LOCK:
        for name in _NAMES:
            real = getattr(sys, name)
            if not isinstance(real, _ByThread):
                setattr(sys, name, _ByThread(real))
        mine = [getattr(sys, name) for name in _NAMES]
        for proxy in mine:
            proxy.mine.stream = stream
            proxy.users += 1
    try:
        yield
    finally:
        with _LOCK:
            for name, proxy in zip(_NAMES, mine, strict=True):
                proxy.mine.stream = None
                proxy.users -= 1
                if not proxy.users and getattr(sys, name) is proxy:
                    setattr(sys, name, proxy.real)
