"""Kleene's three-valued logic, and one reading held against one value."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence

from escalade.model import Comparison
from escalade.model import Reading
from escalade.model import Scalar
from escalade.model import Truth
from escalade.model import Value

__all__ = ["compare", "every", "holds", "negate", "quote", "show", "some"]

_GUARDS = ("desired", "oneshot", "settled", "known", "self", "network_mode")
"""Readings that say where a question applies, not what is wrong."""
Wanted = Value | tuple[Scalar, ...]
"""What a reading is held against."""
EXCERPT = 300
"""Characters of one quoted line: two lines of a wide terminal."""


def every(parts: Sequence[Truth]) -> Truth:
    """Kleene's and."""
    if Truth.FALSE in parts:
        return Truth.FALSE
    return Truth.UNKNOWN if Truth.UNKNOWN in parts else Truth.TRUE


def some(parts: Sequence[Truth]) -> Truth:
    """Kleene's or."""
    if Truth.TRUE in parts:
        return Truth.TRUE
    return Truth.UNKNOWN if Truth.UNKNOWN in parts else Truth.FALSE


def negate(part: Truth) -> Truth:
    """Kleene's not."""
    flip = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE}
    return flip.get(part, Truth.UNKNOWN)


def _number(value: Wanted) -> float:
    """Return a reading as a number; raises for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(value)
    if value != value:  # noqa: PLR0124 (only what is not a number differs from itself)
        raise TypeError(value)
    return value


def _members(value: Wanted) -> tuple[Scalar, ...]:
    """Return a value as a tuple of members."""
    return value if isinstance(value, tuple) else (value,)


def _contains(reading: Value, value: Wanted) -> bool:
    """Whether a text holds a substring, or a tuple a member."""
    if isinstance(reading, tuple):
        return value in reading
    return str(value) in str(reading)


OPERATORS: Mapping[str, Callable[[Value, Wanted], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "in": lambda a, b: a in _members(b),
    "not_in": lambda a, b: a not in _members(b),
    "gt": lambda a, b: _number(a) > _number(b),
    "ge": lambda a, b: _number(a) >= _number(b),
    "lt": lambda a, b: _number(a) < _number(b),
    "le": lambda a, b: _number(a) <= _number(b),
    "matches": lambda a, b: any(re.search(str(b), str(m)) for m in _members(a)),
    "contains": _contains,
}


def compare(record: Reading, comparison: Comparison) -> Truth:
    """Judge one comparison on one record; a reading that is None is unknown."""
    value = record.get(comparison.reading)
    if comparison.op == "known":
        known = value is not None
        return Truth.TRUE if known == comparison.value else Truth.FALSE
    if value is None:
        return Truth.UNKNOWN
    try:
        held = OPERATORS[comparison.op](value, comparison.value)
    except TypeError:
        return Truth.UNKNOWN
    return Truth.TRUE if held else Truth.FALSE


def holds(record: Reading, expect: Sequence[Comparison]) -> Truth:
    """Judge all comparisons on one record."""
    return every([compare(record, comparison) for comparison in expect])


def quote(record: Reading, expect: Sequence[Comparison]) -> str:
    """Return a record in one line: its text if it has one, else what was compared."""
    if record.get("text"):
        return str(record["text"])[:EXCERPT]
    names = [c.reading for c in expect if c.reading not in _GUARDS]
    extra = [n for n in ("service", "variable", "port", "detail") if record.get(n)]
    words = dict.fromkeys([*extra, *names])
    return " ".join(f"{n}={show(record.get(n))}" for n in words)[:EXCERPT]


def show(value: Value) -> str:
    """Return a reading for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    return ",".join(value) if isinstance(value, tuple) else str(value)
