"""Every mistake is one line with file, line, column and, where one is near, a word."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from escalade.errors import RunbookError
from escalade.runbooks import RunbookFilesError
from escalade.runbooks import load
from escalade.runbooks.files import LIMIT
from escalade.runbooks.lint import inspect

CASES = Path(__file__).resolve().parent.parent / "cases" / "runbooks"
BAD = sorted((CASES / "bad").glob("*.yaml"))
FOLDERS = sorted(path for path in (CASES / "folders").iterdir() if path.is_dir())


def golden(path: Path, lines: tuple[str, ...], home: Path) -> None:
    """Compare lines with the recorded ones; UPDATE_GOLDEN=1 records them anew."""
    text = "".join(line.replace(f"{home}/", "") + "\n" for line in lines)
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_file_is_answered_line_by_line(path, folder, catalog) -> None:
    """All problems of a file are reported, in order, each at its place."""
    shutil.copy(path, folder)
    with pytest.raises(RunbookError) as caught:
        load([folder], catalog)
    golden(path.with_suffix(".txt"), caught.value.lines, folder)
    assert str(caught.value) == "\n".join(caught.value.lines)


@pytest.mark.parametrize("path", FOLDERS, ids=lambda path: path.name)
def test_folders_are_judged_together(path, tmp_path, catalog) -> None:
    """What files and folders do to each other: twins, overriding, shared things."""
    home = Path(shutil.copytree(path, tmp_path / "case"))
    folders = sorted(inner for inner in home.iterdir() if inner.is_dir())
    golden(path / "expected.txt", inspect(folders, catalog).lines, home)


def test_all_files_are_reported(folder, catalog, cases) -> None:
    """A bad file does not hide the next one's problems."""
    for name in ("empty-all", "unknown-probe", "bom"):
        shutil.copy(cases / "bad" / f"{name}.yaml", folder)
    with pytest.raises(RunbookFilesError) as caught:
        load([folder], catalog)
    files = {Path(line.partition(":")[0]).stem for line in caught.value.lines}
    assert files == {"empty-all", "unknown-probe", "bom"}


def test_a_huge_file_is_not_read(folder, catalog) -> None:
    """A file beyond the limit is one line."""
    (folder / "redis.yaml").write_bytes(b"#" * (LIMIT + 1))
    line = f"{folder}/redis.yaml:1:1: is too large for a runbook: 1.0 MB, at most 1 MB"
    assert inspect([folder], catalog).errors == (line,)


def test_what_is_no_file_is_not_opened(folder, catalog) -> None:
    """A pipe would block for ever; it and a folder of that name are one line each."""
    os.mkfifo(folder / "pipe.yaml")
    (folder / "sub.yaml").mkdir()
    assert inspect([folder], catalog).errors == (
        f"{folder}/pipe.yaml:1:1: is not a file",
        f"{folder}/sub.yaml:1:1: is not a file",
    )


def test_a_dangling_link_is_one_line(folder, catalog) -> None:
    """The system's word for why a file cannot be read is passed on."""
    (folder / "redis.yaml").symlink_to("nowhere.yaml")
    line = f"{folder}/redis.yaml:1:1: cannot be read: No such file or directory"
    assert inspect([folder], catalog).errors == (line,)


def test_a_missing_folder_is_an_error(tmp_path, catalog) -> None:
    """A folder that is not there is not an empty one."""
    line = f"{tmp_path}/nowhere:1:1: cannot be read: No such file or directory"
    assert inspect([tmp_path / "nowhere"], catalog).errors == (line,)


def test_no_runbook_at_all_is_an_error(folder, catalog) -> None:
    """Without a runbook everything would seem healthy."""
    with pytest.raises(RunbookError, match="holds no runbook"):
        load([folder], catalog)
    with pytest.raises(RunbookError, match="no folder:1:1: holds no runbook"):
        load([], catalog)


def test_no_terminal_obeys_an_error(write, catalog) -> None:
    """Escape sequences and line breaks in a file do not reach the screen."""
    folder = write('"\\e[31m\\nred": "\\a"\n"\\u202e": 1\n')
    lines = inspect([folder], catalog).errors
    assert len(lines) == 6
    assert all(line.isprintable() for line in lines)
