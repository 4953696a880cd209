"""Maintenance folders to jobs and windows: what a later folder says replaces an earlier."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from escalade.errors import InventoryError
from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.evidence.probe import Probe
from escalade.runbooks.book import Book
from escalade.runbooks.files import SourceFile
from escalade.runbooks.files import of_folder
from escalade.runbooks.lint import Lint
from escalade.runbooks.problems import RunbookFilesError
from escalade.runbooks.words import StepLike
from escalade.schedule.jobs import Guard
from escalade.schedule.jobs import Job

if TYPE_CHECKING:
    from escalade.inventory.hosts import Inventory

__all__ = ["FOLDER", "Maintenance", "find", "inspect", "load", "load_guards"]

FOLDER = "maintenance"
"""The folder of maintenance files, in a folder of runbooks."""
WINDOWS = "windows"


@dataclass(frozen=True, slots=True)
class Maintenance:
    """The jobs by name, and the windows of stacks and hosts."""

    jobs: tuple[Job, ...]
    guards: tuple[Guard, ...] = ()

    def job(self, name: str) -> Job:
        """Return the job of a name. Raises `UsageError` with the nearest there is."""
        known = {job.name: job for job in self.jobs}
        if name not in known:
            hint = nearest(name, known) or f"; there are: {', '.join(known) or 'none'}"
            raise UsageError(f"no maintenance job {name!r}{hint}")
        return known[name]


def find(folders: Sequence[Path]) -> tuple[SourceFile, ...]:
    """Return the maintenance files in force of runbook folders, by name.

    A later folder's job replaces an earlier one of its name; windows add up.
    """
    kept: dict[tuple[str, str], SourceFile] = {}
    for folder in folders:
        for file in _files(folder / FOLDER):
            whole = file.name == WINDOWS or file.twin
            kept[file.name, file.file if whole else ""] = file
    return tuple(sorted(kept.values(), key=lambda file: (file.name, file.file)))


def _files(folder: Path) -> Iterable[SourceFile]:
    """Return the files of one folder; none where there is no such folder."""
    try:
        paths = sorted(folder.iterdir())
    except FileNotFoundError:
        return ()
    except OSError as error:
        why = f"cannot be read: {error.strerror or error}"
        return (SourceFile(str(folder), folder.name, trouble=why),)
    return of_folder(paths)


def load(
    folders: Sequence[Path],
    catalog: Mapping[str, Probe],
    book: Book,
    kinds: Callable[[], Mapping[str, StepLike]],
    user_tasks: frozenset[str] = frozenset(),
) -> Maintenance:
    """Return all jobs and windows of the folders.

    `book` says which roles there are. Raises RunbookFilesError with every problem of
    every file.
    """
    from escalade.runbooks.words import Words
    from escalade.schedule.compile import compile_files

    roles = frozenset(rule.name for rule in book.roles)
    words = Words(catalog, roles, kinds(), user_tasks)
    compiled = compile_files(find(folders), words)
    if compiled.errors:
        raise RunbookFilesError(compiled.errors)
    return Maintenance(compiled.jobs, compiled.guards)


def load_guards(folders: Sequence[Path]) -> tuple[Guard, ...]:
    """Return the windows of stacks and hosts alone; without their file, nothing loads.

    Raises RunbookFilesError with every problem of the files.
    """
    files = [file for file in find(folders) if file.name == WINDOWS]
    if not files:
        return ()
    from escalade.runbooks.words import Words
    from escalade.schedule.compile import compile_files

    compiled = compile_files(files, Words({}, None))
    if compiled.errors:
        raise RunbookFilesError(compiled.errors)
    return compiled.guards


def inspect(
    folders: Sequence[Path],
    catalog: Mapping[str, Probe],
    kinds: Mapping[str, StepLike] | None = None,
    user_tasks: frozenset[str] = frozenset(),
    *,
    inventory: Callable[[], Inventory] | None = None,
) -> Lint:
    """Return everything wrong or doubtful in the folders' maintenance files.

    Whether windows are about hosts that there are is asked where there is an
    `inventory` that can be read.
    """
    from escalade.runbooks.words import Words
    from escalade.schedule.compile import compile_files

    compiled = compile_files(find(folders), Words(catalog, None, kinds, user_tasks))
    for_nobody = _nobody(compiled.guards, inventory) if inventory else ()
    return Lint((*compiled.errors, *for_nobody), compiled.warnings)


def _nobody(
    guards: Iterable[Guard], inventory: Callable[[], Inventory]
) -> Iterable[str]:
    """Yield what is wrong with the hosts that windows are about."""
    from escalade.schedule.windows import named

    for guard in guards:
        try:
            named((guard,), inventory)
        except UsageError as error:
            yield str(error)
        except InventoryError:
            return
