"""How what a command wrote and how it ended become one Output."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar
from typing import cast

from escalade.model import Status
from escalade.transport.base import Output

__all__ = [
    "ERROR_LIMIT",
    "GRACE_S",
    "LONGEST_LINE",
    "Ending",
    "Kept",
    "Pieces",
    "collect",
    "drain",
    "one_line",
    "relay",
]

GRACE_S = 0.5
"""Seconds that a finished command's streams may stay open: a child it left behind
can hold them for ever."""
ERROR_LIMIT = 65_536
"""Bytes of stderr that are kept."""
LONGEST_LINE = 100_000
"""A longer line travels through stdin: Linux refuses an argument above 128 KiB."""

_T = TypeVar("_T")
_NO_TIMEOUT = re.compile(rb"\btimeout: (?:command )?not found|timeout: failed to run")


@dataclass(frozen=True, slots=True)
class Ending:
    """How reading a command ended: its code, or that the outer wait gave up."""

    code: int | None = None
    expired: bool = False
    output: Output | None = None
    """Set where the command never ran or its host was lost."""


Pieces = Generator[tuple[bool, bytes], None, Ending]
"""What a command writes, as it comes: (is it stderr, bytes)."""


class Kept:
    """The first bytes of a stream, up to a limit; the rest is counted out."""

    __slots__ = ("_left", "_parts", "truncated")

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._parts: list[bytes] = []
        self.truncated = False

    def add(self, data: bytes) -> None:
        """Keep what still fits."""
        if len(data) > self._left:
            self.truncated = True
            data = data[: self._left]
        if data:
            self._left -= len(data)
            self._parts.append(data)

    @property
    def value(self) -> bytes:
        """Return what was kept."""
        return b"".join(self._parts)


def drain(generator: Generator[bytes, None, _T], sink: Callable[[bytes], None]) -> _T:
    """Feed all that a generator yields to a sink, and return what it returns."""
    while True:
        try:
            data = next(generator)
        except StopIteration as stop:
            return cast("_T", stop.value)
        sink(data)


def relay(pieces: Pieces, *, timeout_s: float) -> Generator[bytes, None, Output]:
    """Yield stdout as it comes; return how the command ended."""
    started = time.monotonic()
    errors = Kept(ERROR_LIMIT)
    try:
        while True:
            try:
                is_error, data = next(pieces)
            except StopIteration as stop:
                ending = cast("Ending", stop.value)
                break
            if is_error:
                errors.add(data)
            else:
                yield data
    finally:
        pieces.close()
    took_s = time.monotonic() - started
    output = _conclude(ending, errors.value, took_s=took_s, timeout_s=timeout_s)
    return output._replace(stderr=errors.value, took_s=took_s)


def collect(pieces: Pieces, *, timeout_s: float, limit: int) -> Output:
    """Return the whole command as one Output that holds at most `limit` bytes."""
    kept = Kept(limit)
    output = drain(relay(pieces, timeout_s=timeout_s), kept.add)
    return output._replace(stdout=kept.value, truncated=kept.truncated)


def _conclude(
    ending: Ending, errors: bytes, *, took_s: float, timeout_s: float
) -> Output:
    """Return what an ending means."""
    code = ending.code
    if ending.output is not None:
        return ending.output
    if ending.expired:
        reason = f"no end within {took_s:.1f} s, long past its bound of {timeout_s:g} s"
        return Output(Status.TIMEOUT, reason=reason)
    # A command may end with these codes by itself, but never this late.
    if code in (None, 124, 137) and took_s >= timeout_s:
        return Output(Status.TIMEOUT, reason=f"stopped at its bound of {timeout_s:g} s")
    if code is None:
        return Output(Status.ERROR, reason="ended by a signal")
    if code in (126, 127) and _NO_TIMEOUT.search(errors):
        return Output(Status.UNSUPPORTED, reason=f"no `timeout`: {one_line(errors)}")
    return Output(Status.OK, code)


def one_line(text: str | bytes, width: int = 200) -> str:
    """Return text from the world as one printable line, cut to a width."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    words = " ".join(text.split())
    line = "".join(c if c.isprintable() else "?" for c in words)
    return line if len(line) <= width else line[: width - 1] + "\u2026"
