"""Redis's protocol, as much of it as a question needs: commands out, replies in."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping

from escalade.evidence.parsing import clean
from escalade.evidence.parsing import pairs

__all__ = ["command", "info", "replies"]

TEXT = 300
_MINUS, _BULK = b"-", b"$"


def command(*words: str) -> bytes:
    """Return a command whose words may hold anything."""
    parts = [word.encode() for word in words]
    out = b"*%d\r\n" % len(parts)
    return out + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)


def replies(data: bytes) -> Iterator[str]:
    """Yield replies as text, errors with their `-`, as far as they came.

    What is no reply (another protocol's answer) is yielded as its first line.
    """
    while data:
        line, found, rest = data.partition(b"\r\n")
        if line[:1] != _BULK or not line[1:].lstrip(b"-").isdigit():
            if not found and line[:1] not in b"+-:":
                yield clean(line, TEXT)
                return
            yield clean(line[1:] if line[:1] in (b"+", b":") else line, TEXT)
            data = rest
            continue
        size = max(0, int(line[1:]))
        yield rest[:size].decode("utf-8", "replace")
        data = rest[size + 2 :] if line[1:2] != _MINUS else rest


def info(text: str) -> Mapping[str, str]:
    """Return the fields of an INFO reply."""
    return pairs(text, ":")
