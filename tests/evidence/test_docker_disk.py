"""The `docker_disk` probe: what Docker keeps, and what nobody uses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from escalade.evidence.docker_disk import DOCKER_DISK
from escalade.evidence.probe import Get

sys.path.insert(0, str(Path(__file__).parent))

from recorded import Case
from recorded import cases


@pytest.mark.parametrize("case", cases("docker_disk"), ids=lambda case: case.name)
def test_recorded(case: Case) -> None:
    """Each recorded answer means what its case says."""
    assert case.parse(DOCKER_DISK) == case.expect, case.fact


def test_the_question_is_bounded() -> None:
    """The Engine may take seconds; we give it four, and only where a runbook asks."""
    (question,) = DOCKER_DISK.questions(cases("docker_disk")[0].target, ())
    assert question == Get("/system/df", timeout_s=4.0)
    assert not DOCKER_DISK.always
