"""`--limit @file`: the hosts that a run could not finish, for the next one."""

from __future__ import annotations

from pathlib import Path

import pytest

from escalade.errors import UsageError
from escalade.inventory import Inventory
from escalade.inventory import load
from escalade.inventory import retry
from escalade.inventory import select

HOSTS = "[web]\nweb[1:4]\n[db]\n2001:db8::1\nweb1\n"


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inventory:
    """Return some hosts; the current folder is the test's own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hosts").write_text(HOSTS)
    return load([tmp_path / "hosts"])


def names(inventory: Inventory, *patterns: str) -> list[str]:
    """Return the names that patterns pick."""
    return [host.name for host in select(inventory, patterns)]


def test_what_was_written_is_picked(inventory: Inventory, tmp_path: Path) -> None:
    """Each once, in the inventory's order."""
    path = tmp_path / "failed.txt"
    retry.write(path, ["web3", "2001:db8::1", "web3"])
    assert path.read_text() == "web3\n2001:db8::1\n"
    assert names(inventory, "@failed.txt") == ["web3", "2001:db8::1"]
    assert names(inventory, f"@{path}") == ["web3", "2001:db8::1"]


def test_a_file_is_a_part_like_others(inventory: Inventory, tmp_path: Path) -> None:
    """It can be joined, met and excluded."""
    retry.write(tmp_path / "failed.txt", ["web1", "web2"])
    assert names(inventory, "web:!@failed.txt") == ["web3", "web4"]
    assert names(inventory, "@failed.txt:&db") == ["web1"]
    assert names(inventory, "@failed.txt,web4") == ["web1", "web2", "web4"]


def test_a_run_without_failures_leaves_no_file(tmp_path: Path) -> None:
    """An old one would name the wrong hosts."""
    path = tmp_path / "failed.txt"
    retry.write(path, ["a"])
    retry.write(path, [])
    retry.write(path, [])
    assert list(tmp_path.iterdir()) == []


def test_a_person_may_write_one(inventory: Inventory, tmp_path: Path) -> None:
    """With comments, blank lines, groups and globs."""
    (tmp_path / "some.txt").write_text(
        "# mine\n\n  web[0] # why\r\nweb?\t# x # y\ndb\n  # a\n"
    )
    assert len(names(inventory, "@some.txt")) == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("web1\nwbe2\n", "@some.txt:2: no host or group matches 'wbe2' (did you mean"),
        ("", "@some.txt: no host in it"),
        ("# nobody\n", "@some.txt: no host in it"),
    ],
)
def test_a_file_that_does_not_fit(
    inventory: Inventory, tmp_path: Path, text: str, said: str
) -> None:
    """The line is told."""
    (tmp_path / "some.txt").write_text(text)
    with pytest.raises(UsageError) as refused:
        names(inventory, "@some.txt")
    assert str(refused.value).startswith(said)


def test_a_file_that_is_not_there(inventory: Inventory, tmp_path: Path) -> None:
    """A near name is suggested."""
    (tmp_path / "failed.txt").write_text("web1\n")
    with pytest.raises(
        UsageError, match=r"@faild.txt: no such file \(did you mean 'fa"
    ):
        names(inventory, "@faild.txt")
