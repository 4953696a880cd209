"""The columns of the manual questions' tables: what each is called, how it is said."""

from __future__ import annotations

from escalade.model import Value
from escalade.report import words
from escalade.report.sheet import Column
from escalade.report.sheet import Row
from escalade.text import Lang

__all__ = ["DISKS", "DOCKER", "HOSTS", "LOADS", "PS"]


def _size(value: Value, lang: Lang) -> str:
    """Return a number of bytes."""
    return words.size(value, lang) if isinstance(value, int | float) else ""


def _limit(value: Value, lang: Lang) -> str:
    """Return a limit in bytes; none where it is zero."""
    return _size(value, lang) if value else ""


def _percent(value: Value, lang: Lang) -> str:
    """Return a ratio as a percentage."""
    del lang
    return f"{value * 100:.0f} %" if isinstance(value, int | float) else ""


def _long(value: Value, lang: Lang) -> str:
    """Return a duration."""
    return words.seconds(value, lang) if isinstance(value, int | float) else ""


def _decimal(value: Value, lang: Lang) -> str:
    """Return a number with two decimals."""
    return words.number(value, lang, 2) if isinstance(value, int | float) else ""


def _some(value: Value, lang: Lang) -> str:
    """Return a count that is worth a word: nothing for zero."""
    del lang
    return str(value) if value else ""


def _health(value: Value, lang: Lang) -> str:
    """Return a health; nothing where no check is declared."""
    del lang
    return "" if value in (None, "none") else str(value)


def _state_style(row: Row) -> str:
    """Return the style of a state."""
    good = row.get("state") == "running" and row.get("health") != "unhealthy"
    return "good" if good else "bad"


def _health_style(row: Row) -> str:
    """Return the style of a health."""
    return {"healthy": "good", "unhealthy": "bad"}.get(str(row.get("health")), "warn")


_HOST = Column("host", words.HOST)
_STACK = Column("stack", words.STACK_HEAD)
_SERVICE = Column("service", words.SERVICE)

PS = (
    _HOST,
    _STACK,
    _SERVICE,
    Column("container", words.CONTAINER, style=lambda _: "dim"),
    Column("state", words.STATE, style=_state_style),
    Column("health", words.HEALTH, _health, _health_style),
    Column("since_s", words.SINCE, _long),
    Column("exit_code", words.EXIT, _some),
    Column("restarts", words.RESTARTS, _some),
    Column("ports", words.PORTS, style=lambda _: "dim"),
)
HOSTS = (
    Column("host", words.HOST),
    Column("cpus", words.PROCESSORS),
    Column("load1", words.LOAD, _decimal),
    Column("memory_available", words.MEMORY, _size),
    Column("memory_total", words.OF_MEMORY, _size),
    Column("swap_used_ratio", words.SWAP, _percent),
    Column("files_ratio", words.FILES, _percent),
    Column("uptime_s", words.UPTIME, _long),
    Column("clock_offset_s", words.CLOCK, _decimal),
)
DISKS = (
    _HOST,
    Column("mount", words.MOUNT),
    Column("used_ratio", words.USED, _percent),
    Column("free", words.FREE, _size),
    Column("total", words.OF_MEMORY, _size),
    Column("inodes_ratio", words.INODES, _percent),
)
DOCKER = (
    _HOST,
    Column("images_size", words.IMAGES, _size),
    Column("containers_size", words.CONTAINERS, _size),
    Column("volumes_size", words.VOLUMES, _size),
    Column("cache_size", words.CACHE, _size),
    Column("reclaimable", words.RECLAIMABLE, _size),
)
LOADS = (
    _HOST,
    _STACK,
    _SERVICE,
    Column("memory_used", words.MEMORY_USED, _size),
    Column("memory_limit", words.LIMIT, _limit),
    Column("cpu_throttled_ratio", words.THROTTLED, _percent),
    Column("pids", words.PROCESSES),
    Column("files_open", words.FILES),
    Column("oom_kills", words.OOM_KILLS, _some),
)
