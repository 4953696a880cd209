"""Container logs read as they stream: the last lines, or the first, in bounded memory.

A fold's result is a log stream again (frames of whole lines), so that one reader
serves both what the Engine sent and what was kept of it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from escalade.evidence.parsing import CUT
from escalade.evidence.parsing import clean
from escalade.evidence.parsing import timestamp
from escalade.evidence.parsing import whole_words
from escalade.transport.frames import LogLine
from escalade.transport.frames import docker_logs
from escalade.transport.frames import log_lines

__all__ = ["LINE", "Line", "Lines", "first", "last", "read"]

LINE = 8192
"""Characters of one line that are kept."""
KEPT = LINE + 512
"""Bytes of one line that a fold keeps: more than LINE, so that a cut shows."""
_DROPPED = b"\x00\x00\x00\x00\x00\x00\x00\x01\n"
"""A frame of stdin, which no log has: lines before this one were dropped."""
_NUMBERS = {"stdout": 1, "stderr": 2}
_STREAMS = range(4)
_HEAD = 8
_STAMP = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z "
"""The time that the Engine puts before each entry."""

Fold = Callable[[Iterator[bytes]], bytes]


class Line(NamedTuple):
    """One line of a log; `time` (the host's clock) is None where the Engine gave none."""

    time: float | None
    stream: str
    text: str


class Lines(NamedTuple):
    """What was read; `dropped` says that a fold kept less than was asked for.

    `entries` are what the Engine counts: it splits a line at 16 KiB, so that they may
    be more than the lines. `size` is theirs in bytes.
    """

    lines: tuple[Line, ...]
    dropped: bool
    entries: int = 0
    size: int = 0


def _frame(line: LogLine) -> bytes:
    """Return a line as a frame of its own."""
    data = line.text + b"\n"
    head = bytes([_NUMBERS.get(line.stream, 1), 0, 0, 0])
    return head + len(data).to_bytes(4, "big") + data


def last(size: int, *, tty: bool) -> Fold:
    """Return a fold that keeps the last `size` bytes of lines: the newest count most.

    A stream that is no longer than that is kept as it came.
    """

    def fold(chunks: Iterator[bytes]) -> bytes:
        whole: list[bytes] = []
        came = 0
        for chunk in chunks:
            whole.append(chunk)
            came += len(chunk)
            if came > size:
                break
        else:
            return b"".join(whole)
        return keep(chain(whole, chunks))

    def keep(chunks: Iterator[bytes]) -> bytes:
        kept: deque[bytes] = deque()
        total, dropped = 0, False
        for line in log_lines(docker_logs(chunks, tty=tty), limit=KEPT):
            frame = _frame(line)
            kept.append(frame)
            total += len(frame)
            while total > size and len(kept) > 1:
                total -= len(kept.popleft())
                dropped = True
        return (_DROPPED if dropped else b"") + b"".join(kept)

    return fold


def first(lines: int, size: int, *, tty: bool) -> Fold:
    """Return a fold that keeps the first lines, and then stops the stream."""

    def fold(chunks: Iterator[bytes]) -> bytes:
        kept: list[bytes] = []
        total = 0
        for line in log_lines(docker_logs(chunks, tty=tty), limit=KEPT):
            if len(kept) == lines or total > size:
                kept.append(_DROPPED)
                break
            kept.append(_frame(line))
            total += len(kept[-1])
        return b"".join(kept)

    return fold


def read(body: bytes, *, tty: bool = False) -> Lines:
    """Return the lines of a log stream, without escapes and control characters."""
    found: list[Line] = []
    dropped = False
    framed = tty and body[:1] not in (b"\x00", b"\x01", b"\x02")
    for line in log_lines(docker_logs([body], tty=framed), limit=KEPT):
        if line.stream == "stdin":
            dropped = True
        else:
            found.append(_line(line.stream, line.text))
    return Lines(tuple(found), dropped, _entries(body), len(body))


def _entries(body: bytes) -> int:
    """Return how many entries of a log came: frames, or times where there are none."""
    at, count = 0, 0
    while (
        len(body) - at >= _HEAD
        and body[at] in _STREAMS
        and not any(body[at + 1 : at + 4])
    ):
        at += _HEAD + int.from_bytes(body[at + 4 : at + _HEAD], "big")
        count += 1
    rest = body[at:]
    return count + max(rest.count(b"\n"), len(re.findall(_STAMP, rest)))


def _line(stream: str, data: bytes) -> Line:
    """Return one line taken apart: `<RFC 3339 time> <text>`."""
    stamp, space, rest = data.partition(b" ")
    time = timestamp(stamp.decode("ascii", "replace")) if space else None
    text = clean(data if time is None else rest, LINE).rstrip()
    if len(data) >= KEPT and not text.endswith(CUT):
        text = whole_words(text) + CUT
    return Line(time, stream, text)
