"""The `resources` probe: what a host has left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from escalade.evidence.probe import Answer
from escalade.evidence.resources import RESOURCES
from escalade.model import Status

sys.path.insert(0, str(Path(__file__).parent))

from recorded import Case
from recorded import cases
from recorded import text_of


@pytest.mark.parametrize("case", cases("resources"), ids=lambda case: case.name)
def test_recorded(case: Case) -> None:
    """Each recorded answer means what its case says."""
    assert case.parse(RESOURCES) == case.expect, case.fact


def test_this_machine_answers() -> None:
    """The script runs here in a plain shell and fills every reading that Linux has."""
    case = cases("resources")[0]
    text = text_of(RESOURCES.questions(case.target, ()))
    done = subprocess.run(["sh", "-c", text], capture_output=True, check=False)
    parsed = RESOURCES.parse(case.target, (), [Answer(Status.OK, done.stdout)])
    (record,) = parsed.readings
    assert record["cpus"]
    assert 0 < record["memory_available_ratio"] <= 1
    assert record["uptime_s"] > 0
    assert set(record) == set(RESOURCES.readings)


def test_trouble_is_passed_on() -> None:
    """A script that did not run is no reading."""
    target = cases("resources")[0].target
    answer = Answer(Status.TIMEOUT, reason="it took too long there")
    parsed = RESOURCES.parse(target, (), [answer])
    assert (parsed.status, parsed.readings) == (Status.TIMEOUT, ())
