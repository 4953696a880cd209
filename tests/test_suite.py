"""What `./inv test` promises: nothing reached unmarked, nothing left out unsaid."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = """
import pytest

def test_plain():
    pass

@pytest.mark.engine
def test_engine():
    pass

def test_left_out():
    pytest.skip("no reason")
"""

# Each test tells which worker it ran on.
MARKED = """
import os
from pathlib import Path
import pytest

pytestmark = pytest.mark.engine

@pytest.mark.parametrize("number", range(6))
def test_worker(number):
    place = Path(__file__).with_name("workers")
    with place.open("a") as file:
        print(os.environ["PYTEST_XDIST_WORKER"], file=file)
"""


@pytest.fixture(scope="module")
def suite():
    """Return scripts/suite.py as a module."""
    spec = importlib.util.spec_from_file_location("suite", ROOT / "scripts/suite.py")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name.
    sys.modules["suite"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def options(suite):
    """Return the options of `./inv test` typed by nobody on a machine with no Engine."""
    names = ("provision", "fast", "coverage", "lint", "in_ci", "terminal")
    return suite.Options(**dict.fromkeys(names, False), select="")


@pytest.fixture
def run_sample(tmp_path):
    """Return a function that runs pytest on a sample with this suite's conftest.py."""
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "conftest.py")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_sample.py").write_text(SAMPLE)
    tools = tmp_path / "tools"
    tools.mkdir()

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        # No docker on this PATH.
        variables = {**os.environ, "PATH": str(tools), "CI": "", **environment}
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words],
            cwd=tmp_path,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_an_unmarked_test_cannot_start_docker() -> None:
    """The guard fails it, whatever its code catches."""
    with pytest.raises(pytest.fail.Exception, match="docker was reached for"):
        subprocess.run(["docker", "version"], check=False)


def test_an_unmarked_test_cannot_reach_the_engine() -> None:
    """The Engine's socket is closed to it."""
    with (
        socket.socket(socket.AF_UNIX) as engine,
        pytest.raises(pytest.fail.Exception, match=r"docker\.sock was reached for"),
    ):
        engine.connect("/var/run/docker.sock")


def test_a_developers_settings_stay_out(real_environment) -> None:
    """Home is another one, and no variable of Escalade, Invoke or XDG is set."""
    assert str(Path.home()) != real_environment["HOME"]
    assert not [n for n in (".ssh", ".invoke.yaml") if (Path.home() / n).exists()]
    prefixes = ("ESCALADE_", "INVOKE_", "XDG_", "LC_")
    named = {name for name in os.environ if name.startswith(prefixes)}
    # The journal of tests has a folder of its own.
    assert named <= {"ESCALADE_STATE"}


def test_what_was_not_tested_is_named_with_its_command(run_sample) -> None:
    """Without an Engine the run ends well and says what would test the rest."""
    done = run_sample()
    assert done.returncode == 0, done.stdout
    assert (
        "1 test: no Docker Engine answers here (./inv test --provision" in done.stdout
    )
    assert done.stdout.splitlines()[-1].strip("= ").startswith("1 passed, 2 skipped")


def test_under_ci_nothing_may_be_skipped(run_sample) -> None:
    """A skip is a failure, whoever asked for it."""
    done = run_sample(CI="true")
    assert done.returncode == 1
    assert (
        done.stdout.splitlines()[-1]
        .strip("= ")
        .startswith("1 failed, 1 passed, 1 error")
    )


def test_a_failed_phase_is_named_at_the_end(run_sample) -> None:
    """What failed before the tests is repeated where it is read."""
    done = run_sample(ESCALADE_TEST_FAILED_PHASES="types")
    assert "failed before the tests" in done.stdout


def test_marked_tests_share_one_worker(run_sample, tmp_path) -> None:
    """They change one stack, so they never run beside each other."""
    sample = tmp_path / "tests" / "test_marked.py"
    sample.write_text(MARKED)
    docker = tmp_path / "tools" / "docker"
    docker.write_text("#!/bin/sh\n")
    docker.chmod(0o755)
    done = run_sample("-n", "2", "--dist", "loadgroup", str(sample))
    assert done.returncode == 0, done.stdout
    workers = sample.with_name("workers").read_text().split()
    assert len(workers) == 6
    assert len(set(workers)) == 1


@pytest.mark.parametrize("wish", ["provision", "in_ci"])
def test_the_set_up_is_done_where_it_was_asked_for(suite, options, wish) -> None:
    """`--provision` and CI=true set the machine up, Engine or not."""
    asked = replace(options, **{wish: True})
    names = [name for name, _ in suite.stand_phases(asked)]
    assert names[0] == "provision"
    assert names[-2:] == ["ssh hosts", "leftovers"]


def test_nothing_is_swept_away_on_a_persons_machine(
    suite, options, monkeypatch
) -> None:
    """What is called as the tests call theirs may be somebody's own there."""
    monkeypatch.setattr(suite, "engine_answers", lambda: True)
    assert suite.SWEEP not in suite.stand_phases(replace(options, terminal=True))


def test_fast_needs_no_engine(suite, options) -> None:
    """`--fast` asks for nothing, even under CI."""
    assert suite.stand_phases(replace(options, fast=True, in_ci=True)) == []


@pytest.mark.parametrize(("answer", "phases"), [(True, 5), (False, 0)])
def test_a_person_is_asked(suite, options, monkeypatch, answer, phases) -> None:
    """On a terminal without an Engine, the set-up is offered."""
    monkeypatch.setattr(suite, "engine_answers", lambda: False)
    monkeypatch.setattr(suite, "agreed", lambda: answer)
    assert len(suite.stand_phases(replace(options, terminal=True))) == phases


def test_nobody_is_asked_without_a_terminal(suite, options, monkeypatch) -> None:
    """In a pipe the run goes on with what can be tested."""
    monkeypatch.setattr(suite, "engine_answers", lambda: False)
    assert suite.stand_phases(options) == []
