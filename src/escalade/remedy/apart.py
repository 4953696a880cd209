"""Work that may wait for a host, apart from the thread that must notice a stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from collections.abc import Generator
from collections.abc import Iterator
from queue import Empty
from queue import Full
from queue import Queue
from typing import Generic
from typing import TypeVar
from typing import cast

__all__ = ["LOOK_S", "Apart"]

T = TypeVar("T")
LOOK_S = 0.1
"""Seconds within which a stop is noticed."""
_AHEAD = 256
"""Pieces that may wait to be read: then the command waits for us."""


class Apart(Generic[T]):
    """A generator consumed in a thread of its own: its pieces, and what it returns."""

    def __init__(self, work: Generator[bytes, None, T]) -> None:
        self.ended = False
        """Whether the generator has returned and all its pieces were read."""
        self._pieces: Queue[bytes | None] = Queue(_AHEAD)
        self._result: T | None = None
        self._error: BaseException | None = None
        self._dropped = threading.Event()
        # It may outlive us where a host hangs, and must not keep the program alive.
        threading.Thread(target=self._consume, args=(work,), daemon=True).start()

    @classmethod
    def call(cls, function: Callable[[], T]) -> Apart[T]:
        """Run a function apart: it yields nothing."""

        def work() -> Generator[bytes, None, T]:
            yield from ()
            return function()

        return cls(work())

    def pieces(self, stop: threading.Event, *, until: float) -> Iterator[bytes]:
        """Yield pieces until the end, the stop, or a time (monotonic) has come."""
        while not stop.is_set() and time.monotonic() < until:
            try:
                piece = self._pieces.get(timeout=LOOK_S)
            except Empty:
                continue
            if piece is None:
                self.ended = True
                return
            yield piece

    @property
    def result(self) -> T:
        """Return what it returned, or raise what it raised; only once it has ended."""
        if self._error is not None:
            raise self._error
        return cast("T", self._result)

    def drop(self) -> None:
        """Let the thread end with the next piece: nobody reads on."""
        self._dropped.set()

    def _consume(self, work: Generator[bytes, None, T]) -> None:
        """Consume the generator, and put None at the end."""
        try:
            while not self._dropped.is_set():
                self._put(next(work))
            work.close()
        except StopIteration as stop:
            self._result = cast("T", stop.value)
        except BaseException as error:
            self._error = error
        self._put(None)

    def _put(self, piece: bytes | None) -> None:
        """Put a piece, waiting for room while somebody reads."""
        while not self._dropped.is_set():
            try:
                self._pieces.put(piece, timeout=1.0)
            except Full:
                continue
            return
