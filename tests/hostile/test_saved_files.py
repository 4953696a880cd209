"""Where evidence may be saved, and what may be read back."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from tests.hostile.command import run
from tests.hostile.engine import box
from tests.hostile.engine import healthy

SOUND = healthy([box("web"), box("db")])


@pytest.fixture
def engine(serve) -> dict[str, str]:
    """Return the environment that leads to a sound Engine."""
    return {"DOCKER_HOST": serve(SOUND)}


def test_there_and_back(tmp_path: Path, engine) -> None:
    """A file is for its owner, stands for the whole, and is read offline."""
    file = tmp_path / "é x.jsonl"
    assert run("diagnose", "--save", str(file), env=engine).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.glob(".escalade-*")] == []
    nowhere = {"DOCKER_HOST": "unix:///nonexistent"}
    done = run("diagnose", "--from", str(file), "--format", "json", env=nowhere)
    assert (done.code, len(done.report["services"])) == (0, 2)


def test_a_file_is_written_through_a_link(tmp_path: Path, engine) -> None:
    """A link stays one; a file that was there is replaced whole."""
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("old")
    link.symlink_to(file)
    assert run("diagnose", "--save", str(link), env=engine).code == 0
    assert link.is_symlink()
    assert file.read_text().startswith('{"schema"')


def test_what_is_no_file_stays_as_it_is(tmp_path: Path) -> None:
    """A device or a pipe must never be replaced by a file; a folder cannot be."""
    pipe, link, folder = (tmp_path / name for name in ("pipe", "link", "folder"))
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    folder.mkdir()
    for target in (pipe, link, folder, Path("/"), Path("-")):
        done = run("diagnose", "--save", str(target), cwd=tmp_path)
        assert (done.code, done.out) == (1, "")
        assert f"--save {target}: a file is expected" in done.complaint
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert link.is_symlink()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """It is told before anybody is looked at."""
    done = run("diagnose", "--save", str(tmp_path / "no" / "x"))
    assert (done.code, done.out) == (1, "")
    assert f"there is no folder {tmp_path}/no" in done.complaint


def test_a_disk_that_is_full(tmp_path: Path, engine) -> None:
    """The diagnosis is told all the same: it may be what says that the disk is full."""
    # The limit stands for the disk: a write beyond it fails in the same way.
    words = ("diagnose", "--format", "json", "--save", f"{tmp_path}/x")
    done = run(*words, env=engine, shell='ulimit -f 1; "$@"')
    assert done.code == 1
    assert done.report["verdict"] == "healthy"
    assert done.complaint.startswith(f"escalade: --save {tmp_path}/x: ")
    assert list(tmp_path.glob("*x*")) == []


@pytest.mark.parametrize("kind", ["folder", "pipe", "nothing"])
def test_what_is_no_evidence_file(tmp_path: Path, kind: str) -> None:
    """Only files are read: a pipe would keep everybody waiting."""
    place = tmp_path / kind
    if kind == "folder":
        place.mkdir()
    if kind == "pipe":
        os.mkfifo(place)
    done = run("diagnose", "--from", str(place))
    assert (done.code, done.out) == (1, "")
    assert f"--from {place}: " in done.complaint


def saved(tmp_path: Path, engine) -> list[str]:
    """Return the lines of a sound file."""
    file = tmp_path / "sound"
    assert run("diagnose", "--save", str(file), env=engine).code == 0
    return file.read_text().splitlines()


def test_files_that_cannot_be_judged(tmp_path: Path, engine) -> None:
    """Cut, foreign, binary or endless: one line that names the file and the line."""
    lines = saved(tmp_path, engine)
    head = json.loads(lines[0])
    files = {
        "empty": (b"", ":1: the file is empty"),
        "binary": (bytes(range(256)) * 20, ":1: not JSON"),
        "cut": ("\n".join(lines[:-3]), f" of {len(lines) - 1} pieces of evidence"),
        "later": (json.dumps({**head, "schema": "escalade.evidence/2"}), "schema"),
        "deep": ("[" * 100_000, ":1: not JSON: nested without end"),
        "long": ('{"schema": "' + "x" * 10_000_000, ":1: not JSON"),
        "no-host": ("\n".join([json.dumps({**head, "hosts": []}), *lines[1:]]), ":2: "),
    }
    for name, (content, says) in files.items():
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        done = run("diagnose", "--from", str(file))
        assert (done.code, done.out) == (1, "")
        assert done.complaint.startswith(f"escalade: {file}:")
        assert says in done.complaint
        assert len(done.complaint) < 3000


def test_a_probe_that_this_version_does_not_know(tmp_path: Path, engine) -> None:
    """A later version's questions are left alone, and cost nothing."""
    lines = saved(tmp_path, engine)
    lines[1] = json.dumps({**json.loads(lines[1]), "probe": "tomorrow"})
    file = tmp_path / "later"
    file.write_text("\n".join(lines))
    assert run("diagnose", "--from", str(file)).code in (0, 3)


def test_evidence_of_nothing_is_not_health(tmp_path: Path, engine) -> None:
    """Answers that hold no value, or only errors, are gaps."""
    lines = saved(tmp_path, engine)
    for name, change in {
        "errors": {"status": "error", "readings": [], "reason": "x"},
        "blanks": {"readings": [{}]},
    }.items():
        changed = [json.dumps({**json.loads(line), **change}) for line in lines[1:]]
        file = tmp_path / name
        file.write_text("\n".join([lines[0], *changed]))
        done = run("diagnose", "--from", str(file), "--format", "json")
        assert (done.code, done.report["verdict"]) == (3, "unknown")
