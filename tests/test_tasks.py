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


# ------------------------------------------------- words that stand without a flag

PLACED = sorted(
    name
    for name, task in TASKS.items()
    if any(argument.positional for argument in task.get_arguments())
)


def parsed(*words: str) -> tuple[str | None, dict[str, object], dict[str, object]]:
    """Return what a line asks: whose help, the core flags, the task's own arguments."""
    from invoke.parser.parser import Parser

    from escalade.program import Escalade

    core = Escalade(name="Escalade").initial_context
    parser = Parser(contexts=ns.to_contexts(), initial=core)
    found = parser.parse_argv(list(words))
    flags = {name: argument.value for name, argument in found[0].args.items()}
    own = {name: argument.value for name, argument in found[-1].args.items()}
    return flags["help"], flags, own


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("name", PLACED)
def test_help_is_never_taken_as_a_name(name, flag) -> None:
    """`TASK --help` asks for its help, whether it must be given a word or may be."""
    assert parsed(name, flag)[0] == name


@pytest.mark.parametrize("name", PLACED)
def test_a_flag_that_nobody_knows_is_never_taken_as_a_name(name) -> None:
    """A misspelt flag is told as such, and no name."""
    from invoke.exceptions import ParseError

    with pytest.raises(ParseError, match="--plam"):
        parsed(name, "--plam")


def test_a_core_flag_after_a_task_is_one() -> None:
    """`fix --dry` plans only, before and after the word that may follow."""
    for words in (("fix", "--dry"), ("fix", "--dry", "a.b"), ("fix", "a.b", "--dry")):
        _, flags, own = parsed(*words)
        assert flags["dry"] is True
        assert own["symptom"] == ("a.b" if "a.b" in words else "")


def test_a_word_that_must_be_given_is_still_asked_for() -> None:
    """Without it the task is refused, also where a core flag stands."""
    from invoke.exceptions import ParseError

    for words in (("show",), ("show", "--dry"), ("runbook.show", "--lang", "fr")):
        with pytest.raises(ParseError, match="required positional"):
            parsed(*words)
    assert parsed("show", "last")[2]["run"] == "last"
    assert parsed("on", "all", "up --dry")[2]["line"] == "up --dry"
