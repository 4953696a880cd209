"""Whether a job is due: on time, done, late, made up for."""

from __future__ import annotations

import pytest

from escalade.schedule.due import Verdict
from escalade.schedule.due import judged
from escalade.schedule.due import over_budget
from escalade.schedule.jobs import Budget
from tests.schedule.made import job
from tests.schedule.made import utc


def verdict(now: str, last: str | None = None, **more: object) -> str:
    """Return the verdict on the job of three o'clock."""
    ran = None if last is None else utc(last).timestamp()
    return judged(job(**more), utc(now).timestamp(), ran).verdict.value


@pytest.mark.parametrize(
    ("now", "more", "expected"),
    [
        ("2026-11-25T03:00:01", {}, "run"),
        ("2026-11-25T03:02:00", {}, "run"),
        ("2026-11-25T03:05:00", {}, "late"),
        ("2026-11-25T03:05:00", {"jitter_s": 300.0}, "run"),
        ("2026-11-25T03:30:00", {"missed": "once"}, "made-up"),
        ("2026-11-25T04:30:00", {"missed": "once"}, "none"),
        ("2026-11-25T04:30:00", {"missed": "once", "late_s": 7200.0}, "made-up"),
        ("2026-11-25T02:59:59", {}, "none"),
    ],
)
def test_lateness_has_a_bound(now, more, expected) -> None:
    """What was missed is left out, or made up for within the bound."""
    assert verdict(now, **more) == expected


def test_each_time_is_run_for_once() -> None:
    """Two timers for one job, or one that comes too often, do no harm."""
    assert verdict("2026-11-25T03:01:00", "2026-11-25T03:00:05") == Verdict.DONE.value
    assert verdict("2026-11-25T03:00:05", "2026-11-24T03:00:05") == Verdict.RUN.value


def test_many_times_that_were_missed_are_made_up_for_once() -> None:
    """A job of every minute that nobody called for an hour runs once."""
    minute = job("* * * * *", missed="once")
    now = utc("2026-11-25T03:00:30").timestamp()
    due = judged(minute, now, now - 3600)
    assert due.runs
    assert due.time == utc("2026-11-25T03:00:00").timestamp()
    assert not judged(minute, now + 5, now).runs


def test_a_budget_counts_what_began() -> None:
    """Two an hour: the third waits until the first is an hour old."""
    held = job(budget=Budget(2, 3600.0))
    assert over_budget(held, [100.0, 2000.0], 3000.0)
    assert not over_budget(held, [100.0, 2000.0], 3701.0)
    assert not over_budget(job(), [100.0] * 50, 101.0)
