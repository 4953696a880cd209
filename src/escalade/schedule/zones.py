"""Time zones by their names, and the one that this machine's clock shows."""

from __future__ import annotations

from functools import cache

from escalade.errors import UsageError
from escalade.errors import nearest

__all__ = ["LOCAL", "local_zone", "zone_problem"]

LOCAL = "local"
"""The word that stands for this machine's own zone."""


@cache
def local_zone() -> str:
    """Return the IANA name of this machine's time zone; UTC where it has none.

    Raises `UsageError` where it is not to be understood (a TZ of nobody's).
    """
    from tzlocal import get_localzone_name

    try:
        name = str(get_localzone_name())
    except Exception as error:
        why = str(error).partition("\n")[0]
        raise UsageError(f"this machine's time zone is not known: {why}") from error
    return "UTC" if zone_problem(name) else name


def zone_problem(name: str) -> str:
    """Return why a name is no time zone, with the nearest that is; empty: it is one."""
    from zoneinfo import ZoneInfo
    from zoneinfo import available_timezones

    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return f"no time zone {name!r}{nearest(name, available_timezones())}"
    return ""
