"""Room that is kept for the journal, given up when the disk is full.

A full disk is one of the faults to cure, and nothing is done that was not written first.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

__all__ = ["SIZE", "keep", "release"]

SIZE = 4 * 1024 * 1024
"""Bytes: some hundred actions, each with a few pages of the write-ahead log."""
_NAME = "reserve"
_SHARE = 16
"""It is only taken where so many times as much is free."""


def keep(folder: Path, mode: int) -> None:
    """Set room aside where there is plenty; whatever hinders that, it is no error."""
    path = folder / _NAME
    with suppress(OSError):
        if path.exists():
            return
        room = os.statvfs(folder)
        if room.f_bavail * room.f_frsize < SIZE * _SHARE:
            return
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            os.fchmod(file, mode)
            os.posix_fallocate(file, 0, SIZE)
        except OSError:
            path.unlink()
            raise
        finally:
            os.close(file)


def release(folder: Path) -> bool:
    """Give the room up; True where there was some."""
    try:
        (folder / _NAME).unlink()
    except OSError:
        return False
    return True
