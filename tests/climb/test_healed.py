"""A plan is called needless only where all it was for is seen to be well again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from escalade.climb.healed import healed
from escalade.model import Severity
from escalade.model import Verdict
from escalade.plans import Plan
from tests.remedy import toys

CLIMB = toys.climb()
PLAN = Plan("r", 1, 0.0, (CLIMB,), {}, "a")
NONE = replace(PLAN, climbs=(), digest="b")
WELL = toys.diagnosis()


def test_what_went_away_is_named() -> None:
    """Its title and its place, in both languages."""
    told = healed(PLAN, NONE, WELL)
    assert told is not None
    assert "away by itself" in told.en
    assert f"({CLIMB.node.service} on {CLIMB.node.host})" in told.en
    assert f"({CLIMB.node.service} sur {CLIMB.node.host})" in told.fr


OTHER = replace(toys.root("r.other", "db"), node=CLIMB.node, severity=Severity.ERROR)
SAME = replace(OTHER, id=CLIMB.finding)


@pytest.mark.parametrize(
    ("again", "now"),
    [
        (PLAN, WELL),
        (NONE, toys.diagnosis(SAME)),
        (NONE, toys.diagnosis(OTHER)),
        (NONE, replace(WELL, verdict=Verdict.UNKNOWN)),
    ],
    ids=["planned", "there", "another", "unseen"],
)
def test_what_may_be_wrong_still_is_not_well(again, now) -> None:
    """Another trouble at the same place, or a look that tells nothing."""
    assert healed(PLAN, again, now) is None


def test_a_step_by_hand_is_for_no_finding() -> None:
    """So nothing of it can go away."""
    by_hand = replace(PLAN, climbs=(replace(CLIMB, finding=""),))
    assert healed(by_hand, NONE, WELL) is None
