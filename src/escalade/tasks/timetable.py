"""What the schedule's tasks call: jobs listed, their times told, one or all of them run."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from escalade.errors import UsageError
from escalade.report.emit import emit
from escalade.tasks.desk import checked_format
from escalade.tasks.desk import look_for
from escalade.tasks.desk import road_for
from escalade.tasks.desk import settings_for
from escalade.tasks.reaching import said_of_hosts
from escalade.text import Text

if TYPE_CHECKING:
    from invoke.context import Context

    from escalade.journal.store import Journal
    from escalade.report.sheet import Row
    from escalade.report.sheet import Sheet
    from escalade.schedule.jobs import Job
    from escalade.schedule.load import Maintenance
    from escalade.schedule.work import Done
    from escalade.schedule.work import Means
    from escalade.settings import Settings

__all__ = [
    "Request",
    "approve",
    "chosen",
    "folder_of",
    "maintenance_for",
    "of_job",
    "passed_on",
    "run",
    "show_all",
    "show_next",
]


MOST_TIMES = 1000
"""How many times of a job are shown at most."""


@dataclass(frozen=True, slots=True)
class Request:
    """What `schedule.run` was asked for; `flags` are settings."""

    flags: Mapping[str, object]
    once: str = ""
    due: bool = False
    jitter: bool = False
    anytime: bool = False
    jobs: tuple[str, ...] = ()
    format: str = "text"
    why: str = ""
    verbose: bool = False


def folder_of(context: Context) -> Path:
    """Return the folder whose invoke.yaml counts, and where tasks.py may be."""
    return Path(getattr(context.config, "_project_prefix", None) or Path.cwd())


def maintenance_for(
    settings: Settings, folder: Path, *, anytime: bool = False
) -> Maintenance:
    """Return the jobs and windows in force; raises for files that are not right.

    With `anytime`, whose windows they are is no matter.
    """
    from escalade.remedy.catalog import steps
    from escalade.run import book_for
    from escalade.run import inventory_for
    from escalade.schedule.load import load
    from escalade.schedule.windows import named

    book, catalog = book_for(settings)
    found = load(settings.runbooks, catalog, book, steps, _own_tasks(folder))
    guards = () if anytime else found.guards
    return replace(found, guards=named(guards, partial(inventory_for, settings)))


def _own_tasks(folder: Path) -> frozenset[str]:
    """Return the operator's own tasks that a job may name as steps."""
    if not any((folder / name).exists() for name in ("tasks.py", "tasks")):
        return frozenset()
    from escalade.remedy.usertasks import known

    return frozenset(known(folder))


def chosen(maintenance: Maintenance, names: Sequence[str]) -> tuple[Job, ...]:
    """Return the jobs named, else all that are enabled."""
    if names:
        return tuple(maintenance.job(name) for name in dict.fromkeys(names))
    return tuple(job for job in maintenance.jobs if job.enabled)


# -------------------------------------------------------------------- listing


def show_all(context: Context, flags: Mapping[str, object], *, kind: str) -> int:
    """Print every job."""
    from escalade.tasks.memory import journal_for

    checked_format(kind)
    settings = settings_for(context, flags)
    jobs = maintenance_for(settings, folder_of(context)).jobs
    with journal_for(settings) as journal:
        rows = [_row(job, journal, settings) for job in jobs]
    from escalade.tasks.timesheet import jobs_sheet

    return _print(jobs_sheet(rows), settings, kind)


def _row(job: Job, journal: Journal, settings: Settings) -> Row:
    """Return one job as programs read it."""
    from escalade.schedule.times import next_times

    coming = next_times(job.schedule, datetime.now(UTC), 1) if job.enabled else ()
    events = [e for e in journal.scheduled(job.name) if not e.data.get("skipped")]
    last = events[-1] if events else None
    ends = [e for e in journal.events(last.run) if e.kind == "ended"] if last else []
    code = ends[-1].data.get("exit") if ends else None
    return {
        "job": job.name,
        "title": job.title.pick(settings.lang),
        "does": job.does,
        "enabled": job.enabled,
        "schedule": str(job.schedule),
        "zone": job.schedule.zone,
        "risk": job.risk.word,
        "next": _utc(coming[0]) if coming else None,
        "last": _utc(datetime.fromtimestamp(last.time, UTC)) if last else None,
        "exit": code if isinstance(code, int) else None,
        "run": last.run if last else None,
        "source": job.source,
    }


def show_next(
    context: Context, flags: Mapping[str, object], *, name: str, count: int, kind: str
) -> int:
    """Print the next times of jobs, the soonest first."""
    from escalade.schedule.times import next_times
    from escalade.tasks.timesheet import times_sheet

    checked_format(kind)
    if count > MOST_TIMES:
        raise UsageError(f"--count: expected at most {MOST_TIMES}, not {count}")
    settings = settings_for(context, flags)
    maintenance = maintenance_for(settings, folder_of(context))
    now = datetime.now(UTC)
    pairs = sorted(
        (
            (at, job)
            for job in chosen(maintenance, [name] if name else [])
            for at in next_times(job.schedule, now, count)
        ),
        key=lambda pair: (pair[0].astimezone(UTC), pair[1].name),
    )
    rows = [
        {
            "job": job.name,
            "local": at.isoformat(),
            "zone": job.schedule.zone,
            "utc": _utc(at),
        }
        for at, job in pairs
    ]
    return _print(times_sheet(rows), settings, kind)


def _utc(moment: datetime) -> str:
    """Return a time in UTC, as RFC 3339."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _print(sheet: Sheet, settings: Settings, kind: str) -> int:
    """Print a table for people or for programs."""
    if kind == "json":
        emit(json.dumps(sheet.data(), indent=2) + "\n")
        return 0
    from escalade.report.terminal import write

    look = look_for(settings)
    write(sheet.lines(look), look)
    return 0


# -------------------------------------------------------------------- running


def run(context: Context, request: Request) -> int:
    """Run one job, or serve them all until somebody ends it."""
    checked_format(request.format)
    of_one = request.due or request.jitter or request.anytime
    if not request.once and (of_one or request.format != "text"):
        raise UsageError("--due, --jitter, --anytime and --format go with --once JOB")
    settings = settings_for(context, request.flags)
    folder = folder_of(context)
    maintenance = maintenance_for(settings, folder, anytime=request.anytime)
    if request.once:
        job = maintenance.job(request.once)
        return _once(context, settings, request, job, maintenance)
    return _serve(context, settings, request, chosen(maintenance, request.jobs))


def _once(
    context: Context,
    settings: Settings,
    request: Request,
    job: Job,
    maintenance: Maintenance,
) -> int:
    """Run one job and print how it ended."""
    from escalade.schedule.work import run_job

    done = run_job(job, _means(context, settings, request, maintenance))
    _tell(job, done, settings, request)
    return done.code


def _means(
    context: Context, settings: Settings, request: Request, maintenance: Maintenance
) -> Means:
    """Return what a run is given."""
    from escalade.report.progress import Silent
    from escalade.schedule.work import Means
    from escalade.tasks.fixdesk import Quiet
    from escalade.tasks.fixdesk import Spoken
    from escalade.tasks.quiet import hush

    hush()
    look = look_for(settings, verbose=request.verbose)
    return Means(
        road=road_for(settings, Silent()),
        desk=Spoken(look) if request.format == "text" else Quiet(),
        folder=folder_of(context),
        argv=(Path(sys.argv[0]).name, *sys.argv[1:]),
        guards=maintenance.guards,
        limit=settings.limit if request.flags.get("limit") else (),
        stacks=settings.stacks if request.flags.get("stacks") else (),
        timed=request.due,
        jittered=request.jitter,
        anytime=request.anytime,
        why=request.why,
    )


def of_job(journal: Journal, prefix: str) -> bool:
    """Whether a run is a maintenance job's."""
    from escalade.schedule.work import KIND

    return journal.find(prefix).kind == KIND


def approve(
    context: Context, journal: Journal, settings: Settings, request: Request, run: str
) -> int:
    """Carry out the plan with which a job waits, and print how it ended.

    `run` is a run's id, the beginning of one, or `last`.
    """
    from escalade.report.progress import Silent
    from escalade.schedule.work import approve_job
    from escalade.tasks.recalled import waiting

    left = waiting(journal, run)
    told = [e for e in journal.scheduled() if e.run == left.run]
    folder = folder_of(context)
    maintenance = maintenance_for(settings, folder, anytime=request.anytime)
    job = maintenance.job(str(told[-1].data.get("job")) if told else "")
    settings = replace(
        settings,
        limit=tuple(left.place.get("hosts", ())),
        stacks=tuple(left.place.get("stacks", ())),
    )
    means = _means(context, settings, request, maintenance)
    road = replace(road_for(settings, Silent()), run=left.run)
    there = replace(means, road=road)
    done = approve_job(job, there, journal, left.plan, seen=left.seen)
    _tell(job, done, settings, request)
    return done.code


def _tell(job: Job, done: Done, settings: Settings, request: Request) -> None:
    """Print how a job ended."""
    from escalade.report.terminal import show
    from escalade.report.terminal import write

    for trouble in done.troubles:
        print(f"escalade: {trouble}", file=sys.stderr)
    look = look_for(settings, verbose=request.verbose)
    note = done.note.pick(settings.lang) if done.note else ""
    if request.format == "json":
        emit(_json(job, done, settings))
    elif done.diagnosis is not None:
        show(done.diagnosis, look)
    elif done.story is not None:
        from escalade.report.fixtext import end_lines

        write(end_lines(done.story, look), look)
    elif note:
        emit(note + "\n")


def _json(job: Job, done: Done, settings: Settings) -> str:
    """Return one object for programs: the job, and what came of it."""
    told: object = None
    if done.story is not None:
        from escalade.report.fixjson import dumps as of_story

        told = json.loads(of_story(done.story, lang=settings.lang))
    elif done.diagnosis is not None:
        from escalade.report.json_ import dumps

        told = json.loads(dumps(done.diagnosis, lang=settings.lang))
    whole = {
        "schema": "escalade.job/1",
        "job": job.name,
        "run": done.run or None,
        "exit": done.code,
        "note": done.note.pick(settings.lang) if done.note else None,
        "troubles": list(done.troubles),
        "result": told,
    }
    return json.dumps(whole, indent=2) + "\n"


def _serve(
    context: Context, settings: Settings, request: Request, jobs: Sequence[Job]
) -> int:
    """Stay in the foreground and run each job when it is due."""
    import threading

    from escalade.schedule.caller import caller_here
    from escalade.schedule.clock import Clock

    if not jobs:
        raise UsageError("no maintenance job is enabled")
    caller = caller_here(folder_of(context), os.environ)
    names = ", ".join(job.name for job in jobs)
    print(_SERVING.fill({"jobs": names}).pick(settings.lang), flush=True)
    flags = passed_on(request)

    def command(job: Job) -> tuple[str, ...]:
        return caller.once(job.name, *(("--jitter",) if job.jitter_s else ()), *flags)

    Clock(jobs, command, _said).run(threading.Event())
    return 0


def passed_on(request: Request) -> tuple[str, ...]:
    """Return the flags that hold for each run that the embedded scheduler starts."""
    said = {**request.flags, "why": request.why, "verbose": request.verbose}
    words: list[str] = []
    for name, value in {**said, **said_of_hosts()}.items():
        flag = f"--{'stack' if name == 'stacks' else name.replace('_', '-')}"
        if isinstance(value, bool):
            words += [flag] if value else []
            continue
        each = value if isinstance(value, list) else [value] if value else []
        words += [word for one in each for word in (flag, str(one))]
    return tuple(words)


def _said(name: str, code: int) -> None:
    """Print that a run ended."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    print(f"{stamp} {name}: exit {code}", flush=True)


_SERVING = Text(
    "Serving {jobs}. Ctrl-C ends it.", "Au service de {jobs}. Ctrl-C y met fin."
)
