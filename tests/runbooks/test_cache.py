"""Compiled books: exactly what was compiled, fast, and never a trouble."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from escalade.runbooks import RunbookFilesError
from escalade.runbooks import cache
from escalade.runbooks import compile as compiling
from escalade.runbooks import load

SRC = Path(__file__).resolve().parents[2] / "src"


@pytest.fixture
def book_folder(cases, tmp_path) -> Path:
    """Return a copy of the good folder."""
    return Path(shutil.copytree(cases / "good" / "book", tmp_path / "book"))


@pytest.fixture
def compilations(monkeypatch) -> list[int]:
    """Return a list that grows with every compilation."""
    calls: list[int] = []
    real = compiling.compile_files

    def counted(files, *more):
        calls.append(len(files))
        return real(files, *more)

    monkeypatch.setattr(compiling, "compile_files", counted)
    return calls


def kept(cache_home: Path) -> list[Path]:
    """Return the files in the cache."""
    return sorted((cache_home / "escalade").glob("*"))


def test_a_kept_book_is_exactly_the_compiled_one(
    book_folder, catalog, compilations
) -> None:
    """Every value and type comes back, and nothing is compiled the second time."""
    first = load([book_folder], catalog)
    second = load([book_folder], catalog)
    assert second == first
    assert repr(second) == repr(first)
    assert len(compilations) == 1


def test_nothing_heavy_is_imported_for_a_kept_book(book_folder) -> None:
    """A fresh process reads it without the YAML and schema libraries."""
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from escalade.evidence.probe import Probe\n"
        "from escalade.runbooks import load\n"
        "catalog = {'container': Probe('container', 'container', '', "
        "{'running': bool})}\n"
        "load([Path(sys.argv[1])], catalog)\n"
        "print(*({'yaml', 'pydantic', 'jinja2'} & set(sys.modules)))\n"
    )
    for path in book_folder.iterdir():
        path.unlink()
    (book_folder / "any.yaml").write_text(
        "runbook: any\n"
        "title: {en: A, fr: A}\n"
        "role: any\n"
        "symptoms:\n"
        "  down: {kind: intrinsic, title: {en: A, fr: A}, severity: info,\n"
        "    when: {container: {running: false}}}\n",
    )
    command = [sys.executable, "-c", script, str(book_folder)]
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    runs = [
        subprocess.check_output(command, env=environment, text=True).split()
        for _ in range(2)
    ]
    assert sorted(runs[0]) == ["pydantic", "yaml"]
    assert runs[1] == []


@pytest.mark.parametrize(
    "change", ["content", "new", "gone", "role", "folder", "catalog"]
)
def test_any_change_compiles_anew(book_folder, catalog, compilations, change) -> None:
    """What was compiled from other files, another catalogue or place is not used."""
    before = load([book_folder], catalog)
    path = book_folder / "redis.yaml"
    if change == "content":
        times = path.stat()
        path.write_text(path.read_text().replace("Redis is not", "Redis is NOT"))
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    elif change == "new":
        (book_folder / "other.yaml").write_text(
            path.read_text().replace("runbook: redis", "runbook: other"),
        )
    elif change == "gone":
        (book_folder / "host.yml").unlink()
    elif change == "role":
        roles = book_folder / "roles.yaml"
        roles.write_text(roles.read_text().replace("need: 2", "need: 1"))
    elif change == "folder":
        book_folder = Path(shutil.copytree(book_folder, f"{book_folder}2"))
    else:
        http = replace(catalog["http"], readings={"outcome": str})
        catalog = {**catalog, "http": http}
    after = load([book_folder], catalog)
    assert len(compilations) == 2
    assert (after.digest == before.digest) == (change in ("folder", "catalog"))


def test_another_version_of_the_code_compiles_anew(
    book_folder, catalog, compilations, monkeypatch
) -> None:
    """The state of our own files is part of the key."""
    load([book_folder], catalog)
    monkeypatch.setattr(cache, "_code", lambda: ["other"])
    load([book_folder], catalog)
    assert len(compilations) == 2


def test_a_bad_book_is_not_kept(book_folder, catalog, compilations, cache_home) -> None:
    """Its problems are reported each time; a good state is found again."""
    good = load([book_folder], catalog)
    text = (book_folder / "redis.yaml").read_text()
    (book_folder / "redis.yaml").write_text("x")
    for _ in range(2):
        with pytest.raises(RunbookFilesError):
            load([book_folder], catalog)
    (book_folder / "redis.yaml").write_text(text)
    assert load([book_folder], catalog) == good
    assert len(compilations) == 3
    assert len(kept(cache_home)) == 1


@pytest.mark.parametrize(
    "damage",
    ["empty", "half", "flipped", "binary", "no-json", "other-shape", "deep", "folder"],
)
def test_a_damaged_file_is_written_anew(
    book_folder, catalog, compilations, cache_home, damage
) -> None:
    """Whatever stands in the cache, the answer is right, and the next one fast."""
    good = load([book_folder], catalog)
    (path,) = kept(cache_home)
    content = path.read_bytes()
    head, _, body = content.partition(b"\n")
    key = head.split()[1].decode()

    def sealed(body: bytes) -> bytes:
        return f"{cache._FORMAT} {key} {cache._sum(body)}\n".encode() + body

    damaged = {
        "empty": b"",
        "half": content[: len(content) // 2],
        "flipped": content.replace(b"critical", b"CRITICAL").replace(
            b"Redis", b"Rodis"
        ),
        "binary": bytes(range(256)) * 9,
        "no-json": sealed(b"{"),
        "other-shape": sealed(b'{"runbooks": [3], "roles": [], "drills": {}}'),
        "deep": sealed(b"[" * 100_000),
        "folder": b"",
    }[damage]
    path.write_bytes(damaged)
    if damage == "folder":
        path.unlink()
        path.mkdir()
    assert load([book_folder], catalog) == good
    assert len(compilations) == 2
    if damage != "folder":
        assert load([book_folder], catalog) == good
        assert len(compilations) == 2
        assert path.read_bytes() == head + b"\n" + body


def test_only_the_owner_can_read_or_write(book_folder, catalog, cache_home) -> None:
    """The folder is 0700, the file 0600, and no draft stays behind."""
    load([book_folder], catalog)
    (path,) = kept(cache_home)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert json.loads(path.read_bytes().partition(b"\n")[2])["digest"]


@pytest.mark.parametrize("what", ["folder", "file"])
def test_what_others_can_write_is_not_trusted(
    book_folder, catalog, compilations, cache_home, what
) -> None:
    """A file or folder open to others is not read."""
    load([book_folder], catalog)
    (path,) = kept(cache_home)
    (path if what == "file" else path.parent).chmod(0o777)
    load([book_folder], catalog)
    assert len(compilations) == 2


def test_a_link_is_not_followed(
    book_folder, catalog, compilations, cache_home, tmp_path
) -> None:
    """Neither to a folder elsewhere nor to a file elsewhere."""
    load([book_folder], catalog)
    (path,) = kept(cache_home)
    away = tmp_path / "away"
    shutil.move(path.parent, away)
    path.parent.symlink_to(away)
    load([book_folder], catalog)
    assert len(compilations) == 2
    path.parent.unlink()
    path.parent.mkdir(mode=0o700)
    path.symlink_to(away / path.name)
    load([book_folder], catalog)
    assert len(compilations) == 3


@pytest.mark.parametrize("home", ["missing", "file", "relative", "empty"])
def test_without_a_cache_folder_it_is_only_slower(
    book_folder, catalog, compilations, tmp_path, monkeypatch, home
) -> None:
    """No cache folder is no error."""
    (tmp_path / "file").write_text("")
    places = {
        "missing": f"{tmp_path}/no/where",
        "file": f"{tmp_path}/file",
        "relative": "here",
        "empty": "",
    }
    monkeypatch.setenv("XDG_CACHE_HOME", places[home])
    monkeypatch.setenv("HOME", f"{tmp_path}/no/home")
    monkeypatch.chdir(tmp_path)
    assert load([book_folder], catalog) == load([book_folder], catalog)
    assert len(compilations) == 2
    assert not (tmp_path / "here").exists()


def test_a_cache_folder_of_another_user_is_not_used(
    book_folder, catalog, compilations, monkeypatch
) -> None:
    """Under sudo the caller's own cache stays the caller's."""
    uid = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: uid + 1)
    load([book_folder], catalog)
    load([book_folder], catalog)
    assert len(compilations) == 2


def test_a_full_disk_leaves_no_draft(
    book_folder, catalog, cache_home, monkeypatch
) -> None:
    """A write that fails is given up quietly."""

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert load([book_folder], catalog).runbooks
    assert kept(cache_home) == []
