"""Handed off means that there is a message: for each root, and named at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.climb.stack import PLAIN
from tests.climb.stack import docker

pytestmark = pytest.mark.engine

SOON = {"ESCALADE_VERIFY_S": "12"}
TASKS = '''
"""An operator's own tasks."""

from invoke.tasks import task

from escalade.tasks import ns


@task
def boom(c):
    """Fail, as a task may."""
    raise RuntimeError("no such thing")


ns.add_task(boom)
'''
RUNBOOK = """
runbook: generic
title: {en: Mine, fr: Le mien}
role: any
symptoms:
  halted:
    kind: intrinsic
    title: {en: "{service} is halted", fr: "{service} est arrêté"}
    severity: error
    confidence: proven
    when:
      all:
        - container: {state: exited}
        - container: {image: {contains: "escalade-bed/base"}}
    ladder: mine
    start_level: 3
ladders:
  mine:
    3:
STEPS
"""
BEFORE = """
      - boom: {}
      - handoff: {to: the-owner}
"""
ALONE = """
      - boom: {}
"""
UNPLANNED = """
      - reconnect: {service: nosuchservice}
      - handoff: {to: the-owner}
"""


@pytest.fixture
def project(tmp_path):
    """Return what makes a project with a runbook and a task that fails."""

    def make(steps: str):
        root, folder = tmp_path / "project", tmp_path / "runbooks"
        root.mkdir()
        folder.mkdir()
        (root / "tasks.py").write_text(TASKS)
        (folder / "generic.yaml").write_text(RUNBOOK.replace("STEPS", steps))
        return root, {"ESCALADE_RUNBOOKS": str(folder), **SOON}

    return make


@pytest.mark.parametrize(
    ("steps", "to"),
    [(BEFORE, "the-owner"), (ALONE, "on-call"), (UNPLANNED, "on-call")],
    ids=["skipped", "none", "unplanned"],
)
def test_what_is_handed_off_has_a_message(
    shop, project, schema, told, steps, to
) -> None:
    """Whatever became of the steps before it, exit 4 comes with a file to read."""
    root, env = project(steps)
    docker("stop", "--time", "1", shop.box("other"))
    done = shop.inv(
        *("fix", "other", "--yes", "--format", "json"), env=env, root=root, cwd=root
    )
    report = done.report
    schema(report)
    assert done.code == 4
    handoff = report["handoff"]
    assert handoff is not None
    assert (handoff["to"], handoff["service"]) == (to, "other")
    text = Path(handoff["file"]).read_text()
    assert "other is halted" in text
    (event,) = told("handed-off")
    assert event["files"] == [Path(handoff["file"]).name]


TWO = f"""
name: NAME
services:
  one: &plain
    image: {PLAIN}
    command: [sleep, infinity]
    init: true
    stop_grace_period: 1s
  two: *plain
"""
HAND_OVER = """
      - bundle: {}
      - handoff: {to: on-call}
"""


def test_each_root_that_is_handed_off_is_named(own, project) -> None:
    """Two roots in one run: two messages and two bundles, in text and in JSON."""
    root, env = project(HAND_OVER)
    stack = own(TWO)
    stack.compose("stop")
    done = stack.inv("fix", "--yes", env=env, root=root, cwd=root)
    assert done.code == 4
    shown = "".join(done.out.split())
    for name in ("one", "two"):
        assert f"messageforon-call,{name}" in shown
    assert shown.count("bundle.tar.gz") == 2
    machine = stack.inv(
        "fix", "--yes", "--format", "json", env=env, root=root, cwd=root
    )
    report = machine.report
    assert {row["service"] for row in report["handoffs"]} == {"one", "two"}
    for path in (*(row["file"] for row in report["handoffs"]), *report["kept"]):
        assert Path(path).is_file()
    assert len(report["kept"]) == 2


def test_what_is_collected_by_hand_is_shown_and_named(shop) -> None:
    """A bundle's path, and the networks themselves."""
    packed = shop.inv("bundle", "--format", "json")
    assert packed.code == 0
    (path,) = packed.report["kept"]
    assert Path(path).is_file()
    text = "".join(shop.inv("bundle").out.split())
    assert "-bundle.tar.gz" in text
    looked = shop.inv("network")
    assert f"{shop.name}_default" in looked.out
    assert "-network.txt" in "".join(looked.out.split())
