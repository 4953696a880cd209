"""What a vault holds is in no report, no log, no journal and no file of a run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from escalade import known
from escalade.climb.gear import Order
from escalade.errors import UsageError
from escalade.plans import Plan
from escalade.settings import Settings
from escalade.tasks import planfile
from tests.inventory.sealed import sealed
from tests.inventory.sealed import tagged

SRC = Path(__file__).resolve().parents[2] / "src"
START = "import sys; from invoke.main import program; program.run()"
ADDRESS = "far-away-7f3a.invalid"
SECRET = "pl4nted-in-a-vault"
FILED = "f1led-in-a-whole-file"
SUDO = "sud0-s-own-word"
LINES = "first-l1ne-of-two\nsecond-l1ne-of-two"
HELD = (ADDRESS, SECRET, FILED, SUDO, *LINES.split("\n"))
TASKS = """
import logging
from invoke.collection import Collection
from invoke.tasks import task
from escalade.tasks import ns
from escalade.tasks.declare import risk

HELD = {held!r}

@task
@risk("safe")
def echo(c, word=""):
    for each in HELD:
        print("printed", each)
        c.run(f"echo ran {{each}}; echo erred {{each}} >&2", echo=True)
    logging.getLogger("paramiko").warning("logged %s", HELD[0])
    c.run(f"sh -c 'exit 3' {{HELD[0]}}")

@task
@risk("safe")
def breaks(c):
    raise ValueError(f"broken by {{HELD[0]}}")

ns.add_task(echo)
ns.add_task(breaks)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project whose hosts hold secrets that a vault keeps."""
    (tmp_path / "tasks.py").write_text(TASKS.format(held=HELD[1:]))
    (tmp_path / "pw").write_text("open sesame")
    (tmp_path / "hosts.yaml").write_text(
        "all:\n  vars:\n    deep:\n      list:\n        - x: "
        f"{tagged(LINES, 12)}"
        "  hosts:\n    here:\n      ansible_connection: local\n"
        f"      app_secret: {tagged(SECRET)}"
        f"      ansible_become_password: {tagged(SUDO)}"
        f"    far:\n      ansible_host: {tagged(ADDRESS)}"
    )
    (tmp_path / "host_vars").mkdir()
    text = sealed(f"db_password: {FILED}\nport: 22\n")
    (tmp_path / "host_vars" / "here.yml").write_text(text)
    return tmp_path


def inv(project: Path, *words: str) -> Any:
    """Run Invoke in a project, without a terminal."""
    more = ("-i", "hosts.yaml", "--vault-password-file", "pw")
    return subprocess.run(
        [sys.executable, "-c", START, *words, *more],
        cwd=project,
        env={
            **os.environ,
            "PYTHONPATH": str(SRC),
            "ESCALADE_LANG": "en",
            "ESCALADE_STATE": str(project / "state"),
            "DOCKER_HOST": "unix:///nowhere.sock",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def shown(project: Path, text: str) -> list[str]:
    """Return which secrets are in a text or in a file that a run has left."""
    before = ("tasks.py", "__pycache__")
    files = [
        path.read_bytes().decode("utf-8", "replace")
        for path in project.rglob("*")
        if path.is_file() and not any(part in before for part in path.parts)
    ]
    return [held for held in HELD if any(held in each for each in (text, *files))]


ASKED = [
    ("on", "here", "echo"),
    ("on", "here", f"echo --word {SECRET}"),
    ("on", "all", "echo"),
    ("on", "here", "breaks"),
    ("on", "far", "echo"),
    ("diagnose", "--verbose", "--save", "saved.json"),
    ("diagnose", "--format", "json"),
    ("diagnose", "--format", "markdown", "--limit", "far"),
    ("fix", "--plan"),
    ("fix", "--yes"),
    ("fix", "--yes", "--format", "json", "--limit", "far"),
    ("fix", "--out", "plan.json"),
    ("restart", "redis", "--yes", "--why", SECRET),
    ("ps",),
    ("check", "127.0.0.1:1"),
    ("hosts.ping",),
    ("hosts.ping", "--format", "json"),
    ("hosts.facts",),
    ("hosts.list",),
    ("hosts.list", "--format", "json"),
    ("hosts.graph",),
    ("hosts.trust", "far"),
    ("bundle", "--yes"),
]


@pytest.mark.parametrize("words", ASKED, ids=" ".join)
def test_nothing_shows_what_a_vault_holds(
    project: Path, words: tuple[str, ...]
) -> None:
    """Neither what a task says and prints nor what is kept of it."""
    done = inv(project, *words)
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    assert shown(project, said) == []


def test_what_is_said_instead(project: Path) -> None:
    """A mark stands in the place of each; what stands around it stays."""
    done = inv(project, "on", "here", "echo")
    assert "printed [redacted]" in done.stdout
    assert "ran [redacted]" in done.stdout
    assert "erred [redacted]" in done.stdout
    assert "logged [redacted]" in done.stdout
    assert "`sh -c 'exit 3' [redacted]` ended with 3" in done.stdout


def test_the_journal_tells_of_it_without_it(project: Path) -> None:
    """The command line of a run, with the secret in it, is kept without."""
    inv(project, "restart", "redis", "--yes", "--why", f"because {SECRET}")
    told = subprocess.run(
        [sys.executable, "-c", START, "history", "--format", "json"],
        cwd=project,
        env={
            **os.environ,
            "PYTHONPATH": str(SRC),
            "ESCALADE_STATE": str(project / "state"),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    ).stdout
    assert SECRET not in told


def test_the_list_for_ansible_is_ansible_s(project: Path) -> None:
    """By design it holds what `ansible-inventory` prints, which is valid JSON."""
    done = inv(project, "hosts.list", "--format", "ansible")
    data = json.loads(done.stdout)
    here = data["_meta"]["hostvars"]["here"]
    assert here["db_password"] == FILED
    assert here["app_secret"]["__ansible_vault"].startswith("$ANSIBLE_VAULT")


def test_a_password_that_does_not_open_it_is_no_trouble(project: Path) -> None:
    """What nobody needs stays shut."""
    (project / "hosts.yaml").write_text(
        "all:\n  hosts:\n    here:\n      ansible_connection: local\n"
        f"      app_secret: {tagged(SECRET, password='another')}"
    )
    done = inv(project, "on", "here", "breaks")
    assert "ValueError" in done.stdout


@pytest.fixture
def learnt() -> Iterator[None]:
    """Let this process know the secret, as reading a vault does."""
    known.learn(SECRET)
    yield
    known.forget()


@pytest.mark.usefixtures("learnt")
def test_a_plan_that_holds_it_is_no_file(tmp_path: Path) -> None:
    """Without the secret it would be another plan, with it anybody could read it."""
    plan, file = Plan("r", 1, 0.0, (), {}, "d"), tmp_path / "plan.json"
    settings = Settings(lang="en", runbooks=())
    with pytest.raises(UsageError, match="a secret that a vault keeps"):
        planfile.write(str(file), plan, Order(stack=SECRET), settings)
    assert list(tmp_path.iterdir()) == []
    planfile.write(str(file), plan, Order(stack="shop"), settings)
    assert file.exists()
