"""The tasks as they are called: without arguments, by a program, by another task."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from escalade.tasks import ns

SRC = Path(__file__).resolve().parent.parent / "src"
START = "from escalade.program import main; main()"
TASKS = {name: ns[name] for name in ns.task_names}
# Nothing listens there, so the run ends at once and asks no Engine.
NOBODY = "all: {hosts: {nobody: {ansible_host: 127.0.0.1, ansible_port: 1}}}\n"


@pytest.mark.parametrize("name", sorted(TASKS))
def test_lists_may_be_left_out(name) -> None:
    """Whoever calls a task need not give a flag: only its own words are required."""
    task = TASKS[name]
    required = {
        parameter.name
        for parameter in inspect.signature(task.body).parameters.values()
        if parameter.default is inspect.Parameter.empty
    }
    assert required.isdisjoint(task.iterable)
    words = {"file", "line", "name", "pattern", "run", "service", "target"}
    assert required <= {"c", *words}


def test_the_bare_command_is_a_diagnosis(tmp_path) -> None:
    """Without a word, the default task runs as `diagnose` does."""
    (tmp_path / "hosts.yaml").write_text(NOBODY)
    environment = {
        **os.environ,
        "PYTHONPATH": str(SRC),
        "ESCALADE_INVENTORY": str(tmp_path / "hosts.yaml"),
    }
    done = subprocess.run(
        [sys.executable, "-c", START],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == 2
    assert "nobody" in done.stdout


@pytest.mark.parametrize("name", ["ps", "resources", "audit", "hosts.list"])
def test_a_task_called_by_another(name, tmp_path, monkeypatch, capsys) -> None:
    """A plain call without lists looks at all hosts."""
    from invoke.context import Context
    from invoke.exceptions import Exit

    (tmp_path / "hosts.yaml").write_text(NOBODY)
    monkeypatch.setenv("ESCALADE_INVENTORY", str(tmp_path / "hosts.yaml"))
    with suppress(Exit):
        TASKS[name](Context())
    assert "nobody" in capsys.readouterr().out
