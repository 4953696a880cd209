"""The ways into a climb: fix, a step by hand, a saved plan, an approval, a resumption."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from escalade.climb.ending import story_of
from escalade.climb.gear import Gear
from escalade.climb.looks import Sight
from escalade.climb.place import place_of
from escalade.climb.planner import Due
from escalade.climb.planner import Planned
from escalade.climb.policy import Answer
from escalade.climb.policy import decide
from escalade.climb.reach import unseen
from escalade.climb.rounds import Ascent
from escalade.climb.rounds import Past
from escalade.climb.rounds import ascend
from escalade.climb.rounds import first_plan
from escalade.climb.rounds import unchanged
from escalade.climb.waves import in_waves
from escalade.climb.waves import once
from escalade.climb.waves import rolls
from escalade.errors import UsageError
from escalade.evidence.codec import dump as dump_evidence
from escalade.journal import facts
from escalade.plans import Plan
from escalade.remedy.plancodec import encode
from escalade.report.fixstory import FixStory

__all__ = ["BEFORE", "carry_on", "fix", "plan_only", "saved"]

INTERRUPTED = 130
"""The exit code after Ctrl-C."""
BEFORE = "before.jsonl"
"""The file of a run's folder that holds what was seen before anything was done."""


def plan_only(gear: Gear) -> tuple[FixStory, Plan]:
    """Look and plan; nothing is written, neither here nor on a host."""
    sight = gear.watch.look()
    gear.desk.looked(sight.diagnosis)
    gear, sight, planned = once(gear, sight, first_plan(gear, sight, Due()), Due())
    _refuse_hopeless(gear, sight, planned.plan)
    ascent = Ascent(sight, sight, refused=list(planned.refused))
    gear.chronicle.plans.append(planned.plan)
    return story_of(gear, ascent, dry=True), planned.plan


def fix(gear: Gear, begin: Callable[[], None], *, last: int | None = None) -> FixStory:
    """Look, plan, and climb until it is cured or handed off.

    `begin` writes the run down; it is not called where there is nothing to do. `last` is
    the last round of a run that is begun again: it goes on from there, and is written to
    its end whatever there is to do.
    """
    due = Due(round=(last or 0) + 1)
    sight = gear.watch.look()
    gear.desk.looked(sight.diagnosis)
    gear, sight, planned = once(gear, sight, first_plan(gear, sight, due), due)
    _refuse_hopeless(gear, sight, planned.plan)
    ascent = Ascent(sight, sight)
    if not planned.plan.climbs and not planned.refused:
        return story_of(gear, ascent) if last is None else _ended(gear, ascent)
    _begun(gear, begin, sight)
    return _climbed(gear, ascent, planned, due)


def saved(gear: Gear, begin: Callable[[], None], plan: Plan) -> FixStory:
    """Carry out a plan that was made before, if a fresh look makes the same one."""
    sight = gear.watch.look()
    gear.desk.looked(sight.diagnosis)
    gear.chronicle.saw(sight.diagnosis)
    ascent = Ascent(sight, sight)
    due = due_of(plan)
    _begun(gear, begin, sight)
    if not unchanged(gear, ascent, plan, due):
        gear.chronicle.plans.append(plan)
        return _ended(gear, ascent)
    planned = first_plan(gear, ascent.now, due)
    return _climbed(gear, ascent, planned, due)


def carry_on(gear: Gear, before: Sight, plan: Plan, past: Past) -> FixStory:
    """Go on with a run whose plan was permitted and partly carried out."""
    gear.chronicle.saw(before.diagnosis)
    ascent = Ascent(before, before)
    due = due_of(plan)
    decision = decide(plan, gear.policy)
    if decision.answer is Answer.REFUSE:
        ascent.refused.append(decision.reason)
        return _ended(gear, ascent)
    gear.desk.planned(plan, before.diagnosis)
    with _cut_is_told(gear, ascent):
        ascend(gear, ascent, Planned(plan), due, past=past)
    return _ended(gear, ascent)


def due_of(plan: Plan) -> Due:
    """Return what a plan was about: its round, its levels, its roots."""
    return Due(
        round=plan.round,
        levels={c.finding: c.level for c in plan.climbs if c.finding},
        reasons={c.finding: c.reason for c in plan.climbs if c.finding},
        findings=frozenset(c.finding for c in plan.climbs if c.finding) or None,
    )


def _climbed(gear: Gear, ascent: Ascent, planned: Planned, due: Due) -> FixStory:
    """Climb, batch by batch where that was asked for, and tell."""
    with _cut_is_told(gear, ascent):
        if rolls(gear, planned.plan):
            in_waves(gear, ascent, planned)
        else:
            ascend(gear, ascent, planned, due)
    return _ended(gear, ascent)


@contextmanager
def _cut_is_told(gear: Gear, ascent: Ascent) -> Iterator[None]:
    """Keep what there is to tell where a signal ends a run; it can be resumed."""
    try:
        yield
    except KeyboardInterrupt as error:
        code = getattr(error, "code", INTERRUPTED)
        story = story_of(gear, ascent)
        gear.chronicle.cut = replace(story, exit=code, outcome=None)
        raise


def _ended(gear: Gear, ascent: Ascent) -> FixStory:
    """Write down how a run ended, and return its story."""
    story = story_of(gear, ascent)
    data = {
        "exit": story.exit,
        "outcome": story.outcome,
        "level": story.level,
        "restarted": [facts.place_of(node) for node in story.restarted],
        "refused": story.refused or "",
        "waiting": story.waiting_approval,
    }
    gear.note("ended", data)
    return story


def _begun(gear: Gear, begin: Callable[[], None], sight: Sight) -> None:
    """Write the run down, and what was seen; its folder first, so that there is one."""
    gear.journal.place.run(gear.run)
    begin()
    _remember(gear, sight)


def _remember(gear: Gear, sight: Sight) -> None:
    """Keep what was seen first: the journal its gist, the run's folder all of it."""
    from escalade.collect.folder import Folder

    text = "\n".join(dump_evidence(sight.snapshot)) + "\n"
    data = text.encode("utf-8", "surrogatepass")
    Folder(gear.folder, len(data)).write(BEFORE, data)
    place = place_of(gear.road.settings, [host.name for host in gear.watch.hosts])
    told = facts.diagnosed(sight.diagnosis, round=1)
    gear.note("diagnosed", {**told, "order": encode(gear.order), "place": place})


def _refuse_hopeless(gear: Gear, sight: Sight, plan: Plan) -> None:
    """Refuse a step called by hand that cannot be planned anywhere.

    A host in trouble is no bad input: that is told as how the run ended.
    """
    if not gear.order.calls or not plan.climbs:
        return
    lost = unseen(sight)
    troubles = [s.trouble for s in plan.steps if s.trouble and s.node.host not in lost]
    if troubles and not plan.actions:
        raise UsageError(troubles[0])
