"""The tables of the journal, as peewee models: portable, and append-only in SQLite."""

from __future__ import annotations

from typing import Any
from typing import NamedTuple

from peewee import AutoField
from peewee import BooleanField
from peewee import CharField
from peewee import Database
from peewee import DoubleField
from peewee import Model
from peewee import TextField

__all__ = ["VERSION", "Tables", "append_only", "tables_of"]

VERSION = 1
"""Of the tables; kept in SQLite's `user_version`."""


class Tables(NamedTuple):
    """The two models, bound to one database."""

    runs: Any
    events: Any


def tables_of(bound: Database) -> Tables:
    """Return the models of a database: made anew, so that two journals never mix."""

    class Run(Model):
        id = CharField(max_length=64, primary_key=True)
        kind = CharField(max_length=32)
        who = CharField(max_length=128)
        controller = CharField(max_length=255)
        started = DoubleField(index=True)
        command = TextField()
        why = TextField()
        version = CharField(max_length=32)

        class Meta:
            database = bound
            table_name = "runs"

    class Event(Model):
        id = AutoField()
        run = CharField(max_length=64, index=True)
        time = DoubleField()
        kind = CharField(max_length=32)
        host = CharField(max_length=255, null=True)
        stack = CharField(max_length=255, null=True)
        service = CharField(max_length=255, null=True)
        action = CharField(max_length=255)
        data = TextField()
        redacted = BooleanField()

        class Meta:
            database = bound
            table_name = "events"
            indexes = ((("kind", "time"), False), (("host", "service"), False))

    return Tables(Run, Event)


def append_only() -> tuple[str, ...]:
    """Return what makes SQLite refuse to change or delete what was written."""
    return tuple(
        f"CREATE TRIGGER IF NOT EXISTS {table}_{verb.lower()} BEFORE {verb} ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        for table in ("runs", "events")
        for verb in ("UPDATE", "DELETE")
    )
