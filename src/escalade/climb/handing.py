"""The hand-off that always comes: a message, whatever became of the steps before it."""

from __future__ import annotations

from dataclasses import replace

from escalade.climb.deeds import Deeds
from escalade.climb.deeds import Turn
from escalade.climb.gear import Gear
from escalade.climb.looks import Sight
from escalade.journal.recorder import ClimbRecorder
from escalade.plans import Action
from escalade.plans import Climb
from escalade.plans import Collect
from escalade.plans import Plan
from escalade.plans import flat

__all__ = ["handed_over"]

HANDOFF = "handoff"


def handed_over(
    gear: Gear, sight: Sight, climb: Climb, plan: Plan
) -> tuple[str, ...] | None:
    """Write the message of a climb that no level is left for, if its steps wrote none.

    Returns the files that were written for it, None where there is no message. The step
    that the ladder has for it may have been skipped, have failed, or not be there at all.
    """
    if gear.chronicle.handed(climb):
        return ()
    host = next((h for h in gear.watch.hosts if h.name == climb.node.host), None)
    action = _planned(climb) or _plain(gear, sight, climb)
    if host is None or action is None:
        return None
    deeds = Deeds(gear, host, sight)
    recorder = ClimbRecorder(gear.journal, gear.run, plan.round, climb)
    try:
        return deeds.hand_over(Turn(deeds, climb, recorder, plan), action)
    finally:
        deeds.close()


def _planned(climb: Climb) -> Action | None:
    """Return the hand-off that a climb's own steps have, with whom it is for."""
    actions = (a for top in climb.steps for step in flat(top) for a in step.actions)
    found = (a for a in actions if isinstance(a.do, Collect) and a.do.what == HANDOFF)
    return next(found, None)


def _plain(gear: Gear, sight: Sight, climb: Climb) -> Action | None:
    """Return the hand-off of a climb whose steps have none."""
    scene = sight.scenes.get(climb.node.host)
    if scene is None:
        return None
    actions = gear.watch.kinds[HANDOFF].actions(scene, climb.node, {})
    return next((replace(each, id=climb.id) for each in actions), None)
