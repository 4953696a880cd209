"""The journal of a dry run: it is read where there is one, and never written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from escalade.errors import JournalError
from escalade.journal.place import SHARED
from escalade.journal.place import VARIABLE
from escalade.journal.place import Place
from escalade.journal.place import own
from escalade.model import Node
from escalade.plans import Attempt
from escalade.settings import Settings
from escalade.text import NO_TEXT

__all__ = ["Unwritten"]


class Unwritten:
    """Answers what brakes ask, so that a plan shows the level that would run."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = _folder(settings.state)

    def attempts(self, since: float) -> tuple[Attempt, ...]:
        """Return the levels that were carried out since a time."""
        found: tuple[Attempt, ...] = self._read("attempts", since)
        return found

    def states(
        self, node: Node, symptom: str, since: float
    ) -> tuple[tuple[float, bool], ...]:
        """Return when a place was seen with or without a symptom."""
        found: tuple[tuple[float, bool], ...] = self._read(
            "states", node, symptom, since
        )
        return found

    def event(self, run: str, kind: str, **facts: object) -> None:
        """Write nothing."""

    def _read(self, name: str, *args: object) -> Any:
        """Ask the journal that is there; without one nothing happened yet."""
        if self._folder is None and not self._settings.journal:
            return ()
        from escalade.journal.store import open_journal
        from escalade.shapes import shaped

        place = Place(self._folder or Path(), shared=False, why=NO_TEXT)
        url = self._settings.journal
        with open_journal(place, redact=shaped, url=url, reading=True) as journal:
            return getattr(journal, name)(*args)


def _folder(
    chosen: Path | None, environ: Mapping[str, str] = os.environ
) -> Path | None:
    """Return the state folder that has a journal, None where there is none yet."""
    folders = [chosen or Path(environ.get(VARIABLE, ""))]
    if folders == [Path()]:
        folders = [SHARED]
        with suppress(JournalError):
            folders.append(own(environ))
    found = (f.expanduser() for f in folders)
    return next((f for f in found if os.access(f / "journal.db", os.W_OK)), None)
