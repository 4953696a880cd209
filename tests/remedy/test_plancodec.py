"""A plan is read as it was written, and nothing else is read as a plan."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import pytest

from escalade.climb.gear import Order
from escalade.climb.rolling import Rolling
from escalade.errors import UsageError
from escalade.model import All
from escalade.model import Any
from escalade.model import Ask
from escalade.model import Comparison
from escalade.model import Not
from escalade.model import Step
from escalade.plans import Action
from escalade.plans import Call
from escalade.plans import Check
from escalade.plans import Collect
from escalade.plans import Control
from escalade.plans import Plan
from escalade.plans import PlannedStep
from escalade.plans import Risk
from escalade.plans import Shell
from escalade.plans import UserTask
from escalade.remedy.plan import Called
from escalade.remedy.plancodec import decode
from escalade.remedy.plancodec import dump
from escalade.remedy.plancodec import encode
from escalade.remedy.plancodec import load
from escalade.text import Text
from tests.diagnosis.world import node
from tests.remedy import toys
from tests.remedy.replayed import CASES
from tests.remedy.replayed import plan_of

ASK = Ask("http", (("path", "/"), ("port", 80)), (Comparison("status", "in", (1, 2)),))
WHEN = All((ASK, Any((Not(ASK), ASK))))


def everything() -> Plan:
    """Return a plan that uses every field of every noun."""
    dos = (
        Call("POST", "/x", body="{}", fine=(304, 404)),
        Shell("docker compose up -d"),
        Collect("logs", (("lines", 5), ("names", ("a", "b")))),
        UserTask(("flush", "--all")),
        None,
    )
    actions = tuple(
        Action(
            host="here",
            step="kick",
            node=node("db"),
            do=do,
            command="kick",
            risk=Risk.DESTRUCTIVE,
            why=Text("so", "ainsi"),
            undo="back",
            touches=(node("db"), node("web")),
            after=(Check("container", ("db",), (Comparison("running", "eq", "yes"),)),),
            timeout_s=5,
            settle_s=2.5,
            always=True,
            id=f"1.1.1.{at}",
        )
        for at, do in enumerate(dos)
    )
    inner = PlannedStep("1.1.1.g1", "kick", node("db"), actions)
    step = PlannedStep(
        id="1.1.1",
        name="group",
        node=node("db"),
        control=Control(3, 1.0, 5.0, 0.2, 9.0, WHEN, ASK),
        group=(inner,),
        on_failed=(inner,),
        on_unreachable=(inner,),
        on_timeout=(inner,),
        always=(inner,),
        register="it",
        tags=("a",),
        trouble="none",
    )
    climb = toys.climb(steps=(step,), advice=Text("do", "faire"), verify=(WHEN,))
    return Plan("r", 2, 5.5, (climb,), {"book": "x"}, "d" * 64)


def test_every_noun_comes_back():
    """What is written as JSON and read again is the same value."""
    plan = everything()
    assert load(json.loads(json.dumps(dump(plan), allow_nan=False))) == plan


@pytest.mark.parametrize("file", sorted(CASES.glob("*.jsonl")), ids=lambda f: f.stem)
def test_the_plan_of_an_incident_comes_back(file):
    """Every plan of a recorded incident survives the journal."""
    plan = plan_of(file.stem, made=12.5)
    assert load(json.loads(json.dumps(dump(plan)))) == plan


def test_defaults_are_not_written():
    """A field at its default takes no room."""
    step = dump(everything())["climbs"][0]["steps"][0]
    assert "trouble" in step
    bare = dump(replace(everything(), climbs=(toys.climb(),)))["climbs"][0]["steps"][0]
    assert sorted(bare) == ["actions", "id", "name", "node"]


def broken(path, value):
    data = copy.deepcopy(json.loads(json.dumps(dump(everything()))))
    at = data
    for key in path[:-1]:
        at = at[key]
    if value is KeyError:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return data


STEP = ("climbs", 0, "steps", 0)
ACTION = (*STEP, "group", 0, "actions", 0)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("schema",), "escalade.plan/2", "escalade.plan/2"),
        (("run",), KeyError, "'run' is missing"),
        (("round",), "1", "plan.round: '1' cannot stand here"),
        (("round",), True, "plan.round: True"),
        (("made",), float("nan"), "plan.made"),
        (("climbs",), {}, "a list is expected"),
        (("rests", "book"), 5, "plan.rests.book"),
        (("rests",), [], "an object is expected"),
        ((*ACTION, "risk"), "mild", "safe, disruptive, destructive"),
        ((*ACTION, "do", "is"), "eval", "'eval' cannot stand here"),
        ((*ACTION, "do", "is"), "ask", "'ask' cannot stand here"),
        ((*ACTION, "hots"), "x", "unknown field 'hots' (did you mean 'host'?)"),
        ((*ACTION, "touches"), [5], "an object is expected"),
        ((*STEP, "control", "when"), {"is": "maybe"}, "cannot stand here"),
    ],
)
def test_what_is_no_plan_is_refused(path, value, told):
    """A wrong field is named where it stands, in one line."""
    with pytest.raises(UsageError) as caught:
        load(broken(path, value))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [None, [], "x", 5, {}])
def test_other_data_is_refused(data):
    """What is no object of ours is refused, and never a traceback."""
    with pytest.raises(UsageError, match="not a plan of ours"):
        load(data)


def test_a_plan_nested_without_end_is_refused():
    """Groups in groups have a bound."""
    data = broken(("run",), "r")
    at = data["climbs"][0]["steps"][0]
    for _ in range(200):
        at["group"] = [dict(at["group"][0])]
        at = at["group"][0]
        at["group"] = [{"id": "x", "name": "y", "node": {"host": "h"}}]
    with pytest.raises(UsageError, match="without end"):
        load(data)


def test_what_was_asked_for_comes_back_with_its_steps_whole():
    """A job's steps keep conditions, handlers and arguments of every type."""
    step = Step(
        "wait",
        {"port": ("6379", "db:1"), "all": True, "n": 3, "of": {"a": ("b",)}},
        when=WHEN,
        attempts=2,
        always=(Step("logs", {"lines": 5}),),
        vars={"x": ("1", 2)},
    )
    order = Order(
        only=("redis",),
        calls=(Called("wait", step.args, step), Called("up")),
        stack="s",
        rolling=Rolling(serial=("1", "25%"), soak_s=2.0),
    )
    data = json.loads(json.dumps(encode(order)))
    assert decode(Order, data, "order") == order
    with pytest.raises(UsageError, match="order: unknown field 'onli'"):
        decode(Order, {"onli": []}, "order")
