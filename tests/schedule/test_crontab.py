"""Cron lines: when they come, how they are quoted, and that others' lines stay."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cronsim import CronSim

from escalade import paths
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
