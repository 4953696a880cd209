"""`invoke on PATTERN "task args"`: hosts, consent, and what is told in the end."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from datetime import UTC
from datetime import datetime
from datetime import timedelta
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
def counts(c, number=1):
    c.run(f"echo {number}")

@task
@risk("safe")
def anyway(c):
    c.run("true", warn=True)
    print("went on")

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
        (("all", "counts -n x"), "counts -n x: not what its parameter takes: invalid"),
        (("nobody", "who"), "nobody"),
        (("all", "who", "--timeout", "x"), "--timeout"),
    ],
)
def test_bad_input_is_one_line(project: Path, words, told) -> None:
    """Exit code 1, before anything ran."""
    done = inv(project, "on", *words, "--inventory", "hosts.yaml", "--yes")
    assert done.returncode == 1, done.stdout
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_wrong_word_is_told_before_anybody_is_asked(project: Path) -> None:
    """A dry run, and one that lacks its yes, say it, too."""
    words = ("on", "all", "counts -n x", "--inventory", "hosts.yaml")
    for flags in ((), ("--dry",)):
        done = inv(project, *flags, *words)
        assert (done.returncode, done.stdout) == (1, "")
        assert "counts -n x: " in done.stderr


def shut(project: Path, hosts: str) -> None:
    """Give hosts a window that opens in three days."""
    day = f"{datetime.now(UTC) + timedelta(days=3):%a}".lower()
    folder = project / "own" / "maintenance"
    folder.mkdir(parents=True)
    (folder / "windows.yaml").write_text(
        f"windows:\n  - {{hosts: [{hosts}], days: [{day}], from: '00:00', to: '01:00',"
        " time_zone: UTC}\n"
    )
    (project / "invoke.yaml").write_text("escalade: {runbooks: [own]}\n")


def test_a_maintenance_window_holds_a_task_back(project: Path) -> None:
    """As with `fix`: exit code 5, on no host anything ran; `--anytime` overrides it."""
    shut(project, "two")
    path = project / "made"
    words = ("on", "all", f"touch --path {path}", "--inventory", "hosts.yaml", "--yes")
    refused = inv(project, *words)
    assert (refused.returncode, refused.stdout) == (5, "")
    assert "refused: two: its maintenance window opens at " in refused.stderr
    assert "--anytime" in refused.stderr
    assert not path.exists()
    assert inv(project, *words, "--anytime").returncode == 0
    assert path.exists()


def test_a_window_holds_nothing_safe_and_no_other_host(project: Path) -> None:
    """Only what disrupts a host that it speaks of."""
    shut(project, "two")
    there = ("--inventory", "hosts.yaml", "--yes")
    assert inv(project, "on", "all", "who", *there).returncode == 0
    assert inv(project, "on", "one", "counts", *there).returncode == 0


def test_a_window_for_no_host_is_an_error(project: Path) -> None:
    """It would hold nothing back; it is told with its place."""
    shut(project, "nobody")
    done = inv(project, "on", "all", "counts", "--inventory", "hosts.yaml", "--yes")
    assert done.returncode == 1
    assert "windows.yaml" in done.stderr


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


@pytest.mark.ssh
@pytest.mark.parametrize("user", ["noshell", "chatty", "ender"])
def test_a_login_shell_that_is_not_well(project: Path, hosts, user: str) -> None:
    """A task that takes any code (`warn`) is not done there: nothing of it ran."""
    host = {"ansible_connection": "ssh", "ansible_user": user}
    inventory = {"all": {"hosts": {"host1": host}}}
    (project / "hosts.yaml").write_text(yaml.safe_dump(inventory))
    words = ("on", "host1", "anyway", "--inventory", "hosts.yaml")
    done = inv(project, *words, ESCALADE_SSH_CONFIG=str(hosts.ssh_config))
    assert done.returncode == 2, done.stderr
    told, last = done.stdout.splitlines()
    assert told.startswith("host1: cannot be reached: host1: its login shell ")
    assert last == "anyway: done on 0 of 1 hosts"
