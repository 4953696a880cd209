"""Recorded incidents, judged again, with the scene of each host: what plans are made of."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from escalade.diagnosis.roles import bind
from escalade.evidence.catalog import probes
from escalade.evidence.codec import load
from escalade.model import Run
from escalade.remedy.catalog import steps
from escalade.remedy.choose import Wish
from escalade.remedy.plan import plan_for
from escalade.remedy.scene import Scene
from escalade.run import judge
from escalade.runbooks.load import load as load_runbooks

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "cases" / "incidents"


@cache
def book():
    return load_runbooks([ROOT / "runbooks"], probes())


@cache
def incident(name: str):
    """Return the diagnosis of a recorded incident and the scenes of its hosts."""
    with (CASES / f"{name}.jsonl").open() as lines:
        snapshot = load(lines, name)
    told = judge(snapshot, book(), Run("test", snapshot.recorded, 0.0))
    roles = bind(book().roles, snapshot.evidence)
    scenes = {h.host: Scene(snapshot, h.host, roles) for h in snapshot.hosts}
    return told, scenes


def plan_of(name: str, **wish):
    """Return the plan of a recorded incident."""
    told, scenes = incident(name)
    return plan_for(told, scenes, book(), steps(), Wish("test", **wish))
