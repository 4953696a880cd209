"""How a run ended: its story for the report, and its exit code."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from escalade.climb.gear import Gear
from escalade.climb.rounds import Ascent
from escalade.climb.rounds import End
from escalade.model import Node
from escalade.model import Severity
from escalade.plans import Ended
from escalade.plans import Outcome
from escalade.report.fixstory import FixStory
from escalade.text import Text

__all__ = ["story_of"]

FINDINGS, UNKNOWN, HANDED_OFF, REFUSED = 2, 3, 4, 5
_WORST = (Outcome.WORSE, Outcome.UNKNOWN, Outcome.PERSISTS, Outcome.CURED)


def story_of(gear: Gear, ascent: Ascent, *, dry: bool = False) -> FixStory:
    """Return all that a run has to tell."""
    chronicle = gear.chronicle
    message = chronicle.messages[-1] if chronicle.messages else None
    text = message.text if message else ""
    file = str(Path(gear.folder / message.file)) if message and message.file else ""
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
        # A step called by hand is no cure of anything: its actions tell how it went.
        outcome=None if gear.order.calls else _outcome(tuple(ascent.ends.values())),
        level=ascent.level,
        exit=0 if dry else _exit(gear, ascent),
        restarted=_restarted(gear),
        refused=_joined(ascent.refused),
        handoff=Text(text, text) if message else None,
        handoff_to=message.to if message else "",
        handoff_file=file,
        dry=dry,
        waiting_approval=ascent.waiting,
    )


def _outcome(ends: Sequence[End]) -> Outcome | None:
    """Return the worst outcome of all climbs; None where none was carried out."""
    found = {end.outcome for end in ends}
    return next((outcome for outcome in _WORST if outcome in found), None)


def _exit(gear: Gear, ascent: Ascent) -> int:
    """Return the exit code (design: 0, 2, 3, 4, 5)."""
    bad = [end for end in ascent.ends.values() if end.outcome is not Outcome.CURED]
    if ascent.waiting:
        return REFUSED
    if ascent.refused and (bad or not ascent.ends):
        return REFUSED
    if bad:
        return max(map(_code, bad))
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
    roots = ascent.now.diagnosis.roots
    return any(
        root.severity >= Severity.ERROR and not root.standing and root.id not in done
        for root in roots
    )


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
