"""Plans as files and in waiting: what was shown is what runs, or nothing does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.climb.stack import docker
from tests.hostile.command import run

pytestmark = pytest.mark.engine


@pytest.fixture
def plan(shop, tmp_path) -> Path:
    """Return the file of a plan that starts what was stopped."""
    docker("stop", shop.box("lone"))
    file = tmp_path / "plan.json"
    done = shop.inv("fix", "--out", str(file))
    assert done.code == 0, done.err
    return file


def refused(shop, done, *says: str) -> None:
    """Assert that nothing was started, and why."""
    assert done.code == 5, done.out + done.err
    for words in says:
        assert words in done.out
    assert not shop.inspect("lone")["State"]["Running"]


def test_a_saved_plan_is_what_runs(shop, plan, told, schema) -> None:
    """The actions of the file, by their commands; its digest is the one approved."""
    data = json.loads(plan.read_text())
    assert plan.stat().st_mode & 0o777 == 0o600
    done = shop.inv("apply", str(plan), "--format", "json")
    assert (done.code, done.report["outcome"]) == (0, "cured"), done.out + done.err
    schema(done.report)
    (said,) = told("approved")
    assert said["digest"] == data["plan"]["digest"]
    assert [e["command"] for e in told("intent")] == [
        f"docker start {shop.box('lone')}"
    ]


def test_a_container_made_anew_refuses_the_plan(shop, plan) -> None:
    """The plan rests on the container that was seen."""
    shop.compose("rm", "-f", "lone")
    shop.compose("create", "lone")
    done = shop.inv("apply", str(plan))
    refused(shop, done, "facts changed", shop.box("lone"))


def test_another_symptom_refuses_the_plan(shop, plan) -> None:
    """What was stopped runs and is paused now: that is another plan."""
    docker("start", shop.box("lone"))
    docker("pause", shop.box("lone"))
    done = shop.inv("apply", str(plan))
    assert done.code == 5, done.out
    assert shop.inspect("lone")["State"]["Paused"]


def test_what_is_well_again_refuses_the_plan(shop, plan) -> None:
    """Nothing is done to a service that has no finding any more."""
    shop.heal()
    before = shop.marks()
    done = shop.inv("apply", str(plan))
    assert done.code == 5, done.out
    assert shop.marks() == before


def test_an_edited_plan_is_refused_before_it_looks(shop, plan, state) -> None:
    """Its digest covers its actions; no run is begun."""
    text = plan.read_text()
    assert shop.box("lone") in text
    plan.write_text(text.replace(shop.box("lone"), shop.box("db")))
    before = shop.marks()
    done = shop.inv("apply", str(plan))
    assert done.code == 1
    assert "digest" in done.complaint
    assert shop.marks() == before
    assert not (state / "runs").exists()


def test_a_changed_runbook_refuses_the_plan(shop, tmp_path) -> None:
    """Not only the steps in force count, but the text that they came from."""
    docker("stop", shop.box("lone"))
    folder = tmp_path / "runbooks"
    folder.mkdir()
    own = folder / "mine.yaml"
    own.write_text(MINE)
    env = {"ESCALADE_RUNBOOKS": str(folder)}
    file = tmp_path / "plan.json"
    assert shop.inv("fix", "--out", str(file), env=env).code == 0
    own.write_text(MINE.replace("warning", "info"))
    done = shop.inv("apply", str(file), env=env)
    refused(shop, done, "runbooks")


MINE = """
runbook: mine
title: {en: Mine, fr: Le mien}
role: any
symptoms:
  old:
    kind: intrinsic
    title: {en: "{service} is old", fr: "{service} est vieux"}
    severity: warning
    confidence: proven
    when: {container: {state: running, uptime_s: {ge: 100d}}}
    remedy: none
"""


# -------------------------------------------------------------------- approval

UNASKED = {"ESCALADE_UNATTENDED": "none"}


def test_a_plan_without_a_terminal_waits_and_is_approved_later(
    shop, told, schema
) -> None:
    """Exit 5 and nothing done; `approve` carries it out; a second one is refused."""
    docker("stop", shop.box("lone"))
    done = shop.inv("fix", "--format", "json", env=UNASKED)
    assert done.code == 5
    schema(done.report)
    assert not shop.inspect("lone")["State"]["Running"]
    run = done.report["run"]
    approved = shop.inv("approve", run, "--format", "json")
    assert (approved.code, approved.report["outcome"]) == (0, "cured"), approved.err
    assert approved.report["run"] == run
    schema(approved.report)
    assert shop.inspect("lone")["State"]["Running"]
    assert [e["exit"] for e in told("ended")] == [5, 0]
    again = shop.inv("approve", run)
    assert again.code == 1
    assert "does not wait" in again.complaint


def test_an_approval_that_comes_too_late_is_denied(shop, told) -> None:
    """After its time the answer was no: exit 5, and the journal has it."""
    docker("stop", shop.box("lone"))
    env = {**UNASKED, "ESCALADE_APPROVAL_TTL_S": "0.01"}
    assert shop.inv("fix", env=env).code == 5
    done = shop.inv("approve", "last")
    assert done.code == 5
    assert "denied: run " in done.complaint
    assert "could be approved until 2" in done.complaint
    assert not shop.inspect("lone")["State"]["Running"]
    last = told()[-1]
    assert (last["kind"], last["by"]) == ("denied", "policy")
    assert last["why"]["en"] in done.complaint
    again = shop.inv("approve", "last")
    assert again.code == 1
    assert "does not wait for approval" in again.complaint


def test_an_approval_after_the_facts_changed_is_refused(shop, told) -> None:
    """An approval is for the plan that was shown."""
    docker("stop", shop.box("lone"))
    assert shop.inv("fix", env=UNASKED).code == 5
    shop.compose("rm", "-f", "lone")
    shop.compose("create", "lone")
    done = shop.inv("approve", "last")
    refused(shop, done, "facts changed")
    assert told("denied")[-1]["by"] == "digest"


@pytest.mark.parametrize("later", ["apply", "approve"])
def test_hosts_that_are_left_get_their_line_after_a_plan_of_before(
    shop, tmp_path, later
) -> None:
    """Over several hosts it ends as `fix` does: who is left, and what to type."""
    file = tmp_path / "two.yaml"
    local = "{ansible_connection: local}"
    file.write_text(f"all: {{hosts: {{one: {local}, two: {local}}}}}\n")
    fleet = ("--inventory", str(file))
    docker("stop", shop.box("lone"))
    plan = tmp_path / "plan.json"
    if later == "apply":
        assert shop.inv("fix", *fleet, "--out", str(plan)).code == 0
    else:
        assert shop.inv("fix", *fleet, env=UNASKED).code == 5
    shop.compose("rm", "-f", "lone")
    shop.compose("create", "lone")
    done = shop.inv(later, str(plan) if later == "apply" else "last")
    assert done.code == 5, done.err
    last = done.out.rstrip().splitlines()[-1]
    typed = f"fix --stack {shop.name} --inventory {file} --limit @"
    assert typed in last


def test_a_disruptive_step_needs_a_yes(shop) -> None:
    """Without a terminal it waits; `--max-risk safe` refuses it even with --yes."""
    before = shop.marks()
    waits = shop.inv("restart", "lone")
    assert waits.code == 5
    assert "approve" in waits.out
    never = shop.inv("restart", "lone", "--yes", "--max-risk", "safe")
    assert never.code == 5
    assert shop.marks() == before
    done = shop.inv("restart", "lone", "--yes")
    assert done.code == 0, done.out
    after = shop.marks()
    assert {n for n in after if after[n] != before[n]} == {"lone"}


def test_an_approval_after_it_went_away_says_so(shop, told) -> None:
    """The container is not gone: the trouble is."""
    docker("stop", shop.box("lone"))
    assert shop.inv("fix", env=UNASKED).code == 5
    (end,) = told("ended")
    assert (end["outcome"], end["waiting"]) == (None, True)
    shown = shop.inv("show", "last").out
    assert "persists" not in shown
    shop.heal()
    before = shop.marks()
    done = shop.inv("approve", "last")
    assert done.code == 5
    assert "went away by itself" in " ".join(done.out.split())
    assert ": gone" not in done.out
    assert shop.marks() == before


# ----------------------------------------------------------------- seeing nothing


@pytest.mark.parametrize("how", [("--plan",), ("--plan", "--format", "json"), ()])
def test_a_plan_without_sight_is_not_nothing_to_do(how, state) -> None:
    """A stack that is not there: exit 3 and why, with --plan and without."""
    done = run("fix", "--stack", "nosuchstack", *how, env={"ESCALADE_LANG": "en"})
    assert done.code == 3, done.out
    if "json" in how:
        assert (done.report["exit"], done.report["verdict"]) == (3, "unknown")
        return
    assert "no such stack; there are:" in " ".join(done.out.split())
    assert "Nothing to do" not in done.out


def test_a_step_by_hand_is_done_and_cures_nothing(shop, told) -> None:
    """Its words are those of a deed, on the screen and in what is shown of the run."""
    done = shop.inv("restart", "lone", "--yes")
    assert done.code == 0
    assert "✓ done:" in done.said
    assert "cured" not in done.out
    assert "cured" not in shop.inv("show", "last").out


# ------------------------------------------------------------------- bad files


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{}", '{"schema": "escalade.plan/1"}', "\x00\xff"]
)
def test_what_is_no_plan_is_told_in_one_line(shop, tmp_path, text) -> None:
    """Whatever the file holds."""
    file = tmp_path / "plan.json"
    file.write_bytes(text.encode("latin-1"))
    done = shop.inv("apply", str(file))
    assert done.code == 1
    assert str(file) in done.complaint


def test_a_plan_is_not_written_into_a_folder_that_is_not_there(shop) -> None:
    """One line that names the folder."""
    done = shop.inv("fix", "--out", "/nonexistent/plan.json")
    assert done.code == 1
    assert "/nonexistent" in done.err
