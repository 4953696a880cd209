"""What the tests of maintenance share: jobs by hand, files compiled, a stack of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from pathlib import Path

from escalade.evidence.catalog import probes
from escalade.remedy.catalog import steps
from escalade.runbooks.files import SourceFile
from escalade.runbooks.words import Words
from escalade.schedule.compile import Compiled
from escalade.schedule.compile import compile_files
from escalade.schedule.jobs import Cron
from escalade.schedule.jobs import Job
from escalade.text import Text

ROOT = Path(__file__).resolve().parents[2]
START = "from escalade.program import main; main()"
TITLE = "title: {en: A job, fr: Une tâche}\n"
HEAD = f"maintenance: job\n{TITLE}"
SLEEP = HEAD + 'schedule: "0 3 * * *"\ntime_zone: UTC\n'
DOES = SLEEP + "diagnose: true\n"


def utc(text: str) -> datetime:
    """Return a moment, written without its zone."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def job(expression: str = "0 3 * * *", zone: str = "UTC", **more: object) -> Job:
    """Return a job that diagnoses."""
    made = Job("job", Text("A job", "Une tâche"), Cron(expression, zone))
    return replace(made, source="/etc/jobs/job.yaml", **more)


def compiled(text: str, name: str = "job") -> Compiled:
    """Return what a maintenance file of a text says."""
    file = SourceFile(f"{name}.yaml", name, text.encode())
    roles = frozenset({"redis", "livekit"})
    return compile_files((file,), Words(probes(), roles, steps()))


def one(text: str) -> Job:
    """Return the job of a text that is right."""
    found = compiled(text)
    assert found.errors == ()
    (made,) = found.jobs
    return made


def problem(text: str) -> str:
    """Return the first problem of a text, without its file."""
    found = compiled(text)
    assert found.errors
    assert found.jobs == ()
    return found.errors[0].partition(":")[2]


# ------------------------------------------------------------------ the world


def escalade(
    *words: str, folder: Path, environment: Mapping[str, str], timeout_s: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder."""
    return subprocess.run(
        [sys.executable, "-c", START, *words],
        cwd=folder,
        env=surroundings(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def surroundings(more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a command."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "LANG": "C.UTF-8", **more}


def write_job(folder: Path, name: str, text: str) -> None:
    """Write a maintenance file; its head is added."""
    place = folder / "maintenance"
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{name}.yaml").write_text(f"maintenance: {name}\n{TITLE}{text}")


def until(wish, seconds: float = 90.0) -> bool:
    """Wait until something holds; return whether it did in time."""
    ends = time.monotonic() + seconds
    while not (held := wish()) and time.monotonic() < ends:
        time.sleep(0.25)
    return bool(held)
