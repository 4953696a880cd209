"""What the readers of postconditions share: the place asked, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from typing import NamedTuple
from urllib.parse import quote

from escalade.model import Reading
from escalade.model import Status
from escalade.transport.base import Transport
from escalade.transport.engine_api import EngineApi

__all__ = ["Place", "Records", "UnansweredError", "get", "missing", "quoted"]

ASK_S = 5.0
"""Seconds that one question to a host may take."""


class UnansweredError(Exception):
    """A question that nobody answered; the text says why."""


class Place(NamedTuple):
    """Where a check is asked; `now` is the host's clock in seconds since the epoch."""

    engine: EngineApi
    transport: Transport
    host: str
    now: Callable[[], float]


class Records(NamedTuple):
    """The records of one check. Without `whole` a count may be higher than read."""

    readings: tuple[Reading, ...]
    whole: bool = True


def get(place: Place, path: str) -> Any:
    """Return what the Engine says at a path, None for a 404; raise UnansweredError."""
    reply = place.engine.get(path, timeout_s=ASK_S)
    if reply.status is Status.VANISHED:
        return None
    found = reply.json() if reply.status is Status.OK else None
    if found is None:
        raise UnansweredError(reply.reason or "the Engine's answer is not JSON")
    return found


def missing(name: str) -> Records:
    """Return the one record of what does not exist."""
    return Records(({"name": name, "exists": False},))


def quoted(name: str) -> str:
    """Return a name as a part of a path of the Engine's API."""
    return quote(name, safe="")
