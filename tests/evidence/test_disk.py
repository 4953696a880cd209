"""The `disk` probe: how full the real file systems are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from escalade.evidence.disk import DISK
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Target
from escalade.model import Address
from escalade.model import Status

sys.path.insert(0, str(Path(__file__).parent))

from recorded import Case
from recorded import cases
from recorded import text_of


def _target(**facts: object) -> Target:
    return Target(Address("host", None, None, None, "disk"), facts=facts)


@pytest.mark.parametrize("case", cases("disk"), ids=lambda case: case.name)
def test_recorded(case: Case) -> None:
    """Each recorded answer means what its case says."""
    assert case.parse(DISK) == case.expect, case.fact


def test_this_machine_answers(tmp_path: Path) -> None:
    """The script runs here, names the root, and which file system the Engine is on."""
    text = text_of(DISK.questions(_target(docker_root=str(tmp_path)), ()))
    done = subprocess.run(["sh", "-c", text], capture_output=True, check=False)
    parsed = DISK.parse(_target(), (), [Answer(Status.OK, done.stdout)])
    assert parsed.readings[0]["mount"] == "/"
    assert sum(bool(r["docker_root"]) for r in parsed.readings) == 1


def test_a_folder_that_is_not_there_is_nobodys() -> None:
    """Without the Engine's folder no file system is said to hold it."""
    text = text_of(DISK.questions(_target(docker_root="/nowhere/docker"), ()))
    done = subprocess.run(["sh", "-c", text], capture_output=True, check=False)
    parsed = DISK.parse(_target(), (), [Answer(Status.OK, done.stdout)])
    assert not any(r["docker_root"] for r in parsed.readings)


def test_the_folder_is_quoted() -> None:
    """What the Engine calls its folder is one word for the shell."""
    text = text_of(DISK.questions(_target(docker_root="/x'; touch /tmp/owned"), ()))
    assert "'/x'\"'\"'; touch /tmp/owned'" in text
