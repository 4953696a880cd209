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
from itertools import islice
from zoneinfo import ZoneInfo

from escalade.schedule.jobs import Cron
from escalade.schedule.jobs import Every

__all__ = ["next_times", "times_after", "times_between"]

_DAY_S = 86_400


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
    from cronsim import CronSim

    last = start
    # Several fixed times that the clocks leap over all come in the first minute after.
    for time in CronSim(schedule.expression, start.astimezone(zone)):
        if time.astimezone(UTC) > last:
            last = time.astimezone(UTC)
            yield time


def _every(seconds: int, start: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield multiples of an interval since midnight UTC."""
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    passed = int((start - midnight).total_seconds()) // seconds + 1
    while True:
        yield (midnight + timedelta(seconds=passed * seconds)).astimezone(zone)
        passed += 1
