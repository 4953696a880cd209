"""Why a lock was not taken, and how the line that its holder left there reads."""

from __future__ import annotations

import json
from typing import NamedTuple

from escalade.transport.outputs import one_line

__all__ = ["Busy", "held_by"]


class Busy(NamedTuple):
    """Why a lock was not taken: who holds it, since when (UTC), in which run.

    `reason` is set where it is not held by anybody, but could not be taken (the host
    does not answer, has no `flock`); then nothing else is but `name`. `lost` says that
    it is the host that is gone.
    """

    name: str
    who: str = ""
    since: str = ""
    run: str = ""
    reason: str = ""
    lost: bool = False

    def __str__(self) -> str:
        """Return it in one line."""
        if self.reason:
            return f"no lock on {self.name}: {self.reason}"
        who, since = self.who or "somebody", self.since or "an unknown time"
        return f"busy: {self.name} is held by {who} since {since}, run {self.run}"


def held_by(name: str, line: str) -> Busy:
    """Return who holds a lock, by the line that its file holds (anything, or nothing)."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = {}
    known = found if isinstance(found, dict) else {}
    who, since, run = (one_line(str(known.get(k, ""))) for k in ("who", "since", "run"))
    return Busy(name, who, since, run)
