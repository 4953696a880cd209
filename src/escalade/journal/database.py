"""Open the journal's database, and say in one line what is wrong with it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

from escalade.errors import JournalError
from escalade.journal.place import Place

if TYPE_CHECKING:
    from peewee import Database

    from escalade.journal.schema import Tables

__all__ = ["by_url", "embedded", "is_full", "is_ours", "said"]

_PAUSE_S = 0.02
_FULL = ("database or disk is full", "disk I/O error", "No space left")
_NOTHING_TO_UNDO = "no transaction is active"
_DAMAGED = ("malformed", "not a database", "corrupt")


def embedded(
    place: Place, wait_s: float, *, reading: bool = False
) -> tuple[Database, Tables]:
    """Return the SQLite database of a state folder, its tables made where missing.

    Write-ahead log, each commit on the disk before it counts; a writer waits `wait_s`
    for another one. With `reading` nothing is made. Raises what `said` can tell.
    """
    from peewee import SqliteDatabase

    from escalade.journal.schema import tables_of

    if not reading:
        _file(place.journal, place.file_mode)
    database = SqliteDatabase(
        f"{place.journal.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=wait_s,
        thread_safe=False,
        check_same_thread=False,
    )
    database.connect()
    try:
        if not reading:
            _write_ahead(database, wait_s)
        tables = tables_of(database)
        _prepare(database, tables, place.journal, reading=reading)
    except BaseException:
        database.close()
        raise
    return database, tables


def _file(path: Path, mode: int) -> None:
    """Make the file, or mend its permissions; SQLite gives its other files the same."""
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        file = os.open(path, flags | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        found = path.lstat()
        if found.st_uid == os.geteuid() and found.st_mode & 0o777 != mode:
            path.chmod(mode)
        return
    try:
        # Whatever the umask says.
        os.fchmod(file, mode)
    finally:
        os.close(file)


def _write_ahead(database: Any, wait_s: float) -> None:
    """Set the way of writing; the change to it does not wait for others by itself."""
    from peewee import OperationalError

    until = time.monotonic() + wait_s
    while True:
        try:
            database.execute_sql("PRAGMA journal_mode=wal")
            break
        except OperationalError as error:
            if "locked" not in _text(error) or time.monotonic() >= until:
                raise
        time.sleep(_PAUSE_S)
    database.execute_sql("PRAGMA synchronous=full")


def _prepare(database: Any, tables: Tables, path: Path, *, reading: bool) -> None:
    """Make the tables of a new file, once, whoever else tries at the same time."""
    from escalade.journal.schema import VERSION
    from escalade.journal.schema import append_only

    found = _version(database)
    if found > VERSION:
        raise JournalError(f"{path}: written by a newer Escalade (tables {found})")
    if found == VERSION:
        return
    if reading:
        raise JournalError(f"{path}: nothing was written into it yet")
    with database.atomic("IMMEDIATE"):
        if _version(database) == VERSION:
            return
        database.create_tables(list(tables))
        for statement in append_only():
            database.execute_sql(statement)
        database.execute_sql(f"PRAGMA user_version={VERSION}")


def _version(database: Any) -> int:
    """Return the version of a file's tables; 0 for a new one."""
    return int(database.execute_sql("PRAGMA user_version").fetchone()[0])


def by_url(url: str) -> tuple[Database, Tables]:
    """Return the database of a URL (postgresql://...), its tables made where missing."""
    from importlib import import_module

    from escalade.journal.schema import tables_of

    # It ships no types.
    connect = import_module("playhouse.db_url").connect
    database: Database = connect(url, thread_safe=False)
    database.connect()
    tables = tables_of(database)
    database.create_tables(list(tables))
    return database, tables


# ------------------------------------------------------------------- trouble


def _text(error: BaseException) -> str:
    """Return what the database said; peewee puts the first exception in front."""
    error = _first(error)
    return str(error.args[-1]) if error.args else type(error).__name__


def _first(error: BaseException) -> BaseException:
    """Return what went wrong first, where undoing it went wrong, too.

    SQLite itself ends the transaction that a full or broken disk interrupts: then there
    is nothing left to roll back.
    """
    before = error.__context__
    while before is not None and _NOTHING_TO_UNDO in str(error) and is_ours(before):
        error, before = before, before.__context__
    return error


def is_ours(error: BaseException) -> bool:
    """Whether an exception is a database's: peewee's, its driver's, or of a file.

    Peewee lets what comes while rows are read pass as the driver raised it.
    """
    if isinstance(error, OSError):
        return True
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"PeeweeException", "DatabaseError", "InterfaceError"})


def is_full(error: BaseException) -> bool:
    """Whether a write failed for want of room, as far as SQLite tells it."""
    return any(word in _text(error) for word in _FULL)


def said(error: BaseException, name: str, wait_s: float) -> JournalError:
    """Return what to tell the operator of a database's error: one clear line."""
    text = _text(error)
    if isinstance(error, OSError):
        return JournalError(f"{name}: {error.strerror or error}")
    if "full" in text:
        told = "the disk is full: the journal cannot be written, so nothing is done"
    elif "disk I/O" in text:
        told = "the disk cannot be written (full, over a quota, or broken)"
    elif "unable to open" in text:
        told = "cannot be opened (missing, not for this user, or on a read-only disk)"
    elif "locked" in text:
        told = f"locked by another program for more than {wait_s:g} s"
    elif "readonly" in text:
        told = "not writable for this user (read-only, or somebody else's)"
    elif any(word in text for word in _DAMAGED):
        told = f"damaged ({text}): move it away and a new one begins"
    else:
        told = text
    return JournalError(f"{name}: {told}")
