"""Look again and again after the actions, until every climb's outcome stands."""

from __future__ import annotations

import time
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace

from escalade.climb.gear import Gear
from escalade.climb.heard import silent
from escalade.climb.looks import Sight
from escalade.model import Diagnosis
from escalade.plans import Climb
from escalade.plans import Outcome
from escalade.plans import Verified
from escalade.remedy.verify import GOOD_LOOKS
from escalade.remedy.verify import Look
from escalade.remedy.verify import touched
from escalade.remedy.verify import verify

__all__ = ["verified"]

PAUSE_S = 0.7
"""Seconds between two looks: three in a row span what a start needs to fail again."""


def verified(
    gear: Gear, climbs: Sequence[Climb], before: Diagnosis, since: Mapping[str, float]
) -> tuple[tuple[Verified, ...], Sight]:
    """Return what verification says of each climb, and the last look.

    `since` says by host (epoch seconds) when its last action ended. Looking ends when no
    outcome can change any more, after the settings' `verify_s`, or with the run. What the
    looks themselves take is not held against anybody: a row of looks that has begun when
    the time is over is looked at to its end.
    """
    ends = time.monotonic() + gear.road.settings.verify_s
    looks: dict[str, list[Look]] = {climb.id: [] for climb in climbs}
    names = {climb.node.host for climb in climbs}
    hosts = tuple(host for host in gear.watch.hosts if host.name in names)
    stacks = _stacks(climbs)
    late = 0
    while True:
        sight = gear.watch.look(hosts, stacks)
        found = tuple(
            _one(gear, climb, before, looks[climb.id], sight, since) for climb in climbs
        )
        late += time.monotonic() >= ends
        over = late >= GOOD_LOOKS or gear.road.stop.is_set()
        if over or not any(each.again for each in found):
            return found, sight
        gear.road.stop.wait(PAUSE_S)


def _one(
    gear: Gear,
    climb: Climb,
    before: Diagnosis,
    looks: list[Look],
    sight: Sight,
    since: Mapping[str, float],
) -> Verified:
    """Return what the looks so far say of one climb, this one included."""
    truths = tuple(
        gear.watch.truth(sight, condition, climb.node) for condition in climb.verify
    )
    looks.append(
        Look(
            sight.diagnosis,
            truths,
            silent(sight, climb, before),
            _at_work(sight, climb),
        )
    )
    found = verify(climb, before, looks, since=since.get(climb.node.host, 0.0))
    # Where waiting is the remedy, all the time there is is waited.
    waits = climb.remedy == "wait" and found.outcome is not Outcome.CURED
    return replace(found, again=True) if waits else found


def _at_work(sight: Sight, climb: Climb) -> tuple[str, ...]:
    """Return the containers of a climb's tasks (services whose end others wait for) that run."""
    scene = sight.scenes.get(climb.node.host)
    nodes = dict.fromkeys((climb.node, *touched(climb)))
    return tuple(
        box.name
        for node in nodes
        if scene is not None and scene.is_task(node)
        for box in scene.boxes(node)
        if box.running
    )


def _stacks(climbs: Sequence[Climb]) -> tuple[str, ...]:
    """Return the stacks that are looked at; none stands for all of a host's."""
    if any(climb.node.stack is None for climb in climbs):
        return ()
    return tuple(sorted({climb.node.stack or "" for climb in climbs}))
