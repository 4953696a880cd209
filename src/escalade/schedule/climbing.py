"""What a job climbs with: its order, its policy, and its own words beside the runbooks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from escalade.climb.gear import Gear
from escalade.climb.gear import Order
from escalade.climb.policy import Policy
from escalade.climb.setup import gear_for
from escalade.model import Ladder
from escalade.model import Runbook
from escalade.plans import Risk
from escalade.remedy.plan import Called
from escalade.runbooks.book import Book
from escalade.schedule.jobs import Job
from escalade.schedule.windows import closed_for

if TYPE_CHECKING:
    from escalade.journal.store import Journal
    from escalade.schedule.work import Means

__all__ = ["gear_of"]


@contextmanager
def gear_of(
    job: Job, means: Means, journal: Journal, *, yes: bool = False
) -> Iterator[Gear]:
    """Give the means of a run of a job; with `yes` a person has agreed to its plan."""
    guards = () if means.anytime else means.guards
    most = Risk[means.road.settings.max_risk.upper()]
    policy = Policy(
        unattended=min(job.risk, most),
        most=most,
        yes=yes,
        closed=lambda plan: closed_for(journal.clock(), plan, guards),
    )
    with gear_for(
        means.road,
        _order(job, means.road.settings.stacks),
        policy=policy,
        desk=means.desk,
        folder=means.folder,
        journal=journal,
    ) as gear:
        watch = replace(gear.watch, book=_with_own(job, gear.watch.book))
        yield replace(gear, watch=watch, rests={**gear.rests, "job": job.digest})


def _order(job: Job, stacks: tuple[str, ...]) -> Order:
    """Return what a job asks for; steps are about one stack, or about hosts alone."""
    stack = stacks[0] if job.steps and len(stacks) == 1 else None
    calls = tuple(Called(step.name, step.args, step) for step in job.steps)
    return Order(only=(job.name,) if job.runbook else (), calls=calls, stack=stack)


def _with_own(job: Job, book: Book) -> Book:
    """Return the runbooks with the job's own, whose conditions are asked, too."""
    ladder = Ladder(job.name, {1: job.steps})
    steps = Runbook(job.name, job.title, "host", (), {job.name: ladder})
    return replace(book, runbooks=(*book.runbooks, job.runbook or steps))
