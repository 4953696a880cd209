"""Durations, sizes and shares as people write them: `10s`, `1h30m`, `512MB`, `90%`."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Quantity", "quantity"]

_NUMBER = r"(\d+(?:\.\d+)?)"
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_BYTES = {
    "B": 1,
    "kB": 1000,
    "KB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "TB": 1000**4,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
    "TiB": 1024**4,
}
_PART = re.compile(rf"{_NUMBER} ?(ms|[smhd])")
_DURATION = re.compile(rf"(?:{_NUMBER} ?(?:ms|[smhd]))+")
_SIZE = re.compile(rf"{_NUMBER} ?({'|'.join(_BYTES)})")
_SHARE = re.compile(rf"{_NUMBER} ?%")
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and what it counts: `duration` (s), `size` (bytes) or `share` (0 to 1).

    Decimal sizes are powers of 1000 (`MB`), binary ones of 1024 (`MiB`).
    """

    number: float
    unit: str


def quantity(text: str) -> Quantity | None:
    """Return what a text with units says, None where it is not such a text."""
    if len(text) > _LONGEST:
        return None
    if _DURATION.fullmatch(text):
        total = sum(float(n) * _SECONDS[unit] for n, unit in _PART.findall(text))
        return Quantity(_whole(total), "duration")
    if size := _SIZE.fullmatch(text):
        return Quantity(_whole(float(size[1]) * _BYTES[size[2]]), "size")
    if share := _SHARE.fullmatch(text):
        return Quantity(float(share[1]) / 100, "share")
    return None


def _whole(number: float) -> float:
    """Return an int where nothing is lost by it."""
    return int(number) if number.is_integer() else number
