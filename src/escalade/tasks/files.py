"""Saved evidence: where `--save` may write and what `--from` may read."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from escalade import paths
from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.model import Snapshot

__all__ = ["case_file", "save", "save_target"]


def case_file(name: str) -> Path:
    """Return a file of saved evidence: a path, or a recorded incident by its name.

    The beginning of a name is enough where it fits one alone (`lk-08`).
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path
    shipped = {p.stem: p for p in sorted(paths.cases().glob("*.jsonl"))}
    fits = [name] if name in shipped else [s for s in shipped if s.startswith(name)]
    if len(fits) == 1:
        return shipped[fits[0]]
    if path.exists():
        raise UsageError(f"--from {name}: a file is expected, and this is none")
    hint = (
        nearest(name, shipped) or f"; recorded incidents: {', '.join(fits or shipped)}"
    )
    raise UsageError(f"--from {name}: no such file or recorded incident{hint}")


def save_target(name: str) -> Path:
    """Return the file that evidence is saved to, or say why it cannot be.

    Asked before anybody is looked at. What is there and is no file stays as it is:
    a rename would put a file in the place of a device or a pipe.
    """
    given = Path(name).expanduser()
    if name == "-" or (given.exists() and not given.is_file()):
        raise UsageError(f"--save {name}: a file is expected, and this is none")
    # Through a link, as any program writes; a rename would replace the link.
    path = Path(os.path.realpath(given))
    if not path.parent.is_dir():
        raise UsageError(f"--save {name}: there is no folder {path.parent}")
    return path


def save(snapshot: Snapshot, path: Path) -> None:
    """Write evidence through a temporary name, so that a half file never stands."""
    from tempfile import mkstemp

    from escalade.evidence.codec import dump

    try:
        number, half = mkstemp(prefix=".escalade-", dir=path.parent)
        try:
            with open(number, "w", encoding="utf-8") as file:  # noqa: PTH123 (a descriptor)
                file.writelines(f"{line}\n" for line in dump(snapshot))
            Path(half).replace(path)
        finally:
            with suppress(OSError):
                Path(half).unlink()
    except OSError as error:
        why = error.strerror or error
        raise UsageError(f"--save {path}: {why}") from error
