"""One runbook file opened: decoded, parsed, its shape checked."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel

from escalade.runbooks.decode import decode
from escalade.runbooks.files import LADDERS
from escalade.runbooks.files import ROLES
from escalade.runbooks.files import SourceFile
from escalade.runbooks.problems import START
from escalade.runbooks.problems import Problems
from escalade.runbooks.schema import LaddersFile
from escalade.runbooks.schema import RolesFile
from escalade.runbooks.schema import RunbookFile
from escalade.runbooks.shape import check
from escalade.runbooks.source import read
from escalade.runbooks.spot import Spot

__all__ = ["Opened", "open_file"]

_SHAPES: dict[str, type[BaseModel]] = {LADDERS: LaddersFile, ROLES: RolesFile}


@dataclass(frozen=True, slots=True)
class Opened:
    """A file's data and what was found wrong so far.

    `top` is None where it could not be read as YAML; `broken` are the places whose
    shape is wrong.
    """

    source: SourceFile
    problems: Problems
    top: Spot | None = None
    broken: frozenset[tuple[str | int, ...]] = frozenset()

    def broken_in(self, section: str) -> frozenset[str]:
        """Return the names of a section's entries whose shape is wrong."""
        return frozenset(
            str(place[1])
            for place in self.broken
            if len(place) > 1 and place[0] == section
        )

    def broken_keys(self, section: str, name: str) -> frozenset[str] | None:
        """Return the keys of an entry whose values are wrong, None where it all is."""
        if any(place == (section, name)[: len(place)] for place in self.broken):
            return None
        here = [place for place in self.broken if place[:2] == (section, name)]
        return frozenset(str(place[2]) for place in here)


def open_file(source: SourceFile) -> Opened:
    """Return the file with its data as far as it can be read."""
    problems = Problems(source.file)
    if source.twin:
        problems.add(START, f"the runbook {source.name!r} stands in {source.twin} too")
    if source.trouble:
        problems.settle(START, source.trouble)
        return Opened(source, problems)
    text = decode(source.content, problems)
    document = None if text is None else read(source.file, text, problems)
    if document is None or document.data is None:
        if not problems.found:
            problems.settle(START, "is empty")
        return Opened(source, problems)
    top = Spot.top(document)
    broken = check(top, _SHAPES.get(source.name, RunbookFile))
    return Opened(source, problems, top, broken)
