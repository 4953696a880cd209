"""Timers put in place and taken away: units that systemd takes, and nobody else's files."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from escalade import paths
from escalade.errors import UsageError
from escalade.schedule.caller import Caller
from escalade.schedule.caller import caller_here
from escalade.schedule.install import Place
from escalade.schedule.install import checked
from escalade.schedule.install import cron_checked
from escalade.schedule.install import put
from escalade.schedule.install import taken_away
from escalade.schedule.units import setting
from escalade.schedule.units import units_of
from escalade.schedule.units import word
from tests.schedule.made import DOES
from tests.schedule.made import escalade
from tests.schedule.made import job
from tests.schedule.made import utc

NOW = utc("2026-11-24T12:00")
HERE = Caller(("/bin/echo",), Path("/tmp"), {"ESCALADE_STATE": "/var/lib/x y"})


UNITS = Path("/etc/systemd/system")
DATABASE = "postgresql://u:Pg$ecret%209@db/escalade"


def rendered(*jobs, caller: Caller = HERE, user: bool = False):
    """Return the units of jobs."""
    made = paths.templates()
    return units_of(jobs, caller, made, folder=UNITS, now=NOW, user=user)


@pytest.mark.parametrize("user", [False, True])
def test_systemd_takes_the_units(user) -> None:
    """`systemd-analyze verify` and `calendar` have nothing against them."""
    one = job("30 2 * * 1-5", "Europe/Paris", jitter_s=90.0, missed="once")
    files = rendered(one, user=user)
    assert sorted(files) == ["escalade-job.service", "escalade-job.timer"]
    assert checked(files, user=user) == ()


@pytest.mark.parametrize("name", ["my jobs", "100% été", "it's", 'say "x"', "a  #b"])
def test_a_runbook_may_lie_anywhere(name) -> None:
    """A space, an accent, a quote or a per cent sign in its path are no matter."""
    one = replace(job(), source=f"/srv/{name}/job.yaml")
    assert checked(rendered(one), user=False) == ()


def test_a_folder_keeps_its_blanks() -> None:
    """Two in a row are two: the rest of such a line is taken as it is."""
    told = {"ESCALADE_STATE": "/x  y"}
    caller = Caller(("/a  b/escalade",), Path("/srv/my  jobs 5%"), told)
    text = rendered(job(), caller=caller)["escalade-job.service"]
    assert "WorkingDirectory=/srv/my  jobs 5%%\n" in text
    assert 'ExecStart="/a  b/escalade" ' in text
    assert 'Environment="ESCALADE_STATE=/x  y"\n' in text


@pytest.mark.parametrize("name", ["two\nlines", "blank ", "slash\\", "return\r"])
def test_a_folder_that_no_unit_can_name_is_refused(name) -> None:
    """Systemd would take another one."""
    caller = Caller(("/bin/echo",), Path(f"/srv/{name}"), {})
    with pytest.raises(UsageError, match="cannot stand in a unit: its name"):
        rendered(job(), caller=caller)


def test_a_password_stands_in_no_unit(tmp_path) -> None:
    """Units are everybody's to read: it has a file of its own, for its owner alone."""
    told = {"ESCALADE_JOURNAL": DATABASE, "ESCALADE_STATE": "/var/lib/x"}
    caller = caller_here(tmp_path, told)
    files = rendered(job(), caller=caller)
    assert "ecret%" not in files["escalade-job.service"] + files["escalade-job.timer"]
    line = f"EnvironmentFile={UNITS}/escalade-secrets.env\n"
    assert line in files["escalade-job.service"]
    assert checked(files, user=False) == ()
    place = Place("systemd", tmp_path / "units", live=False)
    put(place, files)
    file = tmp_path / "units" / "escalade-secrets.env"
    assert file.stat().st_mode & 0o777 == 0o600
    # Its escapes are those of a shell's double quotes.
    done = subprocess.run(
        ["sh", "-c", '. "$1"; printf %s "$ESCALADE_JOURNAL"', "sh", str(file)],
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode() == DATABASE
    # Nothing is left of it once it is not needed, or taken away.
    put(place, rendered(job()))
    assert not file.exists()
    put(place, files)
    taken_away(place)
    assert list(file.parent.iterdir()) == []


def test_a_crontab_holds_no_password(tmp_path) -> None:
    """It is refused with where it can stand instead; a plan shows none of it."""
    (tmp_path / "own" / "maintenance").mkdir(parents=True)
    (tmp_path / "own" / "maintenance" / "job.yaml").write_text(DOES)
    told = {
        "ESCALADE_RUNBOOKS": str(tmp_path / "own"),
        "ESCALADE_STATE": str(tmp_path / "state"),
        "ESCALADE_JOURNAL": DATABASE,
    }
    words = ("schedule.install", "--job", "job", "--folder", str(tmp_path / "out"))
    done = escalade(*words, "--how", "cron", folder=tmp_path, environment=told)
    assert done.returncode == 1
    assert "ESCALADE_JOURNAL holds a password" in done.stderr
    assert "invoke.yaml" in done.stderr
    assert not (tmp_path / "out").exists()
    shown = escalade(
        *words, "--how", "systemd", "--plan", folder=tmp_path, environment=told
    )
    assert shown.returncode == 0, shown.stderr
    assert "escalade-secrets.env" in shown.stdout
    assert "ecret%" not in shown.stdout


def test_what_cron_refuses_is_told() -> None:
    """Its own crontab reads the lines before they are put anywhere."""
    assert cron_checked("# x\n5-59/15 * * * * root true\n") == ()
    said = cron_checked("# x\n5/15 * * * * root true\n")
    assert said == ("crontab: bad minute",)


def test_a_cron_that_checks_nothing_is_let_be(tmp_path, monkeypatch) -> None:
    """One that knows no such option, or lets this user do nothing, has no word."""
    for said in ("crontab: invalid option -- 'n'", "You are not allowed"):
        program = tmp_path / "crontab"
        program.write_text(f'#!/bin/sh\necho "{said}" >&2\nexit 1\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        assert cron_checked("5/15 * * * * true\n") == ()


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
        ("a\rb", '"a\\rb"'),
    ],
)
def test_words_are_quoted_for_systemd(text, expected) -> None:
    """No specifier, variable or quote in a path is read as one."""
    assert word(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("A=$HOME", "A=$HOME"), ("A=5% $x", '"A=5%% $x"')]
)
def test_a_variable_keeps_its_dollars(text, expected) -> None:
    """In `Environment=` systemd replaces nothing by them, unlike in a command."""
    assert setting(text) == expected


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
    renamed = {n.replace("job", "new"): t for n, t in rendered(job()).items()}
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


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("STATE", "state", "{here}/state"),
        ("STATE", "/var/x", "/var/x"),
        ("SSH_CONFIG", "../ssh", "{here}/../ssh"),
        ("BECOME_PASSWORD_FILE", "pw", "{here}/pw"),
        ("RUNBOOKS", "a:/b", "{here}/a:/b"),
        ("INVENTORY", "hosts:more", "{here}/hosts:{here}/more"),
        ("INVENTORY", "a1,a2,", "a1,a2,"),
        ("VAULT_PASSWORD_FILE", "pw:prod@pw2", "{here}/pw:prod@{here}/pw2"),
        ("LIMIT", "web,!@left.txt", "web,!@{here}/left.txt"),
        ("LIMIT", "web[1:3]", "web[1:3]"),
        ("STACKS", "a,b", "a,b"),
        ("PROGRESS", "no", "no"),
        ("STATE", "", ""),
    ],
)
def test_a_variable_means_the_same_for_a_timer(
    tmp_path, monkeypatch, name, value, expected
) -> None:
    """It is called in the folder of invoke.yaml: a relative path counts from here."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    caller = caller_here(tmp_path, {f"ESCALADE_{name}": value})
    found = {**caller.environment, **caller.secrets}
    assert found == {f"ESCALADE_{name}": expected.format(here=here)}


def test_a_crontab_that_lost_our_end_stays_as_it_is(tmp_path) -> None:
    """What follows may be somebody else's."""
    place = Place("cron", tmp_path / "escalade", live=False)
    ours = "# >>> escalade. Written by escalade schedule.install; "
    ours += "schedule.uninstall takes it away.\n0 3 * * * root true\n# <<< escalade\n"
    put(place, {"x": ours})
    whole = ours.replace("# <<< escalade\n", "5 4 * * * root theirs\n")
    (tmp_path / "escalade").write_text(whole)
    for change in (lambda: put(place, {"x": ours}), lambda: taken_away(place)):
        with pytest.raises(
            UsageError, match=r"line 1 of the crontab .*'# <<< escalade'"
        ):
            change()
    assert (tmp_path / "escalade").read_text() == whole


def test_a_crontab_that_cannot_be_read_is_not_written(tmp_path, monkeypatch) -> None:
    """One that does not exist yet is; both as cron itself tells them."""
    program, kept = tmp_path / "crontab", tmp_path / "kept"
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    place = Place("cron", None, user=True)
    lines = "# >>> escalade\n0 3 * * * true\n# <<< escalade\n"

    def cron_says(words: str) -> None:
        program.write_text(
            f'#!/bin/sh\n[ "$1" = - ] && exec cat > {kept}\necho "{words}" >&2\nexit 1\n'
        )
        program.chmod(0o755)

    cron_says("crontab: cannot read the spool: Permission denied")
    for change in (lambda: put(place, {"x": lines}), lambda: taken_away(place)):
        with pytest.raises(UsageError, match=r"crontab -l: .*Permission denied"):
            change()
    assert not kept.exists()
    for words in ("no crontab for root", "crontab: can't open 'root': No such file"):
        cron_says(words)
        put(place, {"x": lines})
        assert "0 3 * * * true" in kept.read_text()
        kept.unlink()
