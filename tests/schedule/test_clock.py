"""The embedded scheduler: what it passes on to each run, and that it ends when told to."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from escalade.errors import UsageError
from escalade.schedule.clock import Clock
from escalade.tasks import timetable
from tests.schedule.made import START
from tests.schedule.made import escalade
from tests.schedule.made import job
from tests.schedule.made import surroundings
from tests.schedule.made import until
from tests.schedule.made import write_job

MORE_THAN_FIT = 10
AT_ONCE = 8


def test_what_waits_in_the_queue_does_not_begin_after_the_stop(tmp_path) -> None:
    """Eight run at once; those behind them never do, once it is told to end."""
    begun, called = tmp_path / "begun", []
    jobs = [
        replace(job(missed="once"), name=f"job-{number}")
        for number in range(MORE_THAN_FIT)
    ]

    def command(one) -> list[str]:
        called.append(one.name)
        return ["sh", "-c", f"echo >>{begun}; exec sleep 5"]

    stop, said = threading.Event(), []
    clock = Clock(jobs, command, lambda name, code: said.append((name, code)))
    server = threading.Thread(target=clock.run, args=[stop])
    server.start()
    assert until(lambda: begun.exists() and len(begun.read_text()) == AT_ONCE, 30)
    stop.set()
    server.join(30)
    for thread in threading.enumerate():
        if thread.name.startswith("ThreadPoolExecutor"):
            thread.join(30)
    assert len(called) == AT_ONCE
    assert len(said) == AT_ONCE


def test_flags_are_passed_on_to_each_run() -> None:
    """As they were typed; those that were not given are not."""
    flags = {
        "limit": ["web*", "!web3"],
        "inventory": ["hosts.yaml"],
        "stacks": ["shop"],
        "lang": "fr",
        "forks": "4",
    }
    asked = timetable.Request(flags, why="a drill", verbose=True)
    assert timetable.passed_on(asked) == (
        *("--limit", "web*", "--limit", "!web3", "--inventory", "hosts.yaml"),
        *("--stack", "shop", "--lang", "fr", "--forks", "4"),
        *("--why", "a drill", "--verbose"),
    )
    nothing = {"limit": [], "inventory": None, "lang": ""}
    assert timetable.passed_on(timetable.Request(nothing)) == ()


def test_a_format_goes_with_one_job() -> None:
    """A server prints what it says between its runs' reports."""
    with pytest.raises(UsageError, match="--format go with --once JOB"):
        timetable.run(None, timetable.Request({}, format="json"))


def test_the_embedded_scheduler_keeps_to_its_limit(tmp_path) -> None:
    """A run that it starts looks for the hosts of the flag, and why is kept."""
    (tmp_path / "own").mkdir()
    write_job(tmp_path / "own", "sweep", "every: 1m\nmissed: once\ndiagnose: true\n")
    world = {
        "ESCALADE_RUNBOOKS": str(tmp_path / "own"),
        "ESCALADE_STATE": str(tmp_path / "state"),
    }
    words = ["schedule.run", "--job", "sweep", "--inventory", "web1,web2"]
    words += ["--limit", "nobody", "--why", "a drill"]
    server = subprocess.Popen(
        [sys.executable, "-c", START, *words],
        cwd=tmp_path,
        env=surroundings(world),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )

    def history() -> list[dict]:
        done = escalade(
            "history", "--format", "json", folder=tmp_path, environment=world
        )
        rows = json.loads(done.stdout)["runs"] if done.returncode == 0 else []
        return [row for row in rows if row["exit"] is not None]

    try:
        assert until(history)
        run = history()[-1]
    finally:
        server.terminate()
        _, told = server.communicate(timeout=60)
    assert (run["exit"], run["why"]) == (1, "a drill")
    assert "no host or group matches 'nobody'" in told
