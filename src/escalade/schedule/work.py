"""One run of a job, from the question whether it is due to the last person told."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from escalade.errors import EscaladeError
from escalade.schedule import metrics
from escalade.schedule import notify
from escalade.schedule.due import GRACE_S
from escalade.schedule.due import Due
from escalade.schedule.due import Verdict
from escalade.schedule.due import judged
from escalade.schedule.due import over_budget
from escalade.schedule.jobs import Guard
from escalade.schedule.jobs import Job
from escalade.schedule.lock import held
from escalade.schedule.windows import is_open
from escalade.schedule.windows import shut
from escalade.text import Text

if TYPE_CHECKING:
    from escalade.climb.gear import Desk
    from escalade.journal.store import Journal
    from escalade.model import Diagnosis
    from escalade.plans import Plan
    from escalade.report.fixstory import FixStory
    from escalade.run import Road

__all__ = ["KIND", "Done", "Means", "approve_job", "run_job"]

KIND = "scheduled"
"""The kind of such runs in the journal."""
TOOL_ERROR, REFUSED = 1, 5
_LOOKED_BACK_S = 400 * 86_400.0


@dataclass(frozen=True, slots=True)
class Means:
    """What a run is given.

    `timed` says that a timer called, so that the job runs only if it is due; `jittered`
    that it waits by chance first; `anytime` that windows do not count. `folder` is where
    the operator's own tasks.py may be.
    """

    road: Road
    desk: Desk
    folder: Path
    argv: tuple[str, ...] = ()
    guards: tuple[Guard, ...] = ()
    timed: bool = False
    jittered: bool = False
    anytime: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """How it ended: exit code, and a story or a diagnosis where something was done.

    `note` says why nothing was done; `troubles` what went wrong in telling others.
    """

    code: int
    run: str = ""
    story: FixStory | None = None
    diagnosis: Diagnosis | None = None
    note: Text | None = None
    troubles: tuple[str, ...] = field(default=())


def run_job(job: Job, means: Means) -> Done:
    """Run a job, if it may; raises what bad input raises, once it is written down."""
    from escalade.journal.place import state_folder
    from escalade.journal.store import open_journal
    from escalade.shapes import shaped

    settings = means.road.settings
    place = state_folder(os.environ, chosen=settings.state)
    wait_s = max(job.late_s, GRACE_S) if job.overlap == "queue" else 0.0
    with (
        held(place, job.name, wait_s=wait_s, stop=means.road.stop) as free,
        open_journal(place, redact=shaped, url=settings.journal) as journal,
    ):
        return _in_turn(job, means, journal, free=free)


def _in_turn(job: Job, means: Means, journal: Journal, *, free: bool) -> Done:
    """Judge whether the job is due and may run, and run it."""
    now = journal.clock()
    told = journal.scheduled(job.name, now - _LOOKED_BACK_S)
    # Whoever found the job under way has not had its turn for it.
    events = [e for e in told if not e.data.get("skipped")]
    due = Due(Verdict.RUN)
    if means.timed:
        due = judged(job, now, max((e.time for e in events), default=None))
        if not due.runs:
            return Done(0, note=_WHY_NOT[due.verdict].fill({"job": job.name}))
    if not free:
        return _skipped(job, means, journal, due)
    began = [e.time for e in events if not e.data.get("refused")]
    refused = _refusal(job, means, began, now)
    if refused is None and means.jittered and job.jitter_s:
        means.road.stop.wait(random.uniform(0.0, job.jitter_s))  # noqa: S311 -- no secret
    _begin(job, means, journal, due, refused)
    if refused is None:
        ends = [e.run for e in events if not e.data.get("refused")]
        before = _exit_of(journal, ends[-1]) if ends else None
        return _carried_out(job, means, journal, before)
    journal.event(means.road.run, "denied", data={"why": refused, "by": "policy"})
    done = Done(REFUSED, means.road.run, note=refused)
    return _closed(job, journal, done, took_s=0.0, before=None)


def _skipped(job: Job, means: Means, journal: Journal, due: Due) -> Done:
    """Write down a turn that is left out, since another run of the job is under way."""
    run, why = means.road.run, _BUSY.fill({"job": job.name})
    _begin(job, means, journal, due, why, skipped=True)
    journal.event(run, "denied", data={"why": why, "by": "policy"})
    journal.event(run, "ended", data={"exit": 0, "reason": why})
    return Done(0, run, note=why)


def _refusal(job: Job, means: Means, began: Sequence[float], now: float) -> Text | None:
    """Return why a job may not run now; None where it may."""
    moment = datetime.fromtimestamp(now, UTC)
    if job.window and not means.anytime and not is_open(job.window, moment):
        return shut(job.window, moment)
    if means.timed and job.budget and over_budget(job, began, now):
        hours = f"{job.budget.within_s / 3600:g}"
        return _SPENT.fill({"runs": str(job.budget.runs), "hours": hours})
    return None


def _begin(
    job: Job,
    means: Means,
    journal: Journal,
    due: Due,
    refused: Text | None,
    *,
    skipped: bool = False,
) -> None:
    """Write down that the job's turn has come."""
    from escalade.journal.process import whoami
    from escalade.version import version

    journal.begin(
        means.road.run,
        KIND,
        who=whoami(os.environ),
        argv=means.argv,
        why=means.why or job.name,
        version=version(),
    )
    data = {
        "job": job.name,
        "due": due.time,
        "called": due.verdict.value if means.timed else "by-hand",
        "refused": refused is not None,
        "skipped": skipped,
    }
    journal.event(means.road.run, KIND, data=data)


def _exit_of(journal: Journal, run: str) -> int | None:
    """Return the exit code of a run, None where it has none."""
    ends = [e.data.get("exit") for e in journal.events(run) if e.kind == "ended"]
    return ends[-1] if ends and isinstance(ends[-1], int) else None


# ------------------------------------------------------------------- doing it


def _carried_out(job: Job, means: Means, journal: Journal, before: int | None) -> Done:
    """Do what the job is for; whatever comes of it is written down and told."""
    begun = time.monotonic()
    try:
        done = _looked(job, means, journal)
    except EscaladeError as error:
        done = Done(TOOL_ERROR, means.road.run, note=Text(str(error), str(error)))
        took_s = time.monotonic() - begun
        _closed(job, journal, done, took_s=took_s, before=before)
        raise
    return _closed(job, journal, done, took_s=time.monotonic() - begun, before=before)


def _looked(job: Job, means: Means, journal: Journal) -> Done:
    """Diagnose, or climb."""
    settings = means.road.settings
    settings = replace(
        settings,
        limit=job.limit or settings.limit,
        stacks=job.stacks or settings.stacks,
    )
    road = replace(means.road, settings=settings)
    if job.does == "diagnose":
        diagnosis = _diagnosed(job, road)
        from escalade.journal.facts import diagnosed

        journal.event(road.run, "diagnosed", data=diagnosed(diagnosis))
        return Done(diagnosis.exit, road.run, diagnosis=diagnosis)
    from escalade.climb.entry import fix
    from escalade.schedule.climbing import gear_of

    with gear_of(job, replace(means, road=road), journal) as gear:
        story = fix(gear, lambda: None)
    return Done(story.exit, road.run, story=story)


def _diagnosed(job: Job, road: Road) -> Diagnosis:
    """Look, by the job's own symptoms where it has some."""
    from escalade.model import Run
    from escalade.run import book_for
    from escalade.run import hosts_for
    from escalade.run import judge
    from escalade.run import look
    from escalade.runbooks.book import Book

    begun = time.monotonic()
    book, catalog = book_for(road.settings)
    if job.runbook is not None:
        book = Book((job.runbook,), book.roles)
    snapshot = look(road, hosts_for(road.settings), book, catalog, loose=False)
    return judge(snapshot, book, Run(road.run, road.started, time.monotonic() - begun))


def approve_job(job: Job, means: Means, journal: Journal, plan: Plan) -> Done:
    """Carry out the plan with which a run of a job waits, now that a person agrees.

    `means` has the run's own id. It is refused where the facts, or the file of the
    job, are no longer what they were.
    """
    from escalade.climb.entry import saved
    from escalade.journal.process import whoami
    from escalade.schedule.climbing import gear_of

    begun = time.monotonic()
    run, argv = means.road.run, means.argv
    with gear_of(job, means, journal, yes=True) as gear:
        story = saved(
            gear,
            lambda: journal.again(
                run, who=whoami(os.environ), argv=argv, why=means.why
            ),
            plan,
        )
    done = Done(story.exit, run, story=story)
    return _closed(job, journal, done, took_s=time.monotonic() - begun, before=None)


# -------------------------------------------------------------------- the end


def _closed(
    job: Job, journal: Journal, done: Done, *, took_s: float, before: int | None
) -> Done:
    """Write down how a run ended, and tell those who want to know."""
    from escalade.shapes import shaped

    if not any(event.kind == "ended" for event in journal.events(done.run)):
        reason = done.note or ""
        journal.event(done.run, "ended", data={"exit": done.code, "reason": reason})
    troubles = [
        metrics.write(job, ended=journal.clock(), took_s=took_s, code=done.code)
    ]
    if notify.wanted(job, done.code, before):
        from escalade.schedule.words import ended_text
        from escalade.schedule.words import ended_title

        text = shaped(ended_text(job, done))
        good = done.code == 0
        title = ended_title(job, done.code)
        troubles.append(notify.tell(job.notify, title, text, good=good))
    return replace(done, troubles=tuple(filter(None, troubles)))


_BUSY = Text(
    "{job}: another run of it is under way", "{job} : une autre exécution est en cours"
)
_SPENT = Text(
    "its budget is spent: {runs} runs in {hours} h",
    "son budget est épuisé : {runs} exécutions en {hours} h",
)
_WHY_NOT = {
    Verdict.NONE: Text("{job}: not due", "{job} : pas à l'heure"),
    Verdict.DONE: Text(
        "{job}: it already ran for this time", "{job} : déjà exécuté pour cette heure"
    ),
    Verdict.LATE: Text(
        "{job}: its time was missed, and it is too late to make up for it",
        "{job} : son heure est passée, et il est trop tard pour se rattraper",
    ),
}
