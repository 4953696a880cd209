"""What follows from events: pure functions over values."""

from __future__ import annotations

import json

import pytest

from escalade.journal import facts
from escalade.journal import read
from escalade.journal.clean import cleaned
from escalade.journal.events import Event
from escalade.journal.events import Process
from escalade.model import Gap
from escalade.model import Node
from escalade.plans import Collect
from escalade.plans import Did
from escalade.plans import Ended
from escalade.plans import Outcome
from escalade.plans import Verified
from tests.journal import sample

NOW = 1000.0


def event(kind: str, at: float = 0.0, **more: object) -> Event:
    """Return an event; facts go through JSON, as the journal's do."""
    data = json.loads(json.dumps(cleaned(more.pop("data", {}), str)))
    return Event(int(at), more.pop("run", "r"), at, kind, data=data, **more)


def intent(at: float, action: str = "1.1.1", **more: object) -> Event:
    what = sample.action(action)
    level = more.pop("level", 1)
    data = facts.intended(
        sample.climb(level=level), what, round=more.pop("round", 1), attempt=1
    )
    return event("intent", at, action=action, node=what.node, data=data, **more)


def result(at: float, did: Did, *, number: int = 1) -> Event:
    data = facts.resulted(did, round=number, climb="1")
    return event("result", at, action=did.action, data=data)


def verified(at: float, outcome: Outcome, **more: object) -> Event:
    found = Verified("1", outcome)
    data = facts.verified(sample.climb(), found, round=1)
    return event("verified", at, node=sample.REDIS, data=data, **more)


# --------------------------------------------------------------------- state

STARTED = event("started", 1, data={"process": {"host": "h", "pid": 7, "born": "9"}})
PLANNED = event("planned", 2)
WAITS = event("planned", 2, data={"expires": NOW + 10})
LATE = event("planned", 2, data={"expires": NOW - 10})
STOPPED = event("ended", 3, data={"exit": 5, "outcome": "refused"})
CURED = event("ended", 5, data={"exit": 0, "outcome": "cured", "level": 1})


@pytest.mark.parametrize(
    ("events", "alive", "word"),
    [
        ((STARTED, PLANNED), True, "running"),
        ((STARTED, PLANNED), False, "interrupted"),
        ((STARTED,), None, "running"),
        ((STARTED, PLANNED, CURED), False, "ended"),
        ((STARTED, WAITS), False, "waiting-approval"),
        ((STARTED, WAITS, STOPPED), False, "waiting-approval"),
        ((STARTED, LATE, STOPPED), False, "expired"),
        ((STARTED, WAITS, event("denied", 4)), False, "interrupted"),
        ((STARTED, WAITS, STOPPED, event("started", 4)), True, "waiting-approval"),
        ((STARTED, WAITS, STOPPED, event("approved", 4), CURED), False, "ended"),
        ((STARTED, STOPPED, event("started", 4)), False, "interrupted"),
        ((STARTED, STOPPED, event("started", 4)), True, "running"),
    ],
)
def test_where_a_run_stands(
    events: tuple[Event, ...], word: str, *, alive: bool | None
) -> None:
    """Waiting, expired, running, interrupted, ended: by the events and the process."""
    found = read.state(events, now=NOW, alive=alive)
    assert found.word == word
    assert found.sure == (alive is not None)


def test_how_a_run_ended() -> None:
    """Exit code, outcome, level and time are the last end's."""
    found = read.state(
        (STARTED, STOPPED, event("started", 4), CURED), now=9, alive=None
    )
    assert (found.exit, found.outcome, found.level, found.ended) == (0, "cured", 1, 5)


def test_the_process_is_the_last_one() -> None:
    """Who resumed a run carries it out."""
    again = event("started", 4, data={"process": {"host": "h", "pid": 8}})
    assert read.process_of((STARTED,)) == Process("h", 7, born="9")
    assert read.process_of((STARTED, again)).pid == 8
    assert read.process_of(()) is None


# ---------------------------------------------------------------------- past


def test_a_result_comes_back_as_it_was() -> None:
    """What was written of an action is what a resumed run reads."""
    did = Did(
        "1.1.1",
        Ended.FAILED,
        attempt=2,
        started=12.5,
        took_s=0.25,
        code=1,
        reason="no such container",
        output="a\nb",
        kept=("logs.txt",),
        orphan="group 7",
    )
    assert read.past((intent(1), result(2, did)), 1) == (did,)


def test_an_intent_without_a_result_is_unknown() -> None:
    """It may have happened; only its postcondition can tell."""
    done = result(2, Did("1.1.1", Ended.DONE))
    found = read.past((intent(1), done, intent(3, "1.1.2"), intent(4)), 1)
    assert [(did.action, did.ended) for did in found] == [
        ("1.1.1", Ended.DONE),
        ("1.1.2", Ended.UNKNOWN),
        ("1.1.1", Ended.UNKNOWN),
    ]
    assert found[-1].started == 4


def test_every_execution_comes_back_in_order() -> None:
    """But not one that was under way, and was begun again later."""
    first = Did("1.1.1", Ended.FAILED, 1)
    third = Did("1.1.1", Ended.DONE, 3)
    events = (intent(1), result(2, first), intent(3), intent(4), result(5, third))
    assert read.past(events, 1) == (first, third)


def test_rounds_are_apart() -> None:
    """An action's id is the plan's own: the next plan numbers anew."""
    events = (intent(1), result(2, Did("1.1.1", Ended.DONE)), intent(3, round=2))
    assert [did.ended for did in read.past(events, 1)] == [Ended.DONE]
    assert [did.ended for did in read.past(events, 2)] == [Ended.UNKNOWN]
    assert read.past(events, 3) == ()


def test_the_last_plan() -> None:
    """The newest one's data, whatever came in between; None where there was none."""
    first = event("planned", 1, data={"plan": {"round": 1}})
    second = event("planned", 3, data={"plan": {"round": 2}})
    assert read.last_plan((first, STOPPED, second, CURED)) == {"round": 2}
    assert read.last_plan((STARTED,)) is None


def test_groups_that_may_still_run() -> None:
    """Those whose action has no result."""
    events = (
        event("group", 1, node=sample.REDIS, action="1", data={"group": "41"}),
        result(2, Did("1", Ended.DONE)),
        event("group", 3, node=sample.REDIS, action="2", data={"group": "42"}),
    )
    (group,) = read.groups(events)
    assert (group.action, group.host, group.group) == ("2", "web1", "42")


# ------------------------------------------------------------------ attempts


def test_an_attempt_is_one_level_that_changed_something() -> None:
    """Many actions of a climb are one attempt; its outcome comes with verification."""
    events = (
        intent(1, run="a"),
        intent(2, "1.1.2", run="a"),
        verified(3, Outcome.PERSISTS, run="a"),
        intent(4, level=2, round=2, run="a"),
        intent(5, run="b"),
    )
    found = read.attempts(events)
    assert [(a.time, a.level, a.outcome, a.run) for a in found] == [
        (1, 1, Outcome.PERSISTS, "a"),
        (4, 2, Outcome.UNKNOWN, "a"),
        (5, 1, Outcome.UNKNOWN, "b"),
    ]
    assert found[0].ended == 3
    assert {a.node for a in found} == {sample.REDIS}


def test_reading_is_no_attempt() -> None:
    """Logs and bundles change nothing, and cost no budget."""
    what = sample.action(do=Collect("logs"))
    data = facts.intended(sample.climb(what), what, round=1, attempt=1)
    assert (
        read.attempts((event("intent", 1, data=data), verified(2, Outcome.CURED))) == ()
    )


@pytest.mark.parametrize(
    ("level", "touches", "count"),
    [(0, (), 0), (0, (sample.REDIS,), 1), (1, (), 1), (1, (sample.REDIS,), 1)],
)
def test_a_step_by_hand_counts_where_it_touched_somebody(level, touches, count) -> None:
    """A tag, or a command that was not there: no user noticed. A climb counts as one."""
    what = sample.action(touches=touches)
    data = facts.intended(sample.climb(what, level=level), what, round=1, attempt=1)
    found = read.attempts(
        (event("intent", 1, data=data), verified(2, Outcome.PERSISTS))
    )
    assert len(found) == count


def test_what_an_earlier_version_wrote_counts_as_it_did() -> None:
    """It did not say whether somebody was touched."""
    data = {**intent(1).data, "level": 0}
    data.pop("touches", None)
    assert len(read.attempts((event("intent", 1, data=data),))) == 1


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ({}, 1),
        ({"service": "redis"}, 1),
        ({"service": "redis", "host": "web1"}, 1),
        ({"service": "redis", "host": "web2"}, 2),
        ({"service": "livekit"}, 2),
        ({"stack": "eloquence"}, 1),
    ],
)
def test_a_reset_forgives_what_came_before(said: dict[str, str], left: int) -> None:
    """Of the service, stack or host that it names; of everything where it names none."""
    events = (
        intent(1, run="a"),
        event("budget-reset", 2, run="x", data=said),
        verified(3, Outcome.CURED, run="a"),
        intent(4, run="b"),
    )
    assert len(read.attempts(events)) == left


def test_what_is_not_known_is_read_over() -> None:
    """A later version's words are no trouble for this one's reader."""
    odd = event(
        "intent", 1, data={"round": "x", "writes": True, "at": [1], "level": None}
    )
    ended = event("result", 2, action="1", data={"ended": "vanished", "kept": 3})
    assert read.past((ended,), 1)[0].ended is Ended.UNKNOWN
    assert read.attempts((odd, verified(2, Outcome.CURED)))[0].level == 0


# -------------------------------------------------------------------- states


def diagnosed(at: float, *, stopped: bool, gaps: tuple[Gap, ...] = ()) -> Event:
    found = sample.diagnosis(stopped=stopped)
    data = facts.diagnosed(found)
    hidden = [
        {"at": facts.place_of(g.node), "probe": g.probe, "reason": g.reason}
        for g in gaps
    ]
    return event("diagnosed", at, data={**data, "gaps": hidden})


def test_states_are_what_diagnoses_saw() -> None:
    """Bad with the symptom, good without it, nothing where it could not be seen."""
    gap = Gap(sample.REDIS, "container", "denied", hides=True)
    events = (
        diagnosed(1, stopped=True),
        diagnosed(2, stopped=False),
        diagnosed(3, stopped=False, gaps=(gap,)),
    )
    assert read.states(events, sample.REDIS, "redis.stopped") == ((1, False), (2, True))
    assert read.states(events, sample.REDIS, "") == ((1, False), (2, True))
    assert read.states(events, sample.REDIS, "redis.slow") == ((1, True), (2, True))
    assert read.states(events, Node("web9", "x", "y"), "redis.stopped") == ()


def test_holds_until_freed() -> None:
    """The last word counts, for each service by itself."""
    other = Node("web1", "eloquence", "livekit")
    events = (
        event("held", 1, node=sample.REDIS),
        event("held", 2, node=other),
        event("unheld", 3, node=sample.REDIS),
    )
    assert read.holds(events) == {other}
