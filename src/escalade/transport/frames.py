"""The Engine's log frames taken apart: 8-byte headers, both streams in one.

A header is the stream (0 stdin, 1 stdout, 2 stderr), three zero bytes and the length
of the payload, big-endian. Containers with a terminal have no headers at all.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["LINE_LIMIT", "Frame", "LogLine", "docker_logs", "log_lines"]

LINE_LIMIT = 16_384
"""Bytes of one log line that are kept."""

_HEADER = struct.Struct(">B3sI")
_ZEROS = bytes(3)
_NAMES = ("stdin", "stdout", "stderr", "system")
_STREAMS = tuple(bytes([number]) for number in range(len(_NAMES)))


class Frame(NamedTuple):
    """Bytes of one stream; neighbours of one stream may come as one frame."""

    stream: str
    data: bytes


class LogLine(NamedTuple):
    """One line without its end; `cut` where it was longer than the limit or torn."""

    stream: str
    text: bytes
    cut: bool


def docker_logs(chunks: Iterable[bytes], *, tty: bool = False) -> Iterator[Frame]:
    """Yield the frames of a log stream; memory is bounded by the largest chunk.

    Chunks may be cut anywhere. A last frame that is cut off is yielded as far as it
    came. From bytes that are no header on, everything is taken as stdout, as it is.
    """
    demux = _Demux(raw=tty)
    for chunk in chunks:
        yield from demux.feed(chunk)
    if demux.rest and not demux.rest.startswith(_STREAMS):
        yield Frame("stdout", demux.rest)


class _Demux:
    """Where a log stream stands between two chunks."""

    def __init__(self, *, raw: bool) -> None:
        self.raw = raw
        self.rest = b""
        self._left = 0
        self._stream = 1

    def feed(self, chunk: bytes) -> list[Frame]:
        """Return the frames of a chunk, neighbours of one stream joined."""
        if self.raw:
            return [Frame("stdout", chunk)] if chunk else []
        data = self.rest + chunk
        at = min(self._left, len(data))
        self._left -= at
        runs: list[tuple[int, list[bytes]]] = [(self._stream, [data[:at]])]
        while len(data) - at >= _HEADER.size:
            stream, zeros, size = _HEADER.unpack_from(data, at)
            if stream >= len(_NAMES) or zeros != _ZEROS:
                self.raw = True
                runs.append((1, [data[at:]]))
                at = len(data)
                break
            if stream != runs[-1][0]:
                runs.append((stream, []))
            at += _HEADER.size
            runs[-1][1].append(data[at : at + size])
            at += size
            if at > len(data):
                self._left, self._stream, at = at - len(data), stream, len(data)
        self.rest = data[at:]
        joined = ((stream, b"".join(parts)) for stream, parts in runs)
        return [Frame(_NAMES[stream], part) for stream, part in joined if part]


def log_lines(frames: Iterable[Frame], *, limit: int = LINE_LIMIT) -> Iterator[LogLine]:
    """Yield whole lines of each stream; of a longer line the first `limit` bytes."""
    open_lines: dict[str, _Line] = {}
    for stream, data in frames:
        line = open_lines.setdefault(stream, _Line(stream, limit))
        *ends, rest = data.split(b"\n")
        for part in ends:
            yield line.end(part)
        line.grow(rest)
    for line in open_lines.values():
        if line.started:
            yield line.end(b"")._replace(cut=True)


class _Line:
    """The line of one stream that has not ended yet."""

    def __init__(self, stream: str, limit: int) -> None:
        self.started = False
        self._stream = stream
        self._limit = limit
        self._kept = b""
        self._cut = False

    def grow(self, part: bytes) -> None:
        """Add bytes up to the limit."""
        if part:
            self.started = True
            room = self._limit - len(self._kept)
            self._kept += part[:room]
            self._cut = self._cut or len(part) > room

    def end(self, part: bytes) -> LogLine:
        """Return the line with its last bytes and begin a new one."""
        if not self.started and len(part) <= self._limit:
            return LogLine(self._stream, part, cut=False)
        self.grow(part)
        line = LogLine(self._stream, self._kept, self._cut)
        self.started, self._kept, self._cut = False, b"", False
        return line
