"""A plan asks every read-only question and writes nothing: proved by what it sends."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.climb.stack import docker

pytestmark = pytest.mark.engine

ROOT = Path(__file__).resolve().parents[2]
RECORDER = Path(__file__).with_name("recorder")
# What a shell line that only reads has no need of.
WRITES = re.compile(
    r"\bdocker(?:-compose|\s+compose)?\b[^|;&\n]*\s"
    r"(?:start|stop|restart|up|down|rm|rmi|create|run|pull|build|kill|prune|pause"
    r"|unpause|connect|disconnect|tag|commit|update|exec)\b"
    r"|\b(?:mkdir|rmdir|mv|tee|touch|chmod|chown|truncate|mknod|ln|kill|rm)\s"
    r"|\bdd\b[^|;&\n]*\bof="
    r"|>>?\s*(?!&|/dev/null)\S"
)


def listed(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*"))


@pytest.fixture
def watched(shop, tmp_path, state):
    """Return what runs a task with every question noted: (done, questions)."""
    record = tmp_path / "record"

    def watch(*words: str):
        record.write_text("")
        env = {"PYTHONPATH": f"{RECORDER}:{ROOT / 'src'}", "RECORD": str(record)}
        done = shop.inv(*words, env=env)
        return done, [json.loads(line) for line in record.read_text().splitlines()]

    return watch


@pytest.mark.parametrize(
    "words",
    [
        ("fix", "--plan"),
        ("--dry", "fix"),
        ("fix", "--plan", "--yes", "--level", "2", "--max-risk", "destructive"),
        ("fix", "--out", "plan.json"),
        ("restart", "lone", "--plan", "--yes"),
        ("--dry", "down", "--yes", "--max-risk", "destructive"),
        ("stop", "lone", "--hold", "--plan", "--yes"),
    ],
    ids=" ".join,
)
def test_nothing_is_written(shop, state, tmp_path, monkeypatch, watched, words) -> None:
    """Only GETs and reading scripts; every container as it was; an empty journal."""
    docker("stop", shop.box("db"))
    docker("wait", shop.box("app"))
    words = tuple(str(tmp_path / w) if w.endswith(".json") else w for w in words)
    before = shop.whole()
    done, asked = watched(*words)
    assert done.code == 0, done.err
    assert shop.whole() == before
    assert listed(state) == []
    assert not state.exists()
    kinds = {kind for kind, _ in asked}
    assert {"engine"} <= kinds <= {"engine", "line", "tcp"}
    verbs = {
        what.split(" ", 1)[0]
        for kind, what in asked
        if kind == "engine" and " HTTP/1.1\r\n" in what
    }
    assert verbs <= {"GET", "HEAD"}
    for line in (what for kind, what in asked if kind == "line"):
        assert not WRITES.search(line), WRITES.search(line)


def test_the_recorder_hears_what_acts(shop, watched) -> None:
    """The same proof fails for a run that acts, so it proves something."""
    docker("stop", shop.box("lone"))
    done, asked = watched("start", "lone")
    assert done.code == 0, done.out + done.err
    assert any(kind == "engine" and what.startswith("POST") for kind, what in asked)


def test_a_dry_run_reads_the_journal_that_is_there(shop, state, watched) -> None:
    """Budgets are heeded, and the journal's bytes stay what they were."""
    docker("stop", shop.box("lone"))
    assert shop.inv("fix").code == 0
    docker("stop", shop.box("lone"))
    held = {p: p.read_bytes() for p in state.rglob("*") if p.is_file()}
    done, _ = watched("fix", "--plan")
    assert done.code == 0
    assert {p: p.read_bytes() for p in state.rglob("*") if p.is_file()} == held


@pytest.mark.parametrize(
    ("words", "asked_for"),
    [
        (("fix", "--plan"), False),
        (("restart", "lone", "--plan", "--yes"), False),
        (("cleanup", "--plan"), True),
    ],
    ids=str,
)
def test_what_takes_seconds_is_asked_by_what_needs_it(
    shop, state, watched, words, asked_for
) -> None:
    """The Engine walks all its layers for what it holds: not in every look of a fix."""
    docker("stop", shop.box("lone"))
    done, asked = watched(*words)
    assert done.code == 0, done.err
    assert any("/system/df" in what for _, what in asked) is asked_for
