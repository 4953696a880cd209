"""What the digest covers, what it leaves out, and what differs between two plans."""

from __future__ import annotations

from dataclasses import replace

import pytest

from escalade.model import Comparison
from escalade.plans import Call
from escalade.plans import Check
from escalade.plans import Control
from escalade.plans import Risk
from escalade.remedy.digest import changed
from escalade.remedy.digest import digest
from escalade.remedy.digest import intact
from escalade.text import Text
from tests.diagnosis.world import node
from tests.remedy import toys
from tests.remedy.replayed import plan_of

RESTS = {"book": "a"}


def varied(**over) -> str:
    """Return the digest of a climb whose one action differs."""
    climb = toys.climb()
    step = climb.steps[0]
    action = replace(step.actions[0], **over)
    return digest([replace(climb, steps=(replace(step, actions=(action,)),))], RESTS)


SAME = digest([toys.climb()], RESTS)


@pytest.mark.parametrize(
    "over",
    [
        {"command": "docker restart web"},
        {"host": "there"},
        {"risk": Risk.DESTRUCTIVE},
        {"undo": "nothing"},
        {"do": Call("POST", "/containers/db/kill")},
        {"touches": (node("web"),)},
        {"step": "rebuild"},
    ],
)
def test_what_is_done_counts(over):
    """Another command, host, risk, undo, call or service is another plan."""
    assert varied(**over) != SAME


@pytest.mark.parametrize(
    "over",
    [
        {"id": "2.7.1.1"},
        {"timeout_s": 5.0},
        {"settle_s": 31.0},
        {"why": Text("as ever", "comme toujours")},
        {"after": (Check("container", ("db",), (Comparison("x", "gt", 5.0),)),)},
    ],
)
def test_what_moves_does_not_count(over):
    """Ids, bounds, reasons and the numbers of postconditions are left out."""
    assert varied(**over) == SAME


def test_facts_and_control_count():
    """What it rests on and how a step is carried out belong to the plan."""
    assert digest([toys.climb()], {"book": "b"}) != SAME
    step = replace(toys.climb().steps[0], control=Control(attempts=2))
    assert digest([toys.climb(steps=(step,))], RESTS) != SAME
    assert digest([toys.climb(level=2)], RESTS) != SAME


def test_two_looks_make_one_digest():
    """Run, round and clock do not count."""
    first = plan_of("lk-08-redis-lost-at-run-time", made=1.0)
    later = plan_of("lk-08-redis-lost-at-run-time", made=9.0, round=2)
    assert first.digest == later.digest
    assert changed(first, later) == ()


def test_a_plan_that_was_edited_is_not_intact():
    """A plan whose actions were changed by hand does not fit its digest."""
    plan = plan_of("lk-08-redis-lost-at-run-time")
    assert intact(plan)
    assert not intact(replace(plan, rests={**plan.rests, "package": "x"}))


def test_what_changed_is_told():
    """Facts and actions that differ are named, one line each."""
    plan = plan_of(
        "lk-08-redis-lost-at-run-time", extra={"runbooks": "a", "tasks": "t"}
    )
    other = plan_of("lk-01-server-stopped", extra={"runbooks": "b"})
    lines = changed(plan, other)
    assert "runbooks: was a, is b" in lines
    assert "tasks: gone (was t)" in lines
    assert any(
        line.startswith("no longer: docker start eloquence-redis") for line in lines
    )
    assert any(line.startswith("new: docker start eloquence-livekit") for line in lines)


def test_a_container_that_no_action_touches_any_more_is_not_called_gone():
    """It is there still; the actions say what is done no longer."""
    plan = plan_of("lk-08-redis-lost-at-run-time")
    assert any(name.startswith("container ") for name in plan.rests)
    lines = changed(plan, plan_of("healthy"))
    assert any(line.startswith("no longer: docker start") for line in lines)
    made_of = ("container ", "image of ", "configuration of ")
    assert not [line for line in lines if line.startswith(made_of)]


def test_a_hash_is_told_in_twelve_digits():
    """Nobody reads 64 digits."""
    plan = plan_of("healthy", extra={"image": "sha256:" + "a" * 64})
    other = plan_of("healthy", extra={"image": "sha256:" + "b" * 64})
    assert changed(plan, other) == ("image: was aaaaaaaaaaaa, is bbbbbbbbbbbb",)
