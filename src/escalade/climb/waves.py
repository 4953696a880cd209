"""A plan over many hosts, batch after batch: health gate, soak, and the brake between.

What was approved is the whole plan. Each batch is looked at and planned afresh, and what it
would do beyond that plan is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace

from escalade.climb.batches import batches
from escalade.climb.batches import host_end
from escalade.climb.batches import stopped
from escalade.climb.gear import Gear
from escalade.climb.looks import Sight
from escalade.climb.planner import Due
from escalade.climb.planner import Planned
from escalade.climb.rolling import Rolling
from escalade.climb.rounds import Ascent
from escalade.climb.rounds import ascend
from escalade.climb.rounds import first_plan
from escalade.climb.rounds import permitted
from escalade.plans import Action
from escalade.plans import Ended
from escalade.plans import Plan
from escalade.text import Text

__all__ = ["in_waves", "once", "rolls"]


def once(
    gear: Gear, sight: Sight, planned: Planned, due: Due
) -> tuple[Gear, Sight, Planned]:
    """Return means, sight and plan of the one host that `run_once` takes.

    All three as they are where every host is meant.
    """
    hosts = _hosts(gear, planned.plan)
    rolling = gear.order.rolling
    if rolling is None or not rolling.run_once or not hosts:
        return gear, sight, planned
    ((name,),) = batches(hosts, rolling, seed=gear.run, among=_known(gear))
    part = _of(gear, (name,))
    seen = part.watch.part(sight)
    return part, seen, first_plan(part, seen, due)


def rolls(gear: Gear, plan: Plan) -> bool:
    """Whether a plan is carried out in more than one batch, or only in part."""
    rolling = gear.order.rolling
    hosts = {climb.node.host for climb in plan.climbs}
    return rolling not in (None, Rolling()) and len(hosts) > 1


def in_waves(gear: Gear, ascent: Ascent, planned: Planned) -> None:
    """Show and permit the whole plan, then carry it out batch by batch."""
    plan = planned.plan
    rolling = gear.order.rolling or Rolling()
    hosts = _hosts(gear, plan)
    waves = batches(hosts, rolling, seed=gear.run, among=_known(gear))
    gear.chronicle.plans.append(plan)
    gear.desk.planned(plan, ascent.now.diagnosis)
    if not permitted(gear, ascent, planned, Due()):
        return
    gear.chronicle.plans.pop()
    agreed = frozenset(map(_what, plan.actions))
    _through(gear, ascent, waves, agreed)
    if not ascent.interrupted:
        # Each batch was looked at alone; the report tells of all.
        ascent.now = gear.watch.look()


def _known(gear: Gear) -> tuple[str, ...]:
    """Return the names of all hosts of a run."""
    return tuple(host.name for host in gear.watch.hosts)


def _hosts(gear: Gear, plan: Plan) -> tuple[str, ...]:
    """Return the hosts that a plan is about, in the order of the inventory."""
    meant = {climb.node.host for climb in plan.climbs}
    return tuple(name for name in _known(gear) if name in meant)


def _of(gear: Gear, names: tuple[str, ...]) -> Gear:
    """Return the means for some of the hosts."""
    hosts = tuple(host for host in gear.watch.hosts if host.name in names)
    return replace(gear, watch=replace(gear.watch, hosts=hosts))


def _through(
    gear: Gear,
    ascent: Ascent,
    waves: tuple[tuple[str, ...], ...],
    agreed: frozenset[str],
) -> None:
    """Carry out batch after batch until the brake stops it."""
    rolling = gear.order.rolling or Rolling()
    total = sum(map(len, waves))
    results: dict[str, Ended] = {}
    for number, names in enumerate(waves, 1):
        gear.desk.notes(_wave(number, len(waves), names))
        results |= _one(gear, ascent, names, agreed)
        rest = [name for wave in waves[number:] for name in wave]
        if ascent.interrupted or not rest:
            return
        why = stopped(rolling, results, total, tried=names)
        if why is not None:
            ascent.refused.append(_with_rest(why, rest))
            ascent.unbegun += rest
            gear.note("denied", {"why": why, "by": "brake"})
            return
        if rolling.soak_s > 0:
            gear.desk.notes(_SOAK.fill({"s": f"{rolling.soak_s:g}"}))
            gear.road.stop.wait(rolling.soak_s)


def _one(
    gear: Gear, ascent: Ascent, names: tuple[str, ...], agreed: frozenset[str]
) -> Mapping[str, Ended]:
    """Carry out one batch; return how each of its hosts came out."""
    part = replace(_of(gear, names), policy=replace(gear.policy, yes=True))
    ascent.now = part.watch.look()
    ends_before = dict(ascent.ends)
    done_before = len(gear.chronicle.entries)
    due = Due(round=1 + max((p.round for p in gear.chronicle.plans), default=0))
    planned = first_plan(part, ascent.now, due)
    lost = {s.host for s in ascent.now.snapshot.hosts if not s.reachable}
    beyond = [a.command for a in planned.plan.actions if _new(a, agreed)]
    if beyond:
        ascent.refused.append(_BEYOND.fill({"what": "; ".join(beyond)}))
        ascent.unbegun += names
        return dict.fromkeys(names, Ended.FAILED)
    ascend(part, ascent, planned, due)
    entries = gear.chronicle.entries[done_before:]
    found: dict[str, Ended] = {}
    for name in names:
        outcomes = [
            end.outcome
            for (finding, node), end in ascent.ends.items()
            if node.host == name and (finding, node) not in ends_before
        ]
        ends = [e.did.ended for e in entries if e.action.host == name]
        found[name] = Ended.UNREACHABLE if name in lost else host_end(ends, outcomes)
    return found


def _what(action: Action) -> str:
    """Return what was agreed to: a command on a host."""
    return f"{action.host}\0{action.command}"


def _new(action: Action, agreed: frozenset[str]) -> bool:
    """Whether an action changes something that nobody agreed to."""
    return not action.reads and _what(action) not in agreed


def _wave(number: int, count: int, names: tuple[str, ...]) -> Text:
    """Return which batch begins."""
    slots = {"n": str(number), "of": str(count), "hosts": ", ".join(names)}
    return _BATCH.fill(slots)


def _with_rest(why: Text, rest: Sequence[str]) -> Text:
    """Return why it stopped, with the hosts that were not begun."""
    left = _LEFT.fill({"hosts": ", ".join(rest)})
    return Text(f"{why.en}; {left.en}", f"{why.fr} ; {left.fr}")


_BATCH = Text("batch {n} of {of}: {hosts}", "lot {n} sur {of} : {hosts}")
_SOAK = Text("soaking for {s} s", "observation pendant {s} s")
_LEFT = Text("not begun: {hosts}", "non commencés : {hosts}")
_BEYOND = Text(
    "this was not in the plan that was shown: {what}",
    "ceci n'était pas dans le plan montré : {what}",
)
