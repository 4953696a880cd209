"""How often a remedy may run, and what is said where it may not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalade.model import Node
from escalade.plans import Attempt
from escalade.plans import Outcome
from escalade.remedy.budget import Ask
from escalade.remedy.budget import Budget
from escalade.remedy.budget import allowed

NOW = 1_795_540_140.0
REDIS = Node("web1", "eloquence", "redis")
ASK = Ask(REDIS, "f-redis", 1)


def attempt(ago_s: float, **more: object) -> Attempt:
    """Return an attempt so many seconds ago that took two."""
    settings = {
        "node": REDIS,
        "fingerprint": "f-redis",
        "symptom": "redis.stopped",
        "level": 1,
        "outcome": Outcome.PERSISTS,
        "run": "r1",
    }
    return Attempt(time=NOW - ago_s, ended=NOW - ago_s + 2, **{**settings, **more})


def elsewhere(ago_s: float, service: str = "livekit") -> Attempt:
    """Return an attempt at another service of the stack."""
    node = replace(REDIS, service=service)
    return attempt(ago_s, node=node, fingerprint=f"f-{service}")


def test_the_first_is_allowed() -> None:
    """Nothing was tried."""
    assert allowed((), ASK, now=NOW) is None


def test_two_attempts_at_a_level_are_the_last() -> None:
    """The third is refused, with what was done and what would allow it."""
    refusal = allowed((attempt(100), attempt(60)), ASK, now=NOW)
    assert (refusal.rule, refusal.again) == ("level", None)
    assert "tried 2 times" in refusal.why.en
    assert "invoke budget.reset redis" in refusal.why.fr
    assert [line.en for line in refusal.history] == [
        "17:07:20Z  redis (web1): level 1, it persists (r1)",
        "17:08:00Z  redis (web1): level 1, it persists (r1)",
    ]
    assert "le défaut persiste" in refusal.history[0].fr


@pytest.mark.parametrize(
    "ask",
    [
        replace(ASK, level=2),
        replace(ASK, fingerprint="f-other"),
        replace(ASK, node=replace(REDIS, host="web2")),
    ],
)
def test_another_level_finding_or_host_has_its_own(ask: Ask) -> None:
    """Two attempts at level 1 say nothing of level 2: the ladder climbs."""
    assert allowed((attempt(100), attempt(60)), ask, now=NOW) is None


@pytest.mark.parametrize(
    ("ago_s", "waits"), [(5.0, True), (11.9, True), (12.0, False), (60.0, False)]
)
def test_the_second_waits_ten_seconds(ago_s: float, *, waits: bool) -> None:
    """From the end of the first, which took two."""
    refusal = allowed((attempt(ago_s),), ASK, now=NOW)
    assert (refusal is not None) == waits
    if refusal:
        assert refusal.rule == "wait"
        assert refusal.again == NOW - ago_s + 12


def test_waits_double_up_to_five_minutes() -> None:
    """10, 20, 40 ... 300 seconds, where more attempts are allowed."""
    numbers = Budget(per_level=20, per_service=99, per_stack=99)
    waits = []
    for count in range(1, 9):
        refusal = allowed(
            [attempt(2 + n / 100) for n in range(count)], ASK, now=NOW, numbers=numbers
        )
        waits.append(round(refusal.again - NOW))
    assert waits == [10, 20, 40, 80, 160, 300, 300, 300]


def test_ten_healthy_minutes_forget() -> None:
    """A cure that held for ten minutes is a fresh start; nine are not."""
    cured = attempt(700, outcome=Outcome.CURED)
    assert allowed((attempt(800), cured), ASK, now=NOW) is None
    cured = attempt(550, outcome=Outcome.CURED)
    assert allowed((attempt(800), cured), ASK, now=NOW).rule == "level"


def test_a_bad_look_ends_the_health() -> None:
    """Absent evidence is no health: the symptom was seen again in between."""
    tried = (attempt(800), attempt(700, outcome=Outcome.CURED))
    seen = ((NOW - 400, False),)
    assert allowed(tried, ASK, now=NOW, states=seen).rule == "level"


def test_a_good_look_begins_the_health() -> None:
    """A finding that went by itself counts as a cure does."""
    tried = (attempt(2000), attempt(1900))
    good = ((NOW - 1700, True), (NOW - 1000, True))
    assert allowed(tried, ASK, now=NOW).rule == "level"
    assert allowed(tried, ASK, now=NOW, states=good) is None


def test_a_day_forgets() -> None:
    """Nobody remembers yesterday's attempts against a service."""
    assert allowed((attempt(90_000), attempt(86_401)), ASK, now=NOW) is None


def test_a_service_is_repaired_three_times_in_a_quarter() -> None:
    """Whatever the findings; the fourth may come when the first is 15 minutes old."""
    tried = [attempt(ago, fingerprint=f"f{ago}") for ago in (800, 500, 100)]
    refusal = allowed(tried, ASK, now=NOW)
    assert (refusal.rule, refusal.again) == ("service", NOW + 100)
    assert "17:10:40Z" in refusal.why.en
    assert len(refusal.history) == 3
    assert allowed(tried, ASK, now=NOW + 100) is None


def test_a_stack_is_repaired_five_times_in_ten_minutes() -> None:
    """Whatever the services; another stack of the host is not concerned."""
    tried = [elsewhere(ago, f"s{ago}") for ago in (590, 400, 300, 200, 100)]
    refusal = allowed(tried, ASK, now=NOW)
    assert (refusal.rule, refusal.again) == ("stack", NOW + 10)
    assert "eloquence" in refusal.why.fr
    other = replace(ASK, node=replace(REDIS, stack="shop"))
    assert allowed(tried, other, now=NOW) is None


def test_the_longest_refusal_is_told() -> None:
    """Two reasons: the one that time does not end."""
    tried = [attempt(60), attempt(50), *(elsewhere(n, f"s{n}") for n in (40, 30, 20))]
    assert allowed(tried, ASK, now=NOW).rule == "level"


def test_a_step_by_hand_counts_for_its_service() -> None:
    """It has no finding; users noticed it all the same."""
    tried = [attempt(ago, fingerprint="", level=0) for ago in (60, 50, 40)]
    assert allowed(tried, ASK, now=NOW).rule == "service"


def test_a_finding_of_a_host_has_a_budget_too() -> None:
    """Without a service and a stack the level's own rule remains."""
    node = Node("web1")
    tried = [attempt(ago, node=node) for ago in (60, 50)]
    refusal = allowed(tried, replace(ASK, node=node), now=NOW)
    assert refusal.rule == "level"
    assert "`invoke budget.reset`" in refusal.why.en
    assert refusal.history[0].en.startswith("17:08:00Z  web1:")


@given(st.lists(st.floats(0, 3000), max_size=12), st.floats(0, 3000))
def test_a_refusal_ends_when_it_says(agos: list[float], later: float) -> None:
    """Just before `again` it is still refused; from then on that rule lets it pass."""
    tried = [attempt(ago, fingerprint=f"f{n}") for n, ago in enumerate(agos)]
    refusal = allowed(tried, ASK, now=NOW)
    if refusal is None or refusal.again is None:
        return
    assert refusal.again > NOW
    assert allowed(tried, ASK, now=refusal.again - 0.01) is not None
    after = allowed(tried, ASK, now=refusal.again + later)
    assert after is None or after.rule != refusal.rule
