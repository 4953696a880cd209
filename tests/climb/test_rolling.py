"""A change that goes over hosts batch by batch: what is shown, done, told, and left."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.hostile.command import run

HERE = "{ansible_connection: local}"
GONE = "{ansible_host: 127.0.0.1, ansible_port: 1}"
HOSTS = f"""
all:
  hosts:
    a1: {HERE}
    gone1: {GONE}
    a2: {HERE}
    gone2: {GONE}
"""
NO_ENGINE = {"DOCKER_HOST": "unix:///nonexistent.sock", "ESCALADE_LANG": "en"}


@pytest.fixture
def inv(tmp_path):
    """Return what runs a task on two hosts that are there and two that are gone."""
    (tmp_path / "hosts.yaml").write_text(HOSTS)
    where = ("--inventory", str(tmp_path / "hosts.yaml"))

    def call(*words: str):
        return run(*words, *(() if "apply" in words else where), env=NO_ENGINE)

    return call


def left(out: str) -> tuple[list[str], list[str]]:
    """Return the words of the line that goes on, and the hosts in its file."""
    words = shlex.split(out.splitlines()[-1])
    return words, Path(words[-1].removeprefix("@")).read_text().split()


def test_a_run_whose_last_batch_was_done_was_not_stopped(inv) -> None:
    """Nothing was left that the brake could have held: two failed, exit 2."""
    done = inv("run", "true", "--yes", "--serial", "1", "--max-failed", "1")
    assert done.code == 2, done
    assert "batch 4 of 4: gone2" in done.said
    assert "✗ Stopped" not in done.said
    assert "Refused" not in done.out
    assert "✗ Not done" in done.said
    assert left(done.out)[1] == ["gone1", "gone2"]


def test_the_brake_stops_what_is_left(inv) -> None:
    """After actions it is no refusal; what was not begun is left, too, and counted."""
    done = inv("run", "true", "--yes", "--serial", "1")
    assert done.code == 5, done
    assert "✗ Stopped" in done.said
    assert "Refused" not in done.out
    assert "not begun: a2, gone2" in " ".join(done.out.split())
    assert "the 3 of 4 hosts that are left" in done.said
    assert left(done.out)[1] == ["gone1", "a2", "gone2"]


def test_a_canary_that_is_done_is_not_asked_for_again(inv) -> None:
    """The line that goes on works: the canary is not among those that are left."""
    done = inv("run", "true", "--yes", "--canary", "a1", "--serial", "1")
    words, hosts = left(done.out)
    assert hosts == ["gone1", "a2", "gone2"]
    assert "--canary" not in words
    again = inv(*words[1:])
    assert "batch 1 of 3: gone1" in again.said, again


def test_a_canary_that_is_left_goes_first_again(inv) -> None:
    """Nothing else was begun."""
    done = inv("run", "true", "--yes", "--canary", "gone1")
    words, hosts = left(done.out)
    assert hosts == ["a1", "gone1", "a2", "gone2"]
    assert words[words.index("--canary") + 1] == "gone1"


@pytest.mark.parametrize(
    ("more", "host"),
    [((), "a1"), (("--order", "reverse"), "gone2"), (("--canary", "a2"), "a2")],
    ids=["first", "reverse", "canary"],
)
def test_the_plan_of_a_run_once_is_of_one_host(inv, more, host) -> None:
    """What is shown is what would be done, and nothing else."""
    done = inv("run", "true", "--plan", "--run-once", *more, "--format", "json")
    # What is gone has no action that could be shown.
    (plan,) = json.loads(done.out)["plans"]
    assert done.code == (2 if host.startswith("gone") else 0)
    assert {action["host"] for action in plan["actions"]} <= {host}


def test_a_run_once_leaves_nobody(inv, told) -> None:
    """The others were not asked for: one plan, one action, exit 0."""
    done = inv("run", "true", "--yes", "--run-once")
    assert done.code == 0, done
    assert done.out.count("called by hand") == 1
    assert "Retry" not in done.out
    assert [each["ended"] for each in told("result")] == ["done"]


def test_the_plan_of_a_run_once_is_approved(inv, told) -> None:
    """It is carried out where it was made for, and no other facts count."""
    words = ("run", "true", "--run-once", "--order", "shuffle", "--limit", "a1:a2")
    waits = inv(*words)
    assert waits.code == 5, waits
    done = inv("approve", "last")
    assert done.code == 0, done
    assert [each["ended"] for each in told("result")] == ["done"]


def test_an_approved_plan_goes_batch_by_batch_too(inv) -> None:
    """Who approves later approves what was asked for: with its batches and its brake."""
    words = ("run", "true", "--serial", "1", "--limit", "a1:a2")
    assert inv(*words).code == 5
    done = inv("approve", "last")
    assert done.code == 0, done
    assert "batch 2 of 2: a2" in done.said


def test_a_step_that_succeeded_at_its_second_attempt_is_done(inv, tmp_path) -> None:
    """Of an action that was tried again, the last attempt counts."""
    flag = tmp_path / "flag"
    (tmp_path / "runbooks" / "maintenance").mkdir(parents=True)
    (tmp_path / "runbooks" / "maintenance" / "twice.yaml").write_text(
        f"""\
maintenance: twice
title: {{en: Twice, fr: Deux fois}}
schedule: "0 3 * * *"
steps:
  - run:
      command: 'test -e {flag} || {{ touch {flag}; exit 1; }}'
      shell: true
      risk: safe
    attempts: 2
"""
    )
    env = {**NO_ENGINE, "ESCALADE_RUNBOOKS": str(tmp_path / "runbooks")}
    done = run("schedule.run", "--once", "twice", env=env)
    assert done.code == 0, done
