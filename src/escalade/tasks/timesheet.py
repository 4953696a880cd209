"""How jobs and their times look as tables."""

from __future__ import annotations

from collections.abc import Sequence

from escalade.model import Value
from escalade.report.sheet import Column
from escalade.report.sheet import Row
from escalade.report.sheet import Sheet
from escalade.report.sheet import Table
from escalade.text import Lang
from escalade.text import Text

__all__ = ["jobs_sheet", "times_sheet"]

_NONE = Text("No maintenance job.", "Aucune tâche de maintenance.")
_DOES = {
    "steps": Text("steps", "étapes"),
    "fix": Text("fix", "réparation"),
    "diagnose": Text("diagnosis", "diagnostic"),
}
_OFF = Text("off", "désactivée")


def _does(value: Value, lang: Lang) -> str:
    """Return what a job does, in words."""
    return _DOES[str(value)].pick(lang) if value in _DOES else str(value)


def _moment(value: Value, lang: Lang) -> str:
    """Return a time without its T; a job that is off has none."""
    del lang
    return str(value).replace("T", " ") if value else ""


def _enabled(value: Value, lang: Lang) -> str:
    """Return whether a job is off."""
    return "" if value else _OFF.pick(lang)


def jobs_sheet(rows: Sequence[Row]) -> Sheet:
    """Return the jobs as a table."""
    columns = (
        Column("job", Text("job", "tâche"), style=lambda _: "name"),
        Column("enabled", Text("state", "état"), _enabled, lambda _: "dim"),
        Column("schedule", Text("schedule", "horaire")),
        Column("zone", Text("zone", "fuseau")),
        Column("next", Text("next", "prochaine"), _moment),
        Column("last", Text("last", "dernière"), _moment),
        Column("exit", Text("exit", "code")),
        Column("does", Text("does", "fait"), _does),
        Column("risk", Text("risk", "risque")),
        Column("title", Text("title", "titre")),
    )
    table = Table("jobs", columns, tuple(rows), empty=_NONE)
    return Sheet("escalade.schedule/1", (table,))


def times_sheet(rows: Sequence[Row]) -> Sheet:
    """Return the next times as a table."""
    columns = (
        Column("utc", Text("UTC", "UTC"), _moment),
        Column("local", Text("there", "là-bas"), _moment),
        Column("zone", Text("zone", "fuseau")),
        Column("job", Text("job", "tâche"), style=lambda _: "name"),
    )
    table = Table("times", columns, tuple(rows), empty=_NONE)
    return Sheet("escalade.schedule-times/1", (table,))
