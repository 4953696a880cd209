"""All that can be said against runbooks: errors, and what is most likely not meant."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from escalade.evidence.probe import Probe
from escalade.runbooks.files import find
from escalade.runbooks.problems import RunbookFilesError

if TYPE_CHECKING:
    from escalade.runbooks.words import StepLike

__all__ = ["Lint", "inspect", "lint"]


@dataclass(frozen=True, slots=True)
class Lint:
    """One line each, `file:line:column: what`; a warning's starts with `warning:`."""

    errors: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """Return errors, then warnings."""
        return (*self.errors, *self.warnings)


def inspect(
    folders: Sequence[Path],
    catalog: Mapping[str, Probe],
    kinds: Mapping[str, StepLike] | None = None,
    user_tasks: frozenset[str] = frozenset(),
) -> Lint:
    """Return everything wrong or doubtful in the folders; never raises for a file.

    `kinds` are the steps that there are (None: any word may be one), `user_tasks` the
    operator's own tasks.
    """
    from escalade.runbooks.compile import compile_files

    try:
        compiled = compile_files(find(folders), catalog, kinds, user_tasks)
    except RunbookFilesError as troubles:
        return Lint(troubles.lines, ())
    return Lint(compiled.errors, compiled.warnings)


def lint(
    folders: Sequence[Path],
    catalog: Mapping[str, Probe],
    kinds: Mapping[str, StepLike] | None = None,
    user_tasks: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    """Return the lines of `inspect`."""
    return inspect(folders, catalog, kinds, user_tasks).lines
