"""A host or an Engine that does not answer: steps by hand say so, and nothing else."""

from __future__ import annotations

import json

import pytest

from tests.hostile.command import run

GHOST = "all: {hosts: {ghost: {ansible_host: 127.0.0.1, ansible_port: 1}}}"
HERE = "all: {hosts: {here: {ansible_connection: local}}}"
NO_HOST = "ghost cannot be reached: refused"
NO_ENGINE = "The Docker Engine of here cannot be reached: not-running"
STEPS = (
    ("restart", "web"),
    ("start", "web"),
    ("up",),
    ("down",),
    ("cleanup",),
    ("rollback", "web"),
)


@pytest.fixture(params=[(GHOST, NO_HOST), (HERE, NO_ENGINE)], ids=["host", "engine"])
def lost(request, tmp_path, monkeypatch):
    """Return what runs a task there, and what it is to say."""
    file, told = request.param
    (tmp_path / "hosts.yaml").write_text(file)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent.sock")

    def inv(*words: str):
        return run(*words, "--inventory", str(tmp_path / "hosts.yaml"))

    return inv, told


@pytest.mark.parametrize("step", STEPS, ids=" ".join)
def test_a_step_says_what_cannot_be_reached(lost, step) -> None:
    """Exit 2 as a diagnosis has it; no word of a service or a stack that is not there."""
    inv, told = lost
    for more in (("--plan",), ("--yes",)):
        done = inv(*step, *more)
        assert done.code == 2, done
        assert told in " ".join(done.out.split())
        assert ("Not done" in done.out) is ("--yes" in more)
        assert "no service" not in done.out
        assert "no stack" not in done.out


def test_a_program_is_told_the_same(lost) -> None:
    """The reason and the exit code stand in the JSON."""
    inv, told = lost
    done = inv("restart", "web", "--yes", "--format", "json")
    assert done.code == 2, done
    report = json.loads(done.out)
    assert report["exit"] == 2
    assert told in done.out


def test_what_needs_no_engine_still_runs_without_one(tmp_path, monkeypatch) -> None:
    """A command on the host, and a message for the next person."""
    (tmp_path / "hosts.yaml").write_text(HERE)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent.sock")
    where = ("--inventory", str(tmp_path / "hosts.yaml"))
    ran = run("run", "true", "--yes", *where)
    assert ran.code == 0, ran
    message = run("handoff", *where)
    assert message.code == 0, message
