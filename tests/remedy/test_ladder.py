"""Where it goes after a level: done, up, handed off, or no further."""

from __future__ import annotations

import pytest

from escalade.model import Step
from escalade.plans import Outcome
from escalade.plans import PlannedStep
from escalade.plans import Verified
from escalade.remedy.ladder import Go
from escalade.remedy.ladder import next_level
from escalade.text import Text
from tests.diagnosis.world import node
from tests.remedy import toys

BOOK = toys.book()
FAILS = (Outcome.PERSISTS, Outcome.WORSE, Outcome.UNKNOWN)
WHY = Text("still there", "toujours là")


def went(outcome, *, book=BOOK, max_level=3, refused=None, **over):
    verified = Verified("1.1", outcome, WHY)
    climb = toys.climb(**over)
    return next_level(climb, verified, book, max_level=max_level, refused=refused)


def test_a_cure_ends_it():
    """After a cure there is nothing to climb."""
    assert went(Outcome.CURED).go is Go.DONE


@pytest.mark.parametrize("outcome", FAILS)
@pytest.mark.parametrize(("level", "due"), [(1, 2), (2, 3)])
def test_what_is_not_cured_climbs(outcome, level, due):
    """Persists, worse and unknown go to the next level, with the reason."""
    told = went(outcome, level=level)
    assert (told.go, told.level, told.finding) == (Go.CLIMB, due, "r.down@db")
    assert f"level {level}" in told.reason.en
    assert told.reason.en.endswith("still there")
    assert told.reason.fr.endswith("toujours là")


def test_a_level_of_which_nothing_ran_is_not_said_to_have_failed():
    """Its own reason stands alone: it did not run."""
    bare = PlannedStep("1.1.1", "reconnect", node("db"), trouble="no network")
    told = went(Outcome.PERSISTS, steps=(bare,))
    assert (told.go, told.level, told.reason) == (Go.CLIMB, 2, WHY)


def test_a_cure_that_nobody_can_tell_is_not_climbed():
    """It may well be one: what is more invasive waits until somebody called."""
    told = next_level(
        toys.climb(), Verified("1.1", Outcome.UNKNOWN, WHY, unheard=True), BOOK
    )
    assert (told.go, told.level) == (Go.STOP, 1)
    assert told.reason.en.endswith("still there")


@pytest.mark.parametrize("outcome", FAILS)
def test_after_level_three_it_is_handed_off(outcome):
    """Above the last level is the next person."""
    told = went(outcome, level=3)
    assert (told.go, told.level) == (Go.HAND_OFF, 3)


def test_levels_that_are_not_there_are_skipped():
    """A ladder without level 2 goes from 1 to 3."""
    book = toys.book(levels={1: (Step("kick"),), 3: (Step("read"),)})
    assert went(Outcome.PERSISTS, book=book).level == 3


def test_a_ladder_without_a_hand_off_gets_one():
    """Where a ladder ends at level 1, level 3 comes before nobody cares."""
    book = toys.book(levels={1: (Step("kick"),)})
    told = went(Outcome.PERSISTS, book=book)
    assert (told.go, told.level) == (Go.CLIMB, 3)


@pytest.mark.parametrize("remedy", ["wait", "none"])
def test_nothing_to_run_is_not_climbed(remedy):
    """Where the right answer is to wait or to do nothing, it stops."""
    told = went(Outcome.PERSISTS, remedy=remedy, ladder=None, level=0)
    assert told.go is Go.STOP


def test_a_step_by_hand_is_not_climbed():
    """A step called by hand is on no ladder."""
    told = went(Outcome.PERSISTS, finding="", symptom="", ladder=None, level=0)
    assert told.go is Go.STOP


def test_a_hand_off_above_the_highest_level_is_none():
    """Nothing of level 3 ran, so nobody was told."""
    told = went(Outcome.PERSISTS, level=3, max_level=2)
    assert told.go is Go.STOP


def test_the_highest_level_allowed():
    """A level above what was allowed is not climbed to, and it says so."""
    told = went(Outcome.PERSISTS, max_level=1)
    assert (told.go, told.level) == (Go.STOP, 1)
    assert "level 1 is the highest" in told.reason.en


def test_a_brake_climbs():
    """A level that a budget held counts as ended, whatever was seen."""
    refused = Text("3 remedies in 15 min", "3 remèdes en 15 min")
    told = went(Outcome.CURED, refused=refused)
    assert (told.go, told.level) == (Go.CLIMB, 2)
    assert "3 remedies" in told.reason.en
