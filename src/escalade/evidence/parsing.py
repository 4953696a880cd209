"""Small pure readers that several probes share: times, numbers, pairs, texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from typing import Any

from escalade.evidence.probe import Target

__all__ = [
    "CUT",
    "PROJECT",
    "SERVICE",
    "as_dict",
    "as_list",
    "clean",
    "json_or_none",
    "number",
    "own_address",
    "pairs",
    "seconds",
    "texts",
    "timestamp",
    "whole",
    "whole_words",
]

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"

CUT = "... [cut]"
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[@-Z\\^_])"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_BREAK = re.compile(r"[\s\"'=,;]")


def number(text: str) -> float | None:
    """Return a decimal number, None where the text is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value == value and abs(value) != float("inf") else None  # noqa: PLR0124


def whole(text: object) -> int | None:
    """Return a whole number from what an Engine or a file says, else None."""
    if isinstance(text, bool):
        return None
    if isinstance(text, int):
        return text
    word = str(text).strip()
    return int(word) if re.fullmatch(r"-?\d{1,18}", word) else None


def pairs(text: str, separator: str = "=") -> Mapping[str, str]:
    """Return `key=value` lines as a mapping; other lines are left out."""
    split = (line.partition(separator) for line in text.splitlines())
    return {key.strip(): value.strip() for key, found, value in split if found}


def timestamp(text: object) -> float | None:
    """Return an RFC 3339 time as seconds since the epoch.

    The Engine writes nanoseconds, and year 1 for "never", which is None here.
    """
    if not isinstance(text, str) or text[:5] in {"", "0001-"}:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()


def seconds(nanoseconds: object) -> float | None:
    """Return the Engine's nanoseconds in seconds, None for 0 or nothing."""
    if isinstance(nanoseconds, bool) or not isinstance(nanoseconds, (int, float)):
        return None
    return nanoseconds / 1e9 if nanoseconds else None


def clean(data: bytes | str, limit: int = 8192) -> str:
    """Return text without escape sequences, control characters and broken UTF-8.

    Tabs and line ends stay. What is longer than `limit` characters is cut before a
    word that would otherwise stand there in part (half a secret is not recognised).
    """
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    if not text.replace("\t", " ").isprintable():
        text = _ESCAPES.sub("", text)
    if len(text) <= limit:
        return text
    return whole_words(text[:limit]) + CUT


def whole_words(text: str) -> str:
    """Return a text that was cut without the word in which the cut fell."""
    for back in range(len(text) - 1, max(-1, len(text) - 4096), -1):
        if _BREAK.match(text[back]):
            return text[: back + 1]
    return text[: max(0, len(text) - 4096)]


def as_dict(value: object) -> Mapping[str, Any]:
    """Return a JSON object, empty where it is none (the Engine writes null)."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: object) -> list[Any]:
    """Return a JSON list, empty where it is none."""
    return value if isinstance(value, list) else []


def texts(values: Iterable[object]) -> tuple[str, ...]:
    """Return the distinct texts among values, in their first order."""
    return tuple(dict.fromkeys(str(v) for v in values if v not in (None, "")))


def json_or_none(body: bytes) -> Any:
    """Return a body read as JSON, None where it is none, or nested without end."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def own_address(target: Target) -> str | None:
    """Return where a container is reached from its host, None where it is nowhere."""
    mine = (p for p in target.peers if p.replica == target.address.replica)
    return next((address for peer in mine for address in peer.addresses), None)
