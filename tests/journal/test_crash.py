"""The journal tells the truth whatever befalls its writer: kill -9, a full disk, a rival.

The writers are processes of their own, as controllers are.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from contextlib import suppress
from pathlib import Path

import pytest

from escalade.errors import JournalError
from escalade.journal import reserve
from escalade.journal.process import alive
from escalade.journal.read import process_of
from escalade.journal.read import state
from tests.journal import sample

ROOT = Path(__file__).resolve().parents[2]
HEAD = """
import resource, sys
from escalade.journal.place import state_folder
from escalade.journal.store import open_journal
from escalade.errors import JournalError
place = state_folder({"ESCALADE_STATE": sys.argv[1]})
"""
WRITER = f"""{HEAD}
journal = open_journal(place, redact=str)
name, count = sys.argv[2], int(sys.argv[3])
journal.begin(name, "fix", who=name)
print("begun", flush=True)
for number in range(count):
    journal.event(name, "intent", action=str(number), data={{"fill": "x" * 500}})
    print(number, flush=True)
"""
LIMITED = f"""{HEAD}
journal = open_journal(place, redact=str)
journal.begin("r", "fix", who="anna")
used = max(p.stat().st_size for p in place.folder.glob("journal.db*"))
resource.setrlimit(resource.RLIMIT_FSIZE, (used + 20000, used + 20000))
number = 0
try:
    while True:
        journal.event("r", "intent", action=str(number), data={{"fill": "x" * 500}})
        number += 1
except JournalError as error:
    print(number, error, sep="|")
"""


def child(script: str, *words: str) -> subprocess.Popen[str]:
    """Start a writer."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    return subprocess.Popen(
        [sys.executable, "-c", script, *words],
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )


def is_whole(folder: Path) -> bool:
    """Whether SQLite itself finds nothing wrong."""
    with closing(sqlite3.connect(folder / "journal.db")) as file:
        return file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("written", [0, 1, 2, 3, 7, 23, 60])
def test_a_killed_writer_loses_nothing_that_it_told(
    tmp_path: Path, written: int
) -> None:
    """After kill -9 each event that was acknowledged is there; the run is interrupted."""
    writer = child(WRITER, str(tmp_path), "r1", "100000")
    with writer:
        told = [writer.stdout.readline() for _ in range(written + 1)]
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        # What it had still said before it died.
        told += writer.stdout.read().splitlines(keepends=True)
    acknowledged = sum(line.endswith("\n") for line in told) - 1
    with sample.journal(tmp_path) as journal:
        events = journal.events("r1")
        journal.event("r1", "saved")
    intents = [event for event in events if event.kind == "intent"]
    assert len(intents) in (acknowledged, acknowledged + 1)
    assert [event.action for event in intents] == [str(n) for n in range(len(intents))]
    assert is_whole(tmp_path)
    process = process_of(events)
    assert process.pid == writer.pid
    assert alive(process) is False
    assert state(events, now=0, alive=alive(process)).word == "interrupted"


def test_a_writer_that_dies_as_it_opens_leaves_a_journal(tmp_path: Path) -> None:
    """Killed with -9 while the tables are made: the next one makes them."""
    for pause_ms in (60, 80, 100, 120, 140, 160):
        with child(WRITER, str(tmp_path), f"r{pause_ms}", "1") as writer:
            try:
                writer.wait(pause_ms / 1000)
            except subprocess.TimeoutExpired:
                writer.kill()
    with sample.journal(tmp_path) as journal:
        sample.write_run(journal)
        assert journal.find(sample.RUN)
    assert is_whole(tmp_path)


def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    """Two operators begin at the same moment on a new journal; all is there, in order."""
    writers = [child(WRITER, str(tmp_path), name, "60") for name in ("a", "b", "c")]
    for writer in writers:
        with writer:
            assert writer.stdout.read().split()[-1] == "59"
        assert writer.returncode == 0
    with sample.journal(tmp_path) as journal:
        for name in "abc":
            actions = [e.action for e in journal.events(name) if e.kind == "intent"]
            assert actions == [str(number) for number in range(60)]


def test_a_limit_on_files_is_told(tmp_path: Path) -> None:
    """Where no byte more may be written (EFBIG) the writer says so, and nothing is torn."""
    with child(LIMITED, str(tmp_path)) as writer:
        count, _, message = writer.stdout.read().partition("|")
    assert "journal.db: the disk cannot be written" in message
    assert message.count("\n") == 1
    with sample.journal(tmp_path) as journal:
        intents = [e for e in journal.events("r") if e.kind == "intent"]
    assert len(intents) == int(count)
    assert is_whole(tmp_path)


# ----------------------------------------------------------------- full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path | None]:
    """Return a disk of 512 KiB; None where nothing may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    yield folder if mounted else None
    if mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Leave no room."""
    file = os.open(folder / "ballast", os.O_WRONLY | os.O_CREAT)
    for size in (65536, 4096, 1):
        with suppress(OSError):
            while True:
                os.write(file, b"x" * size)
    os.close(file)


def test_a_full_disk_is_told_and_nothing_is_torn(
    small_disk: Path | None, tmp_path: Path
) -> None:
    """What was acknowledged is there; once there is room again, writing goes on."""
    if small_disk is None:
        # What a user without mounts can have: no room by a limit (EFBIG).
        test_a_limit_on_files_is_told(tmp_path)
        return
    with sample.journal(small_disk) as journal:
        journal.begin("r", "fix", who="anna")
        fill(small_disk)
        count = 0

        def write() -> None:
            nonlocal count
            while True:
                journal.event("r", "intent", data={"fill": "x" * 500})
                count += 1

        with pytest.raises(JournalError, match=r"journal\.db: the disk is full"):
            write()
        assert len(journal.events("r")) == count + 1
        (small_disk / "ballast").unlink()
        journal.event("r", "ended")
        assert len(journal.events("r")) == count + 2
    assert is_whole(small_disk)


def test_a_new_journal_on_a_full_disk_is_told(
    small_disk: Path | None, tmp_path: Path
) -> None:
    """Before anything ran: one line."""
    if small_disk is None:
        test_a_limit_on_files_is_told(tmp_path)
        return
    fill(small_disk)
    with pytest.raises(JournalError, match=r"(full|No space left)") as error:
        sample.journal(small_disk / "state")
    assert "\n" not in str(error.value)


def test_the_first_trouble_is_told_wherever_the_room_ends(
    small_disk: Path | None, tmp_path: Path
) -> None:
    """SQLite ends the transaction itself then; that it cannot be undone is no cause."""
    if small_disk is None:
        test_a_limit_on_files_is_told(tmp_path)
        return
    told: list[str] = []
    for room in range(4096, 120_000, 8192):
        fill(small_disk)
        os.truncate(small_disk / "ballast", disk_size(small_disk) - room)
        state = small_disk / f"state{room}"
        try:
            with sample.journal(state) as journal:
                for number in range(30):
                    journal.begin(f"r{number}", "fix", who="anna")
        except JournalError as error:
            told.append(str(error))
        shutil.rmtree(state, ignore_errors=True)
    assert told
    assert [t for t in told if "full" not in t and "No space left" not in t] == []


def disk_size(folder: Path) -> int:
    """Return the bytes that a disk can hold."""
    room = os.statvfs(folder)
    return room.f_blocks * room.f_frsize


def test_room_that_was_kept_is_given_up_first(
    small_disk: Path | None, tmp_path: Path
) -> None:
    """A full disk can be cured: the journal has room for the run that does it."""
    if small_disk is None:
        test_a_limit_on_files_is_told(tmp_path)
        return
    (small_disk / "reserve").write_bytes(b"\0" * 200_000)
    with sample.journal(small_disk) as journal:
        journal.begin("r", "fix", who="anna")
        fill(small_disk)
        for number in range(6):
            journal.event("r", "intent", data={"n": number, "fill": "x" * 500})
        assert len(journal.events("r")) == 7
    assert not (small_disk / "reserve").exists()


def test_room_that_was_kept_lets_a_journal_be_opened(
    small_disk: Path | None, tmp_path: Path
) -> None:
    """The disk was full before the run that frees it began."""
    if small_disk is None:
        test_a_limit_on_files_is_told(tmp_path)
        return
    with sample.journal(small_disk) as journal:
        journal.begin("r", "fix", who="anna")
    (small_disk / "reserve").write_bytes(b"\0" * 200_000)
    fill(small_disk)
    with sample.journal(small_disk) as journal:
        journal.begin("r2", "fix", who="anna")
        assert len(journal.events("r")) == 1
    assert not (small_disk / "reserve").exists()


def test_room_is_kept_where_there_is_plenty(tmp_path: Path) -> None:
    """Some megabytes, really there, and once."""
    reserve.keep(tmp_path, 0o600)
    reserve.keep(tmp_path, 0o600)
    found = (tmp_path / "reserve").stat()
    assert found.st_size == reserve.SIZE
    assert found.st_blocks * 512 >= reserve.SIZE
    assert reserve.release(tmp_path)
    assert not reserve.release(tmp_path)


# ----------------------------------------------------------------- read-only

NOBODY = 65534
READER = f"""{HEAD}
import os
# Loads all there is to load: Python's own files may be root's.
open_journal(state_folder({{"ESCALADE_STATE": sys.argv[3]}}), redact=str).close()
os.setuid(int(sys.argv[2]))
try:
    with open_journal(place, redact=str) as journal:
        print(len(journal.runs()))
        journal.begin("r2", "fix", who="eve")
except JournalError as error:
    print(error)
"""


def test_a_journal_of_somebody_else_is_told(tmp_path: Path) -> None:
    """Who may not write there gets one line that names the file."""
    with sample.journal(tmp_path / "state") as journal:
        sample.write_run(journal)
    for folder in (tmp_path, *tmp_path.parents):
        if folder != Path("/") and folder.stat().st_uid == os.geteuid():
            folder.chmod(folder.stat().st_mode | 0o755)
    (tmp_path / "state").chmod(0o555)
    (tmp_path / "state" / "journal.db").chmod(0o444)
    who = NOBODY if os.geteuid() == 0 else os.geteuid()
    with child(
        READER, str(tmp_path / "state"), str(who), str(tmp_path / "own")
    ) as reader:
        said = reader.stdout.read()
    (tmp_path / "state").chmod(0o755)
    assert "journal.db" in said.splitlines()[-1]
