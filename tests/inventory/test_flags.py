"""The flags that every task has that reads the inventory, said in one place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from escalade.tasks import ns
from tests.arguments import ARGUMENTS
from tests.inventory.sealed import tagged

SRC = Path(__file__).resolve().parents[2] / "src"
START = "import sys; from invoke.main import program; program.run()"
VAULT = "vault_password_file"
BECOME = ("become", "become_user", "become_password_file")
ONLY_READ = ("hosts.list", "hosts.graph", "hosts.trust")
TASKS = """
from invoke.collection import Collection
from invoke.tasks import task
from escalade.tasks import ns
from escalade.tasks.declare import risk

@task
@risk("safe")
def who(c):
    print("here")

ns.add_task(who)
"""


def flags_of(name: str) -> set[str]:
    """Return the names of a task's arguments."""
    return {argument.name for argument in ARGUMENTS[name]}


WITH = sorted(name for name in ns.task_names if "inventory" in flags_of(name))


def test_which_they_are() -> None:
    """Those that look, those that act, the steps, the schedule, the hosts' own."""
    some = {"diagnose", "fix", "apply", "approve", "resume", "on", "logs", "restart"}
    assert some | {"schedule.run", "hosts.ping", *ONLY_READ} <= set(WITH)


@pytest.mark.parametrize("name", WITH)
def test_each_has_the_shared_flags(name: str) -> None:
    """Vault passwords wherever an inventory is read; whom to become where hosts are."""
    found = flags_of(name)
    assert VAULT in found
    assert found.isdisjoint(BECOME) == (name in ONLY_READ)


def inv(project: Path, *words: str) -> Any:
    """Run Invoke in a project, without a terminal."""
    return subprocess.run(
        [sys.executable, "-c", START, *words],
        cwd=project,
        env={
            **os.environ,
            "PYTHONPATH": str(SRC),
            "ESCALADE_LANG": "en",
            "ESCALADE_STATE": str(project / "state"),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project whose inventory's one host is reached as a vault says."""
    (tmp_path / "tasks.py").write_text(TASKS)
    (tmp_path / "pw").write_text("open sesame")
    text = f"all:\n  hosts:\n    a:\n      ansible_connection: {tagged('local')}"
    (tmp_path / "hosts.yaml").write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ("on", "a", "who"),
        ("hosts.ping",),
        ("check", "127.0.0.1:1"),
        ("hosts.list",),
    ],
)
def test_the_vault_s_password_reaches_the_inventory(
    project: Path, words: tuple[str, ...]
) -> None:
    """With the flag the host is known, without it the line says what is missing."""
    shut = inv(project, *words, "-i", "hosts.yaml")
    assert shut.returncode == 1
    assert "no --vault-password-file opens it" in shut.stderr
    done = inv(project, *words, "-i", "hosts.yaml", "--vault-password-file", "pw")
    assert done.returncode in (0, 2), done.stderr
    assert done.stderr == ""


def test_a_flag_holds_for_its_task_alone(project: Path) -> None:
    """The next task of the line has its own."""
    words = ("-i", "hosts.yaml", "--vault-password-file", "pw")
    done = inv(project, "hosts.list", *words, "hosts.list", "-i", "hosts.yaml")
    assert done.returncode == 1
    assert done.stdout.startswith("a ")
    assert "no --vault-password-file opens it" in done.stderr


def test_whom_to_become_is_a_flag(project: Path) -> None:
    """Somebody who does not exist cannot be become; sudo says so."""
    words = ("-i", "hosts.yaml", "--vault-password-file", "pw")
    done = inv(
        project, "hosts.ping", *words, "--become", "--become-user", "nobody-of-this"
    )
    assert done.returncode == 2
    assert "sudo" in done.stdout
    assert inv(project, "hosts.ping", *words, "--become-user", "x").returncode == 0
