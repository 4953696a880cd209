"""One operator at a time: locks on names, held on the host that they protect.

The host's kernel holds them (flock), so a second controller meets them wherever it
runs, and a crash or a lost connection frees them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import NamedTuple
from typing import Protocol

from escalade.model import Host
from escalade.transport.base import Transport
from escalade.transport.outputs import one_line

__all__ = ["PLACES", "WAIT_S", "Busy", "HostLock", "held_by"]

WAIT_S = 3.0
"""Seconds that a lock is waited for, unless told otherwise."""
PLACES = ("/run/lock/escalade", "/tmp/escalade-locks")  # noqa: S108 -- shared, checked
"""Where the files lie: the first folder that is there, or can be made (mode 1777)."""
_LONGEST = 200


class Busy(NamedTuple):
    """Why a lock was not taken: who holds it, since when (UTC), in which run.

    `reason` is set where it is not held by anybody, but could not be taken (the host
    does not answer, has no `flock`); then nothing else is but `name`.
    """

    name: str
    who: str = ""
    since: str = ""
    run: str = ""
    reason: str = ""

    def __str__(self) -> str:
        """Return it in one line."""
        if self.reason:
            return f"no lock on {self.name}: {self.reason}"
        who, since = self.who or "somebody", self.since or "an unknown time"
        return f"busy: {self.name} is held by {who} since {since}, run {self.run}"


class Keeper(Protocol):
    """What takes the locks of one host and holds them."""

    def take(self, wait_s: float, holder: str) -> Busy | None:
        """Take all or none; `holder` is one line about us that others will read."""

    def let_go(self) -> None:
        """Let go of all; never raises."""

    @property
    def held(self) -> bool:
        """Whether they are still held."""


class HostLock:
    """Locks on names (services) of one host; taken in one order by everybody.

    `who` and `run` are what another operator reads meanwhile.
    """

    def __init__(
        self,
        transport: Transport,
        host: Host,
        names: Sequence[str],
        who: str,
        *,
        run: str = "",
        places: Sequence[str] = PLACES,
    ) -> None:
        self._who = who
        self._run = run
        files = {name: _file(name) for name in sorted(set(names))}
        self._keeper = _keeper(transport, host, files, places)

    def acquire(self, wait_s: float = WAIT_S) -> Busy | None:
        """Take all of them; after `wait_s` return who has one, and hold none."""
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        holder = {"who": self._who, "since": since, "run": self._run}
        return self._keeper.take(wait_s, json.dumps(holder))

    def release(self) -> None:
        """Let go of all of them; never raises, and does nothing where none is held."""
        self._keeper.let_go()

    @property
    def held(self) -> bool:
        """Whether they are still held: a lost connection loses them."""
        return self._keeper.held


def _keeper(
    transport: Transport, host: Host, files: dict[str, str], places: Sequence[str]
) -> Keeper:
    """Return what holds locks on a host."""
    if host.connection == "local":
        from escalade.remedy.lock_here import KeeperHere

        return KeeperHere(files, places)
    from escalade.remedy.lock_there import KeeperThere

    return KeeperThere(transport, files, places)


def _file(name: str) -> str:
    """Return the file of a name: the same from wherever it is asked for."""
    from urllib.parse import quote

    plain = quote(name, safe="")
    if len(plain) > _LONGEST:
        from hashlib import sha256

        plain = sha256(name.encode()).hexdigest()
    return f"{plain}.lock"


def held_by(name: str, line: str) -> Busy:
    """Return who holds a lock, by the line that its file holds (anything, or nothing)."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = {}
    known = found if isinstance(found, dict) else {}
    who, since, run = (one_line(str(known.get(k, ""))) for k in ("who", "since", "run"))
    return Busy(name, who, since, run)
