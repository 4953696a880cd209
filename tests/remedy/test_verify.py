"""Cured, persists, worse, unknown: what looks newer than the actions come to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from escalade.model import Cite
from escalade.model import Gap
from escalade.model import HostState
from escalade.model import Node
from escalade.model import Severity
from escalade.model import Truth
from escalade.plans import Outcome
from escalade.remedy.verify import Look
from escalade.remedy.verify import ripe_s
from escalade.remedy.verify import touched
from escalade.remedy.verify import verify
from tests.diagnosis.world import HOST
from tests.diagnosis.world import STACK
from tests.diagnosis.world import node
from tests.remedy import toys
from tests.remedy.replayed import CASES
from tests.remedy.replayed import incident
from tests.remedy.replayed import plan_of

DOWN = toys.root("r.down", "db", why=(Cite("redis", "db", 1.0, "no"),))
BEFORE = toys.diagnosis(DOWN)
LATE = 1000.0


def look(*findings, at=LATE, truths=(), silent=(), **over) -> Look:
    return Look(toys.diagnosis(*findings, started=at, **over), truths, silent)


def said(*looks, before=BEFORE, climb=None, since=LATE - 100):
    return verify(climb or toys.climb(), before, looks, since=since)


def test_three_good_looks_are_a_cure():
    """The finding is gone in three looks, and nothing else came."""
    told = said(look(), look(), look())
    assert (told.outcome, told.again, told.climb) == (Outcome.CURED, False, "1.1")


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_good_looks_are_no_cure_yet(count):
    """One or two good looks are not called cured, and ask for another."""
    told = said(*[look()] * count)
    assert (told.outcome, told.again) == (Outcome.UNKNOWN, True)
    assert f"{count} " in told.reason.en


def test_no_look_tells_nothing():
    """Looks that began before the last action ended count for nothing."""
    told = said(look(at=10.0), look(at=10.0), look(at=10.0), since=20.0)
    assert (told.outcome, told.again) == (Outcome.UNKNOWN, True)


def test_the_finding_that_stays_persists():
    """What is still found in three looks persists, and is named."""
    told = said(*[look(DOWN)] * 3)
    assert (told.outcome, told.again) == (Outcome.PERSISTS, False)
    assert "r.down is wrong (db on here)" in told.reason.en
    assert "r.down va mal (db sur here)" in told.reason.fr


def test_a_relapse_begins_anew():
    """A good look after a bad one is not three good ones."""
    told = said(look(DOWN), look(), look())
    assert (told.outcome, told.again) == (Outcome.UNKNOWN, True)
    told = said(look(DOWN), look(), look(), look())
    assert told.outcome is Outcome.CURED


def test_a_touched_service_gets_time_to_come_back():
    """Shortly after the action, what is still found may pass: another look is due."""
    told = said(*[look(DOWN)] * 3, since=LATE - 6)
    assert (told.outcome, told.again) == (Outcome.PERSISTS, True)


def test_another_error_in_its_place_persists():
    """Where another error takes the finding's place, the service is not cured."""
    loop = toys.root("generic.crash-looping", "db")
    told = said(*[look(loop)] * 3)
    assert (told.outcome, told.again) == (Outcome.PERSISTS, False)


def test_another_root_of_before_has_a_climb_of_its_own():
    """A second root at the same service does not speak against the first one's cure."""
    other = toys.root("r.other", "db")
    told = said(*[look(other)] * 3, before=toys.diagnosis(DOWN, other))
    assert told.outcome is Outcome.CURED


def test_starting_is_waited_for():
    """While the health check of a touched service is starting, nobody can tell yet."""
    rows = (toys.row("db", health="starting"), "web")
    told = said(*[look(services=rows)] * 3)
    assert (told.outcome, told.again) == (Outcome.UNKNOWN, True)
    assert "app-db-1" in told.reason.en


def test_a_suspicion_that_repeats_old_words_is_an_echo():
    """A caller's line from before the repair accuses nobody; one written since does."""
    line = Cite("log", "web", 90.0, "cannot connect to db:5432")
    accuser = toys.root("r.needs", "web", why=(line,), caused_by=DOWN.id)
    before = toys.diagnosis(DOWN, accuser)
    old = toys.root("generic.suspected", "db", why=(line,), suspected=True)
    assert said(*[look(old)] * 3, before=before).outcome is Outcome.CURED
    new = replace(old, why=(replace(line, time=200.0),))
    assert said(*[look(new)] * 3, before=before).outcome is Outcome.PERSISTS
    # What was not the cured root's stays an accusation.
    alone = toys.diagnosis(DOWN, replace(accuser, caused_by=None))
    assert said(*[look(old)] * 3, before=alone).outcome is Outcome.PERSISTS


def test_a_new_error_beside_it_is_worse():
    """An error at a service of the stack that had none before is worse, even if cured."""
    new = toys.root("r.other", "web")
    told = said(*[look(new)] * 3)
    assert (told.outcome, told.again, told.new) == (Outcome.WORSE, False, (new.id,))


def test_a_new_error_on_the_host_is_worse():
    """The host belongs to every stack on it."""
    told = said(*[look(toys.root("host.disk-full", None))] * 3)
    assert told.outcome is Outcome.WORSE


@pytest.mark.parametrize(
    "place", [Node(HOST, "other", "web"), Node("elsewhere", STACK, "web")]
)
def test_trouble_elsewhere_is_not_ours(place):
    """Another stack's or host's new error says nothing of this climb."""
    told = said(*[look(toys.root("r.other", "x", node=place))] * 3)
    assert told.outcome is Outcome.CURED


def test_a_new_warning_is_not_worse():
    """Below error, nothing is held against the cure; nor is a weakness of old."""
    mild = toys.root("r.mild", "web", severity=Severity.WARNING)
    old = toys.root("r.old", "api", standing=True)
    assert said(*[look(mild, old)] * 3).outcome is Outcome.CURED


def test_what_suffered_before_may_suffer_still():
    """Dependants that still fail after their root's cure are not new: they come next."""
    hurt = toys.root("r.hurt", "web", caused_by=DOWN.id)
    before = toys.diagnosis(replace(DOWN, explains=(hurt.id,)), hurt)
    free = toys.root("r.lost", "web")
    assert said(*[look(free)] * 3, before=before).outcome is Outcome.CURED


def test_a_consequence_of_the_same_root_is_not_new():
    """While the root persists, what follows from it does not make it worse."""
    hurt = toys.root("r.hurt", "web", caused_by=DOWN.id)
    assert said(*[look(DOWN, hurt)] * 3).outcome is Outcome.PERSISTS


@pytest.mark.parametrize("over", [{"health": "unhealthy"}, {"state": "exited"}])
def test_a_healthy_neighbour_that_is_not_any_more_is_worse(over):
    """A container that was well before and is not now is worse, finding or none."""
    rows = ("db", toys.row("web", **over), "api")
    told = said(*[look(services=rows)] * 3)
    assert (told.outcome, told.new) == (Outcome.WORSE, ("web on here",))


def test_a_gap_where_the_finding_was_seen_hides_it():
    """The finding is not gone where the probe that saw it has no answer."""
    gap = Gap(node("db"), "redis", "timeout", hides=True)
    told = said(*[look(gaps=(gap,))] * 3)
    assert (told.outcome, told.again) == (Outcome.UNKNOWN, False)
    assert "timeout" in told.reason.en


@pytest.mark.parametrize(
    "gap",
    [
        Gap(node("db"), "redis", "timeout", hides=False),
        Gap(node("db"), "env", "denied", hides=True),
        Gap(node("web"), "redis", "timeout", hides=True),
    ],
)
def test_other_gaps_hide_nothing(gap):
    """Another probe's or place's gap does not hide the finding."""
    assert said(*[look(gaps=(gap,))] * 3).outcome is Outcome.CURED


def test_a_lost_host_is_unknown():
    """Of a host that cannot be reached, nobody can tell."""
    lost = (HostState(HOST, reachable=False, cause="timeout", detail="no answer"),)
    told = said(*[look(hosts=lost, services=())] * 3)
    assert (told.outcome, told.again) == (Outcome.UNKNOWN, False)


@pytest.mark.parametrize(
    ("truths", "outcome"),
    [
        ((Truth.TRUE,), Outcome.CURED),
        ((Truth.TRUE, Truth.FALSE), Outcome.PERSISTS),
        ((Truth.UNKNOWN,), Outcome.UNKNOWN),
    ],
)
def test_the_ladder_s_conditions_must_hold(truths, outcome):
    """A cure needs every condition of the ladder's verification."""
    assert said(*[look(truths=truths)] * 3).outcome is outcome


def test_absence_tells_nothing_before_it_could_show_again():
    """A symptom that asks for 20 s of uptime is not gone after 10."""
    climb = toys.climb(ripe_s=20.0)
    told = said(*[look()] * 3, climb=climb, since=LATE - 10)
    assert (told.outcome, told.again) == (Outcome.UNKNOWN, True)
    assert said(*[look()] * 3, climb=climb, since=LATE - 21).outcome is Outcome.CURED


def test_a_condition_that_holds_need_not_ripen():
    """What is proven needs no time to tell, beyond that a start fails at its start."""
    climb = toys.climb(ripe_s=60.0)
    good = look(truths=(Truth.TRUE,))
    assert said(*[good] * 3, climb=climb, since=LATE - 6).outcome is Outcome.CURED
    assert said(*[good] * 3, climb=climb, since=LATE - 2).again


def test_silence_is_no_cure():
    """Gone, but those who told of it said nothing since: a while for them to, then unknown."""
    quiet = look(silent=("agent-1",))
    told = said(*[quiet] * 3)
    assert (told.outcome, told.again, told.unheard) == (Outcome.UNKNOWN, False, True)
    assert "agent-1" in told.reason.en
    assert said(*[quiet] * 3, since=LATE - 10).again
    assert said(quiet, look(), look(), look()).outcome is Outcome.CURED
    # A condition that holds is proof of its own; a finding that is there needs no speaker.
    proven = look(truths=(Truth.TRUE,), silent=("agent-1",))
    assert said(*[proven] * 3).outcome is Outcome.CURED
    assert not said(*[look(DOWN, silent=("agent-1",))] * 3).unheard


def test_what_touches_nothing_needs_no_time():
    """Where no container was touched, three looks are enough at once."""
    climb = toys.climb(steps=(), remedy="wait", level=0)
    assert said(*[look()] * 3, climb=climb, since=LATE).outcome is Outcome.CURED
    told = said(*[look(DOWN)] * 3, climb=climb, since=LATE)
    assert (told.outcome, told.again) == (Outcome.PERSISTS, False)


def test_a_stop_by_hand_is_not_worse():
    """A step called by hand means what it does to its own services."""
    climb = toys.climb(finding="", symptom="", ladder=None, level=0)
    rows = (toys.row("db", state="exited", health=None), "web", "api")
    healthy = toys.diagnosis()
    told = said(*[look(services=rows)] * 3, climb=climb, before=healthy)
    assert told.outcome is Outcome.CURED


def test_uptime_that_a_symptom_asks_for():
    """The age from which a symptom can show is read from its own condition."""
    ages = {symptom.id: ripe_s(symptom) for symptom in toys.book().symptoms}
    assert ages == {"r.down": 0.0, "r.slow": 20.0}


def test_touched_services():
    """What a climb touches is what its actions say."""
    assert touched(toys.climb()) == (node("db"),)


# ------------------------------------------------------- recorded incidents

RECORDED = [
    path.stem
    for path in sorted(CASES.glob("*.jsonl"))
    if not path.stem.startswith(("gn-", "healthy"))
]


def looks_like(name: str) -> list[Look]:
    """Return three looks, long after the actions, that see a recorded stack."""
    told, _ = incident(name)
    return [Look(replace(told, started=LATE))] * 3


@pytest.mark.parametrize("name", RECORDED)
def test_a_healthy_stack_after_an_incident_is_a_cure(name):
    """Where the same stack is well again, every climb of the incident is cured."""
    before, _ = incident(name)
    for climb in plan_of(name).climbs:
        told = verify(climb, before, looks_like("healthy"), since=1.0)
        assert (told.outcome, told.again) == (Outcome.CURED, False), told.reason


@pytest.mark.parametrize("name", RECORDED)
def test_the_same_incident_again_persists(name):
    """Where nothing changed, nothing is cured and nothing is worse."""
    before, _ = incident(name)
    for climb in plan_of(name).climbs:
        told = verify(climb, before, looks_like(name), since=1.0)
        assert (told.outcome, told.again) == (Outcome.PERSISTS, False), told.reason


@pytest.mark.parametrize("name", [n for n in RECORDED if not n.startswith("dk-14")])
def test_an_incident_after_a_healthy_stack_is_worse(name):
    """A fault that comes where all was well is worse, not cured."""
    before, _ = incident("healthy")
    bad, _ = incident(name)
    at = next(row.node for row in before.services if row.node not in _wrong(bad))
    climb = toys.climb(node=at, finding="gone", steps=())
    told = verify(climb, before, looks_like(name), since=1.0)
    assert told.outcome is Outcome.WORSE
    assert told.new


def _wrong(diagnosis):
    return {f.node for f in diagnosis.findings}


@pytest.mark.parametrize(("age", "again"), [(45, True), (61, False)])
def test_a_crash_loop_does_not_start_for_ever(age, again):
    """What is still found while a health check starts persists after a minute."""
    rows = (toys.row("db", health="starting"), "web", "api")
    told = said(*[look(DOWN, services=rows)] * 3, since=LATE - age)
    assert (told.outcome, told.again) == (Outcome.PERSISTS, again)
