"""Fresh looks at the hosts of a run: snapshot, diagnosis, and a scene for each host."""

from __future__ import annotations

import time
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from functools import partial

from escalade.diagnosis.judge import Judge
from escalade.diagnosis.roles import bind
from escalade.diagnosis.wanted import asks
from escalade.diagnosis.wanted import brief
from escalade.evidence.probe import Probe
from escalade.evidence.seen import SeenSnapshot
from escalade.model import Address
from escalade.model import Args
from escalade.model import Condition
from escalade.model import Diagnosis
from escalade.model import Evidence
from escalade.model import Host
from escalade.model import Node
from escalade.model import Run
from escalade.model import Snapshot
from escalade.model import Step
from escalade.model import Truth
from escalade.remedy.project import Project
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
    """Looks at the hosts of a run: what all looks have in common.

    `called` are the steps that were called by hand: what they ask is asked from the
    first look on. What other steps ask that takes seconds waits until they are due.
    """

    road: Road
    hosts: tuple[Host, ...]
    book: Book
    catalog: Mapping[str, Probe]
    kinds: Mapping[str, StepKind]
    holds: frozenset[Node] = frozenset()
    called: frozenset[str] = frozenset()
    gone: Mapping[Node, Project] = field(default_factory=dict)

    def look(
        self,
        hosts: Sequence[Host] = (),
        stacks: Sequence[str] = (),
        *,
        asking: frozenset[str] = frozenset(),
    ) -> Sight:
        """Return what is seen now, of these hosts and stacks alone where some are given.

        `asking` are probes that are asked besides.
        """
        settings = self.road.settings
        chosen = tuple(stacks) or settings.stacks
        road = replace(self.road, settings=replace(settings, stacks=chosen))
        begun, started = time.monotonic(), time.time()
        snapshot = look(
            road,
            tuple(hosts) or self.hosts,
            brief(self.book, self.catalog),
            self.catalog,
            loose=False,
            more=partial(self.more, asking=asking),
        )
        return self.sight(snapshot, Run(road.run, started, time.monotonic() - begun))

    def sight(self, snapshot: Snapshot, run: Run) -> Sight:
        """Return what a snapshot means."""
        roles = bind(self.book.roles, snapshot.evidence)
        scenes = {
            state.host: Scene(
                snapshot, state.host, roles, holds=self.holds, gone=self.gone
            )
            for state in snapshot.hosts
        }
        book = brief(self.book, self.catalog)
        return Sight(snapshot, judge(snapshot, book, run), scenes, roles)

    def part(self, sight: Sight) -> Sight:
        """Return what a look at more hosts saw of these."""
        names = {host.name for host in self.hosts}
        seen, said = sight.snapshot, sight.diagnosis
        return self.sight(
            replace(
                seen,
                hosts=tuple(s for s in seen.hosts if s.host in names),
                evidence=tuple(p for p in seen.evidence if p.address.host in names),
            ),
            Run(said.run, said.started, said.took_s),
        )

    def truth(self, sight: Sight, condition: Condition, node: Node) -> Truth:
        """Return whether a condition holds at a node, by what a look saw."""
        seen = SeenSnapshot(sight.snapshot, sight.roles)
        judged = Judge(seen, self.catalog, sight.snapshot.mode)
        return judged.judge(condition, node).truth

    def asked_by(self, steps: Collection[str]) -> frozenset[str]:
        """Return the probes that steps ask, by their names."""
        kinds = [self.kinds[name] for name in steps if name in self.kinds]
        return frozenset(name for kind in kinds for name in kind.asks)

    def more(
        self,
        host: str,
        evidence: tuple[Evidence, ...],
        *,
        asking: frozenset[str] = frozenset(),
    ) -> tuple[Address, ...]:
        """Return what steps and their conditions ask a host, beyond symptoms."""
        boxes = [p.address for p in evidence if p.address.probe == "container"]
        brisk = {n for n in self.asked_by(self.kinds) if not self.catalog[n].slow}
        names = brisk | self.asked_by(self.called) | asking | {"drift"}
        found = [
            address
            for name in sorted(names & self.catalog.keys())
            for address in _plain(self.catalog[name], host, boxes)
        ]
        found += _of_ladders(self.book, self.catalog, host, boxes)
        return tuple(dict.fromkeys(found))


def _plain(probe: Probe, host: str, boxes: Sequence[Address]) -> Iterator[Address]:
    """Yield where a probe without arguments is asked."""
    if not probe.always and not probe.derived:
        yield from _everywhere(probe, (), host, boxes)


def _of_ladders(
    book: Book, catalog: Mapping[str, Probe], host: str, boxes: Sequence[Address]
) -> Iterator[Address]:
    """Yield the questions of the ladders' conditions, put to every container."""
    for condition in _conditions(book):
        for ask in asks(condition):
            probe = catalog[ask.probe]
            args = probe.question_args(ask.args)
            if not probe.derived and (args or not probe.always):
                yield from _everywhere(probe, args, host, boxes)


def _everywhere(
    probe: Probe, args: Args, host: str, boxes: Sequence[Address]
) -> Iterator[Address]:
    """Yield all places of a probe's scope: the host needs no container to be one."""
    if probe.scope == "host":
        yield Address(host, None, None, None, probe.name, args)
        return
    for box in boxes:
        if probe.scope == "container":
            yield replace(box, probe=probe.name, args=args)
        elif box.stack:
            yield Address(box.host, box.stack, None, None, probe.name, args)


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
