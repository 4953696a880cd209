"""Find and read the files of runbook folders, whatever state they are in."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from escalade.runbooks.problems import START
from escalade.runbooks.problems import Problem
from escalade.runbooks.problems import RunbookFilesError

__all__ = ["LADDERS", "LIMIT", "ROLES", "SourceFile", "find", "of_folder"]

LIMIT = 1_000_000
"""The most bytes that a runbook file may have."""
LADDERS = "ladders"
ROLES = "roles"

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One YAML file as read: its content, or in `trouble` why there is none.

    `file` is the path as the caller's folder and the file's name make it; `twin` names
    an earlier file of the same folder that means the same runbook.
    """

    file: str
    name: str
    content: bytes = b""
    trouble: str = ""
    twin: str = ""


def find(folders: Sequence[Path]) -> tuple[SourceFile, ...]:
    """Return the files in force, in the order of folders and names.

    A later folder's runbook replaces an earlier one of its name; shared ladders and
    roles are all kept, to be merged. Subfolders are not looked into. Raises
    RunbookFilesError where a folder cannot be listed or none holds a runbook: without one,
    everything would seem healthy.
    """
    kept: dict[tuple[str, str], SourceFile] = {}
    troubles: list[str] = []
    for folder in folders:
        try:
            paths = sorted(folder.iterdir())
        except OSError as error:
            why = error.strerror or error
            troubles.append(str(Problem(str(folder), START, f"cannot be read: {why}")))
            continue
        for one in of_folder(paths):
            merged = one.name in (LADDERS, ROLES) or one.twin
            kept[(one.name, one.file if merged else "")] = one
    if all(one.name in (LADDERS, ROLES) for one in kept.values()) and not troubles:
        places = ", ".join(str(folder) for folder in folders) or "no folder"
        troubles.append(str(Problem(places, START, "holds no runbook")))
    if troubles:
        raise RunbookFilesError(tuple(troubles))
    return tuple(kept.values())


def of_folder(paths: Sequence[Path]) -> list[SourceFile]:
    """Read the YAML files among the paths, whatever they hold."""
    first: dict[str, str] = {}
    found: list[SourceFile] = []
    for path in paths:
        if path.suffix not in _SUFFIXES or path.name.startswith("."):
            continue
        name = path.name.removesuffix(path.suffix)
        content, trouble = _read(path)
        twin = first.setdefault(name, path.name)
        twin = "" if twin == path.name else twin
        found.append(SourceFile(str(path), name, content, trouble, twin))
    return found


def _read(path: Path) -> tuple[bytes, str]:
    """Return a file's bytes, or why they cannot be had; never waits."""
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            return b"", "is not a file"
        if facts.st_size > LIMIT:
            size = f"{facts.st_size / 1e6:.1f} MB"
            return b"", f"is too large for a runbook: {size}, at most 1 MB"
        with path.open("rb") as file:
            return file.read(LIMIT), ""
    except OSError as error:
        return b"", f"cannot be read: {error.strerror or error}"
