"""One operator at a time: locks on names, held on the host that they protect.

The host's kernel holds them (flock), so a second controller meets them wherever it
runs, and a crash or a lost connection frees them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Protocol

from escalade.model import Host
from escalade.remedy.busy import Busy
from escalade.transport.base import Transport

__all__ = ["PLACES", "WAIT_S", "HostLock"]

WAIT_S = 3.0
"""Seconds that a lock is waited for, unless told otherwise."""
PLACES = ("/run/lock/escalade", "/tmp/escalade-locks")  # noqa: S108 -- shared, checked
"""Where the files lie: the first folder that is there, or can be made (mode 1777)."""
_LONGEST = 200


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
