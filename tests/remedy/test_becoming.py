"""A task of an operator's own where the host says whom to become, and where it sudoes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from escalade.errors import InventoryError
from escalade.model import Host
from escalade.plans import Ended
from escalade.remedy.usertasks import Terms
from escalade.remedy.usertasks import run_task
from escalade.shapes import shaped
from escalade.transport.factory import open_for

SRC = Path(__file__).resolve().parents[2] / "src"
PASSWORD = "correct horse"
TASKS = """
import io
from invoke.tasks import task

@task
def whole(c):
    c.run("cd /root && id -un > /root/esc-who && cat /root/esc-who; rm /root/esc-who")
    c.run("id -un; cat; echo end")
    with c.cd("/root"):
        c.run("pwd")
    c.run('echo "$A"', env={"A": "b c; id"})

@task
def gives(c):
    c.run("id -un; cat", in_stream=io.StringIO("given\\n"))

@task
def terminal(c):
    c.run("id -un", pty=True)

@task
def home(c):
    c.local("id -un")

@task
def sudoes(c):
    c.sudo("id -un && id -un")
    c.sudo("id -un; cat", user="ops")
    c.sudo("id -un; cat", in_stream=io.StringIO("given\\n"))

@task
def says_it_itself(c):
    c.sudo("id -un", password="correct horse")

@task
def sleeps(c, mark="", sudo=False):
    (c.sudo if sudo else c.run)("sleep 300 & setsid sleep 300 & wait", env={"MARK": mark})

@task
def background(c):
    c.run("id -un", asynchronous=True).join()
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """Return a project with a tasks.py that no other test's is taken for."""
    (tmp_path / "tasks.py").write_text(TASKS)
    before, path = dict(sys.modules), list(sys.path)
    yield tmp_path
    sys.modules.pop("tasks", None)
    if "tasks" in before:
        sys.modules["tasks"] = before["tasks"]
    sys.path[:] = path


@pytest.fixture
def run(project: Path, hosts: Any) -> Iterator[Callable[..., Any]]:
    """Return what runs a task on host1 and gives how it ended and what it said."""
    opened = []

    def ran(
        *words: str,
        user: str,
        password: str | None = None,
        become: str | None = None,
        timeout_s: float = 20,
        stop: Any = None,
    ) -> Any:
        source = (lambda: password) if password else None
        transport = open_for(
            Host("host1", "ssh", user=user, become=become),
            ssh_config=hosts.ssh_config,
            password=source,
        )
        opened.append(transport)
        said: list[str] = []
        terms = Terms(
            timeout_s, f"esc-become/{os.urandom(4).hex()}/", stop or threading.Event(),
            shaped, said.append, source,
        )  # fmt: skip
        return run_task(words, transport, terms, folder=project), said

    yield ran
    for each in opened:
        each.close()


WHO = [("admin", None), ("boss", PASSWORD), ("admin", PASSWORD), ("root", None)]


@pytest.mark.ssh
@pytest.mark.parametrize(("user", "password"), WHO)
def test_the_whole_line_is_who_is_become(run, user, password) -> None:
    """Redirections, folders and variables included; there is no stdin."""
    ran, said = run("whole", user=user, password=password, become="root")
    assert (ran.ended, ran.reason) == (Ended.DONE, "")
    assert said == ["root", "root", "end", "/root", "b c; id"]


@pytest.mark.ssh
@pytest.mark.parametrize(("user", "password"), WHO)
def test_a_task_s_own_stdin_comes_after_the_password(run, user, password) -> None:
    """It reads what it was given and nothing else."""
    _, said = run("gives", user=user, password=password, become="root")
    assert said == ["root", "given"]


@pytest.mark.ssh
@pytest.mark.parametrize(("user", "password"), WHO)
def test_a_terminal_shows_no_password(run, user, password) -> None:
    """Where one is needed, there is none: it would show what is written before sudo asks."""
    ran, said = run("terminal", user=user, password=password, become="root")
    assert (ran.ended, said) == (Ended.DONE, ["root"])


@pytest.mark.ssh
def test_in_the_background_too(run) -> None:
    """The password does not wait for whoever waits for the command."""
    _, said = run("background", user="boss", password=PASSWORD, become="root")
    assert said == ["root"]


@pytest.mark.ssh
def test_another_user_than_root(run) -> None:
    """His shell runs the line, or sh where his runs nothing."""
    assert run("terminal", user="admin", become="ops")[1] == ["ops"]
    assert run("terminal", user="boss", password=PASSWORD, become="noshell")[1] == [
        "noshell"
    ]


@pytest.mark.ssh
def test_what_is_local_stays_ours(run) -> None:
    """`c.local` is about this machine, which nobody said to become somebody on."""
    import getpass

    assert run("home", user="admin", become="ops")[1] == [getpass.getuser()]


@pytest.mark.ssh
@pytest.mark.parametrize("become", [None, "root", "ops"])
@pytest.mark.parametrize(("user", "password"), WHO)
def test_sudo_has_the_same_source(run, user, password, become) -> None:
    """`c.sudo` becomes whom it says, from who logged in, and nobody is asked."""
    ran, said = run("sudoes", user=user, password=password, become=become)
    assert (ran.ended, ran.reason) == (Ended.DONE, "")
    assert said == ["root", "root", "ops", "root", "given"]


@pytest.mark.ssh
def test_a_task_may_say_a_password_itself(run) -> None:
    """As Fabric has it."""
    assert run("says-it-itself", user="boss")[1] == ["root"]


@pytest.mark.ssh
def test_without_a_password_nobody_prompts(run) -> None:
    """Sudo's own words are told, and the task has failed."""
    ran, said = run("sudoes", user="boss")
    assert ran.ended is Ended.FAILED
    assert any("a password is required" in line for line in said)
    ran, _ = run("whole", user="boss", become="root")
    assert ran.ended is Ended.UNREACHABLE
    assert "a password is required" in ran.reason


@pytest.mark.ssh
def test_a_wrong_password_is_in_no_answer(run) -> None:
    """Neither in what is said nor in the reason."""
    ran, said = run("sudoes", user="boss", password="wr0ng-horse")
    assert ran.ended is Ended.FAILED
    assert "wr0ng-horse" not in f"{ran} {said}"


@pytest.mark.ssh
def test_a_password_that_cannot_be_had(run, hosts, project) -> None:
    """The reason says where it was looked for."""

    def none() -> str:
        raise InventoryError("/pw: no such file")

    transport = open_for(Host("host1", "ssh", user="boss"), ssh_config=hosts.ssh_config)
    terms = Terms(
        9, "esc-become/none/", threading.Event(), shaped, lambda _: None, none
    )
    ran = run_task(("sudoes",), transport, terms, folder=project)
    transport.close()
    assert (ran.ended, ran.reason) == (Ended.FAILED, "/pw: no such file")


@pytest.mark.ssh
@pytest.mark.parametrize("become", [None, "root", "ops"])
@pytest.mark.parametrize(("user", "password"), WHO[:2])
def test_a_stop_ends_what_runs_as_another(run, hosts, user, password, become) -> None:
    """What root started is ended by root, with the same password."""
    mark, stop = os.urandom(6).hex(), threading.Event()
    threading.Timer(0.9, stop.set).start()
    words = ["sleeps", "--mark", mark, *(["--sudo"] if become is None else [])]
    ran, _ = run(*words, user=user, password=password, become=become, stop=stop)
    assert (ran.ended, ran.orphan) == (Ended.INTERRUPTED, "")
    look = open_for(Host("host1", "ssh"), ssh_config=hosts.ssh_config)
    line = f"grep -al MARK={mark} /proc/[0-9]*/environ 2>/dev/null; true"
    assert look.run(line, timeout_s=10).stdout == b""
    look.close()


@pytest.mark.ssh
def test_the_password_is_on_no_command_line(run, hosts) -> None:
    """No process of the host shows it while a task's command runs."""
    look = open_for(Host("host1", "ssh"), ssh_config=hosts.ssh_config)
    mark = os.urandom(6).hex()
    line = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null"
    thread = threading.Thread(
        target=run,
        args=("sleeps", "--mark", mark),
        kwargs={"user": "boss", "password": PASSWORD, "become": "root", "timeout_s": 3},
    )
    thread.start()
    seen = b""
    until = time.monotonic() + 10
    while mark.encode() not in seen and time.monotonic() < until:
        seen = look.run(line, timeout_s=5).stdout
    thread.join()
    look.close()
    assert mark.encode() in seen
    assert PASSWORD.encode() not in seen


ON = """
from invoke.tasks import task
from escalade.tasks.declare import risk
from escalade.tasks.on import on

@task
@risk("safe")
def who(c):
    c.run("cd /root 2>/dev/null; id -un")

@task
@risk("safe")
def sudoes(c):
    c.sudo("id -un")
"""
GIVEN = ("--become-password-file", "pw")


@pytest.mark.ssh
@pytest.mark.parametrize(
    ("variables", "words", "expected"),
    [
        ({}, ("who",), "boss"),
        ({}, ("who", "--become", *GIVEN), "root"),
        ({}, ("who", "--become", "--become-user", "ops", *GIVEN), "ops"),
        ({}, ("sudoes", *GIVEN), "root"),
        ({"ansible_become": True}, ("who", *GIVEN), "root"),
        ({"ansible_become": False}, ("who", "--become", *GIVEN), "boss"),
        (
            {"ansible_become_user": "ops"},
            ("who", "--become", "--become-user", "guest", *GIVEN),
            "ops",
        ),
        (
            {"ansible_become": True, "ansible_become_password": PASSWORD},
            ("who",),
            "root",
        ),
        ({"ansible_become_password": PASSWORD}, ("sudoes",), "root"),
    ],
)
def test_on_a_host(tmp_path: Path, hosts, variables, words, expected) -> None:
    """The inventory decides, then the flags; `c.sudo` finds the password as well."""
    (tmp_path / "tasks.py").write_text(ON)
    (tmp_path / "pw").write_text(f"{PASSWORD}\n")
    host = {"ansible_connection": "ssh", "ansible_user": "boss", **variables}
    inventory = {"all": {"hosts": {"host1": host}}}
    (tmp_path / "hosts.yaml").write_text(yaml.safe_dump(inventory))
    task, *flags = words
    start = "import sys; from invoke.main import program; program.run()"
    done = subprocess.run(
        [sys.executable, "-c", start, "on", "host1", task, "-i", "hosts.yaml", *flags],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(SRC),
            "ESCALADE_LANG": "en",
            "ESCALADE_STATE": str(tmp_path / "state"),
            "ESCALADE_SSH_CONFIG": str(hosts.ssh_config),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[0] == expected
    assert PASSWORD not in done.stdout + done.stderr
