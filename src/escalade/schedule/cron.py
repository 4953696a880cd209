"""What a cron expression may be here: what cron, systemd and we understand alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from datetime import datetime

from escalade.errors import nearest

__all__ = ["MACROS", "NAMES", "cron_problem", "expanded"]

MACROS: Mapping[str, str] = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
FIELDS = ("minute", "hour", "day of month", "month", "day of week")
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_WORD = re.compile(r"[A-Za-z0-9*/,-]+")
_BEYOND = re.compile(r"[LW#?]", re.IGNORECASE)
_RANGELESS = re.compile(r"(?:^|,)(\w+)/(\d+)")
NAMES = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
    *("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
)
"""The names of months and days that a field may have."""
_NAMES = re.compile(rf"\b(?:{'|'.join(NAMES)})\b", re.IGNORECASE)


def expanded(text: str) -> str:
    """Return an expression in its five fields, a word such as `@daily` resolved."""
    return MACROS.get(text.strip().lower(), " ".join(text.split()))


def cron_problem(text: str) -> str:
    """Return why a text is no cron expression, in one clause; empty: it is one."""
    if text.strip().startswith("@") and expanded(text).startswith("@"):
        close = nearest(text.strip(), MACROS) or f"; known: {', '.join(MACROS)}"
        return f"no schedule {text.strip()!r}{close}"
    words = expanded(text).split()
    if len(words) != len(FIELDS):
        return (
            f"a cron expression has five fields ({', '.join(FIELDS)}), not {len(words)}"
        )
    for word, name, (least, most) in zip(words, FIELDS, _BOUNDS, strict=True):
        bare = _NAMES.sub("1", word)
        if _BEYOND.search(bare):
            return f"{name} {word!r}: cron itself knows no L, W, # or ?"
        if not _WORD.fullmatch(word) or _wrong(word, name):
            usual = f"{least} to {most}, *, 1-5, 1,3, */15"
            return f"{name} {word!r} is not understood: {usual}"
        if found := _RANGELESS.search(word):
            wide = f"{found[1]}-{most}/{found[2]}"
            return f"{name} {word!r}: cron itself wants a range: {wide}"
    return ""


def _wrong(word: str, name: str) -> bool:
    """Whether a field is none, alone in an expression that is right but for it."""
    from cronsim import CronSim
    from cronsim import CronSimError

    words = ["0", "0", "*", "*", "*"]
    words[FIELDS.index(name)] = word
    try:
        CronSim(" ".join(words), datetime(2026, 1, 1, tzinfo=UTC))
    except (CronSimError, AssertionError):
        return True
    return False
