"""The climb, as a list: plan, permit, act, verify, and the next level until it is done."""

from __future__ import annotations

import time
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from escalade.climb.gear import Gear
from escalade.climb.handing import handed_over
from escalade.climb.healed import healed
from escalade.climb.hosts import Worked
from escalade.climb.hosts import shares
from escalade.climb.hosts import work
from escalade.climb.looks import Sight
from escalade.climb.planner import Due
from escalade.climb.planner import Planned
from escalade.climb.planner import make
from escalade.climb.policy import Answer
from escalade.climb.policy import decide
from escalade.climb.together import together
from escalade.climb.verifying import PAUSE_S
from escalade.climb.verifying import verified
from escalade.journal import facts
from escalade.model import Diagnosis
from escalade.model import Finding
from escalade.model import Node
from escalade.model import Severity
from escalade.plans import Climb
from escalade.plans import Did
from escalade.plans import Outcome
from escalade.plans import Plan
from escalade.plans import Verified
from escalade.plans import flat
from escalade.remedy.digest import changed
from escalade.remedy.ladder import Go
from escalade.remedy.ladder import next_level
from escalade.remedy.plancodec import dump
from escalade.remedy.verify import echoes
from escalade.text import Text

__all__ = ["Ascent", "Past", "ascend", "first_plan", "permitted", "unchanged"]

ROUNDS = 8
"""More rounds than levels: dependants that still fail come after their cause."""


@dataclass(frozen=True, slots=True)
class Past:
    """What an earlier controller did of a plan: how its actions ended, what may run."""

    dids: tuple[Did, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Ascent:
    """Where a run stands: the first look, the newest one, and how each climb ended.

    `ends` is by (finding, node): outcome, level, and whether it was handed off. `unbegun`
    are hosts whose batch did not begin.
    """

    before: Sight
    now: Sight
    looked_again: bool = False
    level: int = 0
    refused: list[Text] = field(default_factory=list)
    waiting: bool = False
    interrupted: bool = False
    unbegun: list[str] = field(default_factory=list)
    ends: dict[tuple[str, Node], End] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class End:
    """How a climb ended for good."""

    outcome: Outcome
    level: int
    handed_off: bool = False


def first_plan(gear: Gear, sight: Sight, due: Due) -> Planned:
    """Return the plan of a round, and remember what it was made from."""
    gear.chronicle.saw(sight.diagnosis)
    return make(gear, sight, due)


def ascend(
    gear: Gear, ascent: Ascent, planned: Planned, due: Due, *, past: Past | None = None
) -> None:
    """Carry out a plan and what follows from it, round by round.

    With `past`, the first plan was permitted before and partly done.
    """
    last = due.round + ROUNDS - 1
    while planned.plan.climbs and due.round <= last:
        plan = planned.plan
        ascent.refused += planned.refused
        gear.chronicle.plans.append(plan)
        if past is None:
            gear.desk.planned(plan, ascent.now.diagnosis)
            if not permitted(gear, ascent, planned, due):
                _left(ascent, plan.climbs)
                return
        found = _round(gear, ascent, plan, past or Past())
        if found is None:
            return
        past = None
        due = _next(gear, ascent, found, due, plan)
        if not due.findings:
            return
        planned = first_plan(gear, ascent.now, due)
    ascent.refused += planned.refused if not planned.plan.climbs else ()


# ------------------------------------------------------------------ permission


def permitted(gear: Gear, ascent: Ascent, planned: Planned, due: Due) -> bool:
    """Whether a plan may run: by policy, by a person, and with the facts as they were."""
    plan = planned.plan
    decision = decide(plan, gear.policy)
    waits = decision.answer is Answer.WAIT
    expires = gear.clock() + gear.road.settings.approval_ttl_s if waits else None
    gear.note("planned", facts.planned(plan, dump(plan), expires=expires))
    if decision.answer in (Answer.WAIT, Answer.REFUSE):
        ascent.waiting = waits
        if not waits:
            ascent.refused.append(decision.reason)
            gear.note("denied", {"why": decision.reason, "by": "policy"})
        return False
    if decision.answer is Answer.ASK:
        if not gear.desk.agrees(plan):
            ascent.refused.append(_DENIED)
            gear.note("denied", {"why": _DENIED, "by": gear.who})
            return False
        if not unchanged(gear, ascent, plan, due):
            return False
    by = gear.who if decision.answer is Answer.ASK or gear.policy.yes else "policy"
    gear.note("approved", {"digest": plan.digest, "by": by, "round": plan.round})
    if planned.wait_s > 0:
        gear.desk.notes(_PAUSE.fill({"s": f"{planned.wait_s:.0f}"}))
        gear.road.stop.wait(planned.wait_s)
    return True


def unchanged(gear: Gear, ascent: Ascent, plan: Plan, due: Due) -> bool:
    """Whether a fresh look makes the same plan; what changed is told and refused."""
    ascent.now = gear.watch.look()
    again = make(gear, ascent.now, due).plan
    if again.digest == plan.digest:
        return True
    reason = healed(plan, again, ascent.now.diagnosis)
    if reason is None:
        lines = changed(plan, again)
        reason = _CHANGED.fill({"what": "; ".join(lines) or "-"})
    ascent.refused.append(reason)
    gear.note("denied", {"why": reason, "by": "digest"})
    return False


# ----------------------------------------------------------------------- acting


def _left(ascent: Ascent, climbs: Sequence[Climb]) -> None:
    """Remember that what a plan was for is as it was."""
    for climb in climbs:
        end = End(Outcome.PERSISTS, climb.level)
        ascent.ends[climb.finding, climb.node] = end


def _round(
    gear: Gear, ascent: Ascent, plan: Plan, past: Past
) -> tuple[tuple[Climb, Verified], ...] | None:
    """Act and verify once; None where the run was interrupted."""
    ascent.level = max(ascent.level, *(climb.level for climb in plan.climbs))
    parts = shares(gear, plan, ascent.now, past=past.dids, groups=past.groups)
    stop, forks = gear.road.stop, gear.road.settings.forks
    worked = together(parts, lambda share: work(gear, share), forks=forks, stop=stop)
    if stop.is_set():
        ascent.interrupted = True
        return None
    busy = {each.host: each.busy for each in worked if each.busy is not None}
    ascent.refused += busy.values()
    _left(ascent, [climb for climb in plan.climbs if climb.node.host in busy])
    lost = {each.host: each.lost for each in worked if each.lost is not None}
    away = [c for c in plan.climbs if c.finding and c.node.host in lost]
    _left(ascent, away)
    _tell(gear, plan, [(c, _gone(c, lost[c.node.host])) for c in away])
    out = {*busy, *(c.node.host for c in away)}
    climbs = [climb for climb in plan.climbs if climb.node.host not in out]
    found = _unverified(climbs, worked)
    judged = [climb for climb in climbs if climb.id not in {c.id for c, _ in found}]
    if judged:
        since = {each.host: each.ended for each in worked}
        told, ascent.now = verified(gear, judged, ascent.now.diagnosis, since)
        ascent.looked_again = True
        found += zip(judged, told, strict=True)
        gear.note("diagnosed", facts.diagnosed(ascent.now.diagnosis, round=plan.round))
    _tell(gear, plan, found)
    return tuple(found)


def _gone(climb: Climb, why: Text) -> Verified:
    """Return what is to be said of a climb whose host was gone before its turn."""
    return Verified(climb.id, Outcome.PERSISTS, why)


def _tell(gear: Gear, plan: Plan, found: Iterable[tuple[Climb, Verified]]) -> None:
    """Remember, keep and tell what verification said."""
    for climb, said in found:
        gear.chronicle.verified.append(said)
        gear.note(
            "verified", facts.verified(climb, said, round=plan.round), node=climb.node
        )
        gear.desk.verified(climb, said)


def _unverified(
    climbs: list[Climb], worked: list[Worked]
) -> list[tuple[Climb, Verified]]:
    """Return the climbs whose outcome needs no look.

    One that only collects and hands off changes nothing: its finding is still there,
    unless another one acted on its host. A step called by hand is what its actions say.
    """
    acted = {climb.node.host for climb in climbs if _writes(climb)}
    walks = {name: walk for each in worked for name, walk in each.walks.items()}
    found = []
    for climb in climbs:
        if not climb.finding:
            walk = walks.get(climb.id)
            # Of an action that was tried again, the last attempt counts.
            last = {did.action: did for did in walk.dids} if walk else {}
            well = walk is not None and all(did.ended.well for did in last.values())
            well = well and not any(step.trouble for step in climb.steps)
            reason = Text(walk.reason, walk.reason) if walk else _trouble(climb)
            outcome = Outcome.CURED if well else Outcome.PERSISTS
            found.append((climb, Verified(climb.id, outcome, reason)))
        elif climb.remedy != "wait" and climb.node.host not in acted:
            found.append((climb, Verified(climb.id, Outcome.PERSISTS, climb.reason)))
    return found


def _trouble(climb: Climb) -> Text:
    """Return why a step could not be planned."""
    told = "; ".join(step.trouble for step in climb.steps if step.trouble)
    return Text(told, told)


def _writes(climb: Climb) -> bool:
    """Whether anything of a climb changes a host."""
    return any(
        not action.reads
        for top in climb.steps
        for step in flat(top)
        for action in step.actions
    )


# ------------------------------------------------------------------- what next


def _next(
    gear: Gear,
    ascent: Ascent,
    found: tuple[tuple[Climb, Verified], ...],
    due: Due,
    plan: Plan,
) -> Due:
    """Return what the next round is about: higher levels, and who still suffers."""
    levels, reasons = dict(due.levels), dict(due.reasons)
    open_: set[str] = set()
    for climb, said in found:
        step = next_level(climb, said, gear.watch.book, max_level=gear.order.max_level)
        handed = None
        if step.go is Go.HAND_OFF:
            handed = handed_over(gear, _seen(ascent, climb), climb, plan)
        handed_off = handed is not None
        ascent.ends[climb.finding, climb.node] = End(
            said.outcome, climb.level, handed_off=handed_off
        )
        data = {"climb": climb.id, "finding": climb.finding, "reason": step.reason}
        if step.go is Go.CLIMB:
            levels[climb.finding], reasons[climb.finding] = step.level, step.reason
            open_.add(climb.finding)
            gear.note("escalated", {**data, "level": step.level}, node=climb.node)
            gear.chronicle.escalations.append(step.reason)
            gear.desk.escalated(step.reason)
        elif handed_off:
            told = {**data, "files": list(handed or ())}
            gear.note("handed-off", told, node=climb.node)
    if not gear.order.calls:
        open_ |= _instead(ascent, found) | _suffering(gear, ascent, found)
    return replace(
        due,
        round=due.round + 1,
        levels=levels,
        reasons=reasons,
        findings=frozenset(open_),
    )


def _seen(ascent: Ascent, climb: Climb) -> Sight:
    """Return the newest look at a climb's host."""
    fresh = climb.node.host in ascent.now.scenes
    return ascent.now if fresh else ascent.before


def _instead(ascent: Ascent, found: tuple[tuple[Climb, Verified], ...]) -> set[str]:
    """Return the roots that stand where a climb's own is gone but all is not well."""
    nodes = {c.node for c, said in found if said.outcome is not Outcome.CURED}
    done = {finding for finding, _ in ascent.ends}
    roots = ascent.now.diagnosis.roots
    return {r.id for r in roots if r.node in nodes and r.id not in done}


def _suffering(
    gear: Gear, ascent: Ascent, found: tuple[tuple[Climb, Verified], ...]
) -> set[str]:
    """Return the roots of now that a cured one explained, or that stand in its place.

    Most dependants come back by themselves, so those that run are given the time to;
    only those that still fail then are touched.
    """
    cured = [climb for climb, said in found if said.outcome is Outcome.CURED]
    before = {f.id: f for f in ascent.before.diagnosis.findings}
    causes = [before[c.finding] for c in cured if c.finding in before]
    told = {finding for cause in causes for finding in cause.explains}
    nodes = {before[finding].node for finding in told if finding in before}
    done = {finding for finding, _ in ascent.ends}
    cured_ids = {climb.finding for climb in cured}

    def still() -> dict[str, Finding]:
        return {
            root.id: root
            for root in ascent.now.diagnosis.roots
            if (root.id in told or root.node in nodes)
            and root.id not in done
            # What only reminds of the trouble (many restarts, a log) is no trouble now.
            and root.severity >= Severity.ERROR
            and not echoes(root, ascent.before.diagnosis, cured_ids)
        }

    if told:
        ends = time.monotonic() + gear.road.settings.verify_s
        while _recovering(ascent.now.diagnosis, still().values()):
            if time.monotonic() >= ends or gear.road.stop.wait(PAUSE_S):
                break
            ascent.now = gear.watch.look()
    return set(still()) if told else set()


def _recovering(diagnosis: Diagnosis, roots: Iterable[Finding]) -> bool:
    """Whether all that still fails runs, or is started again by Docker itself."""
    rows = {row.node: row.state for row in diagnosis.services}
    states = [rows.get(root.node, "") for root in roots]
    return bool(states) and all(s in ("running", "restarting") for s in states)


_DENIED = Text("you said no", "vous avez dit non")
_PAUSE = Text(
    "waiting {s} s: the last attempt was a moment ago",
    "attente de {s} s : la dernière tentative vient d'avoir lieu",
)
_CHANGED = Text(
    "the facts changed since the plan was made: {what}",
    "les faits ont changé depuis que le plan a été fait : {what}",
)
