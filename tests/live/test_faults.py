"""Faults injected for real: each is named as the only root, here and over SSH."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import REAL_ENVIRONMENT

ROOT = Path(__file__).resolve().parents[2]
CAMPAIGN = ROOT / "tests" / "bed" / "faults" / "campaign.py"


def campaign(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(CAMPAIGN), *words],
        env=REAL_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


@pytest.fixture(scope="module")
def stack_on_host1(bed, hosts):
    """Run the whole stack in host1's own Engine; this machine's stays as it is."""
    hosts.script.run("stack", "host1", "up")
    yield
    hosts.script.run("stack", "host1", "down")


@pytest.fixture(scope="module")
def shop(bed):
    """Run a stack that is not ours: a web server, a database, a worker."""
    bed.run("up", "--shop")
    yield
    bed.run("down", "--shop")


@pytest.mark.bed
def test_the_healthy_stack_has_no_root(bed):
    """Exit 0, no root and no hidden gap, three times in a row, after a call too."""
    bed.run("call")
    done = campaign("--healthy", "3")
    assert done.returncode == 0, done.stdout


@pytest.mark.bed
@pytest.mark.parametrize(
    "fault", ["LK-02", "LK-08", "AG-06k", "RD-04", "DK-05", "TK-04"]
)
def test_a_fault_is_named_here(bed, fault):
    """The service that the fault was injected into is the only root."""
    done = campaign(fault)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.ssh
def test_the_healthy_stack_on_a_host_has_no_root(stack_on_host1):
    """The same road over SSH ends in the same answer."""
    done = campaign("--host", "host1", "--healthy", "2")
    assert done.returncode == 0, done.stdout


@pytest.mark.ssh
@pytest.mark.parametrize("fault", ["LK-01", "RD-08", "TK-03"])
def test_a_fault_is_named_over_ssh(stack_on_host1, fault):
    """The fault is in the host's own Engine; nothing but SSH reaches it."""
    done = campaign("--host", "host1", fault)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.bed
def test_a_stack_that_is_not_ours_is_diagnosed(shop):
    """The generic runbook names a stopped database and a paused web server."""
    done = campaign("--shop", "GN-01", "GN-02")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.bed
def test_the_plain_stack_shows_its_start_order(bed):
    """Without conditions the agent meets a closed port first, and that is told."""
    wanted = [("eloquence-multiagent", "agent.lost-livekit-at-start")]
    bed.run("down")
    bed.run("up", "--plain")
    try:
        ends = time.monotonic() + 90
        while (named := roots_here()) != wanted and time.monotonic() < ends:
            time.sleep(3)
        assert named == wanted
    finally:
        bed.run("down")
        bed.run("up")


def roots_here() -> list[tuple[str, str]]:
    done = subprocess.run(
        [str(ROOT / "inv"), "diagnose", "--stack", "eloquence", "--format", "json"],
        env=REAL_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    told = json.loads(done.stdout)
    return [(root["service"], root["symptom"]) for root in told["roots"]]
