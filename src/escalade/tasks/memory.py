"""How the journal is asked: which runs there were, how one went, whose budget starts anew."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.report.emit import emit
from escalade.tasks.desk import checked_format
from escalade.tasks.desk import look_for
from escalade.tasks.desk import settings_for
from escalade.text import Text

if TYPE_CHECKING:
    from invoke.context import Context

    from escalade.journal.events import Event
    from escalade.journal.events import RunState
    from escalade.journal.store import Journal
    from escalade.settings import Settings

__all__ = ["history", "journal_for", "reset", "show", "state_of"]

_PLACES = ("host", "stack", "service")
RESET = Text(
    "{n} earlier attempts no longer count for {what}",
    "{n} tentatives passées ne comptent plus pour {what}",
)
EVERYTHING = Text("everything", "l'ensemble")
_DAY_S = 86_400.0


def journal_for(settings: Settings) -> Journal:
    """Return the journal that the settings mean, opened; secrets go by their shape."""
    from escalade.journal.place import state_folder
    from escalade.journal.store import open_journal
    from escalade.shapes import shaped

    place = state_folder(os.environ, chosen=settings.state)
    return open_journal(place, redact=shaped, url=settings.journal)


def state_of(events: Sequence[Event]) -> RunState:
    """Return where a run stands now; its process is looked for on this machine."""
    from escalade.journal.process import alive
    from escalade.journal.read import process_of
    from escalade.journal.read import state

    process = process_of(events)
    return state(events, now=time.time(), alive=alive(process) if process else None)


def history(
    context: Context,
    flags: Mapping[str, object],
    *,
    most: int,
    where: Mapping[str, str],
    kind: str,
) -> int:
    """Print the last runs; `where` holds host, stack and service, empty for any."""
    from escalade.report.history import history_sheet
    from escalade.report.history import place_json
    from escalade.report.history import run_row
    from escalade.report.terminal import write

    checked_format(kind)
    settings = settings_for(context, flags)
    with journal_for(settings) as journal:
        _check(journal, where)
        records = journal.runs(limit=most, **where)
        stories = journal.stories([record.id for record in records])
    rows = [
        run_row(record, state_of(stories[record.id]), stories[record.id])
        for record in records
    ]
    look, url = look_for(settings), journal.name if settings.journal else ""
    sheet = history_sheet(rows, journal.place, look, url=url)
    if kind == "json":
        state = place_json(journal.place, url=url, lang=settings.lang)
        _print({**sheet.data(), "state": state})
    else:
        write(sheet.lines(look), look)
    return 0


def _check(journal: Journal, where: Mapping[str, str]) -> None:
    """Refuse the name of a place that stands nowhere in the journal."""
    for name, word in where.items():
        known = journal.known(name) if word else ()
        if word and word not in known:
            hint = nearest(word, known) or f"; there are: {', '.join(known) or 'none'}"
            raise UsageError(f"--{name} {word}: not in the journal{hint}")


def _print(data: Mapping[str, object]) -> None:
    """Print one object."""
    emit(json.dumps(data, indent=2, allow_nan=False) + "\n")


def show(context: Context, flags: Mapping[str, object], *, run: str, kind: str) -> int:
    """Print one run: everything that happened."""
    from escalade.report.terminal import write
    from escalade.report.timeline import run_json
    from escalade.report.timeline import run_lines

    checked_format(kind)
    settings = settings_for(context, flags)
    with journal_for(settings) as journal:
        record = journal.find(run)
        events = journal.events(record.id)
    state = state_of(events)
    if kind == "json":
        _print(run_json(record, state, events))
    else:
        look = look_for(settings)
        write(run_lines(record, state, events, look), look)
    return 0


def reset(
    context: Context,
    flags: Mapping[str, object],
    *,
    where: Mapping[str, str],
    why: str,
) -> int:
    """Write down that earlier attempts no longer count, and say how many those are."""
    from escalade.journal.process import whoami
    from escalade.report.progress import Silent
    from escalade.tasks.desk import road_for
    from escalade.version import version

    settings = settings_for(context, flags)
    run = road_for(settings, Silent()).run
    said = {name: word for name, word in where.items() if word}
    with journal_for(settings) as journal:
        _check(journal, where)
        since = journal.clock() - _DAY_S
        before = len(journal.attempts(since))
        journal.begin(
            run,
            "budget.reset",
            who=whoami(os.environ),
            argv=[Path(sys.argv[0]).name, *sys.argv[1:]],
            why=why,
            version=version(),
        )
        journal.event(run, "budget-reset", data=said)
        journal.event(run, "ended", data={"exit": 0})
        forgiven = before - len(journal.attempts(since))
    what = ", ".join(said.values()) or EVERYTHING.pick(settings.lang)
    slots = {"n": str(forgiven), "what": what}
    emit(RESET.fill(slots).pick(settings.lang) + "\n")
    return 0
