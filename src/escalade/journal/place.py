"""Where state lives: shared by all who act on this machine, else the user's own."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from escalade.errors import JournalError
from escalade.text import Text

__all__ = ["SHARED", "VARIABLE", "Place", "own", "state_folder"]

SHARED = Path("/var/lib/escalade")
VARIABLE = "ESCALADE_STATE"
GROUP = "docker"
"""Who may use the Engine may act on its stacks, and is who shares their history."""

_SHARED_MODE = 0o2775
_TOGETHER = stat.S_IWGRP | stat.S_ISGID

CHOSEN = Text("as the settings say", "choisi par les réglages")
COMMON = Text(
    "shared by all who act on this machine",
    "commun à tous ceux qui agissent sur cette machine",
)
OWN = Text(
    "this user's alone: {shared} {reason}, so budgets and history are not shared",
    "à cet utilisateur seul : {shared} {reason}, donc ni budgets ni historique communs",
)
CANNOT_MAKE = Text("cannot be made", "ne peut être créé")
CANNOT_WRITE = Text("is not writable", "n'est pas accessible en écriture")


@dataclass(frozen=True, slots=True)
class Place:
    """The state folder, whether a group shares it, and why it is this one."""

    folder: Path
    shared: bool
    why: Text

    @property
    def journal(self) -> Path:
        """Return the file of the embedded journal."""
        return self.folder / "journal.db"

    @property
    def file_mode(self) -> int:
        """Return the permissions of files in it."""
        return 0o660 if self.shared else 0o600

    def of(self, run: str) -> Path:
        """Return where a run's files are, if it has any."""
        return self.folder / "runs" / run

    def run(self, run: str) -> Path:
        """Return the folder of a run's files; it is made where it is missing.

        Raises `JournalError` where it cannot be.
        """
        folder = self.of(run)
        for each in (folder.parent, folder):
            self._made(each)
        return folder

    def inner(self, name: str) -> Path:
        """Return a folder in it by its name; it is made where it is missing.

        Raises `JournalError` where it cannot be.
        """
        folder = self.folder / name
        self._made(folder)
        return folder

    def _made(self, folder: Path) -> None:
        """Make a folder for those who share this one."""
        _made(folder, 0o2770 if self.shared else 0o700)


def state_folder(
    environ: Mapping[str, str], *, chosen: Path | None = None, shared: Path = SHARED
) -> Place:
    """Return the state folder, made where it is missing.

    `chosen` or ESCALADE_STATE decide; else it is /var/lib/escalade where that can be
    written or made, else the user's own by XDG. Raises `JournalError` where there is none.
    """
    said = chosen or _path(environ.get(VARIABLE))
    if said is not None:
        folder = said.expanduser().absolute()
        _made(folder, 0o700)
        return Place(folder, _together(folder), CHOSEN)
    reason = _common(shared)
    if reason is None:
        return Place(shared, _together(shared), COMMON)
    folder = own(environ)
    _made(folder, 0o700)
    return Place(folder, _together(folder), _filled(shared, reason))


def _path(word: str | None) -> Path | None:
    """Return a path that a variable names; an empty one says nothing."""
    return Path(word) if word else None


def _common(shared: Path) -> Text | None:
    """Return why the shared folder cannot be used; None where it can."""
    if not shared.is_dir():
        # Whole from the beginning, since others take it as it is: made aside, then named.
        draft = shared.with_name(f".{shared.name}.{os.getpid()}")
        try:
            draft.mkdir()
            _give(draft)
            draft.rename(shared)
        except OSError:
            with suppress(OSError):
                draft.rmdir()
            if not shared.is_dir():
                return CANNOT_MAKE
    return None if os.access(shared, os.W_OK | os.X_OK) else CANNOT_WRITE


def _give(folder: Path) -> None:
    """Give a folder to the group that shares it, whatever the umask is."""
    import grp

    with suppress(KeyError, PermissionError):
        os.chown(folder, -1, grp.getgrnam(GROUP).gr_gid)
    folder.chmod(_SHARED_MODE)


def _together(folder: Path) -> bool:
    """Whether a group shares a folder: it may write there, and files stay the group's."""
    return folder.stat().st_mode & _TOGETHER == _TOGETHER


def own(environ: Mapping[str, str]) -> Path:
    """Return the user's own folder; XDG has only absolute paths count."""
    base = environ.get("XDG_STATE_HOME", "")
    if base.startswith("/"):
        return Path(base) / "escalade"
    home = environ.get("HOME", "")
    if not home.startswith("/"):
        raise JournalError(
            f"no folder for the journal: {VARIABLE}, XDG_STATE_HOME and HOME are not set"
        )
    return Path(home) / ".local" / "state" / "escalade"


def _filled(shared: Path, reason: Text) -> Text:
    """Return why the folder is the user's own."""
    en = OWN.fill({"shared": str(shared), "reason": reason.en})
    fr = OWN.fill({"shared": str(shared), "reason": reason.fr})
    return Text(en.en, fr.fr)


def _made(folder: Path, mode: int) -> None:
    """Make a folder with its parents; one that is there keeps its permissions."""
    try:
        if folder.is_dir():
            return
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(mode)
    except OSError as error:
        raise JournalError(f"{error.filename or folder}: {error.strerror}") from error
