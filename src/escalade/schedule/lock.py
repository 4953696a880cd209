"""One run of a job at a time: a file in the state folder that the kernel frees."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress

from escalade.errors import JournalError
from escalade.journal.place import Place

__all__ = ["held"]

_PAUSE_S = 0.2
_FOLDER = "schedule"


@contextmanager
def held(
    place: Place, name: str, *, wait_s: float, stop: threading.Event
) -> Iterator[bool]:
    """Hold a job's lock; give False where another run of it has it.

    It is waited for at most `wait_s` seconds, or until `stop`. Raises `JournalError`
    where the state folder takes no file.
    """
    folder = place.folder / _FOLDER
    path = folder / f"{name}.lock"
    try:
        folder.mkdir(mode=0o2770 if place.shared else 0o700, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, place.file_mode)
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}") from error
    try:
        with suppress(OSError):
            # Whatever the umask is; another user's file is as it should be already.
            os.fchmod(file, place.file_mode)
        yield _taken(file, time.monotonic() + wait_s, stop)
    finally:
        os.close(file)


def _taken(file: int, until: float, stop: threading.Event) -> bool:
    """Take the lock of an open file; False where it cannot be had in time."""
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until or stop.wait(_PAUSE_S):
                return False
        else:
            return True
