"""How long an outcome is looked for: the looks' own time never eats it."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from escalade.climb import verifying
from escalade.climb.verifying import verified
from escalade.model import Host
from escalade.plans import Outcome
from tests.diagnosis.world import HOST
from tests.remedy import toys

DOWN = toys.root("r.down", "db")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch) -> None:
    """Look again without a pause."""
    monkeypatch.setattr(verifying, "PAUSE_S", 0.0)


def gear(*seen, verify_s: float = 0.0):
    """Return the means of a run whose looks find these, the last one ever after."""
    looks = list(seen)

    def look(*_):
        found = looks.pop(0) if len(looks) > 1 else looks[0]
        diagnosis = toys.diagnosis(*found, started=time.time())
        return SimpleNamespace(diagnosis=diagnosis, scenes={})

    watch = SimpleNamespace(hosts=(Host(HOST),), look=look)
    settings = SimpleNamespace(verify_s=verify_s)
    road = SimpleNamespace(settings=settings, stop=threading.Event())
    return SimpleNamespace(watch=watch, road=road)


def told(means):
    """Return what is said of one climb that touched nothing."""
    climb = toys.climb(steps=())
    (found,), _ = verified(means, [climb], toys.diagnosis(DOWN), {})
    return found


def test_three_looks_are_had_whatever_they_take():
    """Looks that outlast the time for them are three all the same: cured is cured."""
    assert told(gear(())).outcome is Outcome.CURED


def test_a_row_that_began_in_time_comes_to_its_end():
    """Bad when time is over, good from then on: the row is looked at to its end."""
    found = told(gear((DOWN,), ()))
    assert found.outcome is Outcome.UNKNOWN
    assert "2 " in found.reason.en
    assert told(gear((), (DOWN,))).outcome is Outcome.PERSISTS


def test_a_stop_ends_the_looking():
    """An interrupted run does not look three times."""
    means = gear(())
    means.road.stop.set()
    assert told(means).again
