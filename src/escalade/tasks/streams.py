"""The standard streams and the signals of a task, whatever state a caller left them in."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Ended", "ended_by_signals", "steady"]

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
    """Turn SIGTERM and SIGHUP into `Ended`, so that nothing is left behind.

    One that is ignored stays so (nohup); a thread cannot set handlers.
    """

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        raise Ended(number)

    changed = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if threading.current_thread() is threading.main_thread()
        and signal.getsignal(number) is signal.SIG_DFL
    ]
    for number in changed:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in changed:
            signal.signal(number, signal.SIG_DFL)
