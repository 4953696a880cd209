"""`invoke on PATTERN "task args"`: hosts, consent, and what is told in the end."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from escalade.plans import Risk
from escalade.tasks.abroad import approved

SRC = Path(__file__).resolve().parents[2] / "src"
TASKS = """
from invoke.tasks import task
from escalade.tasks.declare import risk
from escalade.tasks.on import on

@task
@risk("safe")
def who(c, upper=False):
    print(c.run("hostname", hide=True).stdout.strip(), upper)

@task
def touch(c, path=""):
    c.run(f"touch {path}")

@task
@risk("safe")
def only(c, name=""):
    c.run(f'[ "$(cat /etc/hostname)" = {name} ]')
"""
LOCAL = "all: {hosts: {one: {ansible_connection: local}, two: {ansible_connection: local}}}\n"
START = "import sys; from invoke.main import program; program.run()"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with an inventory of this machine under two names."""
    (tmp_path / "tasks.py").write_text(TASKS)
    (tmp_path / "hosts.yaml").write_text(LOCAL)
    return tmp_path


def inv(project: Path, *words: str, **more: str) -> Any:
    """Run Invoke in a project, without a terminal."""
    return subprocess.run(
        [sys.executable, "-c", START, *words],
        cwd=project,
        env={
            **os.environ,
            "PYTHONPATH": str(SRC),
            "ESCALADE_LANG": "en",
            "ESCALADE_STATE": str(project / "state"),
            **more,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_safe_task_runs_on_each_host(project: Path) -> None:
    """Each line says whose it is; the last one how many are done."""
    done = inv(project, "on", "all", "who --upper", "--inventory", "hosts.yaml")
    assert done.returncode == 0, done.stderr
    name = os.uname().nodename
    lines = done.stdout.splitlines()
    assert sorted(lines[:-1]) == [f"one: {name} True", f"two: {name} True"]
    assert lines[-1] == "who: done on 2 of 2 hosts"


def test_one_host_needs_no_name(project: Path) -> None:
    """Its lines stand as they were said."""
    done = inv(project, "on", "one", "who", "--inventory", "hosts.yaml")
    assert done.stdout.splitlines()[0] == f"{os.uname().nodename} False"


def test_what_is_not_safe_needs_a_yes(project: Path) -> None:
    """Without a terminal nobody can be asked: exit code 5, and nothing ran."""
    path = project / "made"
    words = ("on", "one", f"touch --path {path}", "--inventory", "hosts.yaml")
    refused = inv(project, *words)
    assert refused.returncode == 5
    assert "touch is disruptive" in refused.stderr
    assert not path.exists()
    assert inv(project, *words, "--yes").returncode == 0
    assert path.exists()


def test_a_dry_run_runs_nothing(project: Path) -> None:
    """Invoke's own flag says what would run."""
    path = project / "made"
    words = ("on", "one", f"touch --path {path}", "--inventory", "hosts.yaml")
    done = inv(project, "--dry", *words)
    assert done.returncode == 0
    assert done.stdout == f"would run touch --path {path} on one\n"
    assert not path.exists()


def test_what_is_left_can_be_run_again_as_it_is_told(project: Path) -> None:
    """The last line is the exact command for the hosts that are left."""
    line = "only --name no-such-name"
    done = inv(project, "on", "all", line, "--inventory", "hosts.yaml")
    assert done.returncode == 2
    said = done.stdout.splitlines()
    assert said[-4] == "only: done on 0 of 2 hosts"
    assert said[-2] == "Retry: the 2 of 2 hosts that are left"
    words = shlex.split(said[-1])
    kept = Path(words[2].removeprefix("@"))
    assert words == ["invoke", "on", f"@{kept}", line, "--inventory", "hosts.yaml"]
    assert kept.read_text().split() == ["one", "two"]
    again = inv(project, *words[1:])
    assert again.returncode == 2
    assert again.stdout.splitlines()[:-1] == said[:-1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("all", "hwo"),
            "no task 'hwo' in a tasks.py here or above (did you mean 'who'?)",
        ),
        (("all", ""), "say which task to run"),
        (("all", "who --no-such"), "no-such"),
        (("nobody", "who"), "nobody"),
        (("all", "who", "--timeout", "x"), "--timeout"),
    ],
)
def test_bad_input_is_one_line(project: Path, words, told) -> None:
    """Exit code 1, before anything ran."""
    done = inv(project, "on", *words, "--inventory", "hosts.yaml", "--yes")
    assert done.returncode == 1, done.stdout
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_consent() -> None:
    """Safe needs none; others need a yes, from a flag or a person."""
    assert approved(Risk.SAFE, yes=False, question="", ask=None)
    assert approved(Risk.DESTRUCTIVE, yes=True, question="", ask=None)
    assert approved(Risk.DISRUPTIVE, yes=False, question="", ask=None) is None
    assert approved(Risk.DISRUPTIVE, yes=False, question="", ask=lambda _: "Oui ")
    assert not approved(Risk.DISRUPTIVE, yes=False, question="", ask=lambda _: "")


@pytest.mark.ssh
def test_on_hosts_over_ssh(project: Path, hosts) -> None:
    """Each host is the context of its own run; one that cannot be reached is told."""
    inventory = yaml.safe_load(hosts.inventory.read_text())
    inventory.setdefault("all", {}).setdefault("hosts", {})["nobody"] = {
        "ansible_host": "127.0.0.1",
        "ansible_port": 1,
        "ansible_connection": "ssh",
    }
    (project / "hosts.yaml").write_text(yaml.safe_dump(inventory))
    words = ("on", "host1,nobody", "who", "--inventory", "hosts.yaml")
    done = inv(project, *words, ESCALADE_SSH_CONFIG=str(hosts.ssh_config))
    assert done.returncode == 2, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("host1: ")
    assert any(line.startswith("nobody: cannot be reached: ") for line in lines)
    words = shlex.split(lines[-1])
    assert words[0:2] == ["invoke", "on"]
    assert words[3:] == ["who", "--inventory", "hosts.yaml"]
    assert Path(words[2].removeprefix("@")).read_text().split() == ["nobody"]
