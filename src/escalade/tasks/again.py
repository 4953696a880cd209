"""After a run over several hosts: who is left, kept in a file, and the line to retry it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from escalade.errors import JournalError

if TYPE_CHECKING:
    from escalade.settings import Settings

__all__ = ["FOLDER", "again", "kept"]

FOLDER = "failed"
"""The folder of the state folder that holds who is left, one file a run."""


def kept(settings: Settings, run: str, hosts: Sequence[str]) -> str:
    """Write the hosts that are left into the state folder; return how `--limit` has it.

    `@file`, or the names themselves where no file can be written.
    """
    from escalade.inventory.retry import write
    from escalade.journal.place import state_folder

    try:
        place = state_folder(os.environ, chosen=settings.state)
        folder = place.folder / FOLDER
        folder.mkdir(mode=0o2770 if place.shared else 0o700, exist_ok=True)
        path = folder / f"{run}.txt"
        write(path, hosts)
    except (JournalError, OSError):
        return ",".join(hosts)
    return f"@{path}"


def again(
    settings: Settings, run: str, task: str, *, left: Sequence[str], of: int
) -> None:
    """Print the lines that end a run over several hosts; none where none is left."""
    if not left or of <= 1:
        return
    from escalade.report.retry import command
    from escalade.report.retry import retry_lines
    from escalade.report.terminal import write
    from escalade.tasks.desk import look_for

    hosts = kept(settings, run, left)
    typed = command(sys.argv, task, hosts, here=Path.cwd())
    look = look_for(settings)
    write(retry_lines(typed, len(left), of, look), look)
