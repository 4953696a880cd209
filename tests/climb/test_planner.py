"""What is planned when a brake holds one of several roots."""

from __future__ import annotations

from types import SimpleNamespace

from escalade.climb.gear import Order
from escalade.climb.planner import Due
from escalade.climb.planner import make
from escalade.model import Step
from escalade.plans import Attempt
from escalade.plans import Outcome
from tests.diagnosis.world import node
from tests.remedy import toys

ONE, OTHER = toys.root("r.down", "db"), toys.root("r.slow", "web")
NOW = 1000.0


def planned(*held: str):
    """Return the plan of two roots, the last level of some tried too often."""
    last = {3: (Step("kick", {"service": "{{ root.service }}"}),)}
    watch = SimpleNamespace(
        book=toys.book(levels=last), kinds=toys.KINDS, asked_by=lambda _: frozenset()
    )
    tried = [
        Attempt(
            NOW - 100 - i, node(name), finding.id, finding.symptom, 3, Outcome.PERSISTS
        )
        for name, finding in (("db", ONE), ("web", OTHER))
        if name in held
        for i in range(3)
    ]
    journal = SimpleNamespace(attempts=lambda _: tuple(tried), states=lambda *_: ())
    order = Order()
    gear = SimpleNamespace(
        order=order,
        watch=watch,
        journal=journal,
        clock=lambda: NOW,
        run="r",
        rests={},
        tasks={},
    )
    sight = SimpleNamespace(
        diagnosis=toys.diagnosis(ONE, OTHER),
        scenes=toys.scene(),
        snapshot=SimpleNamespace(evidence=(), hosts=()),
    )
    return make(gear, sight, Due())


def test_a_root_that_a_brake_holds_leaves_the_others_in_the_plan():
    """Its last level was tried too often; what else is wrong is repaired."""
    assert {climb.node for climb in planned().plan.climbs} == {node("db"), node("web")}
    told = planned("db")
    assert [climb.node for climb in told.plan.climbs] == [node("web")]
    assert len(told.refused) == 1
    told = planned("db", "web")
    assert not told.plan.climbs
    assert len(told.refused) == 2
