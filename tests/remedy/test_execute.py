"""The steps of a level, walked with hands that do what a test says."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalade.errors import JournalError
from escalade.model import Ask
from escalade.model import Comparison
from escalade.model import Condition
from escalade.model import Node
from escalade.model import Truth
from escalade.plans import Action
from escalade.plans import Check
from escalade.plans import Climb
from escalade.plans import Collect
from escalade.plans import Control
from escalade.plans import Did
from escalade.plans import Ended
from escalade.plans import PlannedStep
from escalade.plans import Risk
from escalade.plans import Shell
from escalade.remedy.execute import Hands
from escalade.remedy.execute import LevelEnd
from escalade.remedy.execute import Pace
from escalade.remedy.execute import Walked
from escalade.remedy.execute import execute
from escalade.remedy.execute import pause_s
from escalade.text import Text

NODE = Node("web1", "shop", "redis")
AFTER = (Check("path", ("/x",), (Comparison("exists", "eq", value=True),)),)
ASK = Ask("container", (), (Comparison("running", "eq", value=True),))


def act(name: str, **more: Any) -> Action:
    """Return an action."""
    made = Action("web1", "test", NODE, Shell(name), name, id=name, after=AFTER)
    return replace(made, **more)


def step(name: str, **more: Any) -> PlannedStep:
    """Return a step of one action of its own name, unless it is given others."""
    given_ = {"actions": () if "group" in more else (act(name),), **more}
    return PlannedStep(name, name, NODE, **given_)


def tries(attempts: int, **more: Any) -> Control:
    """Return a control of several attempts, without chance."""
    return Control(attempts=attempts, jitter=0.0, **more)


class World:
    """Hands, journal, clock: everything happens as `ends` says, in `events`.

    `ends`: by action, how its executions end, one after the other; the last one stays.
    `takes`: seconds that an action takes.
    """

    def __init__(
        self,
        ends: Mapping[str, list[Ended]] | None = None,
        *,
        truths: Mapping[Condition, Truth] | None = None,
        settled: Truth = Truth.FALSE,
        takes: Mapping[str, float] | None = None,
    ) -> None:
        self.ends = {name: list(some) for name, some in (ends or {}).items()}
        self.truths = dict(truths or {})
        self.said = settled
        self.takes = takes or {}
        self.events: list[str] = []
        self.bounds: list[float] = []
        self.sleeps: list[float] = []
        self.now = 1000.0
        self.stop = threading.Event()
        self.break_on: Callable[[str], bool] = "".__eq__

    def note(self, event: str) -> None:
        """Keep an event, or fail to."""
        if self.break_on(event):
            raise JournalError("the disk is full")
        self.events.append(event)

    def perform(self, action: Action, attempt: int, timeout_s: float) -> Did:
        """Do an action as the test says."""
        self.events.append(f"do {action.id} {attempt}")
        self.bounds.append(timeout_s)
        took = self.takes.get(action.id, 0.0)
        self.now += min(took, timeout_s)
        if took > timeout_s:
            return Did(action.id, Ended.TIMEOUT, attempt, reason="too slow")
        some = self.ends.get(action.id, [Ended.DONE])
        ended = some.pop(0) if len(some) > 1 else some[0]
        orphan = "pid 7 still runs" if ended is Ended.UNREACHABLE else ""
        reason = "" if ended.well else f"is {ended.value}"
        return Did(action.id, ended, attempt, reason=reason, orphan=orphan)

    def settled(self, action: Action, did: Did) -> Truth:
        """Say whether an action in flight has happened."""
        self.events.append(f"look {action.id}")
        return self.said

    def truth(self, condition: Condition, node: Node) -> Truth:
        """Judge a condition."""
        self.events.append("judge")
        return self.truths.get(condition, Truth.TRUE)

    def sleep(self, wait_s: float) -> None:
        """Let time pass."""
        self.sleeps.append(wait_s)
        self.now += wait_s

    def intent(self, action: Action, attempt: int) -> None:
        """Journal what is about to happen."""
        self.note(f"intent {action.id} {attempt}")

    def result(self, did: Did) -> None:
        """Journal what happened."""
        self.note(f"{did.ended.value} {did.action} {did.attempt}")

    def registered(self, name: str, did: Did) -> None:
        """Journal a name."""
        self.note(f"{name}={did.action}:{did.ended.value}")

    def walk(self, *steps: PlannedStep, past: Iterable[Did] = ()) -> Walked:
        """Walk the steps of a level."""
        climb = Climb(
            "1", NODE, "redis.stopped", "f1", Text("t", "t"), "ladder", 1, steps
        )
        return execute(
            climb,
            Hands(self.perform, self.settled),
            truth=self.truth,
            recorder=self,
            past=past,
            stop=self.stop,
            pace=Pace(self.sleep, lambda: 0.5, lambda: self.now),
        )

    @property
    def done(self) -> list[str]:
        """Return what was performed, in order."""
        return [e.removeprefix("do ") for e in self.events if e.startswith("do ")]


# ------------------------------------------------------------------ order and journal


def test_every_action_is_announced_done_and_told() -> None:
    """Intent before, result after, step by step."""
    world = World()
    walked = world.walk(step("a"), step("b", actions=(act("b1"), act("b2"))))
    assert walked.ended is LevelEnd.WELL
    assert [did.action for did in walked.dids] == ["a", "b1", "b2"]
    assert world.events[:3] == ["intent a 1", "do a 1", "done a 1"]
    assert world.done == ["a 1", "b1 1", "b2 1"]


@pytest.mark.parametrize(
    "ended",
    [Ended.FAILED, Ended.TIMEOUT, Ended.UNREACHABLE, Ended.INTERRUPTED, Ended.UNKNOWN],
)
def test_a_step_that_does_not_end_well_stops_the_level(ended: Ended) -> None:
    """The rest is not run, and the level ends as the step did."""
    world = World({"b1": [ended]})
    steps = (step("a"), step("b", actions=(act("b1"), act("b2"))), step("c"))
    walked = world.walk(*steps)
    assert world.done == ["a 1", "b1 1"]
    assert walked.ended.value == ended.value
    assert f"is {ended.value}" in walked.reason


def test_without_an_intent_nothing_is_done() -> None:
    """A full disk is met before the action, not after it."""
    world = World()
    world.break_on = lambda event: event == "intent b 1"
    with pytest.raises(JournalError, match="the disk is full"):
        world.walk(step("a"), step("b", always=(step("z"),)), step("c"))
    assert world.done == ["a 1"]


def test_a_result_that_cannot_be_kept_stops_the_level() -> None:
    """What was done is returned, and nothing more is done: no attempt, no handler."""
    world = World({"b": [Ended.FAILED]})
    world.break_on = lambda event: event == "failed b 1"
    bad = step("b", control=tries(3), on_failed=(step("h"),), always=(step("z"),))
    walked = world.walk(step("a"), bad, step("c"))
    assert world.done == ["a 1", "b 1"]
    assert [did.ended for did in walked.dids] == [Ended.DONE, Ended.FAILED]
    assert walked.ended is LevelEnd.FAILED
    assert walked.reason == ("the journal could not keep how b ended: the disk is full")


def test_a_name_that_cannot_be_kept_stops_the_level() -> None:
    """A later condition could not be judged."""
    world = World()
    world.break_on = lambda event: event.startswith("got=")
    walked = world.walk(step("a", register="got"), step("b"))
    assert (walked.ended, world.done) == (LevelEnd.FAILED, ["a 1"])


def test_a_step_that_cannot_be_planned_fails_once() -> None:
    """Its reason is the plan's; a handler may take it over."""
    bad = step("a", actions=(), trouble="no service 'x'", control=tries(3))
    walked = World().walk(bad)
    assert (walked.ended, walked.reason) == (LevelEnd.FAILED, "no service 'x'")
    assert World().walk(replace(bad, on_failed=(step("h"),))).ended is LevelEnd.WELL


# ------------------------------------------------------------------------- conditions


@pytest.mark.parametrize("held", [Truth.FALSE, Truth.UNKNOWN])
def test_only_what_is_true_allows_a_step(held: Truth) -> None:
    """Absent evidence never allows a write: the step is skipped, and that is told."""
    world = World(truths={ASK: held})
    inner = (step("g1"), step("g2"))
    guarded = step("a", group=inner, control=Control(when=ASK), always=(step("z"),))
    walked = world.walk(guarded, step("b"))
    assert world.done == ["b 1"]
    assert walked.ended is LevelEnd.WELL
    assert [(d.action, d.ended) for d in walked.dids[:2]] == [
        ("g1", Ended.SKIPPED),
        ("g2", Ended.SKIPPED),
    ]
    assert walked.dids[0].reason.startswith("its condition ")
    assert "skipped g1 1" in world.events


def test_a_step_is_known_by_its_name_to_later_conditions() -> None:
    """It is registered before they are judged, its own `until` too."""
    world = World({"a": [Ended.SKIPPED]})
    world.walk(
        step("a", register="got", control=Control(until=ASK)),
        step("b", control=Control(when=ASK)),
    )
    events = [e for e in world.events if "=" in e or e == "judge"]
    assert events == ["got=a:skipped", "judge", "judge"]


def test_a_step_whose_until_never_held_is_known_as_failed() -> None:
    """With what its last action wrote, though that went well; its handler changes nothing."""
    world = World(truths={ASK: Truth.FALSE})
    control = tries(2, until=ASK)
    world.walk(step("a", control=control, register="got", on_failed=(step("h"),)))
    told = [event for event in world.events if "=" in event]
    assert told == ["got=a:done", "got=a:failed"] * 2
    assert world.done[-1] == "h 1"


def test_that_until_does_not_hold_is_told_of_the_last_action() -> None:
    """Reports and the journal say why an attempt failed in which all was done."""
    world = World(truths={ASK: Truth.FALSE})
    group = step("g", group=(step("a"), step("b")), control=tries(1, until=ASK))
    *_, done, failed = world.walk(group).dids
    assert (done.action, done.ended) == ("b", Ended.DONE)
    assert failed == Did("b", Ended.FAILED, reason="its `until` does not hold")
    assert world.events[-1] == "failed b 1"


def test_what_was_so_already_is_not_said_to_have_failed() -> None:
    """It was not touched, and its step failed all the same."""
    world = World({"a": [Ended.SKIPPED]}, truths={ASK: Truth.UNKNOWN})
    walked = world.walk(step("a", control=tries(1, until=ASK), register="got"))
    assert walked.ended is LevelEnd.FAILED
    assert [(did.ended, did.reason) for did in walked.dids] == [
        (Ended.SKIPPED, ""),
        (Ended.SKIPPED, "its `until` is not known"),
    ]
    assert world.events[-1] == "got=a:failed"


def test_an_until_that_cannot_be_kept_stops_the_level() -> None:
    """Nobody could read why it went on as it did."""
    world = World(truths={ASK: Truth.FALSE})
    world.break_on = lambda event: event == "failed a 1"
    bad = step("a", control=tries(3, until=ASK), on_failed=(step("h"),))
    assert world.walk(bad).reason.startswith("the journal could not keep how a ended")
    assert world.done == ["a 1"]


OTHER = replace(ASK, expect=(Comparison("paused", "eq", value=True),))
SKIPPED_LAST = (step("a"), step("b", control=Control(when=OTHER)))


@pytest.mark.parametrize(
    ("known", "ends", "told"),
    [
        (step("g", group=SKIPPED_LAST), {}, "b:done"),
        (step("g", actions=(act("a"), act("b"))), {"b": [Ended.SKIPPED]}, "b:done"),
        (step("g", group=SKIPPED_LAST), {"a": [Ended.SKIPPED]}, "b:skipped"),
        (step("g", group=SKIPPED_LAST), {"a": [Ended.TIMEOUT]}, "a:timeout"),
        (
            step("g", group=(step("a", on_failed=(step("h"),)),)),
            {"a": [Ended.FAILED]},
            "a:done",
        ),
        (
            step("g", group=(step("a"), step("b", actions=(), trouble="no b"))),
            {},
            "a:failed",
        ),
    ],
)
def test_a_step_is_known_as_it_ended_itself(
    known: PlannedStep, ends: dict[str, list[Ended]], told: str
) -> None:
    """Done where anything of it was, whatever its last action came to."""
    world = World(ends, truths={OTHER: Truth.FALSE})
    world.walk(replace(known, register="got"))
    assert [event for event in world.events if "=" in event] == [f"got={told}"]


def test_until_decides_whether_an_attempt_succeeded() -> None:
    """A step whose actions end well is tried again until it holds."""
    world = World(truths={ASK: Truth.FALSE})
    walked = world.walk(step("a", control=tries(3, until=ASK)))
    assert world.done == ["a 1", "a 2", "a 3"]
    assert (walked.ended, walked.reason) == (
        LevelEnd.FAILED,
        "a: its `until` does not hold",
    )
    unknown = World(truths={ASK: Truth.UNKNOWN}).walk(
        step("a", control=tries(1, until=ASK))
    )
    assert unknown.ended is LevelEnd.FAILED


# --------------------------------------------------------------------------- attempts


@given(attempts=st.integers(1, 6), fails=st.integers(0, 8))
def test_attempts_are_executions(attempts: int, fails: int) -> None:
    """Three attempts are three executions, not four; a success is the last one."""
    world = World({"a": [Ended.FAILED] * fails + [Ended.DONE]})
    walked = world.walk(step("a", control=tries(attempts)))
    assert len(world.done) == min(attempts, fails + 1)
    assert (walked.ended is LevelEnd.WELL) == (fails < attempts)
    assert len(world.sleeps) == len(world.done) - 1


def test_the_pause_doubles_up_to_its_cap() -> None:
    """2, 4, 8, and no more than the cap."""
    world = World({"a": [Ended.FAILED]})
    world.walk(step("a", control=tries(6, backoff_s=2.0, cap_s=10.0)))
    assert world.sleeps == [2.0, 4.0, 8.0, 10.0, 10.0]


@given(
    attempt=st.integers(1, 10**9),
    chance=st.floats(0, 1),
    jitter=st.floats(0, 1),
    cap=st.floats(0, 1e6),
)
def test_jitter_stays_within_its_share(
    attempt: int, chance: float, jitter: float, cap: float
) -> None:
    """Whatever chance says, and however many attempts there are."""
    control = Control(backoff_s=2.0, cap_s=cap, jitter=jitter)
    wait = pause_s(control, attempt, chance=chance)
    assert 0 <= wait <= cap * (1 + jitter) + 1e-6


def test_a_stop_ends_the_pause_and_the_level() -> None:
    """No further attempt, no handler, nothing that always runs."""
    world = World({"a": [Ended.FAILED]})
    world.sleep = lambda _: world.stop.set()
    bad = step("a", control=tries(3), on_failed=(step("h"),), always=(step("z"),))
    walked = world.walk(bad, step("b"))
    assert world.done == ["a 1"]
    assert walked.ended is LevelEnd.INTERRUPTED


def test_after_a_stop_nothing_is_even_intended() -> None:
    """A plan that was stopped before it began has no events."""
    world = World()
    world.stop.set()
    assert world.walk(step("a")).ended is LevelEnd.INTERRUPTED
    assert world.events == []


def test_a_timeout_bounds_one_attempt_over_all_its_actions() -> None:
    """What is left of it is given to each; the next attempt has all of it again."""
    world = World(takes={"a1": 6.0, "a2": 6.0})
    actions = (act("a1"), act("a2"), act("a3"))
    slow = step("a", actions=actions, control=tries(2, timeout_s=10.0))
    walked = world.walk(slow)
    assert world.done == ["a1 1", "a2 1", "a1 2", "a2 2"]
    assert world.bounds == [10.0, 4.0, 10.0, 4.0]
    assert walked.ended is LevelEnd.TIMEOUT


def test_what_has_no_time_left_is_not_begun() -> None:
    """It is told as a timeout, and no intent is written for it."""
    world = World(takes={"a1": 10.0})
    walked = world.walk(
        step("a", actions=(act("a1"), act("a2")), control=Control(timeout_s=10.0))
    )
    assert world.done == ["a1 1"]
    assert [did.ended for did in walked.dids] == [Ended.DONE, Ended.TIMEOUT]
    assert not [event for event in world.events if event.startswith("intent a2")]


def test_without_a_timeout_an_action_has_its_own_bounds() -> None:
    """Doing, settling, and a margin for looking."""
    world = World()
    world.walk(step("a", actions=(act("a", timeout_s=20.0, settle_s=5.0),)))
    assert world.bounds == [35.0]


def test_what_may_have_destroyed_something_is_not_tried_again() -> None:
    """Where nothing can tell whether it did; its handler still runs."""
    purge = act("a", risk=Risk.DESTRUCTIVE, after=())
    world = World({"a": [Ended.TIMEOUT]})
    bad = step("a", actions=(purge,), control=tries(3), on_timeout=(step("h"),))
    assert world.walk(bad).ended is LevelEnd.WELL
    assert world.done == ["a 1", "h 1"]
    failed = World({"a": [Ended.FAILED]})
    failed.walk(bad)
    assert failed.done == ["a 1", "a 2", "a 3"]


def test_what_still_runs_is_settled_before_it_is_tried_again() -> None:
    """A lost host may have an orphan at work: nothing is done twice at once."""
    world = World({"a": [Ended.UNREACHABLE, Ended.DONE]})
    assert world.walk(step("a", control=tries(2))).ended is LevelEnd.WELL
    assert world.events[2:5] == ["unreachable a 1", "look a", "intent a 2"]
    done = World({"a": [Ended.UNREACHABLE, Ended.DONE]}, settled=Truth.TRUE)
    assert done.walk(step("a", control=tries(2))).ended is LevelEnd.WELL
    assert done.done == ["a 1"]


# -------------------------------------------------------------------------- handlers


@pytest.mark.parametrize(
    ("ended", "handler"),
    [
        (Ended.FAILED, "on_failed"),
        (Ended.UNKNOWN, "on_failed"),
        (Ended.TIMEOUT, "on_timeout"),
        (Ended.UNREACHABLE, "on_unreachable"),
    ],
)
def test_a_handler_takes_its_failure_over(ended: Ended, handler: str) -> None:
    """The level goes on after it; handlers of other failures do not run."""
    others = {"on_failed", "on_timeout", "on_unreachable"} - {handler}
    more = {name: (step(name),) for name in others}
    world = World({"a": [ended]})
    walked = world.walk(step("a", **{handler: (step("h"),)}, **more), step("b"))
    assert world.done == ["a 1", "h 1", "b 1"]
    assert walked.ended is LevelEnd.WELL


def test_a_handler_that_fails_stops_the_level() -> None:
    """Both reasons are told."""
    world = World({"a": [Ended.TIMEOUT], "h": [Ended.FAILED]})
    walked = world.walk(step("a", on_timeout=(step("h"),)), step("b"))
    assert world.done == ["a 1", "h 1"]
    assert walked.ended is LevelEnd.FAILED
    assert "is timeout" in walked.reason
    assert "its handler: test: is failed" in walked.reason


def test_a_handler_has_time_of_its_own() -> None:
    """That of the group whose time is over is not its bound."""
    world = World(takes={"a": 10.0})
    slow = step("a", on_timeout=(step("h"),))
    world.walk(step("g", group=(slow,), control=Control(timeout_s=5.0)))
    assert world.done == ["a 1", "h 1"]


@pytest.mark.parametrize("ended", [Ended.DONE, Ended.FAILED])
def test_what_always_runs_does(ended: Ended) -> None:
    """After success, failure and handlers; a failure of its own counts."""
    world = World({"a": [ended]})
    walked = world.walk(step("a", always=(step("z"),)), step("b"))
    assert world.done[:2] == ["a 1", "z 1"]
    assert (walked.ended is LevelEnd.WELL) == (ended is Ended.DONE)
    broken = World({"z": [Ended.FAILED]})
    assert broken.walk(step("a", always=(step("z"),))).ended is LevelEnd.FAILED


def test_a_group_retries_as_one() -> None:
    """All its steps again, and its attempts are executions too."""
    world = World({"b": [Ended.FAILED, Ended.DONE]})
    group = step("g", group=(step("a"), step("b"), step("c")), control=tries(3))
    assert world.walk(group).ended is LevelEnd.WELL
    assert world.done == ["a 1", "b 1", "a 2", "b 2", "c 1"]


def test_a_group_in_a_group_and_its_handler() -> None:
    """The inner one uses up its attempts first."""
    world = World({"a": [Ended.FAILED]})
    inner = step("i", group=(step("a"),), control=tries(2))
    outer = step("o", group=(inner,), control=tries(2), on_failed=(step("h"),))
    assert world.walk(outer).ended is LevelEnd.WELL
    assert world.done == ["a 1", "a 2", "a 3", "a 4", "h 1"]


# ---------------------------------------------------------------------------- resuming


def test_what_ended_well_is_not_repeated() -> None:
    """It counts as done, and nothing is journalled for it again."""
    world = World()
    past = (Did("a", Ended.DONE), Did("b1", Ended.SKIPPED))
    walked = world.walk(step("a"), step("b", actions=(act("b1"), act("b2"))), past=past)
    assert world.done == ["b2 1"]
    assert [did.action for did in walked.dids] == ["a", "b1", "b2"]
    assert not [event for event in world.events if "a 1" in event]


def test_a_condition_is_not_asked_again_once_its_step_has_begun() -> None:
    """What it did may have changed the answer."""
    world = World(truths={ASK: Truth.FALSE})
    guarded = step("a", actions=(act("a1"), act("a2")), control=Control(when=ASK))
    world.walk(guarded, past=[Did("a1", Ended.DONE)])
    assert world.done == ["a2 1"]


def test_what_was_under_way_and_happened_is_done() -> None:
    """Its postcondition tells, and that is journalled."""
    world = World(settled=Truth.TRUE)
    walked = world.walk(step("a"), past=[Did("a", Ended.UNKNOWN)])
    assert world.events == ["look a", "done a 1"]
    assert walked.dids[0].reason == "was done before the interruption"


def test_what_was_under_way_and_did_not_happen_is_done_again() -> None:
    """As the same step's next execution."""
    world = World(settled=Truth.FALSE)
    world.walk(step("a"), past=[Did("a", Ended.UNKNOWN)])
    assert world.events[:3] == ["look a", "intent a 2", "do a 2"]


def test_what_only_reads_is_read_again() -> None:
    """Nobody needs to be asked."""
    read = step("a", actions=(act("a", do=Collect("logs"), after=()),))
    world = World(settled=Truth.UNKNOWN)
    world.walk(read, past=[Did("a", Ended.UNKNOWN)])
    assert world.done == ["a 2"]


@pytest.mark.parametrize(
    ("settled", "risk", "after"),
    [
        (Truth.UNKNOWN, Risk.SAFE, AFTER),
        (Truth.UNKNOWN, Risk.DESTRUCTIVE, AFTER),
        (Truth.FALSE, Risk.DESTRUCTIVE, ()),
    ],
)
def test_what_nobody_can_tell_stops_the_level(
    settled: Truth, risk: Risk, after: tuple[Check, ...]
) -> None:
    """It is never done a second time on a guess, and no handler takes that over."""
    world = World(settled=settled)
    action = act("a", risk=risk, after=after)
    guess = step("a", actions=(action,), control=tries(3), on_failed=(step("h"),))
    walked = world.walk(guess, step("b"), past=[Did("a", Ended.UNKNOWN)])
    assert world.done == []
    assert walked.ended is LevelEnd.UNKNOWN
    assert walked.dids[0].ended is Ended.UNKNOWN


def test_a_destructive_one_that_did_not_happen_is_done() -> None:
    """Its postcondition proved that it is still to be done."""
    world = World(settled=Truth.FALSE)
    purge = act("a", risk=Risk.DESTRUCTIVE)
    world.walk(step("a", actions=(purge,)), past=[Did("a", Ended.UNKNOWN)])
    assert world.done == ["a 2"]


@pytest.mark.parametrize(
    ("ended", "level"),
    [
        (Ended.INTERRUPTED, LevelEnd.UNKNOWN),
        (Ended.TIMEOUT, LevelEnd.TIMEOUT),
        (Ended.UNREACHABLE, LevelEnd.UNREACHABLE),
    ],
)
def test_a_destructive_one_that_was_cut_short_is_not_repeated_blindly(
    ended: Ended, level: LevelEnd
) -> None:
    """Nobody knows how much of it happened."""
    purge = act("a", risk=Risk.DESTRUCTIVE, after=())
    world = World()
    cut = step("a", actions=(purge,), control=tries(5))
    walked = world.walk(cut, past=[Did("a", ended)])
    assert (world.done, walked.ended) == ([], level)


FAILED = tuple(Did("a", Ended.FAILED, attempt) for attempt in (1, 2, 3))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (FAILED[:1], ["a 2", "a 3"]),
        (FAILED[:2], ["a 3"]),
        (FAILED, []),
        ((*FAILED[:2], Did("a", Ended.INTERRUPTED, 3)), ["a 4"]),
        ((Did("a", Ended.INTERRUPTED, 1), *FAILED[1:]), ["a 4"]),
        ((*FAILED[:2], Did("a", Ended.UNKNOWN, 3)), ["a 4"]),
    ],
)
def test_attempts_are_not_begun_anew(before: tuple[Did, ...], after: list[str]) -> None:
    """Those that failed count; one that was interrupted does not."""
    world = World({"a": [Ended.FAILED]})
    walked = world.walk(step("a", control=tries(3)), past=before)
    assert world.done == after
    assert walked.ended is LevelEnd.FAILED


@pytest.mark.parametrize("outer", [1, 2])
def test_attempts_of_a_group_are_not_begun_anew(outer: int) -> None:
    """Killed in its last one: that is gone on with, and no other is made."""
    world = World({"b": [Ended.FAILED]})
    group = step("g", group=(step("a"), step("b")), control=tries(outer))
    failed = [(Did("a", Ended.DONE, n), Did("b", Ended.FAILED, n)) for n in (1, 2)]
    past = [did for pair in failed[: outer - 1] for did in pair]
    past += [Did("a", Ended.DONE, outer), Did("b", Ended.UNKNOWN, outer)]
    walked = world.walk(replace(group, on_failed=(step("h"),)), past=past)
    assert world.done == [f"b {outer + 1}", "h 1"]
    assert walked.ended is LevelEnd.WELL


def test_a_handler_under_way_is_gone_on_with_where_a_group_failed() -> None:
    """The group's and that of a step in it; what failed is not done again for it."""
    past = [Did("a", Ended.DONE), Did("b", Ended.FAILED), Did("h", Ended.UNKNOWN)]
    world = World()
    group = step("g", group=(step("a"), step("b")), on_failed=(step("h"),))
    assert world.walk(group, past=past).ended is LevelEnd.WELL
    assert world.done == ["h 2"]
    within = step("b", on_failed=(step("h"),))
    inside = World()
    inside.walk(step("g", group=(step("a"), within, step("c"))), past=past)
    assert inside.done == ["h 2", "c 1"]


def test_an_attempt_whose_until_did_not_hold_counts() -> None:
    """Its condition is not asked again, whatever a handler has made of it since."""
    unmet = "its `until` does not hold"
    past = [Did("a", Ended.DONE), Did("a", Ended.FAILED, reason=unmet)]
    world = World()
    once = step("a", control=tries(1, until=ASK), on_failed=(step("h"),))
    world.walk(once, past=past)
    assert world.events == ["intent h 1", "do h 1", "done h 1"]


def test_what_was_left_out_stays_so() -> None:
    """Neither its `until` nor what always runs after it belongs to it."""
    past = [Did("a", Ended.SKIPPED, reason="its condition does not hold")]
    world = World(truths={OTHER: Truth.FALSE})
    control = tries(3, when=ASK, until=OTHER)
    world.walk(step("a", control=control, always=(step("z"),)), step("b"), past=past)
    assert world.done == ["b 1"]


def test_a_handler_that_had_begun_is_gone_on_with() -> None:
    """The step that failed is not tried again for it."""
    world = World({"a": [Ended.FAILED]})
    handlers = (step("h1"), step("h2"))
    past = (Did("a", Ended.FAILED), Did("h1", Ended.DONE))
    assert world.walk(step("a", on_failed=handlers), past=past).ended is LevelEnd.WELL
    assert world.done == ["h2 1"]


def test_a_group_that_was_interrupted_goes_on_and_may_retry() -> None:
    """What is past counts once: a later attempt does all of it again."""
    world = World({"b": [Ended.FAILED, Ended.DONE]})
    group = step("g", group=(step("a"), step("b")), control=tries(2))
    assert world.walk(group, past=[Did("a", Ended.DONE)]).ended is LevelEnd.WELL
    assert world.done == ["b 1", "a 2", "b 2"]


NAMES = ("a", "b", "c", "d")


@given(
    st.lists(st.sampled_from([Ended.DONE, Ended.SKIPPED]), max_size=4),
    st.sampled_from([Truth.TRUE, Truth.FALSE]),
)
def test_killed_anywhere_each_is_done_once(ends: list[Ended], settled: Truth) -> None:
    """At whatever boundary or inside whatever action: in order, and none left out."""
    past = [Did(name, ended) for name, ended in zip(NAMES, ends, strict=False)]
    if len(ends) < len(NAMES):
        past.append(Did(NAMES[len(ends)], Ended.UNKNOWN))
    world = World(settled=settled)
    walked = world.walk(*(step(name) for name in NAMES), past=past)
    assert walked.ended is LevelEnd.WELL
    assert [did.action for did in walked.dids] == list(NAMES)
    rest = NAMES[len(ends) :] if settled is Truth.FALSE else NAMES[len(ends) + 1 :]
    assert [done.split()[0] for done in world.done] == list(rest)


class KilledError(BaseException):
    """The controller is no more."""


class Mortal(World):
    """A world whose controller dies before its n-th word to the journal.

    An execution that was cut short ends, when it is done again, as it would have.
    """

    def __init__(self, ends: Mapping[str, list[Ended]], holds_from: int) -> None:
        super().__init__(ends)
        self.holds_from = holds_from
        self.kept: list[Did] = []
        self.begun: dict[str, Did] = {}
        self.finished: Counter[str] = Counter()
        self.names: dict[str, tuple[str, Ended]] = {}

    def live(self, words: int) -> None:
        """Live for some words to the journal."""
        left = iter(range(words))

        def dies(_: str) -> bool:
            if next(left, None) is None:
                raise KilledError
            return False

        self.break_on = dies

    def perform(self, action: Action, attempt: int, timeout_s: float) -> Did:
        """Do an action as it was to end this time."""
        some = self.ends[action.id]
        ended = some[min(self.finished[action.id], len(some) - 1)]
        return Did(action.id, ended, attempt)

    def truth(self, condition: Condition, node: Node) -> Truth:
        """Judge by how often a step of the group was done."""
        held = self.finished["c" if condition is ASK else "d"] >= self.holds_from
        return Truth.TRUE if held else Truth.FALSE

    def intent(self, action: Action, attempt: int) -> None:
        """Journal what is about to happen."""
        super().intent(action, attempt)
        self.begun[action.id] = Did(action.id, Ended.UNKNOWN, attempt)

    def result(self, did: Did) -> None:
        """Journal what happened."""
        super().result(did)
        self.begun.pop(did.action, None)
        self.kept.append(did)
        self.finished[did.action] += not did.reason

    def registered(self, name: str, did: Did) -> None:
        """Remember a name; the journal does not."""
        self.names[name] = did.action, did.ended

    @property
    def past(self) -> tuple[Did, ...]:
        """Return what a later controller reads."""
        return (*self.kept, *self.begun.values())


DEEP = (
    step(
        "g",
        group=(
            step("a", control=tries(2)),
            step("o", group=(step("b"), step("c")), control=tries(2, until=ASK)),
            step("d", on_failed=(step("h"),), register="d", control=Control(when=ASK)),
        ),
        control=tries(2, until=OTHER),
        on_failed=(step("k"),),
        always=(step("z"),),
        register="g",
    ),
    step("e", control=Control(when=ASK)),
)
SOME = st.lists(
    st.sampled_from([Ended.DONE, Ended.DONE, Ended.FAILED, Ended.SKIPPED]),
    min_size=1,
    max_size=6,
)


@given(
    st.fixed_dictionaries(dict.fromkeys("abcdehkz", SOME)),
    st.integers(0, 5),
    st.lists(st.integers(0, 30), max_size=3),
)
def test_killed_anywhere_it_ends_as_if_it_had_not_been(
    ends: dict[str, list[Ended]], holds_from: int, lives: list[int]
) -> None:
    """Attempts of steps and groups, handlers and names: each as often, in that order."""
    whole, mortal = Mortal(ends, holds_from), Mortal(ends, holds_from)
    wanted = whole.walk(*DEEP)
    for words in lives:
        mortal.live(words)
        with suppress(KilledError):
            mortal.walk(*DEEP, past=mortal.past)
    mortal.live(1000)
    walked = mortal.walk(*DEEP, past=mortal.past)
    told = [(did.action, did.ended, did.reason) for did in wanted.dids]
    assert [(did.action, did.ended, did.reason) for did in walked.dids] == told
    assert [(did.action, did.ended, did.reason) for did in mortal.kept] == told
    assert (walked.ended, walked.reason) == (wanted.ended, wanted.reason)
    assert mortal.names == whole.names
