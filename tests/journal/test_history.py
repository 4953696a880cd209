"""The memory's tasks: history, show, budget.reset; in both languages, and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from invoke.context import Context
from invoke.exceptions import Exit

from escalade.errors import UsageError
from escalade.journal.recorder import ClimbRecorder
from escalade.plans import Did
from escalade.plans import Ended
from escalade.settings import Settings
from escalade.settings import resolve
from escalade.tasks.history import history
from escalade.tasks.history import reset
from escalade.tasks.history import show
from tests.journal import sample

WAITING = "20261124T171900Z-00ff00"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a state folder with a run that ended."""
    folder = tmp_path / "state"
    monkeypatch.setenv("ESCALADE_STATE", str(folder))
    monkeypatch.chdir(tmp_path)
    with sample.journal(folder) as journal:
        sample.write_run(journal)
    return folder


def data_of(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return json.loads(capsys.readouterr().out)


def test_history_says_who_what_when_and_where(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One row a run, and which folder that comes from."""
    history(Context())
    said = capsys.readouterr().out
    row = next(line for line in said.splitlines() if sample.RUN in line)
    assert row.split()[1:] == [
        *("2026-11-24", "17:09:00Z", "anna", "fix", "redis", "ended", "cured"),
        *("1", "0", "11", "s"),
    ]
    assert f"State folder: {state}, as the settings say" in said


def test_history_in_french(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Heads, words and the folder's reason."""
    history(Context(), lang="fr")
    said = capsys.readouterr().out
    for word in ("exécution", "terminée", "guéri", "Dossier d'état", "durée"):
        assert word in said


def test_history_as_json(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers and code words, and where the state is."""
    history(Context(), format="json")
    data = data_of(capsys)
    (run,) = data["runs"]
    assert data["schema"] == "escalade.history/1"
    assert (run["run"], run["state"], run["outcome"]) == (sample.RUN, "ended", "cured")
    assert (run["exit"], run["took_s"], run["services"]) == (0, 11.0, ["redis"])
    assert data["state"]["folder"] == str(state)


def test_an_empty_journal_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing happened yet: no error."""
    monkeypatch.setenv("ESCALADE_STATE", str(tmp_path / "new"))
    monkeypatch.chdir(tmp_path)
    history(Context())
    assert "No run is in the journal." in capsys.readouterr().out
    with pytest.raises(Exit, match="no run in the journal"):
        show(Context(), "last")


def test_history_of_a_place(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Filters; a name that stands nowhere is an error with the nearest."""
    history(Context(), service="redis", host="web1")
    assert sample.RUN in capsys.readouterr().out
    with pytest.raises(Exit, match=r"--service redsi: .*did you mean 'redis'"):
        history(Context(), service="redsi")
    with pytest.raises(Exit, match="--most: expected a whole number"):
        history(Context(), most="0")
    with pytest.raises(Exit, match="--format xml: expected text or json"):
        history(Context(), format="xml")


def test_show_tells_everything(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who, why, the command as it was, how it ended, what came of it."""
    show(Context(), "2026")
    said = capsys.readouterr().out
    for text in (
        "fix, by anna on",
        "why: page at three",
        "command: invoke fix redis --yes",
        "state: ended, cured, level 1, exit 0, 11 s",
        "Redis is not running (redis, web1)",
        "docker start eloquence-redis-1 (web1, safe)",
        "redis (web1), safe, it is not running",
        "undo: docker stop eloquence-redis-1",
        "done, 0.8 s",
        "it is gone in three looks",
    ):
        assert text in said


def test_show_in_french(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same, in French."""
    show(Context(), "last", lang="fr")
    said = capsys.readouterr().out
    for text in (
        "pourquoi : page at three",
        "état : terminée, guéri, niveau 1, code 0, 11 s",
        "Redis ne tourne pas (redis, web1)",
        "sans risque, il ne tourne pas",
        "il a disparu de trois examens",
    ):
        assert text in said


def test_show_as_json(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every event with all that it keeps."""
    show(Context(), sample.RUN, format="json")
    data = data_of(capsys)
    assert (data["schema"], data["run"]) == ("escalade.run/1", sample.RUN)
    kinds = [event["kind"] for event in data["events"]]
    assert kinds.index("intent") < kinds.index("result") < kinds.index("verified")
    result = next(e for e in data["events"] if e["kind"] == "result")
    assert (result["action"], result["data"]["ended"]) == ("1.1.1", "done")


def test_show_a_failure_and_an_orphan(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What failed, with which code, and what is still running."""
    with sample.journal(state) as journal:
        journal.begin(WAITING, "restart", who="bob")
        writer = ClimbRecorder(journal, WAITING, 1, sample.climb())
        writer.intent(sample.action(), 2)
        did = Did("1.1.1", Ended.FAILED, code=7, reason="no such image", orphan="4711")
        writer.result(did)
        journal.event(WAITING, "escalated", data={"level": 2, "reason": "persists"})
        journal.event(WAITING, "busy", data={"holder": "zoe", "reason": "since 17:00Z"})
    show(Context(), WAITING)
    said = capsys.readouterr().out
    assert "attempt 2" in said
    assert "failed, exit 7, no such image" in said
    assert "still running on the host: 4711" in said
    assert "to level 2" in said
    assert "zoe" in said


def test_a_plan_that_waits(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Until when it may be approved; afterwards that it may not any more."""
    with sample.journal(state) as journal:
        journal.begin(WAITING, "fix", who="bob")
        journal.event(WAITING, "planned", data={"expires": 4_000_000_000, "level": 2})
        journal.event(WAITING, "ended", data={"exit": 5})
    show(Context(), "00ff00")
    said = capsys.readouterr().out
    assert "state: waits for approval until" in said
    history(Context())
    assert "waiting for approval" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("said", "forgiven"),
    [({}, 1), ({"service": "redis"}, 1), ({"stack": "eloquence"}, 1)],
)
def test_a_budget_starts_anew(
    state: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    said: dict[str, str],
    forgiven: int,
) -> None:
    """The journal keeps who said so and why; what came before no longer counts."""
    # The sample's run lies in the past of its own clock.
    monkeypatch.setattr("escalade.tasks.memory._DAY_S", 10.0**10)
    reset(Context(), **said, why="the disk was changed")
    assert f"{forgiven} earlier attempts no longer count" in capsys.readouterr().out
    with sample.journal(state) as journal:
        assert journal.attempts(0) == ()
        (record, _) = journal.runs()
        assert (record.kind, record.why) == ("budget.reset", "the disk was changed")
        kinds = [event.kind for event in journal.events(record.id)]
    assert kinds == ["started", "budget-reset", "ended"]


def test_a_budget_of_nobody_is_an_error(state: Path) -> None:
    """A service that stands nowhere in the journal, with the nearest."""
    with pytest.raises(Exit, match=r"--service redsi: .*did you mean 'redis'"):
        reset(Context(), service="redsi")


def settings(**said: object) -> Settings:
    """Return the settings that a section of invoke.yaml makes."""
    return resolve(
        said, environ={"HOME": "/home/anna"}, flags={}, base=Path("/b"), here=Path("/h")
    )


def test_the_settings_of_the_memory() -> None:
    """Where state is, and what may run without a word; paths count from invoke.yaml."""
    found = settings(state="state", unattended="none", max_risk="safe", verify_s=5)
    assert (found.state, found.unattended) == (Path("/b/state"), "none")
    assert (found.max_risk, found.verify_s, found.approval_ttl_s) == ("safe", 5, 3600)
    assert (settings().state, settings().journal) == (None, "")
    assert (settings().unattended, settings().max_risk) == ("safe", "disruptive")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"unattended": "all"}, "unattended: expected one of safe, disruptive"),
        ({"max_risk": "none"}, "max_risk: expected one of safe"),
        ({"journal": "mysql://db/x"}, "journal: expected postgresql://"),
        ({"approval_ttl_s": -1}, "approval_ttl_s: expected a number of seconds"),
    ],
)
def test_wrong_settings_of_the_memory(said: dict[str, object], told: str) -> None:
    """Each is named with what is expected."""
    with pytest.raises(UsageError, match=told):
        settings(**said)


def test_the_tag_of_a_command_is_no_setting() -> None:
    """What an action started may start us again: its mark is not read as a setting."""
    environ = {"ESCALADE_RUN": "r1", "HOME": "/home/anna"}
    assert resolve({}, environ=environ, flags={}, base=Path("/b"), here=Path("/h"))
