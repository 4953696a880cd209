"""After a run over several hosts: who is left, kept in a file, and the line to retry it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from escalade.errors import JournalError

if TYPE_CHECKING:
    from escalade.climb.gear import Order
    from escalade.climb.rolling import Rolling
    from escalade.settings import Settings

__all__ = ["FOLDER", "again", "anew", "kept"]

SEARCH_ROOT = "--search-root"
"""The flag with which ./inv names our own folder to Invoke."""
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
    settings: Settings,
    run: str,
    task: str,
    *,
    left: Sequence[str],
    of: int,
    words: Sequence[str] | None = None,
) -> None:
    """Print the lines that end a run over several hosts; none where none is left.

    `words` are those of the task, where it is not the one that was typed.
    """
    if not left or of <= 1:
        return
    from escalade.report.retry import command
    from escalade.report.retry import retry_lines
    from escalade.report.terminal import write
    from escalade.tasks.desk import look_for

    hosts = kept(settings, run, left)
    program = sys.argv[:3] if sys.argv[1:2] == [SEARCH_ROOT] else sys.argv[:1]
    argv = sys.argv if words is None else [*program, task, *words]
    typed = command(argv, task, hosts, left=left, here=Path.cwd())
    look = look_for(settings)
    write(retry_lines(typed, len(left), of, look), look)


def anew(order: Order, settings: Settings, *, yes: bool) -> tuple[str, list[str]]:
    """Return the task that asks for the same as an order does, and its words.

    A plan is spent once it ran: what is left is looked at and planned anew.
    """
    from escalade.tasks.reaching import said_of_hosts

    task, words = "fix", list(order.only)
    if order.calls:
        task = order.calls[0].name
        words = [w for pair in order.calls[0].args.items() for w in _flag(*pair)]
    words += _flag("level", order.level)
    words += _flag("tags", ",".join(order.tags) or None)
    words += _flag("skip-tags", ",".join(order.skip_tags) or None)
    words += _flag("stack", (order.stack,) if order.stack else settings.stacks)
    words += _flag("inventory", tuple(map(str, settings.inventory)))
    words += _rolling(order.rolling) if order.rolling else []
    words += [w for pair in said_of_hosts().items() for w in _flag(*pair)]
    return task, words + _flag("yes", yes)


def _rolling(rolling: Rolling) -> list[str]:
    """Return how it goes over many hosts, as flags; what goes without saying is not."""
    from escalade.climb.rolling import Rolling

    usual = Rolling()
    said = {
        "serial": rolling.serial,
        "max_failed": rolling.max_failed,
        "soak": f"{rolling.soak_s:g}s" if rolling.soak_s else None,
        "order": rolling.order,
        "canary": rolling.canary,
        "run_once": rolling.run_once,
    }
    told = {k: v for k, v in said.items() if v != getattr(usual, k, None)}
    return [word for pair in told.items() for word in _flag(*pair)]


def _flag(name: str, value: object) -> list[str]:
    """Return an argument as the command line has it."""
    flag = f"--{name.replace('_', '-')}"
    if isinstance(value, bool):
        return [flag] if value else []
    if isinstance(value, list | tuple):
        return [word for item in value for word in (flag, str(item))]
    return [] if value is None else [flag, str(value)]
