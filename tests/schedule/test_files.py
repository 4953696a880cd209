"""Maintenance files: what they say, and what is wrong with them, at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from escalade.evidence.catalog import probes
from escalade.plans import Risk
from escalade.remedy.catalog import steps
from escalade.run import book_for
from escalade.runbooks.files import find as find_runbooks
from escalade.runbooks.problems import RunbookFilesError
from escalade.schedule.jobs import Cron
from escalade.schedule.jobs import Every
from escalade.schedule.load import inspect
from escalade.schedule.load import load
from escalade.schedule.load import load_guards
from escalade.settings import Settings
from tests.schedule.made import DOES
from tests.schedule.made import HEAD
from tests.schedule.made import ROOT
from tests.schedule.made import SLEEP
from tests.schedule.made import compiled
from tests.schedule.made import escalade
from tests.schedule.made import one
from tests.schedule.made import problem
from tests.schedule.made import write_job

SHIPPED = (
    "backup",
    "certificates",
    "clean-up",
    "clock-offset",
    "health-sweep",
    "image-age",
    "log-growth",
    "secret-age",
)


def loaded(*folders: Path):
    """Return the jobs and windows of folders of runbooks."""
    book, catalog = book_for(Settings("en", (ROOT / "runbooks",)))
    return load(folders, catalog, book, steps)


def test_the_shipped_jobs_are_right() -> None:
    """Eight of them, without an error or a doubt."""
    found = loaded(ROOT / "runbooks")
    assert tuple(job.name for job in found.jobs) == SHIPPED
    assert inspect([ROOT / "runbooks"], probes(), steps()).lines == ()
    assert all(job.risk is Risk.SAFE for job in found.jobs)


def test_the_shipped_clean_up_is_guarded() -> None:
    """It removes only what can be made again, and only where the disk fills."""
    clean_up = loaded(ROOT / "runbooks").job("clean-up")
    (step,) = clean_up.steps
    assert step.when is not None
    assert set(step.args) == {"images", "cache", "older"}


def test_maintenance_files_are_no_runbooks() -> None:
    """The folder of runbooks is read without its subfolders."""
    names = {file.name for file in find_runbooks([ROOT / "runbooks"])}
    assert names.isdisjoint(SHIPPED)


def test_everything_that_a_file_can_say() -> None:
    """Each key has its value."""
    made = one(
        HEAD
        + "every: 6h\ntime_zone: Europe/Paris\njitter: 5m\nmissed: once\nlate: 2h\n"
        'window: {days: [sat, sun], from: "22:00", to: "04:30"}\noverlap: queue\n'
        "budget: {runs: 3, within: 1d}\nlimit: [web]\nstacks: [shop]\n"
        "risk: disruptive\nnotify: [oncall]\nnotify_when: always\n"
        "prometheus: /tmp/x/\nenabled: false\nvars: {least: 80}\n"
        "steps:\n  - restart: {service: web}\n    attempts: 2\n"
        "    when: {disk: {used_ratio: {gt: 50%}}}\n"
    )
    assert made.schedule == Every(21_600, "Europe/Paris")
    assert str(made.schedule) == "every 6h"
    assert made.window is not None
    assert (made.window.start, made.window.end) == (1320, 270)
    assert made.window.days == frozenset({5, 6})
    assert made.window.zone == "Europe/Paris"
    assert (made.jitter_s, made.late_s) == (300.0, 7200.0)
    assert made.budget is not None
    assert made.budget.within_s == 86_400.0
    assert (made.overlap, made.missed, made.risk) == ("queue", "once", Risk.DISRUPTIVE)
    assert (made.limit, made.stacks, made.notify) == (("web",), ("shop",), ("oncall",))
    (step,) = made.steps
    assert (step.name, step.attempts, step.args) == ("restart", 2, {"service": "web"})
    assert not made.enabled
    assert made.does == "steps"


@pytest.mark.parametrize(
    ("word", "expression"),
    [
        ("@daily", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("0  3  * * mon", "0 3 * * mon"),
    ],
)
def test_words_for_schedules(word, expression) -> None:
    """`@daily` and its like are the five fields they stand for."""
    made = one(HEAD + f'schedule: "{word}"\ntime_zone: UTC\nfix: true\n')
    assert made.schedule == Cron(expression, "UTC")
    assert made.does == "fix"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + "diagnose: true\n", "1:1: say either 'schedule'"),
        (DOES + "every: 6h\n", "6:1: say either 'schedule'"),
        (SLEEP, "1:1: says nothing to do"),
        (DOES + "steps:\n  - up: {}\n", "5:1: 'steps' and 'diagnose': only one"),
        (DOES + "fix: true\n", "5:1: 'fix' looks anyway"),
        (
            DOES + "shedule: x\n",
            "6:1: unknown key 'shedule' (did you mean 'schedule'?)",
        ),
        (DOES + "missed: twice\n", "6:9: 'missed' is one of skip, once, not 'twice'"),
        (DOES + "jitter: 5 minutes\n", "6:9: 'jitter' is a duration (10s, 5m, 1h)"),
        (DOES + "jitter: 3d\n", "6:9: 'jitter' must be from 0 to 43200 seconds"),
        (
            DOES + 'window: {from: "25:00", to: "04:00"}\n',
            "6:16: 'from' is a time of day",
        ),
        (DOES + "window: {from: 22:00, to: 04:00}\n", "6:16: "),
        (
            SLEEP + "steps:\n  - cleenup: {}\n",
            "6:5: unknown step 'cleenup' (did you mean",
        ),
        (
            SLEEP + "steps:\n  - cleanup: {imagez: true}\n",
            "6:15: cleanup has no argument",
        ),
        (
            SLEEP + "steps:\n  - cleanup: {}\n    when: {disc: {free: 1}}\n",
            "7:12: unknown probe 'disc' (did you mean 'disk'?)",
        ),
        (DOES + "role: redis\n", "6:1: 'role' has no use without 'symptoms'"),
        (SLEEP + "steps: [up: {}]\nstacks: [a, b]\n", "6:9: steps are about one stack"),
        (
            DOES.replace("UTC", "Europe/Pariss"),
            "4:12: no time zone 'Europe/Pariss' (did",
        ),
        (
            DOES.replace("maintenance: job", "maintenance: other"),
            "1:14: the job 'other'",
        ),
        (DOES.replace("0 3 * *", "0 3 31 2"), "3:11: there is no such day"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(text, expected) -> None:
    """File, line and column, what is wrong, and the nearest that is right."""
    assert problem(text).startswith(expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 3 * *", "five fields (minute, hour, day of month"),
        ("60 3 * * *", "minute '60' is not understood"),
        ("0 3 * * 8", "day of week '8' is not understood"),
        ("0 0 3 * * *", "five fields"),
        ("0 3 L * *", "cron itself knows no L, W, # or ?"),
        ("0 3 * * 1#2", "cron itself knows no L, W, # or ?"),
        ("@dayly", "no schedule '@dayly' (did you mean '@daily'?)"),
        ("5/15 * * * *", "minute '5/15': cron itself wants a range: 5-59/15"),
        ("0 0 5/10 * *", "day of month '5/10': cron itself wants a range: 5-31/10"),
        ("0 0 * * mon/2", "day of week 'mon/2': cron itself wants a range: mon-7/2"),
        ("1,5/10 * * * *", "minute '1,5/10': cron itself wants a range: 5-59/10"),
        ("* * 0 * *", "day of month '0' is not understood: 1 to 31, *"),
        ("* * * 13 *", "month '13' is not understood: 1 to 12, *"),
        ("* 24 * * *", "hour '24' is not understood: 0 to 23, *"),
    ],
)
def test_an_expression_is_one_that_cron_knows(expression, expected) -> None:
    """What only some readers of cron expressions take is refused."""
    assert expected in problem(DOES.replace("0 3 * * *", expression))


@pytest.mark.parametrize(
    ("when", "window"),
    [
        ("0 12 * * *", "{from: '22:00', to: '04:00'}"),
        ("0 4 * * *", "{from: '22:00', to: '04:00'}"),
        ("0 23 * * mon", "{days: [sat, sun], from: '22:00', to: '04:00'}"),
        ("*/10 9-17 * * *", "{days: [sat], from: '18:00', to: '04:00'}"),
        ("0 3 1 1 *", "{from: '04:00', to: '05:00'}"),
        ("0 3 * * *", "{from: '02:00', to: '04:00', time_zone: Asia/Tokyo}"),
    ],
)
def test_a_job_that_can_never_run_is_refused(when, window) -> None:
    """No time of its schedule lies in its window, in years."""
    said = problem(DOES.replace("0 3 * * *", when) + f"window: {window}\n")
    assert said.startswith("6:9: the job never runs: its window is closed whenever")


@pytest.mark.parametrize(
    ("when", "window"),
    [
        ("0 3 * * *", "{days: [sat], from: '22:00', to: '04:00'}"),
        ("0 22 * * fri", "{days: [fri], from: '22:00', to: '04:00'}"),
        ("* * 1 * *", "{days: [sun], from: '02:00', to: '02:30'}"),
        ("0 3 29 2 *", "{days: [sat], from: '02:00', to: '04:00'}"),
        ("0 3 31 12 *", "{days: [mon], from: '02:00', to: '04:00'}"),
        ("0 18 * * *", "{from: '02:00', to: '04:00', time_zone: Asia/Tokyo}"),
    ],
)
def test_a_job_that_runs_seldom_is_right(when, window) -> None:
    """Its window is open at some of its times; the others are refused when they come."""
    one(DOES.replace("0 3 * * *", when) + f"window: {window}\n")


def test_chance_may_put_a_job_into_its_window() -> None:
    """With its jitter, systemd calls it once the window is open."""
    window = "window: {from: '03:20', to: '04:00'}\n"
    assert "never runs" in problem(DOES + window + "jitter: 10m\n")
    one(DOES + window + "jitter: 30m\n")


def test_an_item_of_a_list_is_told_by_its_number() -> None:
    """Counted from 1, as everywhere."""
    found = compiled('windows:\n  - {from: "01:00"}\n', "windows")
    assert found.errors == ("windows.yaml:2:5: item 1 has no 'to': missing key",)


def test_names_of_days_and_months_are_understood() -> None:
    """`jul` and `wed` hold letters that mean something else alone."""
    made = one(DOES.replace("0 3 * * *", "0 3 * jul-aug wed,fri"))
    assert str(made.schedule) == "0 3 * jul-aug wed,fri"


@pytest.mark.parametrize(
    ("every", "fix"), [("7h", "6h"), ("25m", "24m"), ("90s", "1m")]
)
def test_an_interval_divides_a_day(every, fix) -> None:
    """What does not is refused with the nearest that does."""
    text = HEAD + f"every: {every}\ntime_zone: UTC\ndiagnose: true\n"
    assert f"the nearest that does is {fix}" in problem(text)


def test_symptoms_of_a_jobs_own() -> None:
    """They are a runbook's, ladders included, under the job's name."""
    made = one(
        SLEEP + "fix: true\nrole: any\nsymptoms:\n  old:\n    kind: intrinsic\n"
        "    title: {en: Old, fr: Vieux}\n    severity: warning\n    ladder: again\n"
        "    when: {image_age: {age_s: {gt: 30d}}}\n"
        "ladders:\n  again:\n    1:\n      - restart: {}\n"
    )
    assert made.runbook is not None
    assert [symptom.id for symptom in made.runbook.symptoms] == ["job.old"]
    assert list(made.runbook.ladders) == ["again"]


def test_a_symptom_that_is_wrong_is_told_as_a_runbooks() -> None:
    """The same words at the same places."""
    text = SLEEP + "role: any\nsymptoms:\n  old: {kind: intrinsic, severity: warning}\n"
    found = compiled(text)
    assert any("'old' has no 'title': missing key" in line for line in found.errors)
    assert any("7:" in line for line in found.errors)


def test_two_jobs_of_one_metrics_file_are_told(tmp_path) -> None:
    """One would take the other's numbers away."""
    text = 'schedule: "0 3 * * *"\nfix: true\nprometheus: /tmp/x.prom\n'
    for name in ("a", "b"):
        write_job(tmp_path, name, text)
    with pytest.raises(RunbookFilesError, match="is the file of the job 'a'"):
        loaded(tmp_path)


def test_a_later_folder_replaces_a_job(tmp_path) -> None:
    """By its name; the others stay."""
    write_job(tmp_path, "clean-up", 'schedule: "0 5 * * *"\nfix: true\n')
    found = loaded(ROOT / "runbooks", tmp_path)
    assert found.job("clean-up").fix
    assert len(found.jobs) == len(SHIPPED)


def test_windows_of_stacks_are_a_file_of_their_own(tmp_path) -> None:
    """Read without any job; rows of the same places are one guard."""
    folder = tmp_path / "maintenance"
    folder.mkdir()
    (folder / "windows.yaml").write_text(
        'windows:\n  - {stacks: [shop], from: "01:00", to: "03:00", time_zone: UTC}\n'
        '  - {stacks: [shop], days: [sun], from: "01:00", to: "09:00", time_zone: UTC}\n'
        '  - {hosts: [web*], from: "22:00", to: "04:00", time_zone: UTC}\n'
    )
    hosts, shop = load_guards([ROOT / "runbooks", tmp_path])
    assert (hosts.hosts, hosts.stacks) == (("web*",), ())
    assert (shop.stacks, len(shop.windows)) == (("shop",), 2)
    assert shop.source.endswith("windows.yaml:2")


def test_without_windows_nothing_is_guarded() -> None:
    """The shipped folder has none."""
    assert load_guards([ROOT / "runbooks"]) == ()


def test_windows_that_are_wrong_are_told(tmp_path) -> None:
    """At their places."""
    folder = tmp_path / "maintenance"
    folder.mkdir()
    (folder / "windows.yaml").write_text('windows:\n  - {from: "1:00", to: "03:00"}\n')
    with pytest.raises(RunbookFilesError, match="2:12: 'from' is a time of day"):
        load_guards([tmp_path])


@pytest.mark.parametrize(
    "words", [("schedule.list",), ("runbook.lint",), ("fix", "--yes")]
)
def test_windows_for_nobody_are_told(tmp_path, words) -> None:
    """By lint, and by every task that goes by them: they would hold nothing back."""
    folder = tmp_path / "own" / "maintenance"
    folder.mkdir(parents=True)
    (folder / "windows.yaml").write_text(
        'windows:\n  - {hosts: [a1, web], from: "01:00", to: "03:00"}\n'
    )
    told = {
        "ESCALADE_RUNBOOKS": str(tmp_path / "own"),
        "ESCALADE_STATE": str(tmp_path / "state"),
        "ESCALADE_INVENTORY": "a1,a2,",
    }
    done = escalade(*words, folder=tmp_path, environment=told)
    assert done.returncode == 1
    assert "windows.yaml:2: no host or group matches 'web'" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_times_that_are_shown_have_a_bound(tmp_path) -> None:
    """Nobody reads a hundred million of them."""
    told = {"ESCALADE_STATE": str(tmp_path / "state"), "ESCALADE_INVENTORY": ""}
    done = escalade(
        "schedule.next", "--count", "100000000", folder=tmp_path, environment=told
    )
    assert done.returncode == 1
    assert "--count: expected at most 1000, not 100000000" in done.stderr
