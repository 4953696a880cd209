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
from escalade.errors import UsageError
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
    from escalade.journal.events import Event
    from escalade.journal.store import Journal
    from escalade.model import Diagnosis
    from escalade.plans import Plan
    from escalade.report.fixstory import FixStory
    from escalade.run import Road
    from escalade.settings import Settings

__all__ = ["KIND", "Done", "Means", "approve_job", "run_job", "scope"]

KIND = "scheduled"
"""The kind of such runs in the journal."""
TOOL_ERROR, REFUSED = 1, 5
_LOOKED_BACK_S = 400 * 86_400.0
_BY_HAND = "by-hand"


@dataclass(frozen=True, slots=True)
class Means:
    """What a run is given.

    `timed` says that a timer called, so that the job runs only if it is due; `jittered`
    that it waits by chance first; `anytime` that windows do not count. `folder` is where
    the operator's own tasks.py may be. `limit` and `stacks` are what the command line
    says: they narrow what the job itself names.
    """

    road: Road
    desk: Desk
    folder: Path
    argv: tuple[str, ...] = ()
    guards: tuple[Guard, ...] = ()
    limit: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
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
    with open_journal(place, redact=shaped, url=settings.journal) as journal:
        # Asked when the timer calls: a turn that waits for another run is due still.
        due = _due(job, means, journal)
        if not due.runs:
            return _not_due(job, due.verdict)
        with held(place, job.name, wait_s=wait_s, stop=means.road.stop) as free:
            return _in_turn(job, means, journal, due, free=free)


def _due(job: Job, means: Means, journal: Journal) -> Due:
    """Return whether the job is due; by hand it always is."""
    if not means.timed:
        return Due(Verdict.RUN)
    # A turn that waited began late, and took no other turn by that.
    dues = ((e.data.get("due"), e.time) for e in _turns(job, journal))
    ran = (due if isinstance(due, float) else began for due, began in dues)
    return judged(job, journal.clock(), max(ran, default=None))


def _turns(job: Job, journal: Journal) -> tuple[Event, ...]:
    """Return the turns that the job had.

    Whoever found the job under way has not had its turn for it.
    """
    told = journal.scheduled(job.name, journal.clock() - _LOOKED_BACK_S)
    return tuple(e for e in told if not e.data.get("skipped"))


def _not_due(job: Job, verdict: Verdict) -> Done:
    """Return the end of a call that came to nothing and is no turn."""
    return Done(0, note=_WHY_NOT[verdict].fill({"job": job.name}))


def _in_turn(job: Job, means: Means, journal: Journal, due: Due, *, free: bool) -> Done:
    """Judge whether a job that is due may run, and run it."""
    turns = _turns(job, journal)
    if means.timed and any(e.data.get("due") == due.time for e in turns):
        # Another timer called for the same time, and was first.
        return _not_due(job, Verdict.DONE)
    if not free:
        return _skipped(job, means, journal, due)
    if means.jittered and job.jitter_s:
        means.road.stop.wait(random.uniform(0.0, job.jitter_s))  # noqa: S311 -- no secret
    ran = [e for e in turns if not e.data.get("refused")]
    # After the waiting: the window may have closed meanwhile.
    refused = _refusal(job, means, ran, journal.clock())
    _begin(job, means, journal, due, refused)
    if refused is None:
        before = _exit_of(journal, ran[-1].run) if ran else None
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


def _refusal(job: Job, means: Means, ran: Sequence[Event], now: float) -> Text | None:
    """Return why a job may not run now; None where it may.

    A budget brakes timers: a run by hand, which a person wanted, does not spend it.
    """
    moment = datetime.fromtimestamp(now, UTC)
    if job.window and not means.anytime and not is_open(job.window, moment):
        return shut(job.window, moment)
    began = [e.time for e in ran if e.data.get("called") != _BY_HAND]
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
        "called": due.verdict.value if means.timed else _BY_HAND,
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
    road = replace(means.road, settings=scope(job, means))
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


def scope(job: Job, means: Means) -> Settings:
    """Return the settings of a run: the job's own places, as the command line narrows them.

    Raises `UsageError` where that leaves none: none is not all.
    """
    settings = means.road.settings
    limit, stacks = job.limit or settings.limit, job.stacks or settings.stacks
    if job.limit and means.limit:
        limit = _both(settings, job.limit, means.limit)
        if not limit:
            raise _nothing(job, "limit", means.limit, "hosts")
    if job.stacks and means.stacks:
        stacks = tuple(stack for stack in job.stacks if stack in means.stacks)
        if not stacks:
            raise _nothing(job, "stack", means.stacks, "stacks")
    return replace(settings, limit=limit, stacks=stacks)


def _both(
    settings: Settings, own: Sequence[str], said: Sequence[str]
) -> tuple[str, ...]:
    """Return the names of the hosts that two lists of patterns both pick."""
    from escalade.inventory.patterns import chosen
    from escalade.run import inventory_for

    inventory = inventory_for(settings)
    picked = set(chosen(inventory, said))
    return tuple(name for name in chosen(inventory, own) if name in picked)


def _nothing(job: Job, flag: str, said: Sequence[str], what: str) -> UsageError:
    """Return what is raised where a flag leaves nothing of a job."""
    words = ", ".join(said)
    return UsageError(f"{job.name}: --{flag} {words}: none of the job's {what}")


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


def approve_job(
    job: Job, means: Means, journal: Journal, plan: Plan, *, seen: int
) -> Done:
    """Carry out the plan with which a run of a job waits, now that a person agrees.

    `means` has the run's own id; `seen` is the last event that was read of it. It is refused where the facts, or the file of the
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
                run, seen=seen, who=whoami(os.environ), argv=argv, why=means.why
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
