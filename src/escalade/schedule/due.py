"""Whether a job is due now, from its times and from the last one it ran for. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from enum import Enum

from escalade.schedule.jobs import Job
from escalade.schedule.times import times_between

__all__ = ["GRACE_S", "Due", "Verdict", "judged", "over_budget"]

GRACE_S = 150.0
"""Seconds after its time in which a start counts as on time: cron comes by the minute."""


class Verdict(Enum):
    """What becomes of a job that was called by a timer."""

    RUN = "run"
    MADE_UP = "made-up"
    DONE = "done"
    LATE = "late"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Due:
    """The verdict, and the time that it is about (epoch seconds; None: none passed)."""

    verdict: Verdict
    time: float | None = None

    @property
    def runs(self) -> bool:
        """Whether the job runs."""
        return self.verdict in (Verdict.RUN, Verdict.MADE_UP)


def judged(job: Job, now: float, last: float | None) -> Due:
    """Return whether a job is due at a time, where `last` is the last one it ran for.

    For a run by hand that is when it began. A time that was missed is made up for once,
    and only within the job's bound. All are epoch seconds.
    """
    on_time_s = GRACE_S + job.jitter_s
    bound_s = max(on_time_s, job.late_s if job.missed == "once" else 0.0)
    moment = datetime.fromtimestamp(now, UTC)
    past = times_between(
        job.schedule, moment - timedelta(seconds=max(bound_s, job.late_s)), moment
    )
    if not past:
        return Due(Verdict.NONE)
    due = past[-1].timestamp()
    if last is not None and last >= due:
        return Due(Verdict.DONE, due)
    if now - due <= on_time_s:
        return Due(Verdict.RUN, due)
    return Due(Verdict.MADE_UP if now - due <= bound_s else Verdict.LATE, due)


def over_budget(job: Job, begun: Sequence[float], now: float) -> bool:
    """Whether as many runs as the budget allows began (epoch seconds) within its time."""
    if job.budget is None:
        return False
    since = now - job.budget.within_s
    return sum(time > since for time in begun) >= job.budget.runs
