"""Fresh looks at the hosts of a run: snapshot, diagnosis, and a scene for each host."""

from __future__ import annotations

import time
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from escalade.diagnosis.judge import Judge
from escalade.diagnosis.roles import bind
from escalade.diagnosis.wanted import asks
from escalade.evidence.probe import Probe
from escalade.evidence.seen import SeenSnapshot
from escalade.model import Address
from escalade.model import Condition
from escalade.model import Diagnosis
from escalade.model import Evidence
from escalade.model import Host
from escalade.model import Node
from escalade.model import Run
from escalade.model import Snapshot
from escalade.model import Step
from escalade.model import Truth
from escalade.remedy.scene import Scene
from escalade.remedy.step import StepKind
from escalade.run import Road
from escalade.run import judge
from escalade.run import look
from escalade.runbooks.book import Book

__all__ = ["Sight", "Watch"]


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look at the hosts saw, and what it means."""

    snapshot: Snapshot
    diagnosis: Diagnosis
    scenes: Mapping[str, Scene]
    roles: Mapping[Node, str]


@dataclass(frozen=True, slots=True)
class Watch:
    """Looks at the hosts of a run: what all looks have in common."""

    road: Road
    hosts: tuple[Host, ...]
    book: Book
    catalog: Mapping[str, Probe]
    kinds: Mapping[str, StepKind]
    holds: frozenset[Node] = frozenset()

    def look(self, hosts: Sequence[Host] = (), stacks: Sequence[str] = ()) -> Sight:
        """Return what is seen now, of these hosts and stacks alone where some are given."""
        settings = self.road.settings
        chosen = tuple(stacks) or settings.stacks
        road = replace(self.road, settings=replace(settings, stacks=chosen))
        begun, started = time.monotonic(), time.time()
        snapshot = look(
            road,
            tuple(hosts) or self.hosts,
            self.book,
            self.catalog,
            loose=False,
            more=self.more,
        )
        return self.sight(snapshot, Run(road.run, started, time.monotonic() - begun))

    def sight(self, snapshot: Snapshot, run: Run) -> Sight:
        """Return what a snapshot means."""
        roles = bind(self.book.roles, snapshot.evidence)
        scenes = {
            state.host: Scene(snapshot, state.host, roles, holds=self.holds)
            for state in snapshot.hosts
        }
        return Sight(snapshot, judge(snapshot, self.book, run), scenes, roles)

    def truth(self, sight: Sight, condition: Condition, node: Node) -> Truth:
        """Return whether a condition holds at a node, by what a look saw."""
        seen = SeenSnapshot(sight.snapshot, sight.roles)
        judged = Judge(seen, self.catalog, sight.snapshot.mode)
        return judged.judge(condition, node).truth

    def more(self, evidence: tuple[Evidence, ...]) -> tuple[Address, ...]:
        """Return the questions that steps and their conditions have, beyond symptoms."""
        boxes = [p.address for p in evidence if p.address.probe == "container"]
        names = {n for kind in self.kinds.values() for n in kind.asks} | {"drift"}
        found = [
            address
            for name in sorted(names & self.catalog.keys())
            for address in _plain(self.catalog[name], boxes)
        ]
        found += _of_ladders(self.book, self.catalog, boxes)
        return tuple(dict.fromkeys(found))


def _plain(probe: Probe, boxes: Sequence[Address]) -> Iterator[Address]:
    """Yield where a probe without arguments is asked."""
    if probe.always or probe.derived:
        return
    for box in boxes:
        if probe.scope == "host":
            yield Address(box.host, None, None, None, probe.name)
        elif probe.scope == "stack" and box.stack:
            yield Address(box.host, box.stack, None, None, probe.name)
        elif probe.scope == "container":
            yield replace(box, probe=probe.name, args=())


def _of_ladders(
    book: Book, catalog: Mapping[str, Probe], boxes: Sequence[Address]
) -> Iterator[Address]:
    """Yield the questions of the ladders' conditions, put to every container."""
    for condition in _conditions(book):
        for ask in asks(condition):
            probe = catalog[ask.probe]
            args = probe.question_args(ask.args)
            if probe.derived or (probe.always and not args):
                continue
            for box in boxes:
                if probe.scope == "container":
                    yield Address(
                        box.host, box.stack, box.service, box.replica, probe.name, args
                    )
                elif probe.scope == "stack" and box.stack:
                    yield Address(box.host, box.stack, None, None, probe.name, args)
                elif probe.scope == "host":
                    yield Address(box.host, None, None, None, probe.name, args)


def _conditions(book: Book) -> Iterator[Condition]:
    """Yield every condition of every ladder: when, until, verify."""
    for runbook in book.runbooks:
        for ladder in runbook.ladders.values():
            yield from ladder.verify
            for level in ladder.levels.values():
                for step in level:
                    yield from _of_step(step)


def _of_step(step: Step) -> Iterator[Condition]:
    """Yield the conditions of a step and of all below it."""
    yield from (c for c in (step.when, step.until) if c is not None)
    handlers = (*step.on_failed, *step.on_unreachable, *step.on_timeout, *step.always)
    for inner in (*step.group, *handlers):
        yield from _of_step(inner)
