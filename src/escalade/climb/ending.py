"""How a run ended: its story for the report, and its exit code."""

from __future__ import annotations

import time
from collections.abc import Iterator
from collections.abc import Sequence

from escalade.climb.chronicle import Message
from escalade.climb.gear import Gear
from escalade.climb.rounds import Ascent
from escalade.climb.rounds import End
from escalade.model import Node
from escalade.model import Severity
from escalade.model import Verdict
from escalade.plans import Collect
from escalade.plans import Ended
from escalade.plans import Outcome
from escalade.remedy.verify import echoes
from escalade.report.fixstory import FixStory
from escalade.report.fixstory import HandedOff
from escalade.text import Text

__all__ = ["story_of"]

FINDINGS, UNKNOWN, HANDED_OFF, REFUSED = 2, 3, 4, 5
_WORST = (Outcome.WORSE, Outcome.UNKNOWN, Outcome.PERSISTS, Outcome.CURED)


def story_of(gear: Gear, ascent: Ascent, *, dry: bool = False) -> FixStory:
    """Return all that a run has to tell."""
    chronicle = gear.chronicle
    return FixStory(
        run=gear.run,
        started=gear.road.started,
        took_s=time.time() - gear.road.started,
        before=ascent.before.diagnosis,
        after=ascent.now.diagnosis if ascent.looked_again else None,
        plans=tuple(chronicle.plans),
        dids=tuple(entry.did for entry in chronicle.entries),
        verified=tuple(chronicle.verified),
        escalations=tuple(chronicle.escalations),
        outcome=_outcome(gear, ascent),
        level=ascent.level,
        exit=_dry_exit(gear, ascent) if dry else _exit(gear, ascent),
        restarted=_restarted(gear),
        refused=_joined(ascent.refused),
        handoffs=tuple(_handed(gear, each) for each in _needed(gear, ascent)),
        kept=tuple(_kept(gear)),
        dry=dry,
        waiting_approval=ascent.waiting,
        unbegun=tuple(ascent.unbegun),
        echoes=_echoes(ascent),
    )


def _needed(gear: Gear, ascent: Ascent) -> Iterator[Message]:
    """Yield the messages that somebody has to read: not of what went with another cure."""
    for message in gear.chronicle.messages:
        end = ascent.ends.get((message.climb.finding, message.climb.node))
        if end is None or end.outcome is not Outcome.CURED:
            yield message


def _handed(gear: Gear, message: Message) -> HandedOff:
    """Return a message with the path of its file."""
    climb = message.climb
    return HandedOff(
        message=Text(message.text, message.text),
        node=climb.node,
        to=message.to,
        file=str(gear.folder / message.file) if message.file else "",
        finding=climb.finding,
        symptom=climb.symptom,
    )


def _kept(gear: Gear) -> Iterator[str]:
    """Yield the paths of bundles, and of all that was collected by hand.

    Messages have their own place.
    """
    for entry in gear.chronicle.entries:
        do = entry.action.do
        what = do.what if isinstance(do, Collect) else ""
        wanted = what == "bundle" or (what != "handoff" and not entry.climb.finding)
        yield from (str(gear.folder / name) for name in entry.did.kept if wanted)


def _outcome(gear: Gear, ascent: Ascent) -> Outcome | None:
    """Return the worst outcome of all climbs; None where none was carried out.

    A step called by hand is no cure of anything: its actions tell how it went.
    """
    if gear.order.calls or not gear.chronicle.verified:
        return None
    found = {end.outcome for end in _ends(ascent)}
    return next((outcome for outcome in _WORST if outcome in found), None)


def _ends(ascent: Ascent) -> Iterator[End]:
    """Yield how each root ended, without those in whose place another one was cured.

    What stood there first is gone, and what came instead is, too.
    """
    there = {finding.id for finding in ascent.now.diagnosis.findings}
    well = {at for (_, at), end in ascent.ends.items() if end.outcome is Outcome.CURED}
    for (finding, node), end in ascent.ends.items():
        replaced = bool(finding) and finding not in there and node in well
        open_ = end.outcome in (Outcome.PERSISTS, Outcome.WORSE) and not end.handed_off
        if not (replaced and open_):
            yield end


def _dry_exit(gear: Gear, ascent: Ascent) -> int:
    """Return the exit code of a plan that was only shown.

    Where nothing was seen that it could be made of, nobody knows that all is well. A step
    by hand that cannot be planned somewhere would not be done there.
    """
    diagnosis = ascent.before.diagnosis
    plans = gear.chronicle.plans
    if gear.order.calls and any(step.trouble for plan in plans for step in plan.steps):
        return FINDINGS
    planned = any(plan.climbs for plan in plans)
    blind = diagnosis.verdict is Verdict.UNKNOWN and not planned
    return diagnosis.exit if blind else 0


def _exit(gear: Gear, ascent: Ascent) -> int:
    """Return the exit code (design: 0, 2, 3, 4, 5)."""
    bad = [end for end in _ends(ascent) if end.outcome is not Outcome.CURED]
    if ascent.waiting:
        return REFUSED
    if ascent.refused and (bad or ascent.unbegun or not ascent.ends):
        return REFUSED
    if bad:
        # A finding that is there outweighs one that nobody can tell of (design).
        return max(map(_code, bad), key=(UNKNOWN, FINDINGS, HANDED_OFF).index)
    if not ascent.ends and not gear.order.calls:
        return ascent.before.diagnosis.exit
    return FINDINGS if _left(gear, ascent) else 0


def _code(end: End) -> int:
    """Return what one climb that did not cure makes of the exit code."""
    if end.handed_off:
        return HANDED_OFF
    return UNKNOWN if end.outcome is Outcome.UNKNOWN else FINDINGS


def _left(gear: Gear, ascent: Ascent) -> bool:
    """Whether something is wrong still that nobody asked to be left out."""
    if gear.order.only or gear.order.calls:
        return False
    done = {finding for finding, _ in ascent.ends}
    quiet = _echoes(ascent)
    return any(
        root.severity >= Severity.ERROR
        and not root.standing
        and root.id not in done
        and root.id not in quiet
        for root in ascent.now.diagnosis.roots
    )


def _echoes(ascent: Ascent) -> frozenset[str]:
    """Return the roots of the last look that only repeat what a cured one explained."""
    cured = {f for (f, _), end in ascent.ends.items() if end.outcome is Outcome.CURED}
    before, now = ascent.before.diagnosis, ascent.now.diagnosis
    return frozenset(root.id for root in now.roots if echoes(root, before, cured))


def _restarted(gear: Gear) -> tuple[Node, ...]:
    """Return the services whose containers were started, stopped or replaced."""
    nodes = (
        node
        for entry in gear.chronicle.entries
        if entry.did.ended not in (Ended.SKIPPED, Ended.INTERRUPTED)
        for node in entry.action.touches
    )
    return tuple(dict.fromkeys(nodes))


def _joined(reasons: Sequence[Text]) -> Text | None:
    """Return all that was refused as one text."""
    told = list(dict.fromkeys(reason for reason in reasons if reason.en))
    if not told:
        return None
    return Text("\n".join(t.en for t in told), "\n".join(t.fr for t in told))
