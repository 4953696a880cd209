"""When schedules come, over changes of the clocks in several zones."""

from __future__ import annotations

from datetime import UTC
from datetime import datetime
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalade.schedule.jobs import Cron
from escalade.schedule.jobs import Every
from escalade.schedule.times import next_times
from escalade.schedule.times import times_between
from tests.schedule.made import utc

PARIS, NEW_YORK = "Europe/Paris", "America/New_York"
LORD_HOWE, KOLKATA = "Australia/Lord_Howe", "Asia/Kolkata"


def told(expression: str, zone: str, after: str, count: int = 3) -> list[str]:
    """Return the next times in UTC."""
    found = next_times(Cron(expression, zone), utc(after), count)
    return [f"{time.astimezone(UTC):%m-%d %H:%M}" for time in found]


@pytest.mark.parametrize(
    ("expression", "zone", "after", "expected"),
    [
        # The clocks go from 02:00 to 03:00: once, in the first minute after.
        ("30 2 * * *", PARIS, "2027-03-27T12:00", ["03-28 01:00", "03-29 00:30"]),
        ("30 2 * * *", NEW_YORK, "2027-03-13T12:00", ["03-14 07:00", "03-15 06:30"]),
        # Half an hour is leapt over there.
        ("15 2 * * *", LORD_HOWE, "2026-10-03T00:00", ["10-03 15:30", "10-04 15:15"]),
        # They go back from 03:00 to 02:00: once, the first time.
        ("30 2 * * *", PARIS, "2026-10-24T12:00", ["10-25 00:30", "10-26 01:30"]),
        ("30 1 * * *", NEW_YORK, "2026-10-31T12:00", ["11-01 05:30", "11-02 06:30"]),
        ("45 1 * * *", LORD_HOWE, "2026-04-04T12:00", ["04-04 14:45", "04-05 15:15"]),
        # Nothing ever changes there.
        ("30 2 * * *", KOLKATA, "2027-03-27T12:00", ["03-27 21:00", "03-28 21:00"]),
    ],
)
def test_a_job_at_a_fixed_hour_runs_once_a_day(expression, zone, after, expected):
    """In the gap of spring at the next time there is, in the fold of autumn once."""
    assert told(expression, zone, after, 2) == expected


def test_several_times_that_are_leapt_over_are_one() -> None:
    """02:00 and 02:30 both come at 03:00, which is one run."""
    assert told("0,30 2 * * *", PARIS, "2027-03-27T12:00", 2) == [
        "03-28 01:00",
        "03-29 00:00",
    ]


def test_a_moment_in_the_fold_is_told_from_its_twin() -> None:
    """Asked in the second 02:20, the job of the first 02:30 is over."""
    assert told("30 2 * * *", PARIS, "2026-10-25T01:20", 1) == ["10-26 01:30"]


def test_a_job_of_every_half_hour_goes_by_the_time_that_passes() -> None:
    """It comes in both hours of the fold, and leaps with the clocks."""
    assert told("*/30 * * * *", PARIS, "2026-10-25T00:00", 4) == [
        "10-25 00:30",
        "10-25 01:00",
        "10-25 01:30",
        "10-25 02:00",
    ]
    assert told("*/30 * * * *", PARIS, "2027-03-28T00:30", 2) == [
        "03-28 01:00",
        "03-28 01:30",
    ]


def test_half_an_hour_that_is_leapt_over_costs_no_more() -> None:
    """On Lord Howe 02:00 becomes 02:30, which an hourly job at :30 still meets."""
    assert told("30 * * * *", LORD_HOWE, "2026-10-03T14:59", 3) == [
        "10-03 15:00",
        "10-03 15:30",
        "10-03 16:30",
    ]


def test_days_of_week_and_of_month_are_either() -> None:
    """As in cron: the 13th, and every Friday."""
    assert told("0 0 13 * 5", "UTC", "2026-12-05T00:00", 3) == [
        "12-11 00:00",
        "12-13 00:00",
        "12-18 00:00",
    ]


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("0 0 1-31 * 1", range(1, 32)),
        ("0 0 13 * 0-6", range(1, 32)),
        ("0 0 */2 * 1", (7, 21)),
        ("0 0 7-13 * */2", (8, 10, 12, 13)),
    ],
)
def test_a_star_in_front_is_what_makes_days_both(expression, days) -> None:
    """As in cron: a field that spells all of its days is restricted, a step is not."""
    start = utc("2026-11-30T12:00")
    found = times_between(Cron(expression, "UTC"), start, start + timedelta(days=31))
    assert [time.day for time in found] == list(days)


def test_an_interval_counts_from_midnight_in_utc() -> None:
    """Whenever it is asked, and told in the zone of the job."""
    found = next_times(Every(21_600, PARIS), utc("2026-10-24T20:00"), 3)
    assert [time.isoformat() for time in found] == [
        "2026-10-25T02:00:00+02:00",
        "2026-10-25T07:00:00+01:00",
        "2026-10-25T13:00:00+01:00",
    ]


def test_a_day_that_never_comes_has_no_times() -> None:
    """Fewer than asked for."""
    assert next_times(Cron("0 0 30 2 *", "UTC"), utc("2026-01-01T00:00"), 3) == ()


@given(
    st.sampled_from([PARIS, NEW_YORK, LORD_HOWE, KOLKATA, "America/St_Johns"]),
    st.integers(0, 23),
    st.integers(0, 59),
    st.integers(0, 900),
)
def test_a_daily_job_runs_once_on_each_day_of_the_wall(zone, hour, minute, day) -> None:
    """Over any ten days, each date has it once: no change of the clocks takes it."""
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
    schedule = Cron(f"{minute} {hour} * * *", zone)
    found = times_between(schedule, start, start + timedelta(days=10))
    dates = [time.date() for time in found]
    assert dates == sorted(set(dates))
    assert all(b - a == timedelta(days=1) for a, b in pairwise(dates))
    moments = [time.astimezone(UTC) for time in found]
    assert moments == sorted(moments)
