"""The plan of a round, after the brakes: budgets and flapping leave a level out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from escalade.climb.gear import Gear
from escalade.climb.looks import Sight
from escalade.climb.reach import unseen
from escalade.diagnosis.flapping import WINDOW_S
from escalade.diagnosis.flapping import recent
from escalade.diagnosis.flapping import replayed
from escalade.model import Node
from escalade.plans import Climb
from escalade.plans import Outcome
from escalade.plans import Plan
from escalade.plans import Verified
from escalade.plans import flat
from escalade.remedy.budget import NUMBERS
from escalade.remedy.budget import Ask
from escalade.remedy.budget import Refusal
from escalade.remedy.budget import allowed
from escalade.remedy.ladder import Go
from escalade.remedy.ladder import next_level
from escalade.remedy.plan import Wish
from escalade.remedy.plan import plan_for
from escalade.remedy.plan import plan_steps
from escalade.remedy.plan import steps_due
from escalade.text import Text

__all__ = ["Due", "Planned", "make"]

SHORT_WAIT_S = 30.0
"""A pause between two attempts that is this short is waited for, not refused."""


@dataclass(frozen=True, slots=True)
class Due:
    """What a round is about.

    `levels` and `reasons` are by finding; `findings` are the roots that may be acted on
    (None: all of them).
    """

    round: int = 1
    levels: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, Text] = field(default_factory=dict)
    findings: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, what brakes held back, and how long to wait before it runs (seconds)."""

    plan: Plan
    refused: tuple[Text, ...] = ()
    wait_s: float = 0.0


def make(gear: Gear, sight: Sight, due: Due) -> Planned:
    """Return the plan of a round whose levels the brakes allow.

    A level that is refused counts as climbed: the next one is due, up to the hand-off.
    """
    refused: dict[str, Text] = {}
    first: dict[str, Text] = {}
    while True:
        sight = _supplied(gear, sight, due)
        plan = _plan(gear, sight, due)
        held: dict[str, Climb] = {}
        wait_s = 0.0
        for climb, refusal in _held(gear, plan):
            if refusal.rule == "wait" and refusal.again is not None:
                left = refusal.again - gear.clock()
                if left <= SHORT_WAIT_S:
                    wait_s = max(wait_s, left)
                    continue
            held[climb.finding] = climb
            refused[climb.finding] = _with_history(refusal)
        if not held:
            return Planned(plan, tuple(refused.values()), wait_s)
        if due.findings is None:
            # From here on some are left out: the others are named.
            due = replace(due, findings=frozenset(c.finding for c in plan.climbs))
        due = _above(gear, due, held, refused, first)


def _supplied(gear: Gear, sight: Sight, due: Due) -> Sight:
    """Return a sight that holds what the steps that are due ask, looked for if need be."""
    if gear.order.calls:
        return sight
    watch = gear.watch
    wish = _wish(gear, due)
    names = steps_due(sight.diagnosis, sight.scenes, watch.book, wish)
    there = {piece.address.probe for piece in sight.snapshot.evidence}
    missing = watch.asked_by(names) - there
    if not missing:
        return sight
    seen = {state.host for state in sight.snapshot.hosts}
    hosts = [host for host in watch.hosts if host.name in seen]
    return watch.look(hosts, asking=missing)


def _wish(gear: Gear, due: Due) -> Wish:
    """Return what the plan of a round is asked for."""
    order = gear.order
    return Wish(
        run=gear.run,
        round=due.round,
        made=gear.clock(),
        levels=due.levels,
        reasons=due.reasons,
        only=order.only,
        level=order.level,
        max_level=order.max_level,
        extra=gear.rests,
        user_tasks=gear.tasks,
        findings=due.findings,
        tags=order.tags,
        skip_tags=order.skip_tags,
    )


def _plan(gear: Gear, sight: Sight, due: Due) -> Plan:
    """Return the plan of a round, whatever the brakes say."""
    order, watch, wish = gear.order, gear.watch, _wish(gear, due)
    if order.calls:
        nodes = [Node(state.host, order.stack) for state in sight.snapshot.hosts]
        return plan_steps(
            order.calls, nodes, sight.scenes, watch.kinds, wish, unseen=unseen(sight)
        )
    return plan_for(sight.diagnosis, sight.scenes, watch.book, watch.kinds, wish)


def _held(gear: Gear, plan: Plan) -> Iterator[tuple[Climb, Refusal]]:
    """Yield each climb that a brake holds, and why. A step called by hand never is."""
    now = gear.clock()
    attempts = None
    for climb in plan.climbs:
        if not climb.finding or not _writes(climb):
            continue
        if attempts is None:
            attempts = gear.journal.attempts(now - NUMBERS.forget_s)
        states = gear.journal.states(climb.node, climb.symptom, now - NUMBERS.forget_s)
        ask = Ask(climb.node, climb.finding, climb.level)
        refusal = allowed(attempts, ask, now=now, states=states)
        flap = replayed(recent(states, now))
        if refusal is not None:
            yield climb, refusal
        elif flap.flapping and climb.level <= 1:
            yield climb, _flaps(climb, flap.percent)


def _flaps(climb: Climb, percent: float) -> Refusal:
    """Return the refusal of level 1 where a place goes back and forth."""
    slots = {
        "service": climb.node.service or climb.node.host,
        "percent": f"{percent:.0f}",
        "minutes": f"{WINDOW_S / 60:g}",
    }
    return Refusal("flapping", _FLAPPING.fill(slots), (), None)


_FLAPPING = Text(
    "{service} is flapping ({percent} % of changes in {minutes} min): "
    "level 1 would only go on with it",
    "{service} oscille ({percent} % de changements en {minutes} min) : "
    "le niveau 1 ne ferait que continuer",
)


def _writes(climb: Climb) -> bool:
    """Whether anything of a climb changes a host."""
    return any(
        not action.reads
        for top in climb.steps
        for step in flat(top)
        for action in step.actions
    )


def _with_history(refusal: Refusal) -> Text:
    """Return why not, with one line for each time before."""
    why = refusal.why
    for line in refusal.history:
        why = Text(f"{why.en}\n  {line.en}", f"{why.fr}\n  {line.fr}")
    return why


def _above(
    gear: Gear,
    due: Due,
    held: dict[str, Climb],
    refused: dict[str, Text],
    first: dict[str, Text],
) -> Due:
    """Return what is due when the levels that brakes hold are left.

    Its reason is that of the lowest of them: `first` keeps it.
    """
    levels, reasons = dict(due.levels), dict(due.reasons)
    gone: set[str] = set()
    for finding, climb in held.items():
        unseen = Verified(climb.id, Outcome.UNKNOWN)
        why = refused[finding]
        head = Text(why.en.partition("\n")[0], why.fr.partition("\n")[0])
        step = next_level(climb, unseen, gear.watch.book, refused=head)
        if step.go is not Go.CLIMB or step.level <= climb.level:
            gone.add(finding)
            continue
        levels[finding] = step.level
        reasons[finding] = first.setdefault(finding, step.reason)
    left = None if due.findings is None else due.findings - gone
    return replace(due, levels=levels, reasons=reasons, findings=left)
