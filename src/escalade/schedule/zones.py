"""Time zones by their names, and the one that this machine's clock has."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from escalade.errors import UsageError
from escalade.errors import nearest

__all__ = ["LOCAL", "local_zone", "zone_problem"]

LOCAL = "local"
"""The word that stands for this machine's own zone."""
_ROOT = Path("/")


@cache
def local_zone(root: Path = _ROOT) -> str:
    """Return the IANA name of this machine's time zone, as cron and systemd have it.

    It is that of /etc/localtime, whatever TZ says in somebody's shell; UTC where there is
    none. Raises `UsageError` where it has no name. `root` is where the machine's files are.
    """
    clock = root / "etc" / "localtime"
    if not clock.exists():
        return "UTC"
    for name in _linked(clock) if clock.is_symlink() else _copied(clock, root):
        if not zone_problem(name):
            return name
    raise UsageError(
        "this machine's time zone has no name: make /etc/localtime a link to one "
        "(timedatectl set-timezone), or give each job and window a time_zone"
    )


def _linked(clock: Path) -> Iterator[str]:
    """Yield the names that a clock is a link to, the nearest first."""
    for path in (clock.readlink(), clock.resolve()):
        _, found, name = str(path).rpartition("zoneinfo/")
        if found:
            yield name


def _copied(clock: Path, root: Path) -> Iterator[str]:
    """Yield the names of zones that a clock is a copy of, that of /etc/timezone first."""
    from zoneinfo import TZPATH
    from zoneinfo import available_timezones

    written = root / "etc" / "timezone"
    said = written.read_text("utf-8", "replace").split() if written.is_file() else []
    content = clock.read_bytes()
    for name in (*said[:1], *sorted(available_timezones())):
        files = (Path(folder, name) for folder in TZPATH)
        if any(file.is_file() and file.read_bytes() == content for file in files):
            yield name


def zone_problem(name: str) -> str:
    """Return why a name is no time zone, with the nearest that is; empty: it is one."""
    from zoneinfo import ZoneInfo
    from zoneinfo import available_timezones

    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return f"no time zone {name!r}{nearest(name, available_timezones())}"
    return ""
