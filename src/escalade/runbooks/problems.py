"""What is wrong with runbook files: one clear line each, all of them at once."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field

from escalade.errors import RunbookError

__all__ = ["START", "Mark", "Problem", "Problems", "RunbookFilesError", "show"]

_LONGEST = 60


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A position in a file, both counted from 1."""

    line: int
    column: int


START = Mark(1, 1)
"""Where a problem with a whole file is reported."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where; `str()` is the line for people."""

    file: str
    mark: Mark
    text: str

    def __str__(self) -> str:
        """Return `file:line:column: text` on one line that no terminal obeys."""
        line = f"{self.file}:{self.mark.line}:{self.mark.column}: {self.text}"
        return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


@dataclass(slots=True)
class Problems:
    """Collects the problems and warnings of one file while it is read.

    A position that was `settled` gets no second problem: what follows from the first
    one is no news.
    """

    file: str
    found: list[Problem] = field(default_factory=list)
    warned: list[Problem] = field(default_factory=list)
    _settled: set[Mark] = field(default_factory=set)

    def add(self, mark: Mark, text: str) -> None:
        """Report a problem, once."""
        problem = Problem(self.file, mark, text)
        if mark not in self._settled and problem not in self.found:
            self.found.append(problem)

    def settle(self, mark: Mark, text: str) -> None:
        """Report a problem and nothing else at its position."""
        self.add(mark, text)
        self._settled.add(mark)

    def warn(self, mark: Mark, text: str) -> None:
        """Note what is allowed, but most likely not meant, once."""
        problem = Problem(self.file, mark, f"warning: {text}")
        if problem not in self.warned:
            self.warned.append(problem)


class RunbookFilesError(RunbookError):
    """All that is wrong with all the files of one load.

    `lines` are the problems, one `file:line:column: what` each, in the order of the
    files; the exception's text is those lines joined.
    """

    def __init__(self, lines: tuple[str, ...]) -> None:
        """Keep the lines and make them the text."""
        super().__init__("\n".join(lines))
        self.lines = lines


def show(value: object) -> str:
    """Return a value as YAML would write it, cut where it is long."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]}...{text[-1]}"
