"""What a command writes, line by line: without secrets, told at once, its end kept."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable

from escalade.evidence.parsing import clean
from escalade.remedy.groups import MARKER
from escalade.shapes import MARK

__all__ = ["KEPT", "Head", "Lines"]

KEPT = 4096
"""Characters of the end of an output that are kept."""
LONGEST = 16_384
"""Bytes of one line: what is longer is told in parts."""
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY")
_KEY_ENDS = re.compile(r"-----END [A-Z ]*PRIVATE KEY")
_KEY_LINES = 200
_BREAK = re.compile(rb"\r?\n|\r")


_NUMBER = re.compile(rb"^" + MARKER.encode() + rb"(\d+)\r?\n", re.MULTILINE)


class Head:
    """Takes the line that names the process group out of an output.

    A login shell may have written before it, so it is looked for, not counted on.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.rest = b""
        self._given_up = False

    def without(self, data: bytes) -> bytes:
        """Return what can be told of what came; the rest waits for the marker."""
        if self.number is not None or self._given_up:
            return data
        self.rest += data
        found = _NUMBER.search(self.rest)
        if found is not None:
            self.number = int(found[1])
            self.rest, data = b"", self.rest[: found.start()] + self.rest[found.end() :]
            return data
        self._given_up = len(self.rest) > LONGEST
        if self._given_up:
            self.rest, data = b"", self.rest
            return data
        return b""


class Lines:
    """Cuts bytes into lines, takes the secrets out, tells each and keeps the last."""

    def __init__(
        self, redact: Callable[[str], str], say: Callable[[str], None]
    ) -> None:
        self._redact = redact
        self._say = say
        self._rest = b""
        self._kept: deque[str] = deque()
        self._size = 0
        self._key_left = 0

    def feed(self, data: bytes) -> None:
        """Take what came; whole lines are told, a part of one waits for the rest.

        A lone carriage return (a progress bar) ends a line too.
        """
        *lines, self._rest = _BREAK.split(self._rest + data)
        for line in lines:
            self._take(line)
        while len(self._rest) > LONGEST:
            self._take(self._rest[:LONGEST])
            self._rest = self._rest[LONGEST:]

    def finish(self) -> str:
        """Take the last line, which may have no end, and return what was kept."""
        if self._rest:
            self._take(self._rest)
        self._rest = b""
        return "\n".join(self._kept)[-KEPT:]

    @property
    def last(self) -> str:
        """Return the last line that was told, "" where there is none."""
        return self._kept[-1] if self._kept else ""

    def _take(self, data: bytes) -> None:
        """Take one line."""
        line = self._without_keys(clean(data, LONGEST).rstrip())
        if not line:
            return
        line = self._redact(line)
        self._kept.append(line)
        self._size += len(line) + 1
        while self._size > KEPT + LONGEST and len(self._kept) > 1:
            self._size -= len(self._kept.popleft()) + 1
        self._say(line)

    def _without_keys(self, line: str) -> str:
        """Return a line, "" inside a private key: its lines alone look like nothing."""
        if self._key_left:
            ended = _KEY_ENDS.search(line)
            self._key_left = 0 if ended else self._key_left - 1
            return ""
        if _KEY_BEGINS.search(line) and not _KEY_ENDS.search(line):
            self._key_left = _KEY_LINES
            return MARK
        return line
