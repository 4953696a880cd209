"""How Docker Compose is told of stacks whose containers were taken away: for `up`.

Only a container's labels say where its stack's files are. Before the last one goes, that
is written into the state folder: one small file a stack, so that hosts that are worked
on at the same time do not wait for one another.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from escalade.errors import JournalError
from escalade.journal.holds import folders_of
from escalade.journal.place import Place
from escalade.model import Node

__all__ = ["FOLDER", "Kept", "known", "remember"]

FOLDER = "projects"


class Kept(NamedTuple):
    """The words after `docker compose`, the stack's services, and those that ran."""

    options: tuple[str, ...]
    services: tuple[str, ...] = ()
    ran: tuple[str, ...] = ()


def remember(place: Place, node: Node, kept: Kept) -> None:
    """Write down how Compose is told of a stack, through a temporary name and a rename.

    Raises `JournalError` where that cannot be written.
    """
    row = {"host": node.host, "stack": node.stack, **kept._asdict()}
    folder = place.inner(FOLDER)
    name = hashlib.sha256(f"{node.host}\0{node.stack}".encode()).hexdigest()[:32]
    path = folder / f"{name}.json"
    draft = folder / f".{name}.{secrets.token_hex(4)}"
    try:
        draft.write_text(json.dumps(row) + "\n", "utf-8")
        # Whatever the umask says.
        draft.chmod(place.file_mode)
        os.replace(draft, path)  # noqa: PTH105 -- what it is called in POSIX
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise JournalError(f"{path}: {error.strerror}") from error


def known(environ: Mapping[str, str], chosen: Path | None = None) -> dict[Node, Kept]:
    """Return all that is remembered, by whatever state folder is there; none is made."""
    folders = (folder / FOLDER for folder in folders_of(environ, chosen))
    return dict(found for folder in folders for found in _of(folder))


def _of(folder: Path) -> Iterator[tuple[Node, Kept]]:
    """Yield what a folder remembers; a file that cannot be read is an error."""
    if not os.access(folder, os.R_OK | os.X_OK):
        return
    for path in sorted(folder.glob("[!.]*.json")):
        try:
            row = json.loads(path.read_text("utf-8"))
            names = ("options", "services", "ran")
            words = (tuple(map(str, row[name])) for name in names)
            yield Node(str(row["host"]), str(row["stack"])), Kept(*words)
        except OSError as error:
            raise JournalError(f"{path}: {error.strerror}") from error
        except (ValueError, TypeError, KeyError) as error:
            raise JournalError(f"{path}: not about a stack: {error}") from error
