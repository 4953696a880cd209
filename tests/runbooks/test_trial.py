"""Runbooks held against evidence: no Docker, no SSH, every shipped symptom."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import pytest
from invoke.context import Context

from escalade import paths
from escalade.errors import UsageError
from escalade.evidence.catalog import probes
from escalade.model import Run
from escalade.remedy.catalog import steps
from escalade.run import judge
from escalade.runbooks import load
from escalade.runbooks.trial import cases
from escalade.runbooks.trial import differences
from escalade.runbooks.trial import folders_of
from escalade.tasks import library

SHIPPED = {case.name: case for case in cases([paths.trials()], probes())}


@cache
def book():
    """Return the shipped runbooks."""
    return load([paths.runbooks()], probes(), steps)


def told(case):
    """Return what differs from what a case expects."""
    run = Run("test", case.snapshot.recorded, 0.0)
    return differences(case, judge(case.snapshot, book(), run))


def read(folder: Path, text: str, name: str = "redis.stopped"):
    """Return the case of a file with this text."""
    (folder / f"{name}.yaml").write_text(text)
    return next(cases([folder], probes()))


def test_every_shipped_symptom_has_a_case() -> None:
    """None ships whose symptom, steps and level were never held against evidence."""
    assert {symptom.id for symptom in book().symptoms} == SHIPPED.keys()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_symptom_follows_from_its_evidence(name) -> None:
    """At its service, with the level and the steps that its case expects."""
    case = SHIPPED[name]
    assert not case.problems
    assert told(case) == ()


def test_the_folder_of_cases_stands_beside_the_runbooks(tmp_path) -> None:
    """Only the shipped ones stand elsewhere; a folder without cases has none."""
    (tmp_path / "mine" / "cases").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    found = folders_of([paths.runbooks(), tmp_path / "mine", tmp_path / "other"])
    assert found == (paths.trials(), tmp_path / "mine" / "cases")


def test_what_differs_is_said(tmp_path) -> None:
    """Level, steps, and who explains what was expected to be a root."""
    case = read(
        tmp_path,
        "incident: lk-01-server-stopped\n"
        "symptom: generic.died\n"
        "expect: {service: livekit-server, level: 2, steps: [restart livekit-server]}\n",
    )
    assert told(case) == (
        "root: expected yes, got no",
        "level: expected 2, got 1",
        "steps: expected restart livekit-server, got start livekit-server",
        "it was explained by livekit.stopped at livekit-server on localhost",
    )


def test_what_was_not_found_is_said(tmp_path) -> None:
    """With what was found instead."""
    case = read(
        tmp_path,
        "services: {redis: {container: {state: paused}}}\n"
        "expect: {service: redis, remedy: wait}\n",
    )
    found = "got generic.paused at redis on host-1"
    assert told(case) == (f"expected redis.stopped at redis, {found}",)


def test_what_goes_without_saying_is_well(tmp_path) -> None:
    """A case that says nothing of its services finds nothing but notes."""
    case = read(
        tmp_path,
        "services: {redis: {}, livekit-server: {}, multi-agent: {}, web: {}}\n"
        "expect: {service: redis, remedy: wait}\n",
    )
    assert told(case) == ("expected redis.stopped at redis, got no finding",)


def test_a_recorded_incident_can_be_changed(tmp_path) -> None:
    """What a case says of a service stands over what was recorded of it."""
    case = read(
        tmp_path,
        "incident: healthy\n"
        "services:\n"
        "  redis: {container: {state: exited, running: false, health: stale}}\n"
        "expect: {service: redis, level: 1, steps: [start redis]}\n",
    )
    assert told(case) == ()
    old = read(tmp_path, "incident: healthy\nexpect: {service: redis, remedy: none}\n")
    assert len(case.snapshot.evidence) == len(old.snapshot.evidence)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1:1: is empty"),
        ("[]", "1:1: a case is a mapping"),
        ("services: {}", "1:1: a case says what it expects: missing key 'expect'"),
        (
            "service: {}\nexpect: {service: x, remedy: wait}",
            "1:1: unknown key 'service' (did you mean 'services'?)",
        ),
        (
            "expect: {remedy: wait}",
            "1:1: 'expect' has no 'service' (null: a host or stack): missing key",
        ),
        (
            "expect: {service: x, level: 1}",
            "1:9: 'expect' has either 'level' and 'steps', or 'remedy'",
        ),
        (
            "expect: {service: x, remedy: waite}",
            "1:30: 'remedy' is one of wait, none, handoff",
        ),
        (
            "incident: lk-01-server-stoped\nexpect: {service: x, remedy: wait}",
            "1:11: no recorded incident 'lk-01-server-stoped' (did you mean 'lk-01-server-stopped'?)",
        ),
        (
            "mode: fast\nexpect: {service: x, remedy: wait}",
            "1:7: 'mode' is one of quick, full, deep",
        ),
        (
            "services: {x: {contaner: {}}}\nexpect: {service: x, remedy: wait}",
            "1:16: unknown probe 'contaner' (did you mean 'container'?)",
        ),
        (
            "services: {x: {container: {stat: up}}}\nexpect: {service: x, remedy: wait}",
            "1:28: container has no reading 'stat' (did you mean 'state'?)",
        ),
        (
            "services: {x: {container: {paused: 1}}}\nexpect: {service: x, remedy: wait}",
            "1:36: paused is true or false, not 1",
        ),
        (
            "services: {x: {log: [{ago: 5s}]}}\nexpect: {service: x, remedy: wait}",
            "1:22: a line of a log is a text, or {text: ..., ago: 5s, after: 1s}",
        ),
    ],
)
def test_a_case_that_says_nothing_true_is_refused(tmp_path, text, problem) -> None:
    """A fake that can be wrong is worse than none: each word is checked."""
    case = read(tmp_path, text)
    assert case.snapshot is None
    assert [line.removeprefix(f"{case.file}:") for line in case.problems] == [problem]


def test_json_is_a_case_too(tmp_path) -> None:
    """For programs that write cases."""
    (tmp_path / "redis.loading.json").write_text(
        '{"services": {"redis": {"redis": {"outcome": "ok", "loading": true}}},'
        ' "expect": {"service": "redis", "remedy": "wait"}}'
    )
    assert told(next(cases([tmp_path], probes()))) == ()


@pytest.fixture
def own(tmp_path) -> Path:
    """Return a folder of an operator's runbooks, with a case that holds."""
    home = tmp_path / "mine"
    (home / "cases").mkdir(parents=True)
    (home / "shop.yaml").write_text(
        "runbook: shop\n"
        "title: {en: Shop, fr: Boutique}\n"
        "role: any\n"
        "symptoms:\n"
        "  full:\n"
        "    kind: intrinsic\n"
        '    title: {en: "Full", fr: "Plein"}\n'
        "    severity: error\n"
        "    when: {log: {contains: basket overflow}}\n"
        "    ladder: restart\n"
    )
    (home / "cases" / "shop.full.yaml").write_text(
        "services: {web: {log: [basket overflow]}}\n"
        "expect: {service: web, level: 1, steps: [logs web --lines 100, restart web]}\n"
    )
    return home


def test_an_operators_cases_stand_beside_the_runbooks(own, capsys) -> None:
    """They are judged with the shipped roles and ladders; one line a case."""
    assert library.trial(Context(), [str(own)], "") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["ok      shop.full", "1 case: 1 passed, 0 failed"]


def test_a_case_that_fails_says_what_was_expected(own, capsys) -> None:
    """And the exit code is 1."""
    case = own / "cases" / "shop.full.yaml"
    case.write_text(case.read_text().replace("level: 1", "level: 2"))
    assert library.trial(Context(), [str(own)], "shop") == 1
    assert capsys.readouterr().out.splitlines() == [
        f"failed  shop.full ({case})",
        "  level: expected 2, got 1",
        "1 case: 0 passed, 1 failed",
    ]


def test_a_name_without_a_case_is_refused(own) -> None:
    """With the nearest that has one."""
    with pytest.raises(UsageError, match=r"no case of 'shop.ful'.*'shop.full'"):
        library.trial(Context(), [str(own)], "shop.ful")


@pytest.fixture
def with_task(own, tmp_path, monkeypatch) -> Path:
    """Return the folder with a ladder that names a task of the operator's tasks.py."""
    shop = own / "shop.yaml"
    shop.write_text(
        shop.read_text().replace(
            "    ladder: restart\n",
            "    ladder: sweep\nladders:\n  sweep:\n    1:\n      - sweep-up: {}\n",
        )
    )
    (own / "cases" / "shop.full.yaml").write_text(
        "services: {web: {log: [basket overflow]}}\n"
        "expect: {service: web, level: 1, steps: [sweep-up]}\n"
    )
    (tmp_path / "tasks.py").write_text(
        "from invoke import task\n\n\n@task\ndef sweep_up(c):\n    pass\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "tasks", raising=False)
    return own


def test_an_operators_task_is_a_step_wherever_runbooks_are_read(
    with_task, capsys
) -> None:
    """What `fix` would run, lint and test accept; what neither knows they refuse."""
    assert library.lint(Context(), [str(with_task)]) == 0, capsys.readouterr().out
    assert library.trial(Context(), [str(with_task)], "shop") == 0
    shop = with_task / "shop.yaml"
    shop.write_text(shop.read_text().replace("sweep-up", "sweep-dwon"))
    capsys.readouterr()
    assert library.lint(Context(), [str(with_task)]) == 1
    assert "sweep-up" in capsys.readouterr().out
