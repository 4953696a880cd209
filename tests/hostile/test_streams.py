"""Streams, homes and terminals that are not as a program likes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.command import run
from tests.hostile.engine import box
from tests.hostile.engine import healthy

STOPPED = box("web")
STOPPED["State"] |= {"Status": "exited", "Running": False, "ExitCode": 1}


@pytest.fixture
def engine(serve) -> dict[str, str]:
    """Return the environment that leads to an Engine with one stopped service."""
    return {"DOCKER_HOST": serve(healthy([STOPPED]))}


@pytest.mark.parametrize("kind", ["text", "json", "markdown"])
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream(engine, kind: str, closed: str) -> None:
    """What cannot be read is not told; the exit code says the same as ever."""
    done = run("diagnose", "--format", kind, env=engine, shell=f'"$@" {closed}')
    assert done.code == 2
    assert bool(done.out) == (">&-" not in closed.replace("2>&-", ""))


@pytest.mark.parametrize(
    "words",
    [
        ("diagnose",),
        ("diagnose", "--format", "json"),
        ("ps",),
        ("runbook.list",),
        ("runbook.schema",),
        ("--list",),
    ],
    ids=" ".join,
)
def test_a_reader_that_goes_away(engine, words: tuple[str, ...]) -> None:
    """`| head` is no error, and does not change what was found."""
    shell = '"$@" | true; exit ${PIPESTATUS[0]}'
    done = run(*words, env=engine, shell=shell)
    assert done.code == (2 if words[0] == "diagnose" else 0)


@pytest.mark.parametrize(
    "words", [("diagnose",), ("ps", "--format", "json"), ("--list",)], ids=" ".join
)
def test_an_output_that_is_full(engine, words: tuple[str, ...]) -> None:
    """An answer that could not be written is an error of its own."""
    done = run(*words, env=engine, shell='"$@" >/dev/full')
    assert (done.code, done.out) == (1, "")
    assert done.complaint == "escalade: <stdout>: No space left on device"


@pytest.mark.parametrize(
    "words",
    [
        ("diagnose",),
        ("diagnose", "--format", "json"),
        ("diagnose", "--format", "markdown"),
        ("runbook.show", "redis"),
    ],
    ids=" ".join,
)
def test_an_encoding_that_lacks_letters(engine, words: tuple[str, ...]) -> None:
    """French in ASCII: what it lacks is folded or replaced."""
    env = {**engine, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = run(*words, "--lang", "fr", env=env)
    assert done.code == (2 if words[0] == "diagnose" else 0)
    assert done.out.isascii()


@pytest.mark.parametrize(
    "variables",
    [
        {"HOME": None},
        {"HOME": "/nonexistent/home"},
        {"XDG_CACHE_HOME": "/proc/nothing"},
        {"XDG_CACHE_HOME": "/etc/hostname"},
        {"COLUMNS": "10"},
        {"COLUMNS": "-5"},
        {"COLUMNS": "9" * 30},
        {"LC_ALL": "xx_YY.bogus"},
        {"PYTHONWARNINGS": "error", "PYTHONDEVMODE": "1"},
        {"PATH": ""},
    ],
    ids=repr,
)
def test_an_environment_that_lacks_something(engine, variables) -> None:
    """None of this keeps anybody from a diagnosis."""
    done = run("diagnose", env={**engine, **variables}, shell='exec "$@"')
    assert done.code == 2
    assert "web" in done.out


def test_a_home_that_cannot_be_read(tmp_path: Path) -> None:
    """The command of the package ends in one line where Invoke's files cannot be read."""
    line = 'exec {python} -c "from escalade.program import main; main()" ps'
    done = run(shell=line.format(python='"$1"'), env={"HOME": "/dev/null"})
    assert done.code == 1
    assert "Invoke's configuration cannot be read" in done.complaint
