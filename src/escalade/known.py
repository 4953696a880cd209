"""Secrets that this process has read itself: what a vault held, what sudo asked for.

They live in memory only. No text leaves without having been looked through for them:
`hidden` is the first thing that `shapes.shaped` does, and the last that is printed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable

__all__ = ["MARK", "forget", "hidden", "learn", "soon", "spellings", "telling"]

MARK = "[redacted]"
"""What stands where a secret stood."""

_LONG = 12
_PLAIN = 8
_MIXED = 6

# The sets grow by single additions, which need no lock.
_known: set[str] = set()
_waits: list[Callable[[], object]] = []
_made: tuple[int, re.Pattern[str] | None] = (0, None)


def telling(value: str) -> bool:
    """Whether a value is so much its own that it can be replaced in any text.

    A password like `redis` or `secret` is also a word of ordinary log lines.
    """
    if len(value) >= _LONG:
        return True
    if len(value) >= _PLAIN and not value.isalpha():
        return True
    digits = any(c.isdigit() for c in value)
    return len(value) >= _MIXED and digits and any(c.isalpha() for c in value)


def spellings(value: str) -> Iterable[str]:
    """Yield a value as it stands in texts, URLs and JSON."""
    from json import dumps
    from urllib.parse import quote

    yield value
    yield quote(value, safe="", errors="surrogatepass")
    yield dumps(value)[1:-1]
    yield dumps(value, ensure_ascii=False)[1:-1]


def learn(value: str) -> None:
    """Keep a value out of every text from now on, and each of its lines.

    One that is no more than an ordinary word, or a short number, is left alone.
    """
    for part in {value.strip(), *(line.strip() for line in value.splitlines())}:
        if telling(part) and part not in _known:
            # A whole of several lines is met in one line only where it is quoted.
            _known.update(s for s in spellings(part) if "\n" not in s)


def soon(wait: Callable[[], object]) -> None:
    """Say that more is being learnt; the next text waits for it by calling `wait`."""
    _waits.append(wait)


def forget() -> None:
    """Forget everything."""
    global _made  # noqa: PLW0603 -- nothing is known
    _made = (0, None)
    _waits.clear()
    _known.clear()


def hidden(text: str) -> str:
    """Return a text without what is known; its lines stay as many."""
    while _waits:
        _waits[0]()
        del _waits[:1]
    if not _known:
        return text
    pattern = _pattern()
    return pattern.sub(MARK, text) if pattern else text


def _pattern() -> re.Pattern[str] | None:
    """Return what finds every known value, the longest first."""
    global _made  # noqa: PLW0603 -- made anew when more is known
    values = tuple(_known)
    if _made[0] != len(values):
        longest = sorted(values, key=lambda s: (-len(s), s))
        found = re.compile("|".join(map(re.escape, longest))) if longest else None
        _made = (len(values), found)
    return _made[1]
