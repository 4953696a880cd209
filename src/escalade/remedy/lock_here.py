"""Locks on this machine: files that the kernel frees when we end, however we do."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Mapping
from collections.abc import Sequence

from escalade.remedy.busy import Busy
from escalade.remedy.busy import held_by

__all__ = ["KeeperHere"]

_PAUSE_S = 0.05
_SHARED = 0o1777
_ANYONE = 0o666
_MOST = 1000
# A name that somebody else put there must lead nowhere, and block nobody.
_OPEN = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class KeeperHere:
    """Holds locks through open files, by name."""

    def __init__(self, files: Mapping[str, str], places: Sequence[str]) -> None:
        self._files = files
        self._places = places
        self._open: list[int] = []

    @property
    def held(self) -> bool:
        """Whether they are held: nobody can take them from us."""
        return len(self._open) == len(self._files)

    def take(self, wait_s: float, holder: str) -> Busy | None:
        """Take all or none, in the order given."""
        until = time.monotonic() + wait_s
        for name, file in self._files.items():
            try:
                busy = self._one(name, file, until)
            except OSError as error:
                busy = Busy(name, reason=f"{file}: {error.strerror or error}")
            if busy is not None:
                self.let_go()
                return busy
            _write(self._open[-1], holder)
        return None

    def let_go(self) -> None:
        """Close the files."""
        while self._open:
            with contextlib.suppress(OSError):
                os.close(self._open.pop())

    def _one(self, name: str, file: str, until: float) -> Busy | None:
        """Take one lock, waiting until a time (monotonic)."""
        folder = _folder(self._places)
        if folder is None:
            return Busy(name, reason=f"no folder for it: {', '.join(self._places)}")
        opened = _opened(f"{folder}/{file}")
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
            os.close(opened)
            return Busy(name, reason=f"{folder}/{file} is not a file of its own")
        while True:
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < until:
                    time.sleep(_PAUSE_S)
                    continue
                line = os.pread(opened, _MOST, 0).decode("utf-8", "replace")
                os.close(opened)
                return held_by(name, line)
            self._open.append(opened)
            return None


def _folder(places: Sequence[str]) -> str | None:
    """Return the first folder that all can use; make it where it is not there."""
    for place in places:
        with contextlib.suppress(OSError):
            os.mkdir(place)  # noqa: PTH102 -- beside os.open
            os.chmod(place, _SHARED)  # noqa: PTH101 -- beside os.open
        with contextlib.suppress(OSError):
            is_folder = stat.S_ISDIR(os.lstat(place).st_mode)
            if is_folder and os.access(place, os.W_OK | os.X_OK):
                return place
    return None


def _opened(path: str) -> int:
    """Open a lock's file, and make it where it is not there.

    In a sticky folder the kernel refuses O_CREAT for a file that is somebody else's
    (protected_regular), so it is only asked for where there is none. A file that we may
    not write can be locked all the same.
    """
    while True:
        for mode in (os.O_RDWR, os.O_RDONLY):
            with contextlib.suppress(FileNotFoundError, PermissionError):
                return os.open(path, mode | _OPEN)
        with contextlib.suppress(FileExistsError):
            made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _OPEN, _ANYONE)
            os.fchmod(made, _ANYONE)
            return made
        if not os.access(path, os.R_OK):
            return os.open(path, os.O_RDONLY | _OPEN)


def _write(opened: int, holder: str) -> None:
    """Write who holds it; the lock holds without that, too."""
    with contextlib.suppress(OSError):
        os.ftruncate(opened, 0)
        os.pwrite(opened, f"{holder}\n".encode(), 0)
