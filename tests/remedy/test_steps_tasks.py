"""A task that others wait for (a migration): done when it ended well, not when it runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from escalade.diagnosis.board import DONE
from escalade.model import Comparison
from escalade.model import Evidence
from escalade.model import Node
from escalade.plans import Action
from escalade.plans import Check
from escalade.plans import Ended
from escalade.plans import Outcome
from escalade.remedy.catalog import steps
from escalade.remedy.scene import Scene
from escalade.remedy.verify import Look
from escalade.remedy.verify import verify
from tests.diagnosis.world import HOST
from tests.diagnosis.world import STACK
from tests.diagnosis.world import box
from tests.diagnosis.world import snapshot
from tests.remedy import toys
from tests.remedy.performing import docker
from tests.remedy.performing import eventually
from tests.remedy.performing import inspect
from tests.remedy.scenes import actions
from tests.remedy.scenes import carried_out
from tests.remedy.scenes import look

FAILED = {"state": "exited", "running": False, "exit_code": 1, "started_at": 50.0}
ENDED = {**FAILED, "exit_code": 0, "oneshot": True}
AT_WORK = {"state": "running", "running": True, "started_at": 50.0}
ASLEEP = {"state": "created", "running": False}
WELL = (Comparison("state", "eq", "exited"), Comparison("exit_code", "eq", 0))
ANEW = Comparison("started_at", "gt", 50.0)


def scene(task: dict[str, object], web: dict[str, object]) -> Scene:
    """Return a stack whose `web` waits for the end of `migrate`."""
    needs = ("migrate:service_completed_successfully",)
    boxes: list[Evidence] = [
        box("migrate", **task),
        box("web", depends=needs, **web),
    ]
    return Scene(snapshot(*boxes), HOST, {})


def planned(step: str, name: str, *, task: dict[str, object]) -> list[Action]:
    """Return what a step called by hand plans for one service."""
    kind = steps()[step]
    args = {word: one.default for word, one in kind.arguments.items()}
    here = scene(task, ASLEEP)
    return list(kind.actions(here, Node(HOST, STACK), {**args, "service": name}))


@pytest.mark.parametrize(
    ("step", "task"), [("start", FAILED), ("start", ENDED), ("restart", FAILED)]
)
def test_a_task_is_done_when_it_ended_well(step, task):
    """It ran anew and exited 0; what exits with another code is not waited for."""
    (act,) = planned(step, "migrate", task=task)
    (check,) = act.after
    assert check.expect == (ANEW, *WELL)
    assert Comparison("exit_code", "ne", 0) in check.lost
    assert act.settle_s == 240.0


def test_who_waits_for_a_task_at_work_is_started_after_its_end():
    """The application of a half-migrated database would do harm."""
    wait, start = planned("start", "web", task=AT_WORK)
    assert (wait.do, wait.command) == (None, "docker wait app-migrate-1")
    assert wait.after[0].expect == WELL
    assert start.command == "docker start app-web-1"


def test_who_waits_for_a_task_that_ended_well_is_started_at_once():
    """Its end is known already."""
    (start,) = planned("start", "web", task=ENDED)
    assert start.command == "docker start app-web-1"


def test_a_task_at_work_is_neither_cured_nor_left():
    """Only its end tells; until then nothing more invasive is done."""
    down = toys.root("r.down", "db")
    looks = [Look(toys.diagnosis(started=1000.0), at_work=("app-db-1",))] * 3
    told = verify(toys.climb(), toys.diagnosis(down), looks, since=100.0)
    assert (told.outcome, told.again, told.unheard) == (Outcome.UNKNOWN, True, True)
    assert "app-db-1" in told.reason.en


def test_a_task_that_ended_well_meanwhile_is_not_worse():
    """It ran before and has exited since, as it should."""
    down = toys.root("r.down", "db")
    rows = ("db", toys.row("web", state="exited", health=None, note=DONE))
    looks = [Look(toys.diagnosis(started=1000.0, services=rows))] * 3
    told = verify(toys.climb(), toys.diagnosis(down), looks, since=100.0)
    assert told.outcome is Outcome.CURED


# ----------------------------------------------------------------- for real

FILES = """
services:
  migrate:
    image: escalade-bed/redis:1
    command: ["sh", "-c", "exit $$(cat /seen/code)"]
    restart: "no"
    healthcheck: {disable: true}
    volumes: ["./seen:/seen"]
  web:
    image: escalade-bed/redis:1
    command: ["redis-server", "--save", ""]
    healthcheck: {disable: true}
    depends_on:
      migrate: {condition: service_completed_successfully}
"""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Return the name of a stack whose task failed, and its folder."""
    name = "esc-tasks"
    seen = tmp_path / "seen"
    seen.mkdir()
    (seen / "code").write_text("3")
    (tmp_path / "compose.yaml").write_text(FILES)
    words = ("compose", "-p", name, "--project-directory", str(tmp_path))
    docker(*words, "down", "-t0")
    # It exits with what its dependency failed with.
    with pytest.raises(AssertionError, match="complete successfully"):
        docker(*words, "up", "-d")
    assert eventually(lambda: inspect(f"{name}-migrate-1")["State"]["ExitCode"] == 3)
    yield name, seen
    docker(*words, "down", "-t0")


@pytest.mark.engine
def test_a_task_ends_and_its_dependant_starts(stack):
    """A failing task fails the start at once; one that ends well lets `up` go on."""
    name, seen = stack
    (act,) = actions(look(name), "start", "migrate")
    (did,) = carried_out([replace(act, settle_s=60.0)])
    assert did.ended is Ended.FAILED
    assert "exit_code is 3" in did.reason
    (seen / "code").write_text("0")
    (did,) = carried_out(actions(look(name), "start", "migrate"))
    assert did.ended is Ended.DONE
    began = inspect(f"{name}-migrate-1")["State"]["StartedAt"]
    (did,) = carried_out(actions(look(name), "up"))
    assert did.ended is Ended.DONE
    assert inspect(f"{name}-web-1")["State"]["Running"]
    # What ended well is not run again.
    assert inspect(f"{name}-migrate-1")["State"]["StartedAt"] == began


@pytest.mark.engine
def test_a_wait_ends_where_it_is_in_vain(stack):
    """What others wait for exited with another code: it will not exit 0 any more."""
    name, _ = stack
    failed = (Comparison("exit_code", "ne", 0),)
    check = Check("container", (f"{name}-migrate-1",), WELL, failed)
    wait = Action(HOST, "wait", Node(HOST), None, "wait", after=(check,), settle_s=60.0)
    (did,) = carried_out([wait])
    assert did.ended is Ended.FAILED
    assert did.reason == f"in vain: {name}-migrate-1: exit_code is 3"
