"""One host's share of a plan: its lock, evidence first, then action after action."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from escalade.climb.deeds import Deeds
from escalade.climb.deeds import Turn
from escalade.climb.gear import Gear
from escalade.climb.looks import Sight
from escalade.errors import JournalError
from escalade.journal.recorder import ClimbRecorder
from escalade.model import Host
from escalade.model import Node
from escalade.plans import Climb
from escalade.plans import Did
from escalade.plans import Plan
from escalade.plans import flat
from escalade.remedy.execute import Hands
from escalade.remedy.execute import LevelEnd
from escalade.remedy.execute import Pace
from escalade.remedy.execute import Walked
from escalade.remedy.execute import execute
from escalade.remedy.locks import Busy
from escalade.remedy.locks import HostLock
from escalade.remedy.verify import touched
from escalade.run import reached
from escalade.text import Text

__all__ = ["Share", "Worked", "shares", "work"]

LOCK_WAIT_S = 3.0
"""Seconds that another operator's lock is waited for: a crashed one's is free by then."""


@dataclass(frozen=True, slots=True)
class Share:
    """What of a plan is one host's, and what an earlier controller did of it.

    `groups` are process groups by action that may still run there.
    """

    host: Host
    plan: Plan
    climbs: tuple[Climb, ...]
    sight: Sight
    past: Mapping[str, Did] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Worked:
    """What came of a share: how each climb was walked, and since when nothing is done.

    `ended` is in epoch seconds, by this machine's clock. `busy` says who has the lock:
    then nothing was done.
    """

    host: str
    walks: Mapping[str, Walked] = field(default_factory=dict)
    ended: float = 0.0
    busy: Text | None = None


def shares(
    gear: Gear,
    plan: Plan,
    sight: Sight,
    *,
    past: Mapping[str, Did],
    groups: Mapping[str, str],
) -> tuple[Share, ...]:
    """Return a plan host by host, in the order of the inventory."""
    found = []
    for host in gear.watch.hosts:
        climbs = tuple(c for c in plan.climbs if c.node.host == host.name and c.steps)
        if climbs:
            found.append(Share(host, plan, climbs, sight, past, groups))
    return tuple(found)


def work(gear: Gear, share: Share) -> Worked:
    """Carry out a host's share; never raises for a host.

    Raises `JournalError` where an intent cannot be kept: nothing was done without one.
    """
    with reached(gear.road, share.host) as transport:
        names = _locks(share.climbs)
        lock = HostLock(transport, share.host, names, gear.who, run=gear.run)
        busy = lock.acquire(LOCK_WAIT_S) if names else None
        if busy is not None:
            return _busy(gear, share, busy)
        try:
            if names:
                gear.note("locked", {"names": list(names)}, node=Node(share.host.name))
            return _locked(gear, share)
        finally:
            lock.release()


def _locked(gear: Gear, share: Share) -> Worked:
    """Carry out the climbs one after the other."""
    deeds = Deeds(gear, share.host, share.sight)
    walks: dict[str, Walked] = {}
    try:
        nodes = [node for node in _changed(share.climbs) if node.service]
        if nodes and not share.past:
            _evidence_first(gear, deeds, nodes)
        for climb in share.climbs:
            walks[climb.id] = _walk(gear, share, climb, deeds)
            if walks[climb.id].ended is LevelEnd.INTERRUPTED or gear.road.stop.is_set():
                break
    finally:
        deeds.close()
    return Worked(share.host.name, walks, time.time())


def _evidence_first(gear: Gear, deeds: Deeds, nodes: Sequence[Node]) -> None:
    """Keep what is there before it is touched; where that fails, nothing is touched."""
    try:
        deeds.save_before(nodes)
    except OSError as error:
        why = error.strerror or str(error)
        raise JournalError(f"{gear.folder}: {why}: nothing was touched") from error


def _walk(gear: Gear, share: Share, climb: Climb, deeds: Deeds) -> Walked:
    """Carry out one climb's steps."""
    recorder = ClimbRecorder(gear.journal, gear.run, share.plan.round, climb)
    turn = Turn(deeds, climb, recorder, share.plan)
    stop = gear.road.stop
    return execute(
        climb,
        Hands(
            perform=turn.perform,
            settled=lambda action, _: deeds.settled(
                action, share.groups.get(action.id, "")
            ),
        ),
        truth=deeds.truth,
        recorder=turn,
        past=share.past,
        stop=stop,
        pace=Pace(sleep=stop.wait, chance=random.random),
    )


def _locks(climbs: Sequence[Climb]) -> tuple[str, ...]:
    """Return the names of the locks: one for each service that is changed.

    A stack without a name shares one. What only reads needs none.
    """
    nodes = _changed(climbs)
    return tuple(sorted(f"{n.stack or ''}.{n.service or ''}" for n in nodes))


def _changed(climbs: Sequence[Climb]) -> set[Node]:
    """Return what is changed: containers that are touched, networks, whole hosts."""
    steps = (s for climb in climbs for top in climb.steps for s in flat(top))
    writes = {a.node for step in steps for a in step.actions if not a.reads}
    return writes | {node for climb in climbs for node in touched(climb)}


def _busy(gear: Gear, share: Share, busy: Busy) -> Worked:
    """Return that another one is at work there, or that no lock can be had."""
    if busy.reason:
        text = _NO_LOCK.fill(
            {"name": busy.name, "host": share.host.name, "why": busy.reason}
        )
    else:
        slots = {"host": share.host.name, "name": busy.name, "who": busy.who or "?"}
        text = _BUSY.fill({**slots, "since": busy.since or "?", "run": busy.run or "?"})
    gear.note("busy", {"reason": text}, node=Node(share.host.name))
    return Worked(share.host.name, busy=text, ended=time.time())


_BUSY = Text(
    "busy: {name} on {host} is held by {who} since {since}, run {run}",
    "occupé : {name} sur {host} est tenu par {who} depuis {since}, exécution {run}",
)
_NO_LOCK = Text(
    "no lock on {name} can be had on {host}: {why}",
    "aucun verrou sur {name} n'est possible sur {host} : {why}",
)
