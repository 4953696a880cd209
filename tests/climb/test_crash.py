"""The controller dies, or is told to stop: what it left ends right, and once."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.climb.stack import docker
from tests.climb.stack import until

pytestmark = pytest.mark.engine

ROOT = Path(__file__).resolve().parents[2]
KILLER = Path(__file__).with_name("killer")


def killed(shop, at: str, *words: str, **env: str) -> None:
    """Run a task that dies of SIGKILL at an event."""
    path = {"PYTHONPATH": f"{KILLER}:{ROOT / 'src'}", "KILL": at}
    process = shop.start(*words, env={**path, **env})
    out, err = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, out + err


@pytest.mark.parametrize(
    "at",
    [
        "after diagnosed 1",
        "before approved 1",
        "before intent 1",
        "after intent 1",
        "before result 1",
        "after result 1",
        "after verified 1",
    ],
)
def test_a_run_that_was_killed_is_resumed_to_its_end(shop, told, at) -> None:
    """Cured, and the container was started exactly once in all."""
    docker("stop", shop.box("lone"))
    before = shop.starts("lone")
    killed(shop, at, "fix")
    done = shop.inv("resume", "last", "--format", "json")
    assert (done.code, done.report["outcome"]) == (0, "cured"), done.out + done.err
    assert shop.inspect("lone")["State"]["Running"]
    assert shop.starts("lone") == before + 1
    assert told()[-1]["kind"] == "ended"
    again = shop.inv("resume", "last")
    assert again.code == 1
    assert "ended" in again.complaint


def test_what_came_back_meanwhile_ends_the_run(shop, told) -> None:
    """Nothing is left to do for a run that had no plan yet: it is ended all the same."""
    docker("stop", shop.box("lone"))
    killed(shop, "after diagnosed 1", "fix")
    shop.heal()
    before = shop.marks()
    done = shop.inv("resume", "last")
    assert done.code == 0, done.out + done.err
    assert shop.marks() == before
    assert told()[-1]["kind"] == "ended"


def test_a_step_killed_before_its_plan_is_the_same_step(shop, told) -> None:
    """It is resumed with its arguments, and tells what it would have told at once."""
    words = ("restart", "lone", "--grace", "2")
    first = shop.inv(*words, "--plan", "--format", "json").report["plan"]["actions"]
    before = shop.starts("lone")
    killed(shop, "after diagnosed 1", *words, "--yes")
    done = shop.inv("resume", "last", "--yes", "--format", "json")
    assert done.code == 0, done.out + done.err
    assert [a["command"] for a in done.report["plan"]["actions"]] == [
        a["command"] for a in first
    ]
    assert done.report["roots"][0]["title"] == "restart"
    assert shop.starts("lone") == before + 1


def test_a_killed_approval_can_be_resumed(shop, told) -> None:
    """The approval stands: it is not asked for twice."""
    docker("stop", shop.box("lone"))
    before = shop.starts("lone")
    assert shop.inv("fix", env={"ESCALADE_UNATTENDED": "none"}).code == 5
    killed(shop, "after approved 1", "approve", "last", ESCALADE_UNATTENDED="none")
    done = shop.inv("resume", "last", env={"ESCALADE_UNATTENDED": "none"})
    assert done.code == 0, done.out + done.err
    assert shop.starts("lone") == before + 1


def test_a_changed_runbook_refuses_to_resume(shop, tmp_path) -> None:
    """What was planned by other words is not gone on with."""
    folder = tmp_path / "runbooks"
    folder.mkdir()
    own = folder / "mine.yaml"
    own.write_text(MINE)
    env = {"ESCALADE_RUNBOOKS": str(folder)}
    docker("stop", shop.box("lone"))
    killed(shop, "after intent 1", "fix", **env)
    own.write_text(MINE.replace("warning", "info"))
    done = shop.inv("resume", "last", env=env)
    assert done.code == 1
    assert "runbooks changed" in done.complaint
    assert not shop.inspect("lone")["State"]["Running"]


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


@pytest.mark.parametrize("at", ["after intent 2", "after intent 7", "after intent 8"])
def test_attempts_are_counted_across_a_kill(shop, tmp_path, at) -> None:
    """Of a group, too, and those whose `until` did not hold; no handler runs twice."""
    folder, notes = tmp_path / "runbooks", tmp_path / "notes"
    folder.mkdir()
    (folder / "generic.yaml").write_text(GROUP.replace("NOTES", str(notes)))
    env = {"ESCALADE_RUNBOOKS": str(folder)}
    docker("stop", "--time", "1", shop.box("other"))
    killed(shop, at, "fix", "other", "--yes", **env)
    done = shop.inv("resume", "last", "--yes", env=env)
    assert done.code == 0, done.out + done.err
    said = ["one", "one", "told", "group", "bad", "group", "bad", "handler"]
    assert notes.read_text().split() == said
    assert ("its `until` does not hold" in done.out) == (at == "after intent 2")


GROUP = """
runbook: generic
title: {en: Mine, fr: Le mien}
role: any
symptoms:
  halted:
    kind: intrinsic
    title: {en: "{service} is halted", fr: "{service} est arrêté"}
    severity: error
    confidence: proven
    when:
      all:
        - container: {state: exited}
        - container: {image: {contains: "escalade-bed/base"}}
    ladder: walk
ladders:
  walk:
    1:
      - run: {argv: [sh, -c, "echo one >>NOTES"]}
        attempts: 2
        backoff: 0.1s
        until: {container: {state: running}}
        register: first
        on_failed:
          - run: {argv: [sh, -c, "echo told >>NOTES"]}
      - group:
          - run: {argv: [sh, -c, "echo group >>NOTES"]}
          - run: {argv: [sh, -c, "echo bad >>NOTES; exit 1"]}
        when: {registered: {name: first, ended: failed}}
        attempts: 2
        backoff: 0.1s
        on_failed:
          - run: {argv: [sh, -c, "echo handler >>NOTES"]}
      - start: {service: "{{ root.service }}"}
"""


# ----------------------------------------------------------------- a long step


@pytest.fixture
def long(shop, tmp_path):
    """Return a step that notes each execution and goes on for as long as a file says."""
    file, count = tmp_path / "seconds", tmp_path / "count"
    file.write_text("97")
    script = tmp_path / "long.sh"
    script.write_text(f"echo $$ >>{count}\nsleep $(cat {file})\n")
    words = ("run", "--command", f"sh {script}", "--timeout", "100", "--yes")
    return words, file, count


def pids(count: Path) -> list[int]:
    """Return the processes that ran the step so far."""
    return [int(word) for word in count.read_text().split()] if count.exists() else []


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return (
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        )
    return False


def test_ctrl_c_ends_the_step_and_all_it_started(shop, long, told) -> None:
    """Exit 130, its processes gone, the journal tells, and it can be gone on with."""
    words, file, count = long
    process = shop.start(*words)
    until(lambda: pids(count), "the step")
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert "Traceback" not in err
    (pid,) = pids(count)
    assert not alive(pid)
    assert [e["ended"] for e in told("result")] == ["interrupted"]
    shown = shop.inv("show", "last")
    assert "interrupted" in shown.out
    file.write_text("0")
    done = shop.inv("resume", "last", "--yes")
    assert done.code == 0, done.out + done.err
    assert len(pids(count)) == 2


def test_a_run_that_goes_on_is_not_resumed_by_another(shop, long) -> None:
    """Its process lives."""
    words, _, count = long
    process = shop.start(*words)
    until(lambda: pids(count), "the step")
    try:
        done = shop.inv("resume", "last")
        assert done.code == 1
        assert "still runs" in done.complaint
        assert len(pids(count)) == 1
    finally:
        os.kill(process.pid, signal.SIGINT)
        process.communicate(timeout=60)


def test_a_step_that_goes_on_without_its_controller_is_waited_for(
    shop, long, told
) -> None:
    """The host still works on it; it ends before it is done again, never beside it."""
    words, _, count = long
    process = shop.start(*words)
    until(lambda: pids(count) and told("group"), "the step")
    shop.kill(process)
    (first,) = pids(count)
    assert alive(first)
    resumed = shop.start("resume", "last", "--yes")
    until(lambda: len(told("started")) == 2, "the resumption")
    time.sleep(1)
    assert pids(count) == [first]
    (child,) = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    long[1].write_text("0")
    os.kill(int(child), signal.SIGTERM)
    out, err = resumed.communicate(timeout=60)
    assert resumed.returncode == 0, out + err
    assert not alive(first)
    assert len(pids(count)) == 2
