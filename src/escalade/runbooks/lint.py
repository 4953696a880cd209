"""All that can be said against runbooks: errors, and what is most likely not meant."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from escalade.evidence.probe import Probe
from escalade.runbooks.files import find
from escalade.runbooks.problems import RunbookFilesError

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


def inspect(folders: Sequence[Path], catalog: Mapping[str, Probe]) -> Lint:
    """Return everything wrong or doubtful in the folders; never raises for a file."""
    from escalade.runbooks.compile import compile_files

    try:
        compiled = compile_files(find(folders), catalog)
    except RunbookFilesError as troubles:
        return Lint(troubles.lines, ())
    return Lint(compiled.errors, compiled.warnings)


def lint(folders: Sequence[Path], catalog: Mapping[str, Probe]) -> tuple[str, ...]:
    """Return the lines of `inspect`."""
    return inspect(folders, catalog).lines
