"""systemd's OnCalendar lines against our own times: the same moments, by systemd's word."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC
from datetime import datetime
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from escalade.schedule.calendar import calendars
from escalade.schedule.jobs import Cron
from escalade.schedule.jobs import Every
from escalade.schedule.times import times_between
from tests.schedule.made import utc

# The last days before clocks change, and days on which none do.
CHANGES = {
    "Europe/Paris": ("2027-03-27", "2026-10-24"),
    "America/New_York": ("2027-03-13", "2026-10-31"),
    "Australia/Lord_Howe": ("2026-10-03", "2027-04-03"),
    "Asia/Kolkata": ("2027-03-27", "2026-10-24"),
}
EXPRESSIONS = (
    "30 2 * * *",
    "15 2 * * *",
    "45 1 * * *",
    "0,20 1-3 * * *",
    "30 * * * *",
    "0 2 */2 * 1",
    "30 2 25 * sun",
)
MOST = 60
# Fields for days: with and without a star in front, of some and of all there are.
DAYS_OF_MONTH = ("*", "*/2", "*/31", "1-31", "1-31/2", "1,*", "13", "29-31", "1,15")
DAYS_OF_WEEK = ("*", "*/2", "0-7", "1-7", "0-6", "5,*", "1", "7", "mon-fri", "0-7/2")
MONTHS = ("*", "1-12", "2", "dec,jan", "*/3")


def analyze(*words: str) -> str:
    """Return what systemd-analyze says."""
    program = shutil.which("systemd-analyze")
    assert program, "systemd-analyze is not there: tests/bed/provision.sh installs it"
    done = subprocess.run(
        [program, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout


def by_systemd(line: str, base: datetime, until: datetime) -> set[datetime]:
    """Return the moments of a line from a base on."""
    said = analyze(
        "calendar",
        f"--base-time={base:%Y-%m-%d %H:%M:%S} UTC",
        f"--iterations={MOST}",
        line,
    )
    stamps = re.findall(r"(?:elapse|#\d+): \w+ (\S+ \S+) UTC", said)
    found = {datetime.fromisoformat(stamp).replace(tzinfo=UTC) for stamp in stamps}
    return {moment for moment in found if moment <= until}


@pytest.mark.parametrize("expression", EXPRESSIONS)
@pytest.mark.parametrize("zone", CHANGES)
def test_systemd_comes_when_we_do(zone, expression) -> None:
    """Over both changes of a year, to the minute."""
    schedule = Cron(expression, zone)
    for day in CHANGES[zone]:
        base, until = utc(day), utc(day) + timedelta(days=2)
        ours = {t.astimezone(UTC) for t in times_between(schedule, base, until)}
        lines = calendars(schedule, base)
        assert all(re.search(r" (UTC|[A-Z]\w+/\w+)$", line) for line in lines)
        near = [x for x in lines if x[0] not in "12" or x[:10] <= f"{until:%Y-%m-%d}"]
        assert set().union(*(by_systemd(x, base, until) for x in near)) == ours


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # A field that spells all of its days has no star: either is enough.
        ("0 0 1-31 * 1", "*-*-*"),
        ("0 0 13 * 0-6", "*-*-*"),
        ("0 0 13 * 1-7", "*-*-*"),
        # A star in front, and both count.
        ("0 0 */1 * 1", "Mon *-*-*"),
        ("0 0 13 * */1", "*-*-13"),
    ],
)
def test_all_days_are_no_star(expression, expected) -> None:
    """As in cron, which looks at how a field begins."""
    lines = calendars(Cron(expression, "UTC"), utc("2026-11-24"))
    assert lines == (f"{expected} 00:00:00 UTC",)


@settings(max_examples=40)
@given(
    st.tuples(
        st.sampled_from(DAYS_OF_MONTH),
        st.sampled_from(MONTHS),
        st.sampled_from(DAYS_OF_WEEK),
    ),
    st.sampled_from(tuple(CHANGES)),
    st.integers(0, 23),
)
def test_systemd_comes_on_the_days_on_which_we_do(days, zone, hour) -> None:
    """Over eight weeks, whatever the three fields of days are."""
    schedule = Cron(f"15 {hour} {' '.join(days)}", zone)
    base, until = utc("2026-12-05"), utc("2027-01-30")
    ours = {t.astimezone(UTC) for t in times_between(schedule, base, until)}
    lines = [x for x in calendars(schedule, base) if x[0] not in "12"]
    found = (moment for line in lines for moment in by_systemd(line, base, until))
    assert set(found) == ours


@pytest.mark.parametrize("minutes", [15, 60, 90, 360, 1440])
def test_an_interval_comes_at_the_same_moments(minutes) -> None:
    """Whether its times are one line or many."""
    schedule = Every(minutes * 60, "Europe/Paris")
    base = utc("2026-10-24")
    until = base + timedelta(minutes=min(minutes * 5, 2880))
    lines = calendars(schedule, base)
    found = set().union(*(by_systemd(line, base, until) for line in lines))
    assert found == {t.astimezone(UTC) for t in times_between(schedule, base, until)}


def test_only_what_systemd_would_miss_is_written_out() -> None:
    """A job at three needs no line for the clocks; one at half past two ten, a spring each."""
    now = utc("2026-11-24")
    assert len(calendars(Cron("0 3 * * *", "Europe/Paris"), now)) == 1
    lines = calendars(Cron("30 2 * * *", "Europe/Paris"), now)
    assert lines[:2] == ("*-*-* 02:30:00 Europe/Paris", "2027-03-28 01:00:00 UTC")
    assert len(lines) == 11
