"""Cron lines: when they come, how they are quoted, and that others' lines stay."""

from __future__ import annotations

import subprocess
from datetime import UTC
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim

from escalade import paths
from escalade.errors import UsageError
from escalade.schedule.caller import Caller
from escalade.schedule.crontab import block
from escalade.schedule.crontab import merged
from escalade.schedule.crontab import whens
from escalade.schedule.crontab import without
from escalade.schedule.jobs import Cron
from escalade.schedule.jobs import Every
from escalade.schedule.times import times_between
from tests.schedule.made import job
from tests.schedule.made import utc

NOW = utc("2026-11-24T12:00")


def test_in_the_zone_of_cron_a_line_is_the_schedule() -> None:
    """Nothing is added to it."""
    assert whens(Cron("30 2 * * 1-5", "UTC"), "UTC", NOW) == ("30 2 * * 1-5",)


@pytest.mark.parametrize(
    "schedule",
    [
        Cron("30 2 * * *", "Europe/Paris"),
        Cron("15 2 1 * *", "Australia/Lord_Howe"),
        Every(5400, "UTC"),
    ],
)
def test_elsewhere_lines_come_whenever_the_job_does(schedule) -> None:
    """By the clock of India: no time of the job is without a line, in a whole year."""
    lines = whens(schedule, "Asia/Kolkata", NOW)
    offset = timedelta(hours=5, minutes=30)
    for time in times_between(schedule, NOW, NOW + timedelta(days=366)):
        wall = time.astimezone(NOW.tzinfo) + offset
        before = wall - timedelta(minutes=1)
        assert any(next(CronSim(line, before)) == wall for line in lines), (time, lines)


@pytest.mark.parametrize(
    "schedule",
    [
        Cron("30 1 * * *", "UTC"),
        Cron("30 6 31 * *", "Asia/Kolkata"),
        Cron("0,30 1 * 10 0", "UTC"),
        Every(5400, "UTC"),
    ],
)
def test_the_second_of_two_hours_of_one_name_has_its_line(schedule) -> None:
    """In it Debian's cron calls only what has a star in hours or minutes."""
    zone = ZoneInfo("Europe/Paris")
    lines = whens(schedule, "Europe/Paris", NOW)
    until = NOW + timedelta(days=3000)
    for time in times_between(schedule, NOW, until):
        local = time.astimezone(zone)
        wall = local.replace(tzinfo=UTC)
        before = wall - timedelta(minutes=1)
        met = [line for line in lines if next(CronSim(line, before)) == wall]
        wild = [x for x in met if any(f[0] == "*" for f in x.split()[:2])]
        assert wild if local.fold else met, (local, lines)


def test_a_job_that_comes_every_few_years_has_its_line() -> None:
    """There is none in the year ahead."""
    assert whens(Cron("0 12 29 2 *", "UTC"), "Asia/Kolkata", NOW) == ("30 17 * * *",)


def test_lines_where_no_hour_comes_twice_stay_few() -> None:
    """A job that is never in it needs no call in each hour."""
    found = whens(Cron("30 12 * * *", "UTC"), "Europe/Paris", NOW)
    assert found == ("30 13,14 * * *",)


@pytest.mark.parametrize("folder", ["/srv/two\nlines", "/srv/return\r"])
def test_a_line_break_has_no_place_in_a_line(folder) -> None:
    """Cron would call something else."""
    caller = Caller(("escalade",), Path(folder), {})
    with pytest.raises(UsageError, match="has a line break, which no crontab can hold"):
        block([job()], caller, paths.templates(), zone="UTC", now=NOW)


def test_a_line_is_quoted_for_cron_and_for_the_shell(tmp_path) -> None:
    """A space, a quote and a per cent sign come through to the program as they are."""
    folder = tmp_path / "50% of 'it'"
    folder.mkdir()
    words = ("printf", "[%s]", "a b", "it's")
    caller = Caller(words, folder, {"ESCALADE_STATE": "/var/x y"})
    text = block([job()], caller, paths.templates(), zone="UTC", now=NOW, user="root")
    (line,) = [x for x in text.splitlines() if x[0] != "#"]
    assert line.startswith("0 3 * * * root cd ")
    # What cron hands to the shell.
    command = line.removeprefix("0 3 * * * root ").replace("\\%", "%")
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=True)
    expected = "[a b][it's][schedule.run][--once][job][--due]"
    assert done.stdout.decode() == expected


def test_jitter_is_the_runs_own() -> None:
    """Cron has none: the line says that the run waits by chance."""
    caller = Caller(("escalade",), Path("/srv"), {})
    text = block([job(jitter_s=60.0)], caller, paths.templates(), zone="UTC", now=NOW)
    assert "--once job --due --jitter\n" in text


def test_lines_of_others_stay_as_they_are() -> None:
    """Ours come at the end, once, and go without a trace."""
    caller = Caller(("escalade",), Path("/srv"), {})
    ours = block([job()], caller, paths.templates(), zone="UTC", now=NOW)
    theirs = "MAILTO=me\n\n5 4 * * * true # escalade\n"
    whole = merged(merged(theirs, ours), ours)
    assert whole.startswith(theirs)
    assert whole.count("--once job") == 1
    assert without(whole) == theirs
    assert without(theirs) == theirs


def test_our_beginning_without_our_end_is_told() -> None:
    """Lines that were written behind it would be lost."""
    caller = Caller(("escalade",), Path("/srv"), {})
    ours = block([job()], caller, paths.templates(), zone="UTC", now=NOW)
    cut = ours.replace("# <<< escalade\n", "")
    for text in (f"MAILTO=me\n{cut}5 4 * * * true\n", f"MAILTO=me\n{cut}{ours}"):
        with pytest.raises(UsageError, match="line 2 of the crontab"):
            without(text)
