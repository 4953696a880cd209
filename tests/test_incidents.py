"""Every recorded incident is named by its cause again, offline, on any machine."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from escalade.evidence.catalog import probes
from escalade.evidence.codec import dump
from escalade.evidence.codec import load
from escalade.model import Run
from escalade.run import judge
from escalade.runbooks.load import load as load_runbooks
from tests.bed.faults.catalogue import FAULTS

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases" / "incidents"
FILES = sorted(CASES.glob("*.jsonl"))
TRUTH = {fault.case: fault for fault in FAULTS}


@cache
def book():
    return load_runbooks([ROOT / "runbooks"], probes())


def diagnosis_of(file: Path):
    with file.open() as lines:
        snapshot = load(lines, file.name)
    return judge(snapshot, book(), Run("test", snapshot.recorded, 0.0))


def test_there_are_incidents():
    """The product ships at least twenty recorded faults and a healthy stack."""
    assert len([f for f in FILES if f.stem in TRUTH]) >= 20
    assert (CASES / "healthy.jsonl").is_file()


@pytest.mark.parametrize(
    "file", [f for f in FILES if f.stem in TRUTH], ids=lambda f: f.stem
)
def test_the_cause_is_the_only_root(file):
    """The service that the fault was injected into is named, and no other."""
    told = diagnosis_of(file)
    assert [root.node.service for root in told.roots] == [TRUTH[file.stem].service]
    assert told.exit == 2


@pytest.mark.parametrize(
    "file", [f for f in FILES if f.stem.startswith("healthy")], ids=lambda f: f.stem
)
def test_a_healthy_stack_has_no_root(file):
    """Nothing is found, and nothing that could hide an error is missing."""
    told = diagnosis_of(file)
    assert (told.roots, told.exit) == ((), 0)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_a_recorded_incident_is_read_and_written_unchanged(file):
    """The codec of today writes what it reads, to the last character."""
    text = file.read_text()
    assert "\n".join(dump(load(text.splitlines(), file.name))) + "\n" == text


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_no_recorded_incident_holds_a_secret(file):
    """The bed's own secrets are nowhere in what was recorded of it."""
    text = file.read_text()
    for secret in ("devsecret123456789", "f" * 40, "shop-password-of-the-bed", "eyJ"):
        assert secret not in text
