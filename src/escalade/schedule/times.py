"""When a schedule comes: pure, right across changes of the clocks.

As in Debian's cron: a job at a fixed hour that the clocks leap over runs in the first
minute after the leap, and where they go back it runs once, the first time. A job with `*`
in hours or minutes goes by the time that passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from heapq import heappop
from heapq import heappush
from itertools import islice
from zoneinfo import ZoneInfo

from escalade.schedule.jobs import Cron
from escalade.schedule.jobs import Every

__all__ = ["next_times", "times_after", "times_between"]

_BACK = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


def next_times(
    schedule: Cron | Every, after: datetime, count: int
) -> tuple[datetime, ...]:
    """Return the next `count` times after a moment, in the schedule's own zone.

    Fewer where there are none within fifty years (the 30th of February).
    """
    return tuple(islice(times_after(schedule, after), count))


def times_between(
    schedule: Cron | Every, after: datetime, until: datetime
) -> tuple[datetime, ...]:
    """Return the times after a moment, up to another one, that included."""
    found = []
    for time in times_after(schedule, after):
        if time.astimezone(UTC) > until.astimezone(UTC):
            break
        found.append(time)
    return tuple(found)


def times_after(schedule: Cron | Every, after: datetime) -> Iterator[datetime]:
    """Yield the times after a moment that has a zone, in order, none of them twice."""
    zone = ZoneInfo(schedule.zone)
    start = after.astimezone(UTC)
    if isinstance(schedule, Every):
        yield from _every(schedule.seconds, start, zone)
        return
    last = start
    for moment in _moments(schedule.expression, start, zone):
        # Several fixed times that the clocks leap over are one.
        if moment > last:
            last = moment
            yield moment.astimezone(zone)


def _every(seconds: int, start: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield multiples of an interval since midnight UTC."""
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    passed = int((start - midnight).total_seconds()) // seconds + 1
    while True:
        yield (midnight + timedelta(seconds=passed * seconds)).astimezone(zone)
        passed += 1


# ------------------------------------------------------------------------ cron


def _moments(expression: str, start: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield the moments (UTC) of an expression from about a start on, in order."""
    passing = any(field.startswith("*") for field in expression.split()[:2])
    wall = start.astimezone(zone).replace(tzinfo=UTC) - _BACK
    # The second of two hours of one name comes after all of the first.
    later: list[datetime] = []
    for time in _on_the_wall(expression, wall):
        found = _of_wall(time.replace(tzinfo=zone), passing=passing)
        for moment in found:
            heappush(later, moment)
        first = _utc(time.replace(tzinfo=zone, fold=0))
        while later and later[0] <= first:
            yield heappop(later)
    yield from sorted(later)


def _on_the_wall(expression: str, start: datetime) -> Iterator[datetime]:
    """Yield the times of an expression as clocks show them that nobody ever changes."""
    from cronsim import CronSim
    from cronsim import CronSimError

    try:
        yield from CronSim(expression, start)
    except CronSimError:
        # There is no such day: it never comes.
        return


def _of_wall(time: datetime, *, passing: bool) -> tuple[datetime, ...]:
    """Return when (UTC) clocks show a time: twice, once, or not at all.

    Where it goes by a fixed hour, it is once: the first time, or the first minute after
    the leap.
    """
    first, second = _utc(time.replace(fold=0)), _utc(time.replace(fold=1))
    if _is_shown(time):
        return (first, second) if passing and second > first else (first,)
    if passing:
        return ()
    while not _is_shown(time):
        time += _MINUTE
    return (_utc(time),)


def _is_shown(time: datetime) -> bool:
    """Whether clocks ever show a time: they leap over some."""
    back = _utc(time).astimezone(time.tzinfo)
    return back.replace(tzinfo=None) == time.replace(tzinfo=None)


def _utc(time: datetime) -> datetime:
    """Return a moment in UTC."""
    return time.astimezone(UTC)
