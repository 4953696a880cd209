"""Seconds since the epoch as text, in UTC; light, since start-up is part of the product."""

from __future__ import annotations

import math
import time as _time

__all__ = ["clock", "day", "rfc3339", "time_of_day"]

_YEAR_10000 = 253_402_300_800


def rfc3339(seconds: float) -> str | None:
    """Return a time as RFC 3339 in UTC with milliseconds; None where there is none.

    Zero stands for "not known", and a year that needs five digits is not a time.
    """
    if not _is_time(seconds):
        return None
    whole, millis = divmod(int(seconds * 1000), 1000)
    return f"{_time.strftime('%Y-%m-%dT%H:%M:%S', _time.gmtime(whole))}.{millis:03d}Z"


def day(seconds: float) -> str:
    """Return the date, `2026-11-24`; empty where there is none."""
    return (
        _time.strftime("%Y-%m-%d", _time.gmtime(seconds)) if _is_time(seconds) else ""
    )


def time_of_day(seconds: float) -> str:
    """Return the time of day in UTC, `17:09:02Z`; empty where there is none."""
    return (
        _time.strftime("%H:%M:%SZ", _time.gmtime(seconds)) if _is_time(seconds) else ""
    )


def clock(seconds: float, around: float) -> str:
    """Return a time of day in UTC, with its date where that is another day."""
    if day(seconds) == day(around):
        return time_of_day(seconds)
    return f"{day(seconds)[5:]} {time_of_day(seconds)}".strip()


def _is_time(seconds: float) -> bool:
    """Return whether a number is a time from 1970 to 9999; zero means "not known"."""
    return math.isfinite(seconds) and 0 < seconds < _YEAR_10000
