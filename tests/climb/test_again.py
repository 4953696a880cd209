"""Who is left after a run over several hosts is kept where `--limit @file` finds it."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from escalade.climb.gear import Order
from escalade.climb.rolling import Rolling
from escalade.inventory.retry import read
from escalade.remedy.plan import Called
from escalade.settings import Settings
from escalade.tasks.again import again
from escalade.tasks.again import anew
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


ORDERS = [
    (Order(), "fix --stack shop"),
    (
        Order(only=("redis.stopped",), level=2),
        "fix redis.stopped --level 2 --stack shop",
    ),
    (
        Order(calls=(Called("restart", {"service": "db", "paused": True}),), stack="a"),
        "restart --service db --paused --stack a",
    ),
    (
        Order(tags=("a", "b"), skip_tags=("c",)),
        "fix --tags a,b --skip-tags c --stack shop",
    ),
    (
        Order(rolling=Rolling(serial=("1", "25%"), soak_s=90.0, run_once=True)),
        "fix --stack shop --serial 1 --serial 25% --soak 90s --run-once",
    ),
]


@pytest.mark.parametrize(("order", "line"), ORDERS)
def test_the_line_after_a_plan_of_before(tmp_path, monkeypatch, capsys, order, line):
    """A plan is spent: what is left is asked for anew, as it was asked for at first."""
    monkeypatch.setattr(sys, "argv", ["invoke", "approve", "last", "--lang", "en"])
    made = replace(settings(tmp_path), stacks=("shop",))
    task, words = anew(order, made, yes=False)
    again(made, "r1", task, left=["web1"], of=2, words=words)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"  invoke {line} --limit @{tmp_path}/failed/r1.txt"


def test_the_line_names_our_own_program_and_the_inventory(
    tmp_path, monkeypatch, capsys
):
    """Whoever typed ./inv is told ./inv, and where the hosts are from."""
    monkeypatch.chdir(tmp_path)
    root = ["--search-root", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["invoke", *root, "apply", "plan.json"])
    made = replace(settings(tmp_path), inventory=(Path("/etc/fleet"), "a,b"))
    task, words = anew(Order(), made, yes=True)
    again(made, "r1", task, left=["web1"], of=2, words=words)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(
        "  ./inv fix --inventory /etc/fleet --inventory a,b --yes --"
    )


@pytest.mark.parametrize(("left", "of"), [([], 9), (["web1"], 1)])
def test_nothing_to_retry(tmp_path, capsys, left, of):
    """All well, or a single host: there is no such line and no file."""
    again(settings(tmp_path), "r1", "diagnose", left=left, of=of)
    assert not re.search(r"\S", capsys.readouterr().out)
    assert not (tmp_path / "failed").exists()
