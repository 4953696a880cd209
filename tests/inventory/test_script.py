"""Programs that print an inventory: bounded, and ended with all that they started."""

from __future__ import annotations

from pathlib import Path

import pytest

from escalade.errors import InventoryError
from escalade.inventory import load
from escalade.inventory.groups import Groups
from escalade.inventory.script import add_script


def program(folder: Path, text: str) -> Path:
    """Return a program of the shell."""
    path = folder / "run"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_hosts_of_a_program_are_hosts(tmp_path: Path) -> None:
    """With groups, and variables that count."""
    printed = (
        '{"web": {"hosts": ["a"], "vars": {"ansible_user": "u"}}, '
        '"_meta": {"hostvars": {"a": {"ansible_host": "192.0.2.1"}}}}'
    )
    made = load([program(tmp_path, f"echo '{printed}'")])
    host = made.hosts["a"]
    assert (host.address, host.user, host.groups) == ("192.0.2.1", "u", ("web",))


def test_a_program_that_does_not_end(tmp_path: Path) -> None:
    """It costs its bound, not the run."""
    slow = program(tmp_path, "sleep 60 & sleep 60")
    with pytest.raises(InventoryError, match=r"run: no answer within 0\.2 s"):
        add_script(Groups(), slow, bound_s=0.2)


def test_the_bound_is_one_for_all_its_answers(tmp_path: Path) -> None:
    """Hosts asked for one by one share it."""
    text = 'if [ "$1" = --list ]; then echo \'{"web": ["a", "b"]}\'; else sleep 60; fi'
    with pytest.raises(InventoryError, match=r"run: no answer within "):
        add_script(Groups(), program(tmp_path, text), bound_s=0.4)


def test_its_input_is_closed(tmp_path: Path) -> None:
    """A program that asks gets no answer, and does not wait for one."""
    path = program(tmp_path, 'cat; echo \'{"web": ["a"]}\'')
    assert list(load([path]).hosts) == ["a"]


def test_a_program_that_says_nothing_of_anybody(tmp_path: Path) -> None:
    """It is told like a file that names nobody."""
    with pytest.raises(InventoryError, match="no host in it"):
        load([program(tmp_path, "echo '{}'")])


def test_a_file_that_may_be_run_but_is_none(tmp_path: Path) -> None:
    """Everything may be run on some file systems."""
    path = tmp_path / "hosts.yml"
    path.write_text("web: {hosts: {a: }}\n")
    path.chmod(0o755)
    assert list(load([path]).hosts) == ["a"]
