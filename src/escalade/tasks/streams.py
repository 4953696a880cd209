"""The standard streams and the signals of a task, whatever state a caller left them in."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Ended", "ended_by_signals", "steady"]

FORCE_S = 10.0
"""Seconds after the first signal from which one who insists is obeyed."""
_INSISTS = 3
Handler = Callable[[int, FrameType | None], object] | signal.Handlers
_NAMES = ("stdin", "stdout", "stderr")


class Ended(KeyboardInterrupt):
    """Somebody ended the run by a signal other than Ctrl-C's; its text is the name.

    An interrupt and no SystemExit: hosts are let go of in the same way.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.code = 128 + number


def steady() -> None:
    """Let closed streams lead nowhere, and encodings be forgiving.

    A closed descriptor would be taken by the next file or socket, and a child would
    write into that.
    """
    for number, name in enumerate(_NAMES):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 -- it stays open
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Turn the first SIGTERM or SIGHUP into `Ended`, Ctrl-C into KeyboardInterrupt.

    What comes after it finds the clean-up under way and is not taken, lest something is
    left behind; only the third or a later one is, once `FORCE_S` are over. One that is
    ignored stays so (nohup); a thread cannot set handlers.
    """
    taken: list[float] = []

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        taken.append(time.monotonic())
        insists = len(taken) >= _INSISTS and taken[-1] - taken[0] >= FORCE_S
        if len(taken) == 1 or insists:
            raise KeyboardInterrupt if number == signal.SIGINT else Ended(number)

    usual: dict[signal.Signals, Handler] = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_DFL,
    }
    changed = [
        number
        for number, handler in usual.items()
        if threading.current_thread() is threading.main_thread()
        and signal.getsignal(number) is handler
    ]
    for number in changed:
        signal.signal(number, end)
    try:
        yield
    finally:
        # The end of the program is part of the clean-up.
        for number in () if taken else changed:
            signal.signal(number, usual[number])
