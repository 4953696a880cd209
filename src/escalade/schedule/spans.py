"""Times of maintenance files: schedules, durations, windows, each problem at its place."""

from __future__ import annotations

import re

from escalade.runbooks.problems import show
from escalade.runbooks.spot import Spot
from escalade.runbooks.units import quantity
from escalade.schedule.cron import cron_problem
from escalade.schedule.cron import expanded
from escalade.schedule.jobs import ALL_DAYS
from escalade.schedule.jobs import DAYS
from escalade.schedule.jobs import Cron
from escalade.schedule.jobs import Every
from escalade.schedule.jobs import Window
from escalade.schedule.zones import LOCAL
from escalade.schedule.zones import local_zone
from escalade.schedule.zones import zone_problem

__all__ = ["duration", "schedule_at", "window_at", "zone_at"]

_DAY_S = 86_400
_CLOCK = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")
_MINUTES = 24 * 60


def zone_at(spot: Spot, default: str = "") -> str:
    """Return the time zone at a place; the default, else this machine's, where none is."""
    if not isinstance(spot.value, str):
        return default or local_zone()
    if spot.value == LOCAL:
        return local_zone()
    if trouble := zone_problem(spot.value):
        spot.wrong(trouble)
        return "UTC"
    return spot.value


def duration(spot: Spot, default: float, *, least: float, most: float) -> float:
    """Return the seconds at a place, in their bounds; what is none is reported."""
    if not isinstance(spot.value, str):
        return default
    told = quantity(spot.value)
    if told is None or told.unit != "duration":
        spot.wrong(f"{spot.name!r} is a duration (10s, 5m, 1h), not {show(spot.value)}")
        return default
    if not least <= told.number <= most:
        bounds = f"from {least:g} to {most:g} seconds"
        spot.wrong(f"{spot.name!r} must be {bounds}, not {show(spot.value)}")
    return float(told.number)


def schedule_at(top: Spot, zone: str) -> Cron | Every:
    """Return when a job comes: of `schedule` and `every` there is one."""
    cron, every = top.at("schedule"), top.at("every")
    if (cron.value is None) == (every.value is None):
        at = every if cron.value is not None else top
        at.misplaced("say either 'schedule' (a cron expression) or 'every' (6h)")
    if isinstance(every.value, str):
        return Every(_interval(every), zone)
    if not isinstance(cron.value, str):
        return Every(_DAY_S, zone)
    trouble = cron_problem(cron.value)
    found = Cron("0 0 * * *" if trouble else expanded(cron.value), zone)
    if not trouble and _never(found):
        trouble = "there is no such day"
    if trouble:
        cron.wrong(trouble)
    return found


def _never(schedule: Cron) -> bool:
    """Whether a schedule never comes."""
    from datetime import UTC
    from datetime import datetime

    from escalade.schedule.times import next_times

    return not next_times(schedule, datetime(2026, 1, 1, tzinfo=UTC), 1)


def _interval(spot: Spot) -> int:
    """Return an interval in seconds: whole minutes that divide a day."""
    seconds = int(duration(spot, _DAY_S, least=60, most=_DAY_S))
    if seconds < 1 or _DAY_S % seconds or seconds % 60:
        near = min(
            (s for s in range(60, _DAY_S + 1, 60) if _DAY_S % s == 0),
            key=lambda s: abs(s - seconds),
        )
        fix = f"{near // 3600}h" if near % 3600 == 0 else f"{near // 60}m"
        spot.wrong(
            f"{show(spot.value)} does not divide a day: the nearest that does is {fix}; "
            "or write a 'schedule'"
        )
        return _DAY_S
    return seconds


def window_at(spot: Spot, zone: str) -> Window | None:
    """Return the window at a place; None where there is none."""
    if not isinstance(spot.value, dict):
        return None
    listed = spot.at("days").value
    named = [day for day in listed if day in DAYS] if isinstance(listed, list) else []
    days = frozenset(DAYS.index(day) for day in named) or ALL_DAYS
    start, end = _clock(spot.at("from")), _clock(spot.at("to"))
    if start == _MINUTES:
        spot.at("from").wrong("a day ends at 24:00: it begins at 00:00")
    return Window(start % _MINUTES, end, zone_at(spot.at("time_zone"), zone), days)


def _clock(spot: Spot) -> int:
    """Return the minutes after midnight of a time of day."""
    if not isinstance(spot.value, str):
        return 0
    found = _CLOCK.fullmatch(spot.value)
    if found is None or (found[1] == "24" and found[2] != "00"):
        spot.wrong(f"{spot.name!r} is a time of day (22:30), not {show(spot.value)}")
        return 0
    return int(found[1]) * 60 + int(found[2])
