"""Who is left after a run over several hosts is kept where `--limit @file` finds it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from escalade.inventory.retry import read
from escalade.settings import Settings
from escalade.tasks.again import again
from escalade.tasks.again import kept


def settings(state: Path) -> Settings:
    return Settings(lang="en", runbooks=(), state=state)


def test_the_file_holds_who_is_left(tmp_path):
    """One file a run, in the state folder, one host a line."""
    word = kept(settings(tmp_path), "r1", ["web3", "web1"])
    assert word == f"@{tmp_path}/failed/r1.txt"
    assert [name for _, name in read(Path(word[1:]))] == ["web3", "web1"]


def test_where_no_file_can_be_written(tmp_path):
    """The names stand in the command itself."""
    (tmp_path / "file").write_text("")
    assert kept(settings(tmp_path / "file"), "r1", ["web3", "web1"]) == "web3,web1"


def test_the_lines(tmp_path, monkeypatch, capsys):
    """The last line is the command that was typed, for those that are left."""
    monkeypatch.setattr(sys, "argv", ["invoke", "diagnose", "--limit", "web", "--deep"])
    again(settings(tmp_path), "r1", "diagnose", left=["web1"], of=2)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"  invoke diagnose --deep --limit @{tmp_path}/failed/r1.txt"


@pytest.mark.parametrize(("left", "of"), [([], 9), (["web1"], 1)])
def test_nothing_to_retry(tmp_path, capsys, left, of):
    """All well, or a single host: there is no such line and no file."""
    again(settings(tmp_path), "r1", "diagnose", left=left, of=of)
    assert not re.search(r"\S", capsys.readouterr().out)
    assert not (tmp_path / "failed").exists()
