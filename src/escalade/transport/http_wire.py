"""HTTP/1.1 as the Docker Engine speaks it: requests to bytes, bytes to a reply."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from escalade.transport.base import Channel

__all__ = ["GarbledError", "Head", "Wire", "body", "read_head", "request"]

_BLOCK = 262_144
_LONGEST_LINE = 16_384
_MOST_HEADERS = 200
_NO_CONTENT = (204, 304)


class GarbledError(ValueError):
    """What came is not HTTP; the text is one line."""


@dataclass(frozen=True, slots=True)
class Head:
    """A status line and what the headers say about the body that follows.

    `length` is None where the headers do not give one: then the body ends with its
    last chunk (`chunked`) or with the connection.
    """

    code: int
    length: int | None
    chunked: bool
    keep: bool
    kind: str = ""

    @property
    def reusable(self) -> bool:
        """Whether the connection serves another request after the body."""
        return self.keep and (self.chunked or self.length is not None)


def request(method: str, path: str, content: bytes, kind: str) -> bytes:
    """Return a request as bytes. The path must be quoted already."""
    if not path.startswith("/") or any(c <= " " or c > "~" for c in path):
        raise ValueError(f"not a quoted path: {path!r}")
    lines = [f"{method} {path} HTTP/1.1", "Host: docker", "User-Agent: escalade"]
    if content or method != "GET":
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(content)}"]
    return "\r\n".join((*lines, "", "")).encode("ascii") + content


class Wire:
    """A channel read line by line and block by block, until a deadline (monotonic)."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.deadline = 0.0
        self.silent = True
        """Whether not one byte came since `start`."""
        self._buffer = b""

    def start(self, data: bytes, *, deadline: float) -> None:
        """Send a request; what follows is read until the deadline."""
        self.deadline = deadline
        self.silent = True
        self.channel.send(data, self._left())

    def _left(self) -> float:
        """Return the seconds that are left, or raise TimeoutError."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def more(self) -> bytes:
        """Return all bytes at hand, else wait for some; b"" at the end."""
        if self._buffer:
            data, self._buffer = self._buffer, b""
            return data
        data = self.channel.recv(_BLOCK, self._left())
        self.silent = self.silent and not data
        return data

    @property
    def clean(self) -> bool:
        """Whether nothing is left over from the last reply."""
        return not self._buffer

    def back(self, data: bytes) -> None:
        """Give back bytes that were read too far."""
        self._buffer = data + self._buffer

    def line(self) -> bytes:
        """Return the next line without its end."""
        data = b""
        while b"\n" not in data:
            if len(data) > _LONGEST_LINE:
                raise GarbledError(f"a line without end: {data[:60]!r}")
            more = self.more()
            if not more:
                raise ConnectionResetError("the connection ended in mid-answer")
            data += more
        line, _, rest = data.partition(b"\n")
        self.back(rest)
        return line.rstrip(b"\r")


def read_head(wire: Wire) -> Head:
    """Return the head of the next reply; interim (1xx) ones are passed over."""
    while True:
        first = wire.line()
        words = first.split(None, 2)
        known = len(words) > 1 and words[0].startswith(b"HTTP/1.")
        if not known or len(words[1]) != len("200") or not words[1].isdigit():
            raise GarbledError(f"not HTTP: {first[:60]!r}")
        code, fields = int(words[1]), _fields(wire)
        if code >= 200:  # noqa: PLR2004 -- RFC 9110, section 15
            break
    chunked = b"chunked" in fields.get(b"transfer-encoding", b"").lower()
    length = fields.get(b"content-length", b"")
    if length and not length.isdigit():
        raise GarbledError(f"not a length: {length[:60]!r}")
    size = 0 if code in _NO_CONTENT else int(length) if length else None
    closing = b"close" in fields.get(b"connection", b"").lower()
    kind = fields.get(b"content-type", b"").decode("latin-1")
    keep = not closing and not words[0].endswith(b"1.0")
    return Head(code, None if chunked and size != 0 else size, chunked, keep, kind)


def _fields(wire: Wire) -> dict[bytes, bytes]:
    """Return the header fields, names in lower case."""
    fields: dict[bytes, bytes] = {}
    for _number in range(_MOST_HEADERS):
        line = wire.line()
        if not line:
            return fields
        name, _, value = line.partition(b":")
        fields[name.strip().lower()] = value.strip()
    raise GarbledError("headers without end")


def body(wire: Wire, head: Head) -> Iterator[bytes]:
    """Yield the body as it comes; raise ConnectionError where it is cut off."""
    if head.chunked and head.length != 0:
        return _chunked(wire)
    return _until_end(wire) if head.length is None else _sized(wire, head.length)


def _until_end(wire: Wire) -> Iterator[bytes]:
    """Yield all that comes."""
    while data := wire.more():
        yield data


def _sized(wire: Wire, size: int) -> Iterator[bytes]:
    """Yield exactly so many bytes."""
    while size:
        data = wire.more()
        if not data:
            raise ConnectionResetError("the connection ended in mid-answer")
        wire.back(data[size:])
        yield data[:size]
        size -= min(size, len(data))


def _chunked(wire: Wire) -> Iterator[bytes]:
    """Yield the payload of chunks, all that came at once joined."""
    left = 0
    data = b""
    while True:
        parts, at, left = _take(data, left)
        if parts:
            yield b"".join(parts)
        if left < 0:
            wire.back(data[at:])
            while wire.line():
                pass
            return
        more = wire.more()
        if not more:
            raise ConnectionResetError("the connection ended in mid-answer")
        data = data[at:] + more


def _take(data: bytes, left: int) -> tuple[list[bytes], int, int]:
    """Return the payloads in data, where they end, and how much of a chunk is missing.

    Missing counts the chunk's end of line too; -1 says that the last chunk was seen.
    """
    parts = []
    at = 0
    while True:
        if left:
            stop = min(at + left, len(data))
            payload = min(stop - at, max(left - 2, 0))
            parts.append(data[at : at + payload])
            left -= stop - at
            at = stop
            if left:
                return parts, at, left
        end = data.find(b"\r\n", at)
        if end < 0:
            if len(data) - at > _LONGEST_LINE:
                raise GarbledError(f"not a chunk: {data[at : at + 60]!r}")
            return parts, at, 0
        size = _chunk_size(data[at:end])
        at = end + 2
        if size == 0:
            return parts, at, -1
        left = size + 2


def _chunk_size(line: bytes) -> int:
    """Return the size in a chunk's first line."""
    digits = line.split(b";", 1)[0].strip()
    if not digits.isalnum():
        raise GarbledError(f"not a chunk: {line[:60]!r}")
    try:
        return int(digits, 16)
    except ValueError:
        raise GarbledError(f"not a chunk: {line[:60]!r}") from None
