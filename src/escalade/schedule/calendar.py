"""A schedule as systemd's OnCalendar lines, right where the clocks change. Pure.

systemd leaves out a time that the clocks leap over, and takes the hour that comes twice
once. We do as cron does (`times`), so the moments that systemd would miss around the
changes of the next years are lines of their own.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from zoneinfo import ZoneInfo

from escalade.schedule.jobs import Cron
from escalade.schedule.jobs import Every
from escalade.schedule.times import times_between

__all__ = ["YEARS", "calendars"]

YEARS = 10
"""Years ahead for which the changes of the clocks are written out."""
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_NAMES = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")


def calendars(schedule: Cron | Every, now: datetime) -> tuple[str, ...]:
    """Return the lines that together are a schedule, from `now` on."""
    if isinstance(schedule, Every):
        return tuple(_every(schedule.seconds))
    return (*_of_cron(schedule), *_missed(schedule, now.astimezone(UTC)))


def _every(seconds: int) -> Iterator[str]:
    """Yield the times of the day of an interval, in UTC."""
    times = [divmod(at, 3600) for at in range(0, int(_DAY.total_seconds()), seconds)]
    hours = {hour for hour, _ in times}
    rests = {rest for _, rest in times}
    if len(hours) * len(rests) == len(times):
        minutes = sorted({rest // 60 for rest in rests})
        yield f"*-*-* {_list(hours, 24)}:{_list(minutes, 60)}:00 UTC"
        return
    for hour, rest in times:
        yield f"*-*-* {hour:02}:{rest // 60:02}:00 UTC"


def _of_cron(schedule: Cron) -> Iterator[str]:
    """Yield an expression as systemd has it: days of week or of month are two lines."""
    from cronsim import CronSim

    parsed = CronSim(schedule.expression, datetime(2026, 1, 1, tzinfo=UTC))
    months, days = _list(parsed.months, 12), _list(parsed.days, 31)
    clock = f"{_list(parsed.hours, 24)}:{_list(parsed.minutes, 60)}:00"
    # Both 0 and 7 are Sunday.
    week = sorted({int(day) % 7 for day in parsed.weekdays if isinstance(day, int)})
    names = "" if len(week) == len(_NAMES) else ",".join(_NAMES[d] for d in week) + " "
    if not parsed.day_and:
        # Either is enough: one that has all of its days leaves nothing to the other.
        if names and days != "*":
            yield f"{names}*-{months}-* {clock} {schedule.zone}"
        names, days = "", days if names else "*"
    yield f"{names}*-{months}-{days} {clock} {schedule.zone}"


def _list(numbers: Collection[object], most: int) -> str:
    """Return numbers as systemd lists them; all there are is a star."""
    found = sorted(n for n in numbers if isinstance(n, int))
    return "*" if len(found) == most else ",".join(f"{n:02}" for n in found)


# --------------------------------------------------------- where clocks change


def _missed(schedule: Cron, now: datetime) -> Iterator[str]:
    """Yield the moments of the next years that systemd would leave out."""
    zone = ZoneInfo(schedule.zone)
    for change in _changes(zone, now):
        start, end = change - _DAY, change + _DAY
        ours = times_between(schedule, start, end)
        theirs = {time.astimezone(UTC) for time in _as_systemd(schedule, start, end)}
        for time in ours:
            moment = time.astimezone(UTC)
            if moment not in theirs and moment > now:
                yield f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _changes(zone: ZoneInfo, now: datetime) -> Iterator[datetime]:
    """Yield about when a zone's clocks change, to the hour, in the next years."""
    at, until = now.replace(minute=0, second=0, microsecond=0), now + YEARS * 366 * _DAY
    while at < until:
        if at.astimezone(zone).utcoffset() != (at + _DAY).astimezone(zone).utcoffset():
            hours = (at + hour * _HOUR for hour in range(25))
            yield _first(hours, zone)
        at += _DAY


def _first(moments: Iterable[datetime], zone: ZoneInfo) -> datetime:
    """Return the first moment at which the clocks show another offset."""
    before = None
    last = datetime.min.replace(tzinfo=UTC)
    for last in moments:
        offset = last.astimezone(zone).utcoffset()
        if before is not None and offset != before:
            break
        before = offset
    return last


def _as_systemd(schedule: Cron, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield what systemd makes of an expression: each time on the wall once, if it is."""
    zone = ZoneInfo(schedule.zone)
    from_, to = (each.astimezone(zone).replace(tzinfo=UTC) for each in (start, end))
    # In UTC nothing is moved: these are the times as the wall would show them.
    for wall in times_between(Cron(schedule.expression, "UTC"), from_, to):
        found = wall.replace(tzinfo=zone, fold=0)
        back = found.astimezone(UTC).astimezone(zone)
        if back.replace(tzinfo=None) == wall.replace(tzinfo=None):
            yield found
