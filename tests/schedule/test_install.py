"""Timers put in place and taken away: units that systemd takes, and nobody else's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from escalade import paths
from escalade.errors import UsageError
from escalade.schedule.caller import Caller
from escalade.schedule.caller import caller_here
from escalade.schedule.install import Place
from escalade.schedule.install import checked
from escalade.schedule.install import put
from escalade.schedule.install import taken_away
from escalade.schedule.units import units_of
from escalade.schedule.units import word
from tests.schedule.made import job
from tests.schedule.made import utc

NOW = utc("2026-11-24T12:00")
HERE = Caller(("/bin/echo",), Path("/tmp"), {"ESCALADE_STATE": "/var/lib/x y"})


def rendered(*jobs, caller: Caller = HERE, user: bool = False):
    """Return the units of jobs."""
    return units_of(jobs, caller, paths.templates(), now=NOW, user=user)


@pytest.mark.parametrize("user", [False, True])
def test_systemd_takes_the_units(user) -> None:
    """`systemd-analyze verify` and `calendar` have nothing against them."""
    one = job("30 2 * * 1-5", "Europe/Paris", jitter_s=90.0, missed="once")
    files = rendered(one, user=user)
    assert sorted(files) == ["escalade-job.service", "escalade-job.timer"]
    assert checked(files, user=user) == ()


def test_what_systemd_refuses_is_told() -> None:
    """A unit that is wrong is not put anywhere."""
    files = {
        name: text.replace("02:30:00", "25:61:00")
        for name, text in rendered(job("30 2 * * *")).items()
    }
    assert any("calendar" in line for line in checked(files, user=False))


def test_a_unit_says_what_the_job_says() -> None:
    """When, with which chance, whether a missed run is made up for, and what is called."""
    one = job("30 2 * * *", "Europe/Paris", jitter_s=90.0, missed="once")
    files = rendered(one)
    timer, service = files["escalade-job.timer"], files["escalade-job.service"]
    assert "OnCalendar=*-*-* 02:30:00 Europe/Paris\n" in timer
    assert "OnCalendar=2027-03-28 01:00:00 UTC\n" in timer
    assert "RandomizedDelaySec=90s\n" in timer
    assert "Persistent=true\n" in timer
    assert "ExecStart=/bin/echo schedule.run --once job --due\n" in service
    assert 'Environment="ESCALADE_STATE=/var/lib/x y"\n' in service
    plain = rendered(job())["escalade-job.timer"]
    assert "RandomizedDelaySec" not in plain
    assert "Persistent=false\n" in plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain-1.0/x", "plain-1.0/x"),
        ("a b", '"a b"'),
        ("50%", '"50%%"'),
        ("$HOME", '"$$HOME"'),
        ('say "x"\\', '"say \\"x\\"\\\\"'),
        ("", '""'),
    ],
)
def test_words_are_quoted_for_systemd(text, expected) -> None:
    """No specifier, variable or quote in a path is read as one."""
    assert word(text) == expected


def test_only_ours_is_taken_away(tmp_path) -> None:
    """Units that a person wrote stay, whatever they are called."""
    place = Place("systemd", tmp_path, live=False)
    theirs = tmp_path / "escalade-mine.timer"
    theirs.write_text("[Timer]\nOnCalendar=daily\n")
    assert len(put(place, rendered(job()))) == 2
    assert taken_away(place, dry=True)[0].startswith("would remove ")
    assert len(taken_away(place)) == 2
    assert [path.name for path in tmp_path.iterdir()] == [theirs.name]
    assert taken_away(place) == ()


def test_somebody_elses_unit_is_not_replaced(tmp_path) -> None:
    """Of that name, but without our mark."""
    (tmp_path / "escalade-job.timer").write_text("[Timer]\n")
    with pytest.raises(UsageError, match=r"escalade-job\.timer is not ours"):
        put(Place("systemd", tmp_path, live=False), rendered(job()))


def test_a_job_that_is_gone_loses_its_timer(tmp_path) -> None:
    """Installing again leaves what is wanted now."""
    place = Place("systemd", tmp_path, live=False)
    put(place, rendered(job()))
    other = units_of([job()], HERE, paths.templates(), now=NOW)
    renamed = {name.replace("job", "new"): text for name, text in other.items()}
    put(place, renamed)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["escalade-new.service", "escalade-new.timer"]


def test_a_cron_file_goes_when_nothing_is_left(tmp_path) -> None:
    """And stays with what others wrote into it."""
    place = Place("cron", tmp_path / "escalade", live=False)
    ours = "# >>> escalade. Written by escalade schedule.install; "
    ours += "schedule.uninstall takes it away.\n0 3 * * * root true\n# <<< escalade\n"
    put(place, {"x": ours})
    put(place, {"x": ours})
    assert (tmp_path / "escalade").read_text() == ours
    assert taken_away(place) == (f"removed {tmp_path / 'escalade'}",)
    (tmp_path / "escalade").write_text("5 4 * * * root true\n")
    put(place, {"x": ours})
    taken_away(place)
    assert (tmp_path / "escalade").read_text() == "5 4 * * * root true\n"


def test_a_timer_calls_this_very_installation(tmp_path) -> None:
    """In the project's folder, with the settings of the environment, not those of tests."""
    told = {"ESCALADE_RUNBOOKS": "/s", "ESCALADE_RUN": "x", "HOME": "/h"}
    caller = caller_here(tmp_path, told)
    assert caller.environment.items() >= {("ESCALADE_RUNBOOKS", "/s")}
    assert caller.environment.keys().isdisjoint({"ESCALADE_RUN", "HOME"})
    assert caller.folder == tmp_path
    assert caller.once("a")[-4:] == ("schedule.run", "--once", "a", "--due")
