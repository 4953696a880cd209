"""What a finding names: the containers that it is true of, and no exit code that is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from escalade.diagnosis.diagnose import diagnose
from escalade.evidence.catalog import probes
from escalade.model import Run
from escalade.plans import Risk
from escalade.remedy.catalog import steps
from escalade.remedy.plan import Wish
from escalade.remedy.plan import plan_for
from escalade.remedy.scene import Scene
from tests.diagnosis.world import HOST
from tests.diagnosis.world import box
from tests.diagnosis.world import piece
from tests.diagnosis.world import snapshot
from tests.remedy.scenes import book

STATES = {
    "well": ({}, {"stopped": False}),
    "frozen": ({}, {"stopped": True}),
    "paused": ({"state": "paused", "paused": True}, {"stopped": False}),
    "dead": ({"state": "exited", "running": False, "exit_code": 1}, None),
}


def world(*states: str):
    """Return a snapshot of one service with a container in each of these states."""
    pieces = []
    for number, state in enumerate(states, 1):
        container, process = STATES[state]
        record = {"running": True, "paused": False, "restarting": False, **container}
        record |= {"name": f"app-web-{number}", "number": number, "health": "none"}
        record |= {"crash_looping": False, "on_network": True, "network_mode": "x"}
        found = [box("web", **record)]
        if process is not None:
            found.append(piece("process", "web", process))
        for one in found:
            place = replace(one.address, replica=f"app-web-{number}")
            pieces.append(replace(one, address=place))
    return snapshot(*pieces)


def root(seen):
    """Return the diagnosis of a snapshot and its first root."""
    diagnosis = diagnose(seen, book(), probes(), Run("r", 100.0, 0.0))
    return diagnosis, diagnosis.roots[0]


@pytest.mark.parametrize(
    ("states", "names"),
    [
        (("well", "frozen", "well"), ("app-web-2",)),
        (("frozen", "well", "frozen"), ("app-web-1", "app-web-3")),
        (("well", "dead"), ("app-web-2",)),
        (("dead", "dead"), ("app-web-1", "app-web-2")),
        (("frozen",), ("app-web-1",)),
    ],
)
def test_a_finding_names_its_containers(states, names):
    """Those of which its whole condition is true, each by itself."""
    assert root(world(*states))[1].replicas == names


@pytest.mark.parametrize(
    ("states", "commands"),
    [
        (("well", "frozen", "well"), ["docker restart -t 3 app-web-2"]),
        (("paused", "well"), ["docker unpause app-web-1"]),
        (("well", "dead", "well"), ["docker start app-web-2"]),
    ],
)
def test_a_ladder_acts_on_those_alone(states, commands):
    """The others serve on: what is done is safe."""
    seen = world(*states)
    diagnosis, _ = root(seen)
    scenes = {HOST: Scene(seen, HOST, {})}
    plan = plan_for(diagnosis, scenes, book(), steps(), Wish("r"))
    writes = [action for action in plan.actions if not action.reads]
    assert [action.command for action in writes] == commands
    assert {action.risk for action in writes} == {Risk.SAFE}


@pytest.mark.parametrize(
    ("life", "quoted"),
    [
        ({"state": "running", "restarting": False, "exit_code": 0}, None),
        ({"state": "restarting", "restarting": True, "exit_code": 3}, "exit_code=3"),
    ],
)
def test_a_loop_has_an_exit_code_only_between_two_runs(life, quoted):
    """The Engine says 0 of what runs: that is no exit code, and stands nowhere."""
    record = {"health": "none", "crash_looping": True, "restart_count": 9, **life}
    _, found = root(snapshot(box("web", **record)))
    assert found.symptom == "generic.crash-looping"
    assert found.title.en == "web restarts again and again (9 restarts)"
    assert found.title.fr == "web redémarre sans cesse (9 redémarrages)"
    said = [w for cite in found.why for w in cite.excerpt.split() if "exit" in w]
    assert said == ([quoted] if quoted else [])
