"""A host that is gone when its turn comes: nothing is done, and it is no refusal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.climb.stack import docker
from tests.hostile.command import run
from tests.schedule.made import write_job

ROOT = Path(__file__).resolve().parents[2]
HOSTS = """
all:
  hosts:
    here: {ansible_connection: local}
    gone: {ansible_host: 127.0.0.1, ansible_port: 1}
"""
JOB = """
schedule: "0 3 * * *"
risk: disruptive
steps:
  - run: {command: "true"}
    when: {host: {reachable: true}}
    attempts: 3
    backoff: 1m
    on_unreachable:
      - handoff: {to: on-call}
"""
NO_ENGINE = {"DOCKER_HOST": "unix:///nonexistent.sock", "ESCALADE_LANG": "en"}


@pytest.fixture
def job(tmp_path):
    """Return what runs the job on hosts."""
    (tmp_path / "hosts.yaml").write_text(HOSTS)
    write_job(tmp_path / "own", "job", JOB)
    env = {**NO_ENGINE, "ESCALADE_RUNBOOKS": str(tmp_path / "own")}

    def inv(*words: str):
        where = ("--inventory", str(tmp_path / "hosts.yaml"))
        return run("schedule.run", "--once", "job", *where, *words, env=env)

    return inv


def test_a_job_on_a_host_that_is_gone(job, told) -> None:
    """Exit 2, not 5; its handler runs, and no attempt is waited for."""
    done = job("--limit", "gone")
    assert done.code == 2, done
    assert "Refused" not in done.out
    assert "refused" in done.out
    ends = {each["action"]: each["ended"] for each in told("result")}
    assert ends == {"1.1.1.1": "unreachable", "1.1.1.u1.1": "done"}
    assert told("handed-off") or "message" in done.out


def test_the_others_are_worked_on(job, told) -> None:
    """One host that is gone takes nothing from the rest."""
    done = job()
    assert done.code == 2, done
    ends = sorted(each["ended"] for each in told("result"))
    assert ends == ["done", "done", "unreachable"]


@pytest.mark.engine
def test_a_host_that_goes_between_look_and_lock(shop, told) -> None:
    """What was found is still there: exit 2, nothing attempted, no level climbed."""
    docker("stop", shop.box("lone"))
    loser = {"PYTHONPATH": f"{Path(__file__).with_name('loser')}:{ROOT / 'src'}"}
    done = shop.inv("fix", "--format", "json", env=loser)
    assert done.code == 2, done.err
    report = json.loads(done.out)
    assert report["outcome"] == "persists"
    assert told("intent", "escalated", "denied", "busy") == []
    reason = told("verified")[0]["reason"]["en"]
    assert reason == "localhost cannot be reached: the SSH connection ended"
    assert not shop.inspect("lone")["State"]["Running"]
