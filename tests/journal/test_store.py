"""The journal: what is written is there, in order, and stays as it was."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from escalade.errors import JournalError
from escalade.errors import UsageError
from escalade.journal.store import Journal
from escalade.journal.store import open_journal
from escalade.model import Node
from escalade.plans import Outcome
from escalade.shapes import shaped
from tests.journal import sample

OTHER = "20261124T171900Z-00ff00"


@pytest.fixture
def journal(tmp_path: Path):
    """Return a journal of the test's own, closed at the end."""
    with sample.journal(tmp_path) as journal:
        yield journal


def test_a_run_is_read_as_it_was_written(journal: Journal) -> None:
    """Who, from where, why and the command line come back; events in their order."""
    sample.write_run(journal)
    (record,) = journal.runs()
    assert (record.id, record.kind, record.who) == (sample.RUN, "fix", "anna")
    assert (record.why, record.version) == ("page at three", "0.1.0")
    assert record.command == "invoke fix redis --yes"
    kinds = [event.kind for event in journal.events(sample.RUN)]
    assert kinds[:3] == ["started", "diagnosed", "planned"]
    assert kinds[-1] == "ended"


def test_a_run_that_begins_twice_is_an_error(journal: Journal) -> None:
    """An id stands for one run."""
    journal.begin("r1", "fix", who="anna")
    with pytest.raises(JournalError, match="UNIQUE"):
        journal.begin("r1", "fix", who="bob")
    assert journal.runs()[0].who == "anna"
    assert len(journal.events("r1")) == 1


@pytest.mark.parametrize("table", ["runs", "events"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET kind = 'x'", "DELETE FROM {}"])
def test_nothing_is_changed_afterwards(
    journal: Journal, tmp_path: Path, table: str, verb: str
) -> None:
    """Whoever tries to change the file with plain SQL is refused."""
    sample.write_run(journal)
    other = sqlite3.connect(tmp_path / "journal.db")
    try:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            other.execute(verb.format(table))
    finally:
        other.close()


def test_an_unknown_kind_is_our_own_mistake(journal: Journal) -> None:
    """A kind of event that no reader knows is not written."""
    with pytest.raises(ValueError, match="did you mean 'intent'"):
        journal.event("r", "intend")


def test_values_are_what_json_can_hold(journal: Journal) -> None:
    """Enums by their word, tuples as lists, no half characters, no infinity."""
    data = {
        "outcome": Outcome.CURED,
        "many": ("a", 1, None),
        "half": "\udcff\x00",
        "far": float("inf"),
        "path": Path("/x"),
    }
    journal.event("r", "saved", data=data, node=Node("h\x00", "s", None))
    (event,) = journal.events("r")
    assert event.data == {
        "outcome": "cured",
        "many": ["a", 1, None],
        "half": "?\ufffd",
        "far": None,
        "path": "/x",
    }
    assert event.node == Node("h\ufffd", "s", None)
    assert not event.redacted


def test_runs_of_a_place(journal: Journal) -> None:
    """Newest first, so many at most, and those alone that were about a place."""
    sample.write_run(journal)
    journal.begin(OTHER, "fix", who="bob")
    journal.event(OTHER, "locked", node=Node("web2", "shop", "front"))
    assert [run.id for run in journal.runs()] == [OTHER, sample.RUN]
    assert [run.id for run in journal.runs(limit=1)] == [OTHER]
    assert [run.id for run in journal.runs(host="web1")] == [sample.RUN]
    assert [run.id for run in journal.runs(service="front", stack="shop")] == [OTHER]
    assert not journal.runs(service="front", host="web1")
    assert journal.known("service") == ("front", "redis")


@pytest.mark.parametrize("word", [sample.RUN, sample.RUN[:11], "ab12cd", "last"])
def test_find_a_run(journal: Journal, word: str) -> None:
    """By its id, the beginning of it, what stands after the dash, or `last`."""
    journal.begin("20261123T000000Z-00aa00", "fix", who="anna")
    sample.write_run(journal)
    assert journal.find(word).id == sample.RUN


def test_what_is_no_run_is_told_with_the_nearest(journal: Journal) -> None:
    """A wrong id names the nearest; one that fits two names both."""
    with pytest.raises(UsageError, match="no run in the journal"):
        journal.find("last")
    sample.write_run(journal)
    with pytest.raises(UsageError, match=f"did you mean '{sample.RUN}'"):
        journal.find(sample.RUN.replace("ab", "ax"))
    journal.begin(OTHER, "fix", who="anna")
    with pytest.raises(UsageError, match=f"2 runs begin with '2026': .*{OTHER}"):
        journal.find("2026")
    with pytest.raises(UsageError, match="no run ''"):
        journal.find("")


def test_going_on_is_written(journal: Journal) -> None:
    """Who resumes a run, and which process, stands beside who began it."""
    journal.begin("r1", "fix", who="anna")
    (begun,) = journal.events("r1")
    words = ("invoke", "resume", "r1")
    journal.again("r1", seen=begun.id, who="bob", argv=words, why="she left")
    first, second = journal.events("r1")
    assert first.data["who"] == "anna"
    assert (second.data["who"], second.data["again"]) == ("bob", True)
    assert second.data["process"] == first.data["process"]


def test_only_one_goes_on_with_a_run(journal: Journal) -> None:
    """Of several who read the same state at once, the first alone may."""
    journal.begin("r1", "fix", who="anna")
    journal.begin("r2", "fix", who="anna")
    (begun,) = journal.events("r1")

    def goes_on(who: str) -> bool:
        try:
            journal.again("r1", seen=begun.id, who=who)
        except UsageError as error:
            return str(error) != "run r1: somebody else goes on with it"
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(goes_on, map(str, range(8)))) == 1
    assert len(journal.events("r1")) == 2


def test_attempts_states_and_holds(journal: Journal) -> None:
    """What budgets, flapping and `desired: stopped` ask comes from the same events."""
    sample.write_run(journal)
    (attempt,) = journal.attempts(0)
    assert (attempt.node, attempt.fingerprint) == (sample.REDIS, "f-redis")
    assert (attempt.level, attempt.outcome) == (1, Outcome.CURED)
    assert not journal.attempts(attempt.time + 60)
    states = journal.states(sample.REDIS, "redis.stopped", 0)
    assert [good for _, good in states] == [False, True]
    journal.event("r", "held", node=sample.REDIS)
    assert journal.holds() == {sample.REDIS}
    journal.event("r", "unheld", node=sample.REDIS)
    assert journal.holds() == frozenset()


def test_many_threads_write(journal: Journal) -> None:
    """One worker a host writes through the same journal."""

    def write(name: str) -> None:
        for number in range(20):
            journal.event(name, "saved", data={"n": number})

    threads = [threading.Thread(target=write, args=(f"r{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(8):
        told = [event.data["n"] for event in journal.events(f"r{number}")]
        assert told == list(range(20))


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    """Tables of a later version are not written into."""
    sample.journal(tmp_path).close()
    other = sqlite3.connect(tmp_path / "journal.db")
    other.execute("PRAGMA user_version=99")
    other.close()
    with pytest.raises(JournalError, match=r"journal\.db: written by a newer Escalade"):
        sample.journal(tmp_path)


@pytest.mark.parametrize(
    "content", [b"not a database at all" * 100, b"SQLite format 3"]
)
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    """What is no journal is told in one line, and not overwritten."""
    (tmp_path / "journal.db").write_bytes(content)
    with pytest.raises(JournalError, match=r"journal\.db: damaged") as error:
        sample.journal(tmp_path)
    assert "\n" not in str(error.value)
    assert (tmp_path / "journal.db").read_bytes() == content


def test_damage_in_the_middle_is_told(tmp_path: Path) -> None:
    """A page that was overwritten is an error at the first read, not a wrong answer."""
    with sample.journal(tmp_path) as journal:
        for number in range(200):
            journal.event("r", "saved", data={"n": number, "fill": "x" * 200})
    path = tmp_path / "journal.db"
    whole = bytearray(path.read_bytes())
    whole[4096 * 9 :] = b"\xff" * (len(whole) - 4096 * 9)
    path.write_bytes(whole)
    with (
        pytest.raises(JournalError, match=r"journal\.db: damaged"),
        sample.journal(tmp_path) as journal,
    ):
        journal.events("r")


def test_a_lock_that_lasts_is_told(tmp_path: Path) -> None:
    """Who cannot write in time says why, and the journal stays whole."""
    with sample.journal(tmp_path, wait_s=0.1) as journal:
        other = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match=r"locked by another program"):
            journal.event("r", "saved")
        other.execute("ROLLBACK")
        other.close()
        journal.event("r", "saved")
        assert len(journal.events("r")) == 1


def test_reading_makes_and_mends_nothing(tmp_path: Path) -> None:
    """A dry run asks the journal that is there; without one it says so."""
    with pytest.raises(JournalError, match=r"journal\.db: cannot be opened"):
        sample.journal(tmp_path, reading=True)
    assert not list(tmp_path.iterdir())
    with sample.journal(tmp_path) as journal:
        sample.write_run(journal)
    (tmp_path / "reserve").unlink()
    (tmp_path / "journal.db").chmod(0o644)
    before = (tmp_path / "journal.db").read_bytes()
    with sample.journal(tmp_path, reading=True) as journal:
        assert journal.find("last").id == sample.RUN
    assert [path.name for path in tmp_path.iterdir()] == ["journal.db"]
    assert (tmp_path / "journal.db").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "journal.db").read_bytes() == before


@pytest.mark.parametrize("name", ["a b", "per%cent", "q?x#y", "é"])
def test_any_folder_will_do(tmp_path: Path, name: str) -> None:
    """Whatever its name is made of."""
    with sample.journal(tmp_path / name) as journal:
        sample.write_run(journal)
    assert (tmp_path / name / "journal.db").exists()


def test_a_database_without_its_driver_is_one_line(tmp_path: Path) -> None:
    """A URL's password is not in what is told."""
    with pytest.raises(JournalError) as error:
        open_journal(
            sample.place(tmp_path),
            redact=shaped,
            url="postgresql://me:hunter2@localhost:1/x",
        )
    assert "hunter2" not in str(error.value)
    assert "\n" not in str(error.value)
