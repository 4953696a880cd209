"""The command `escalade` behaves as `invoke` does, with our exit codes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parent.parent / "src"
START = "from escalade.program import main; main()"
# A collection of its own, so that the command is tested and not the tasks.
TASKS = '''
"""Tasks of a test."""
from invoke.collection import Collection
from invoke.tasks import task
from escalade.errors import UsageError


@task
def say(c):
    """Say what the configuration says."""
    print(c.config.get("word"))


@task
def wait(c):
    """Wait for Ctrl-C."""
    import time

    print("ready", flush=True)
    time.sleep(30)


@task
def trip(c):
    """Meet bad input."""
    raise UsageError("no host is called web9")


ns = Collection("escalade", say, wait, trip)
'''


@pytest.fixture
def start(tmp_path):
    """Return a function that starts the command over the collection of this test."""
    stand_in = tmp_path / "stand_in"
    stand_in.mkdir()
    (stand_in / "sitecustomize.py").write_text(
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('escalade.tasks', {str(stand_in / 'tasks.py')!r})\n"
        "module = importlib.util.module_from_spec(spec)\n"
        "import escalade\n"
        "sys.modules['escalade.tasks'] = escalade.tasks = module\n"
        "spec.loader.exec_module(module)\n"
    )
    (stand_in / "tasks.py").write_text(TASKS)
    environment = {**os.environ, "PYTHONPATH": f"{SRC}{os.pathsep}{stand_in}"}
    folder = tmp_path / "here"
    folder.mkdir()

    def run(*words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", START, *words],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return run


def test_it_lists_its_tasks(start) -> None:
    """`--list` is there, as in Invoke."""
    process = start("--list")
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 0, stderr
    assert "say" in stdout


def test_it_reads_the_invoke_yaml_upward(start, tmp_path) -> None:
    """invoke.yaml counts in its folder and below it."""
    (tmp_path / "invoke.yaml").write_text("word: climb\n")
    assert start("say").communicate(timeout=30)[0] == "climb\n"


def test_ctrl_c_is_130(start) -> None:
    """An interrupted run says so in its exit code, without a traceback."""
    process = start("wait")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in stderr


def test_bad_input_is_one_line(start) -> None:
    """Our own exceptions end in exit code 1 and their text."""
    process = start("trip")
    _, stderr = process.communicate(timeout=30)
    assert (process.returncode, stderr) == (1, "no host is called web9\n")


def test_a_wrong_flag_is_one_line(start) -> None:
    """Invoke's own words for what it cannot parse, exit code 1."""
    process = start("say", "--nonsense")
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Traceback" not in stderr


def test_a_reader_that_goes_away_is_no_error(start) -> None:
    """`escalade --list | head` ends without a word."""
    process = start("--list")
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(timeout=30) == 0


def test_a_checkout_knows_its_version(start) -> None:
    """Without an installation the version is pyproject.toml's."""
    process = start("--version")
    stdout, stderr = process.communicate(timeout=30)
    assert stdout.startswith("Escalade "), stderr
