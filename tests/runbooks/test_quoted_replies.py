"""A line that only repeats another server's reply says nothing of one's own disk."""

from __future__ import annotations

from functools import cache

import pytest

from escalade import paths
from escalade.evidence.catalog import probes
from escalade.model import Run
from escalade.remedy.catalog import steps
from escalade.run import judge
from escalade.runbooks import load
from escalade.runbooks.trial import cases

CASE = """
services:
  web:
    container: {{{box}}}
    log: [{line}]
expect: {{service: web, remedy: handoff}}
"""
LOOP = "state: restarting, exit_code: 1, restart_count: 6"


@cache
def book():
    """Return the shipped runbooks."""
    return load([paths.runbooks()], probes(), steps)


def found(tmp_path, line, box=""):
    """Return the findings of a service with one line in its log."""
    text = CASE.format(box=box, line=repr(line))
    (tmp_path / "generic.no-space.yaml").write_text(text, "utf-8")
    [case] = cases([tmp_path], probes())
    assert not case.problems
    run = Run("test", case.snapshot.recorded, 0.0)
    return {f.symptom for f in judge(case.snapshot, book(), run).findings}


FULL = "No space left on device"


@pytest.mark.parametrize(
    "line",
    [
        f"could not update node: MISCONF Errors writing to the AOF file: {FULL}",
        f"ReplyError: MISCONF Errors writing to the AOF file: {FULL}",
        f'psycopg2.errors.DiskFull: could not extend file "base/1/2": {FULL}',
        f'ERROR: could not extend file "base/1/2": {FULL} (SQLSTATE 53100)',
        f'pymysql.err.OperationalError: (3, "Error writing file (28 - {FULL})")',
    ],
)
def test_a_disk_that_is_full_elsewhere(tmp_path, line) -> None:
    """Redis and databases tell their clients, and those write it down."""
    assert "generic.no-space" not in found(tmp_path, line)


@pytest.mark.parametrize(
    "line",
    [
        f"OSError: [Errno 28] {FULL}: '/data/upload.tmp'",
        f"Error writing to the AOF file: {FULL}",
        f'PANIC:  could not write to file "pg_wal/xlogtemp.29": {FULL}',
        f"write /var/lib/app.db: {FULL.lower()}",
    ],
)
def test_a_disk_of_its_own(tmp_path, line) -> None:
    """What a server says of itself counts."""
    assert "generic.no-space" in found(tmp_path, line)


def test_files_of_another_server(tmp_path) -> None:
    """Likewise with rights: it is Redis that may not write."""
    line = "MISCONF Errors writing to the AOF file: Permission denied"
    assert "generic.cannot-write" not in found(tmp_path, line, LOOP)
    line = "open /data/app.log: Permission denied"
    assert "generic.cannot-write" in found(tmp_path, line, LOOP)
