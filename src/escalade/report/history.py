"""The runs of the journal, one a row: who, when, what, how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING

from escalade.model import Value
from escalade.report import words
from escalade.report.lines import flow
from escalade.report.lines import line
from escalade.report.lines import span
from escalade.report.look import Look
from escalade.report.sheet import Column
from escalade.report.sheet import Row
from escalade.report.sheet import Sheet
from escalade.report.sheet import Table
from escalade.report.times import day
from escalade.report.times import rfc3339
from escalade.report.times import time_of_day
from escalade.text import Lang
from escalade.text import Text

if TYPE_CHECKING:
    from escalade.journal.events import Event
    from escalade.journal.events import RunRecord
    from escalade.journal.events import RunState
    from escalade.journal.place import Place

__all__ = ["OUTCOMES", "STATES", "history_sheet", "place_json", "place_line", "run_row"]

STATES = {
    "waiting-approval": Text("waiting for approval", "attend une approbation"),
    "expired": Text("approval expired", "approbation expirée"),
    "running": Text("running", "en cours"),
    "interrupted": Text("interrupted", "interrompue"),
    "ended": Text("ended", "terminée"),
}
OUTCOMES = {
    "cured": Text("cured", "guéri"),
    "persists": Text("persists", "persiste"),
    "worse": Text("worse", "pire"),
    "unknown": Text("unknown", "inconnue"),
    "handed-off": Text("handed off", "transmis"),
    "refused": Text("refused", "refusé"),
    "denied": Text("denied", "refusé"),
    "planned": Text("planned only", "planifié seulement"),
}
WHEN = Text("started", "début")
WHO = Text("who", "qui")
WHAT = Text("what", "quoi")
RUN = Text("run", "exécution")
WHERE = Text("services", "services")
OUTCOME = Text("outcome", "issue")
LEVEL = Text("level", "niveau")
TOOK = Text("took", "durée")
NO_RUNS = Text("No run is in the journal.", "Aucune exécution dans le journal.")
KEPT_IN = Text("State folder: {folder}, {why}", "Dossier d'état : {folder}, {why}")
DATABASE = Text("Journal: {url}", "Journal : {url}")


_PARTS = ("service", "stack", "host")
"""What a run was about: its services, else its stacks, else its hosts."""


def _when(value: Value, lang: Lang) -> str:
    """Return a date and a time of day."""
    del lang
    return str(value).replace("T", " ")[:19] + "Z" if value else ""


def _took(value: Value, lang: Lang) -> str:
    """Return a duration."""
    return words.seconds(value, lang) if isinstance(value, int | float) else ""


def _state(value: Value, lang: Lang) -> str:
    """Return where a run stands, in words."""
    return words.one_of(STATES, str(value or ""), lang)


def _outcome(value: Value, lang: Lang) -> str:
    """Return what came of it, in words."""
    return words.one_of(OUTCOMES, str(value or ""), lang)


def _state_style(row: Row) -> str:
    """Return the style of a state: what asks for something stands out."""
    return {"ended": "dim", "running": ""}.get(str(row.get("state")), "warn")


def _outcome_style(row: Row) -> str:
    """Return the style of an outcome."""
    outcome = str(row.get("outcome") or "")
    return {"cured": "good", "persists": "bad", "worse": "bad"}.get(outcome, "")


COLUMNS = (
    Column("run", RUN, style=lambda _: "name"),
    Column("started", WHEN, _when),
    Column("who", WHO),
    Column("kind", WHAT),
    Column("services", WHERE),
    Column("state", words.STATE, _state, _state_style),
    Column("outcome", OUTCOME, _outcome, _outcome_style),
    Column("level", LEVEL),
    Column("exit", words.EXIT),
    Column("took_s", TOOK, _took),
)


def history_sheet(rows: Sequence[Row], place: Place, look: Look, *, url: str) -> Sheet:
    """Return the runs as a table, and below it where they are kept."""
    table = Table("runs", COLUMNS, tuple(rows), empty=NO_RUNS)
    told = place_line(place, look, url=url)
    below = (span(told, "dim"),)
    # A path that is copied from a file or a pipe must be whole.
    lines = (below,) if look.whole else flow(line(), below, look.width)
    return Sheet("escalade.history/1", (table,), told=((), *lines))


def run_row(record: RunRecord, state: RunState, events: Sequence[Event]) -> Row:
    """Return one run as programs read it."""
    last = events[-1].time if events else record.started
    nodes = [event.node for event in events if event.node]
    levels = [[getattr(node, part) for node in nodes] for part in _PARTS]
    named = next((dict.fromkeys(filter(None, n)) for n in levels if any(n)), {})
    return {
        "run": record.id,
        "kind": record.kind,
        "started": rfc3339(record.started),
        "took_s": round((state.ended or last) - record.started, 3),
        "who": record.who,
        "controller": record.controller,
        "command": record.command,
        "why": record.why,
        "version": record.version,
        "services": tuple(named),
        "state": state.word,
        "sure": state.sure,
        "outcome": state.outcome or None,
        "level": state.level,
        "exit": state.exit,
        "expires": rfc3339(state.expires) if state.expires else None,
    }


def place_line(place: Place, look: Look, *, url: str) -> str:
    """Return where state is kept, and why there."""
    slots = {"folder": str(place.folder), "why": place.why.pick(look.lang)}
    kept = KEPT_IN.fill(slots).pick(look.lang)
    return f"{DATABASE.fill({'url': url}).pick(look.lang)}. {kept}" if url else kept


def place_json(place: Place, *, url: str, lang: Lang) -> Mapping[str, object]:
    """Return where state is kept, for programs; `url` is the database's, if it is one."""
    return {
        "folder": str(place.folder),
        "shared": place.shared,
        "why": place.why.pick(lang),
        "journal": url or str(place.journal),
    }


def date_and_time(seconds: float) -> str:
    """Return a date and a time of day in UTC."""
    return f"{day(seconds)} {time_of_day(seconds)}".strip()
