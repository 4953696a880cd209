"""Three-valued judgement of one condition at one place (Kleene's logic).

A record that lacks a reading is unknown, never false; a partial view proves presence
and never absence; a question that could not be asked is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import NamedTuple

from escalade.diagnosis.compare import every
from escalade.diagnosis.compare import holds
from escalade.diagnosis.compare import negate
from escalade.diagnosis.compare import quote
from escalade.diagnosis.compare import show
from escalade.diagnosis.compare import some
from escalade.evidence.logview import AFTER
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Seen
from escalade.evidence.probe import View
from escalade.model import Address
from escalade.model import All
from escalade.model import Args
from escalade.model import Ask
from escalade.model import Cite
from escalade.model import Comparison
from escalade.model import Condition
from escalade.model import Evidence
from escalade.model import Node
from escalade.model import Not
from escalade.model import Reading
from escalade.model import Status
from escalade.model import Truth
from escalade.model import args_of

__all__ = ["Judge", "Judgement"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a condition came to: truth, quotes, captured readings, and what hid it.

    `captured` holds `probe.reading` to the values of the records that held;
    `unknown` the (probe, reason) pairs that left it open.
    """

    truth: Truth
    cites: tuple[Cite, ...] = ()
    captured: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges conditions at nodes of one snapshot.

    `only` narrows a node to one of its containers.
    """

    seen: Seen
    catalog: Mapping[str, Probe]
    mode: str
    only: tuple[Node, str] | None = None

    def judge(self, condition: Condition, node: Node) -> Judgement:
        """Return what a condition comes to at a node."""
        if isinstance(condition, Ask):
            return self._ask(condition, node)
        if isinstance(condition, Not):
            inner = self.judge(condition.part, node)
            return Judgement(negate(inner.truth), (), {}, inner.unknown)
        parts: list[Judgement] = []
        for part in condition.parts:
            parts.append(self.judge(part, node))
            if isinstance(condition, All) and parts[-1].truth is Truth.FALSE:
                # One false part settles it (Kleene): the others need not be asked.
                return Judgement(Truth.FALSE)
        join = every if isinstance(condition, All) else some
        return _joined(join([part.truth for part in parts]), parts)

    def _ask(self, ask: Ask, node: Node) -> Judgement:
        """Ask one probe of the node itself, or of the services of a role."""
        if self.mode == "quick" and not self.catalog[ask.probe].quick:
            return Judgement(Truth.UNKNOWN)
        ask = self._since_own_start(ask, node)
        parts = [
            self._view(ask, piece.address, _Held(view, piece))
            for place in self._places(ask, node)
            for view, piece in self._views(ask, place)
        ]
        join = every if ask.every else some
        truth = join([part.truth for part in parts]) if parts else Truth.FALSE
        return _joined(truth, parts)

    def _since_own_start(self, ask: Ask, node: Node) -> Ask:
        """Return the question bounded to the asking service's own life.

        What another's log said of a service before that was started again speaks of
        what it was then.
        """
        if ask.of is None or AFTER not in self.catalog[ask.probe].arguments:
            return ask
        boxes = self.seen.of(
            "container", host=node.host, stack=node.stack, service=node.service
        )
        starts = [r.get("started_at") for box in boxes for r in box.readings[:1]]
        known = [float(s) for s in starts if isinstance(s, (int, float))]
        if not known:
            return ask
        return replace(ask, args=args_of({**dict(ask.args), AFTER: min(known)}))

    def _places(self, ask: Ask, node: Node) -> Iterable[Node]:
        """Return the nodes that a question is put to."""
        if self.catalog[ask.probe].scope == "host":
            return (Node(node.host),)
        if ask.of is None:
            return (node,)
        services = self.seen.role(node.host, node.stack or "", ask.of)
        return tuple(Node(node.host, node.stack, s) for s in services)

    def _views(self, ask: Ask, node: Node) -> Iterable[tuple[View, Evidence]]:
        """Yield what the probe has to say, once for each replica of the node."""
        probe = self.catalog[ask.probe]
        for piece in self._pieces(probe, ask, node):
            if probe.view is not None:
                yield probe.view(self.seen, piece.address, ask.args), piece
            elif not piece.status.answered:
                yield View(unknown=piece.reason or piece.status.value), piece
            else:
                yield View(piece.readings, piece.complete), piece

    def _pieces(self, probe: Probe, ask: Ask, node: Node) -> Iterable[Evidence]:
        """Return the evidence asked about, or what says that there is none."""
        if probe.scope == "host":
            return self.seen.of(probe.name, host=node.host)
        if probe.scope == "stack":
            return self.seen.of(probe.name, host=node.host, stack=node.stack)
        args = probe.question_args(ask.args)
        found: list[Evidence] = []
        for box in self.seen.of(
            "container", host=node.host, stack=node.stack, service=node.service
        ):
            meant = self.only or (node, box.address.replica)
            if meant[0] != node or meant[1] == box.address.replica:
                found += self._of_replica(probe, box, args)
        return found

    def _of_replica(
        self, probe: Probe, box: Evidence, args: Args
    ) -> Iterable[Evidence]:
        """Return a replica's evidence: as stored, or a stand-in that says why not."""
        state = box.readings[0].get("state") if box.readings else None
        if probe.needs_running and state not in ("running", "paused", None):
            return ()
        at = box.address
        pieces = self.seen.of(
            probe.name,
            host=at.host,
            stack=at.stack,
            service=at.service,
            replica=at.replica,
            args=args,
        )
        if probe.derived:
            return (box,)
        if not pieces and at.replica is None:
            # A service without a container has nothing to ask.
            return ()
        return pieces or (_unasked(at, probe),)

    def _view(self, ask: Ask, address: Address, held: _Held) -> Judgement:
        """Judge what one replica has to say."""
        view, piece = held.view, held.piece
        if view.unknown:
            return Judgement(Truth.UNKNOWN, unknown=((ask.probe, view.unknown),))
        truths = [holds(record, ask.expect) for record in view.readings]
        true = [
            r for r, t in zip(view.readings, truths, strict=True) if t == Truth.TRUE
        ]
        if true:
            cites = tuple(
                Cite(ask.probe, address.target, _time(r, piece), quote(r, ask.expect))
                for r in true[:3]
            )
            return Judgement(Truth.TRUE, cites, _captured(ask.probe, true))
        if Truth.UNKNOWN in truths:
            why = f"{ask.probe} could not tell {_names(ask.expect)}"
            return Judgement(Truth.UNKNOWN, unknown=((ask.probe, why),))
        if not view.complete:
            why = piece.reason or "only a part was read"
            return Judgement(Truth.UNKNOWN, unknown=((ask.probe, why),))
        return Judgement(Truth.FALSE)


class _Held(NamedTuple):
    """A view and the evidence that it is a view of."""

    view: View
    piece: Evidence


def _unasked(at: Address, probe: Probe) -> Evidence:
    """Return the stand-in for a question that nobody asked of a replica."""
    address = Address(at.host, at.stack, at.service, at.replica, probe.name)
    return Evidence(address, Status.UNSUPPORTED, reason="not asked", complete=False)


def _time(record: Reading, piece: Evidence) -> float:
    """Return when a record happened: its own time, else when it was read."""
    value = record.get("time")
    return float(value) if isinstance(value, (int, float)) else piece.time


def _names(expect: Sequence[Comparison]) -> str:
    """Return the readings that a question compares."""
    return ", ".join(c.reading for c in expect)


def _captured(probe: str, records: Sequence[Reading]) -> dict[str, tuple[str, ...]]:
    """Return `probe.reading` to its values over the records that held."""
    table: dict[str, dict[str, None]] = {}
    for record in records:
        for name, value in record.items():
            if value is not None:
                table.setdefault(f"{probe}.{name}", {})[show(value)] = None
    return {name: tuple(values) for name, values in table.items()}


def _joined(truth: Truth, parts: Sequence[Judgement]) -> Judgement:
    """Return one judgement of several: quotes where it holds, reasons where it is open."""
    if truth is Truth.FALSE:
        return Judgement(truth)
    if truth is Truth.UNKNOWN:
        reasons = dict.fromkeys(pair for part in parts for pair in part.unknown)
        return Judgement(truth, unknown=tuple(reasons))
    cites = dict.fromkeys(c for p in parts if p.truth is truth for c in p.cites)
    captured: dict[str, tuple[str, ...]] = {}
    for part in parts:
        if part.truth is truth:
            captured = {**part.captured, **captured}
    return Judgement(truth, tuple(cites), captured)
