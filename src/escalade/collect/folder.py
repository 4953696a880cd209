"""The folder of a run: files for the operator alone, whole or not there, within a bound."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

__all__ = ["Folder", "cut", "safe_name"]

_UNSAFE = re.compile(r"[^\w.-]+", re.ASCII)


def safe_name(text: str) -> str:
    """Return a text as a file's name: ASCII letters, digits, `._-`, no leading dot."""
    return _UNSAFE.sub("-", text).strip("-.")[:100] or "x"


def cut(data: bytes, most: int, *, end: bool = False) -> bytes:
    """Return at most so many bytes: the beginning, or with `end` the end of them.

    Cut at a line, and a line says how many bytes were left out.
    """
    if len(data) <= most:
        return data
    room = max(0, most - 60)
    part = data[len(data) - room :] if end else data[:room]
    head, line, rest = part.partition(b"\n") if end else part.rpartition(b"\n")
    kept = (rest if end else head) if line else part
    mark = f"[{len(data) - len(kept)} bytes left out]\n".encode()
    return (mark + kept if end else kept + b"\n" + mark)[:most]


class Folder:
    """Writes files that only their owner reads, through a temporary name.

    `left` counts down from the bytes that all files together may take.
    """

    def __init__(self, path: Path, most: int) -> None:
        self.path = path
        self.left = most

    def write(self, name: str, data: bytes, *, end: bool = False) -> str:
        """Write a file, cut to what is left; return its name.

        Raises OSError, which names the file.
        """
        data = cut(data, self.left, end=end)
        target = self.path / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.new")
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        try:
            with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
                file.write(data)
            draft.replace(target)
        except OSError as error:
            # A full disk is told by the write, which knows no name.
            error.filename = error.filename or str(target)
            raise
        finally:
            with contextlib.suppress(OSError):
                draft.unlink()
        self.left -= len(data)
        return name
