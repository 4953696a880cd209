"""The journal itself: begin a run, write what happens, read it back.

Every text is cleaned of secrets on its way in. What was written is never changed.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING
from typing import Any
from typing import Self

from escalade.errors import JournalError
from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.journal import read
from escalade.journal import reserve
from escalade.journal.clean import Redact
from escalade.journal.clean import cleaned
from escalade.journal.clean import scrubbed
from escalade.journal.database import by_url
from escalade.journal.database import embedded
from escalade.journal.database import is_full
from escalade.journal.database import is_ours
from escalade.journal.database import said
from escalade.journal.events import KINDS
from escalade.journal.events import Event
from escalade.journal.events import RunRecord
from escalade.journal.place import Place
from escalade.journal.process import here
from escalade.model import Node
from escalade.plans import Attempt

if TYPE_CHECKING:
    from peewee import Database

    from escalade.journal.schema import Tables

__all__ = ["LAST", "WAIT_S", "Journal", "open_journal"]

WAIT_S = 5.0
"""Seconds that a writer waits for another one."""
LAST = "last"
"""The newest run, where a run's id is asked for."""

_CHUNK = 500
_CANDIDATES = 3


def open_journal(
    place: Place,
    *,
    redact: Redact,
    url: str = "",
    reading: bool = False,
    wait_s: float = WAIT_S,
    clock: Callable[[], float] = time.time,
) -> Journal:
    """Return the journal of a state folder, or of a database by its URL.

    `redact` takes the secrets out of a text (`shapes.shaped`, `Redactor.text`). With
    `reading` nothing is made or mended: it must be there. Raises `JournalError` where it
    cannot be opened: one line that names it.
    """
    name = redact(url) if url else str(place.journal)
    with _told(name, wait_s):
        database, tables = (
            by_url(url) if url else _opened(place, wait_s, reading=reading)
        )
    if not url and not reading:
        reserve.keep(place.folder, place.file_mode)
    journal = Journal(database, tables, place, name=name, redact=redact)
    journal.wait_s, journal.clock = wait_s, clock
    return journal


def _opened(place: Place, wait_s: float, *, reading: bool) -> tuple[Database, Tables]:
    """Open the embedded database, once more where giving up the reserve made room.

    SQLite itself has to write beside the file before anything can be read.
    """
    try:
        return embedded(place, wait_s, reading=reading)
    except Exception as error:
        full = is_ours(error) and is_full(error)
        if reading or not full or not reserve.release(place.folder):
            raise
        return embedded(place, wait_s)


@contextmanager
def _told(name: str, wait_s: float) -> Iterator[None]:
    """Turn what a database raises into a `JournalError`."""
    try:
        yield
    except Exception as error:
        if not is_ours(error):
            raise
        raise said(error, name, wait_s) from error


class Journal:
    """Events of runs. Threads may share it; it keeps one connection.

    Every method raises `JournalError` where the database cannot be read or written.
    """

    def __init__(
        self,
        database: Database,
        tables: Tables,
        place: Place,
        *,
        name: str,
        redact: Redact,
    ) -> None:
        self.place = place
        self.name = name
        self.wait_s = WAIT_S
        self.clock: Callable[[], float] = time.time
        self._redact = redact
        self._database = database
        self._tables = tables
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *trouble: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        with self._lock:
            self._database.close()

    # --------------------------------------------------------------- writing

    def begin(
        self,
        run: str,
        kind: str,
        *,
        who: str,
        argv: Sequence[str] = (),
        why: str = "",
        version: str = "",
    ) -> None:
        """Write down a run and that this process carries it out."""
        process = here()
        row = {
            "id": run,
            "kind": kind,
            "who": self._clean(who),
            "controller": process.host,
            "started": self.clock(),
            "command": self._command(argv),
            "why": self._clean(why),
            "version": version,
        }
        event = self._row(run, "started", {"process": asdict(process), "who": who})

        def write() -> None:
            with self._database.atomic():
                self._tables.runs.insert(**row).execute()
                self._tables.events.insert(**event).execute()

        self._write(write)

    def again(
        self,
        run: str,
        *,
        seen: int,
        who: str,
        argv: Sequence[str] = (),
        why: str = "",
    ) -> None:
        """Write down that this process goes on with a run: to resume or to approve it.

        `seen` is the id of the last event that was read of it. Raises `UsageError` where
        another one came since: then somebody else goes on with it.
        """
        data = {
            "process": asdict(here()),
            "who": who,
            "command": self._command(argv),
            "why": why,
            "again": True,
        }
        row = self._row(run, "started", data)
        written: list[int] = []
        self._write(lambda: written.append(self._insert_unless_newer(row, seen)))
        if not written[-1]:
            raise UsageError(f"run {run}: somebody else goes on with it")

    def _insert_unless_newer(self, row: Mapping[str, object], seen: int) -> int:
        """Write an event in one statement, unless its run has one after `seen`.

        Returns how many were written: 1 or 0.
        """
        from peewee import SQL
        from peewee import Select
        from peewee import Value
        from peewee import fn

        table = self._tables.events
        newer = table.select(SQL("1")).where(table.run == row["run"], table.id > seen)
        values = Select(columns=[Value(value) for value in row.values()]).where(
            ~fn.EXISTS(newer)
        )
        names = [getattr(table, name) for name in row]
        database: Any = self._database
        return int(database.execute(table.insert_from(values, names)).rowcount)

    def event(
        self,
        run: str,
        kind: str,
        *,
        data: Mapping[str, object] | None = None,
        node: Node | None = None,
        action: str = "",
    ) -> None:
        """Write down one thing that happened: it is on the disk when this returns."""
        row = self._row(run, kind, data or {}, node, action)
        self._write(lambda: self._tables.events.insert(**row).execute())

    def _row(
        self,
        run: str,
        kind: str,
        data: Mapping[str, object],
        node: Node | None = None,
        action: str = "",
    ) -> dict[str, object]:
        """Return an event as the table has it."""
        if kind not in KINDS:
            raise ValueError(f"no kind of event: {kind!r}{nearest(kind, KINDS)}")
        clean = cleaned(data, self._redact)
        return {
            "run": run,
            "time": self.clock(),
            "kind": kind,
            "host": scrubbed(node.host) if node else None,
            "stack": scrubbed(node.stack) if node and node.stack else None,
            "service": scrubbed(node.service) if node and node.service else None,
            "action": scrubbed(action),
            "data": json.dumps(clean, separators=(",", ":"), allow_nan=False),
            "redacted": clean != cleaned(data, scrubbed),
        }

    def _clean(self, text: str) -> str:
        """Return a text without secrets."""
        return self._redact(scrubbed(text))

    def _command(self, argv: Sequence[str]) -> str:
        """Return a command line without secrets, those after a flag included."""
        from shlex import join

        return join(cleaned(tuple(argv), self._redact)) if argv else ""

    def _write(self, write: Callable[[], object]) -> None:
        """Write, once more where giving up the reserve made room."""
        from peewee import PeeweeException

        with self._lock, _told(self.name, self.wait_s):
            try:
                write()
            except PeeweeException as error:
                if not is_full(error) or not reserve.release(self.place.folder):
                    raise
                write()

    # --------------------------------------------------------------- reading

    def events(self, run: str) -> tuple[Event, ...]:
        """Return what happened in a run, in order."""
        return self.stories((run,))[run]

    def stories(self, runs: Sequence[str]) -> Mapping[str, tuple[Event, ...]]:
        """Return what happened in each of some runs."""
        table = self._tables.events
        found: dict[str, list[Event]] = {run: [] for run in runs}
        for at in range(0, len(runs), _CHUNK):
            chosen = table.run.in_(list(runs[at : at + _CHUNK]))
            for event in self._events(chosen):
                found[event.run].append(event)
        return {run: tuple(events) for run, events in found.items()}

    def runs(
        self,
        *,
        limit: int | None = None,
        host: str = "",
        stack: str = "",
        service: str = "",
    ) -> tuple[RunRecord, ...]:
        """Return the runs, newest first; of one host, stack or service where given."""
        table, events = self._tables.runs, self._tables.events
        query = table.select().order_by(table.started.desc(), table.id.desc())
        for name, word in (("host", host), ("stack", stack), ("service", service)):
            if word:
                column = getattr(events, name)
                there = events.select(events.run).where(column == word)
                query = query.where(table.id.in_(there))
        if limit is not None:
            query = query.limit(limit)
        return tuple(_record(row) for row in self._rows(query))

    def known(self, column: str) -> tuple[str, ...]:
        """Return the names that stand in a column of the events: host, stack, service."""
        field = getattr(self._tables.events, column)
        said = field.is_null(is_null=False)
        query = self._tables.events.select(field).where(said).distinct()
        return tuple(sorted(row[column] for row in self._rows(query)))

    def find(self, prefix: str) -> RunRecord:
        """Return the one run whose id begins so; `last` is the newest.

        The part after the dash may stand alone. Raises `UsageError` with what is nearest.
        """
        if prefix == LAST:
            newest = self.runs(limit=1)
            if newest:
                return newest[0]
            raise UsageError(f"no run in the journal {self.name}")
        table = self._tables.runs
        ids = [row["id"] for row in self._rows(table.select(table.id))]
        found = [i for i in ids if i == prefix] or [
            i
            for i in ids
            if prefix and (i.startswith(prefix) or i.partition("-")[2] == prefix)
        ]
        if len(found) == 1:
            (row,) = self._rows(table.select().where(table.id == found[0]))
            return _record(row)
        if found:
            some = ", ".join(sorted(found)[-_CANDIDATES:])
            more = " ..." if len(found) > _CANDIDATES else ""
            raise UsageError(f"{len(found)} runs begin with {prefix!r}: {some}{more}")
        raise UsageError(f"no run {prefix!r} in {self.name}{nearest(prefix, ids)}")

    def attempts(self, since: float) -> tuple[Attempt, ...]:
        """Return the levels that were carried out since a time, by time.

        Those that a reset of the budget forgave are not among them.
        """
        return read.attempts(
            self._of("intent", "verified", "budget-reset", since=since)
        )

    def states(
        self, node: Node, symptom: str, since: float
    ) -> tuple[tuple[float, bool], ...]:
        """Return when a place was seen without (True) or with (False) a symptom.

        An empty symptom stands for any of severity error or above.
        """
        return read.states(self._of("diagnosed", since=since), node, symptom)

    def scheduled(self, job: str = "", since: float = 0.0) -> tuple[Event, ...]:
        """Return the beginnings of scheduled runs since a time; of one job where given."""
        events = self._of("scheduled", since=since)
        return tuple(e for e in events if job in ("", e.data.get("job")))

    def holds(self) -> frozenset[Node]:
        """Return the services that operators declared stopped."""
        return read.holds(self._of("held", "unheld"))

    def _of(self, *kinds: str, since: float = 0.0) -> tuple[Event, ...]:
        """Return the events of some kinds since a time, in order."""
        table = self._tables.events
        return self._events(table.kind.in_(kinds), table.time >= since)

    def _events(self, *where: Any) -> tuple[Event, ...]:
        """Return the events that fit, in order."""
        table = self._tables.events
        query = table.select().where(*where).order_by(table.id)
        return tuple(_event(row) for row in self._rows(query))

    def _rows(self, query: Any) -> list[dict[str, Any]]:
        """Return the rows of a query."""
        with self._lock, _told(self.name, self.wait_s):
            return list(query.dicts())


def _record(row: Mapping[str, Any]) -> RunRecord:
    """Return a row as a run."""
    return RunRecord(**row)


def _event(row: Mapping[str, Any]) -> Event:
    """Return a row as an event."""
    host, stack, service = row["host"], row["stack"], row["service"]
    try:
        data = json.loads(row["data"])
    except ValueError as error:
        raise JournalError(f"event {row['id']}: not JSON: {error}") from error
    return Event(
        id=row["id"],
        run=row["run"],
        time=row["time"],
        kind=row["kind"],
        node=Node(host, stack, service) if host else None,
        action=row["action"],
        data=data,
        redacted=bool(row["redacted"]),
    )
