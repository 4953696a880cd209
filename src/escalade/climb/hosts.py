"""One host's share of a plan: its lock, evidence first, then action after action."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from escalade.climb.deeds import Deeds
from escalade.climb.deeds import Turn
from escalade.climb.gear import Gear
from escalade.climb.looks import Sight
from escalade.errors import JournalError
from escalade.journal.recorder import ClimbRecorder
from escalade.model import Host
from escalade.model import Node
from escalade.model import Truth
from escalade.plans import Action
from escalade.plans import Climb
from escalade.plans import Did
from escalade.plans import Ended
from escalade.plans import Plan
from escalade.plans import PlannedStep
from escalade.plans import flat
from escalade.remedy.busy import Busy
from escalade.remedy.execute import Hands
from escalade.remedy.execute import LevelEnd
from escalade.remedy.execute import Pace
from escalade.remedy.execute import Walked
from escalade.remedy.execute import execute
from escalade.remedy.locks import HostLock
from escalade.remedy.unfold import rebuilt
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
    past: tuple[Did, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Worked:
    """What came of a share: how each climb was walked, and since when nothing is done.

    `ended` is in epoch seconds, by this machine's clock. `busy` says who has the lock,
    `lost` that the host is gone: then nothing was done there.
    """

    host: str
    walks: Mapping[str, Walked] = field(default_factory=dict)
    ended: float = 0.0
    busy: Text | None = None
    lost: Text | None = None


def shares(
    gear: Gear,
    plan: Plan,
    sight: Sight,
    *,
    past: tuple[Did, ...],
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
            return (_lost if busy.lost else _busy)(gear, share, busy)
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


def _walk(
    gear: Gear, share: Share, climb: Climb, deeds: Deeds, *, lost: str = ""
) -> Walked:
    """Carry out one climb's steps; where the host is lost, what changes it cannot be."""
    recorder = ClimbRecorder(gear.journal, gear.run, share.plan.round, climb)
    turn = Turn(deeds, climb, recorder, share.plan)
    stop = gear.road.stop

    def gone(action: Action, attempt: int, timeout_s: float) -> Did:
        if action.reads:
            return turn.perform(action, attempt, timeout_s)
        began = time.time()
        return Did(action.id, Ended.UNREACHABLE, attempt, began, reason=lost)

    return execute(
        climb,
        Hands(
            perform=gone if lost else turn.perform,
            settled=lambda action, _: deeds.settled(
                action, share.groups.get(action.id, "")
            ),
        ),
        # A condition that nobody can judge would leave out what cannot be done at all.
        truth=(lambda *_: Truth.TRUE) if lost else deeds.truth,
        recorder=turn,
        past=share.past,
        stop=stop,
        pace=Pace(sleep=stop.wait, chance=random.random),
    )


def _locks(climbs: Sequence[Climb]) -> tuple[str, ...]:
    """Return the names of the locks: one for each service that is changed.

    A stack without a name shares one; a host has its own. What only reads needs none.
    """
    names = (
        f"{n.stack or ''}.{n.service or ''}" if n.stack or n.service else _HOST
        for n in _changed(climbs)
    )
    return tuple(sorted(set(names)))


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


def _lost(gear: Gear, share: Share, busy: Busy) -> Worked:
    """Return that a host is gone; what was called by hand says so, action by action.

    Its handlers run, since they may be for just that. A finding's level is not
    attempted, so no budget is used up.
    """
    told = _GONE.fill({"host": share.host.name, "why": busy.reason})
    deeds = Deeds(gear, share.host, share.sight)
    try:
        walks = {
            climb.id: _walk(gear, share, _once(climb), deeds, lost=busy.reason)
            for climb in share.climbs
            if not climb.finding
        }
    finally:
        deeds.close()
    return Worked(share.host.name, walks, time.time(), lost=told)


def _once(climb: Climb) -> Climb:
    """Return a climb without second attempts at what cannot be done."""
    return replace(climb, steps=tuple(map(_tried_once, climb.steps)))


def _tried_once(step: PlannedStep) -> PlannedStep:
    """Return a step without second attempts, where anything of it changes the host."""
    writes = any(not a.reads for inner in flat(step) for a in inner.actions)
    control = replace(step.control, attempts=1) if writes else step.control
    return rebuilt(
        replace(step, control=control),
        lambda _, below: tuple(map(_tried_once, below)),
    )


_HOST = "host"
"""The name of a host's own lock; those of services have a dot."""
_GONE = Text("{host} cannot be reached: {why}", "{host} est injoignable : {why}")
_BUSY = Text(
    "busy: {name} on {host} is held by {who} since {since}, run {run}",
    "occupé : {name} sur {host} est tenu par {who} depuis {since}, exécution {run}",
)
_NO_LOCK = Text(
    "no lock on {name} can be had on {host}: {why}",
    "aucun verrou sur {name} n'est possible sur {host} : {why}",
)
