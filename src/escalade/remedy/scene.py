"""What one snapshot saw of one host, as steps ask for it: services, order, risk.

Pure. A step reads it and yields actions; nothing here touches the world.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from functools import cached_property
from types import MappingProxyType

from escalade.errors import nearest
from escalade.evidence.absent import COMPLETED
from escalade.evidence.probe import Seen
from escalade.evidence.seen import SeenSnapshot
from escalade.model import Evidence
from escalade.model import Node
from escalade.model import Reading
from escalade.model import Snapshot
from escalade.plans import Risk
from escalade.remedy.boxes import Box
from escalade.remedy.boxes import boxes_of
from escalade.remedy.drift import REPLACED
from escalade.remedy.drift import drift_known
from escalade.remedy.drift import drifted
from escalade.remedy.drift import settled
from escalade.remedy.order import Needs
from escalade.remedy.order import in_order
from escalade.remedy.project import Project
from escalade.remedy.project import project_of
from escalade.remedy.serving import MISSING
from escalade.remedy.serving import idle
from escalade.remedy.serving import serving
from escalade.remedy.step import CannotError
from escalade.text import Text

__all__ = ["Scene"]

WELL = ("healthy", "none")
"""What a health check says of what needs no help."""


class Scene:
    """One host of a snapshot; its questions raise `CannotError` for unknown names.

    `roles` is what `diagnosis.roles.bind` returns; `holds` are the services that
    somebody stopped with `--hold`; `only` are the containers that a service is looked at
    by (all of them, where it has no entry); `gone` are the stacks that were taken down
    from here, by name in the end.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        host: str,
        roles: Mapping[Node, str],
        *,
        holds: frozenset[Node] = frozenset(),
        only: Mapping[Node, frozenset[str]] = MappingProxyType({}),
        gone: Mapping[Node, Project] = MappingProxyType({}),
    ) -> None:
        self.host = host
        self.roles = roles
        self.holds = holds
        self.gone = {str(n.stack): p for n, p in gone.items() if n.host == host}
        self._only = only
        mine = tuple(p for p in snapshot.evidence if p.address.host == host)
        self._snapshot = Snapshot(
            snapshot.recorded, snapshot.mode, snapshot.hosts, mine
        )
        self.seen: Seen = SeenSnapshot(self._snapshot, roles)
        self._boxes = boxes_of(self.seen, host)

    def narrowed(self, only: Mapping[Node, frozenset[str]]) -> Scene:
        """Return the scene with some services' containers left out, all but those named."""
        return Scene(self._snapshot, self.host, self.roles, holds=self.holds, only=only)

    # ----------------------------------------------------------------- places

    def stacks(self) -> tuple[str, ...]:
        """Return the stacks of the host, by name."""
        return tuple(sorted({n.stack for n in self._nodes if n.stack}))

    def stack(self, name: str) -> str:
        """Return the name of a stack that is there; the error has the nearest."""
        known = self.stacks()
        if name in known:
            return name
        # A look at some stacks alone still tells which others there are.
        listed = (r.get("stacks") for r in self.records("host"))
        more = (n for names in listed if isinstance(names, tuple) for n in names)
        every = sorted({*known, *map(str, more)})
        there = f"; there are: {', '.join(every) or 'none'}"
        raise CannotError(
            f"{self.host}: no stack {name!r}{nearest(name, every) or there}"
        )

    def services(self, stack: str | None) -> tuple[Node, ...]:
        """Return a stack's services, declared and seen, by name.

        Of no stack (None): the containers that belong to none.
        """
        return tuple(n for n in self._nodes if n.stack == stack)

    def node(self, node: Node, service: str) -> Node:
        """Return the service that a name means: a service's own, or a container's.

        Without a stack in `node` the name may stand in any, if in one alone; a stack that
        is not there is told as such.
        """
        wish = service.strip()
        if node.stack is not None:
            self.stack(node.stack)
        near = [n for n in self._nodes if node.stack is None or n.stack == node.stack]
        found = [n for n in near if n.service == wish]
        found = found or [n for n in near for b in self.boxes(n) if b.name == wish]
        inner = [n for n in found if n.stack] or found
        if len(inner) == 1:
            return inner[0]
        place = f"stack {node.stack} on {self.host}" if node.stack else self.host
        if inner:
            stacks = ", ".join(sorted(str(n.stack) for n in inner))
            raise CannotError(
                f"{place}: service {wish!r} is in the stacks {stacks}; say which"
            )
        hint = nearest(wish, (str(n.service) for n in near))
        raise CannotError(f"{place}: no service {wish!r}{hint}")

    def boxes(self, node: Node) -> tuple[Box, ...]:
        """Return the containers of a service, those of its replicas in order."""
        boxes, only = self._boxes.get(node, ()), self._only.get(node)
        return boxes if only is None else tuple(b for b in boxes if b.name in only)

    def declared(self, node: Node) -> Reading | None:
        """Return what the Compose files say of a service, None where they do not."""
        return self._declared.get(node)

    def replicas(self, node: Node) -> int:
        """Return how many containers the Compose files want of a service; 1 if unsaid."""
        said = (self.declared(node) or {}).get("replicas")
        return said if isinstance(said, int) else 1

    def project(self, stack: str) -> Project:
        """Return how Docker Compose is told of a stack."""
        boxes = [box for n in self.services(stack) for box in self.boxes(n)]
        if not boxes and stack in self.gone:
            return self.gone[stack]
        return project_of(self.seen, Node(self.host, stack), boxes)

    def evidence(self, probe: str, node: Node) -> Sequence[Evidence]:
        """Return what a probe saw at a service, or with its service None of a stack."""
        return self.seen.of(
            probe, host=self.host, stack=node.stack, service=node.service
        )

    def records(self, probe: str) -> tuple[Reading, ...]:
        """Return all records of a probe on this host."""
        pieces = self.seen.of(probe, host=self.host)
        return tuple(record for piece in pieces for record in piece.readings)

    # ------------------------------------------------------------------ order

    def ordered(self, nodes: Iterable[Node]) -> tuple[Node, ...]:
        """Return services in the order in which they start.

        What others depend on comes first, also where those between are left out.
        """
        wish = set(nodes)
        return tuple(node for node in self._order if node in wish)

    def needs(self, node: Node) -> frozenset[Node]:
        """Return all services that one depends on, directly or through others."""
        return self._needs.below(node)

    def needs_directly(self, node: Node) -> frozenset[Node]:
        """Return the services that one itself depends on."""
        return self._needs.of(node)

    def dependants(self, node: Node) -> tuple[Node, ...]:
        """Return the services that depend on one directly, in order of starting."""
        return tuple(n for n in self._order if node in self._needs.of(n))

    def is_task(self, node: Node) -> bool:
        """Whether another service waits for its end, and not for its service."""
        return node in self._tasks

    def sharers(self, node: Node) -> tuple[Node, ...]:
        """Return the services that live in its network namespace, by name."""
        return tuple(
            n
            for n in self._nodes
            if n != node
            and any(self.owner(box) in self.boxes(node) for box in self.boxes(n))
        )

    def owner(self, box: Box) -> Box | None:
        """Return the container whose network namespace another lives in."""
        kind, _, ident = box.network_mode.partition(":")
        if kind != "container" or not ident:
            return None
        for boxes in self._boxes.values():
            for other in boxes:
                if other.name == ident or (other.id and ident.startswith(other.id)):
                    return other
        return None

    # ---------------------------------------------------------------- verdicts

    def serves(self, node: Node) -> bool:
        """Whether a service may serve somebody: False only where evidence excludes it."""
        return self.idle(node) is None

    def idle(self, node: Node) -> Text | None:
        """Return why a service serves nobody, None where it may serve."""
        boxes = self.boxes(node)
        if not boxes:
            unread = any(
                not p.status.answered for p in self.evidence("container", node)
            )
            return None if unread else MISSING.fill({"service": str(node.service)})
        reasons = [self.box_idle(box) for box in boxes]
        return None if None in reasons else reasons[0]

    def box_idle(self, box: Box) -> Text | None:
        """Return why one container serves nobody, None where it may serve."""
        return idle(self.seen, box, owner=self.owner(box))

    def box_serving(self, box: Box) -> bool:
        """Whether somebody was seen to get an answer from one container."""
        return serving(self.seen, box)

    def risk(self, node: Node) -> Risk:
        """Return the risk of restarting a service: safe where it serves nobody."""
        return Risk.DISRUPTIVE if self.serves(node) else Risk.SAFE

    def box_risk(self, box: Box) -> Risk:
        """Return the risk of restarting one container."""
        return Risk.SAFE if self.box_idle(box) else Risk.DISRUPTIVE

    def drift(self, node: Node) -> Text | None:
        """Return why a restart of a service is not enough: what it is made of changed.

        None where nothing changed, and where that is not known.
        """
        if self.lost_network(node):
            return REPLACED.fill({"service": str(node.service)})
        project = self.project(node.stack) if node.stack else None
        return drifted(self.seen, node, self.boxes(node), project)

    def lost_network(self, node: Node) -> bool:
        """Whether a container shares the network of one that is no longer there."""
        return any(
            box.network_mode.startswith("container:") and self.owner(box) is None
            for box in self.boxes(node)
        )

    def settled(self, node: Node) -> bool:
        """Whether a service runs well and Compose itself would leave it as it is."""
        boxes = self.boxes(node)
        well = all(b.running and not b.paused and b.health in WELL for b in boxes)
        return bool(boxes) and well and settled(self.seen, node, boxes)

    def drift_known(self, node: Node) -> bool:
        """Whether it is known if what a service is made of changed."""
        project = self.project(node.stack) if node.stack else None
        return drift_known(self.seen, node, self.boxes(node), project)

    def held(self, node: Node) -> bool:
        """Whether a service is meant to be stopped: by the inventory, or by a hold."""
        pieces = (
            *self.evidence("container", node),
            *self.evidence("expected", node),
        )
        said = (r.get("desired") for p in pieces for r in p.readings)
        return node in self.holds or "stopped" in said

    # ----------------------------------------------------------------- inside

    @cached_property
    def _declared(self) -> Mapping[Node, Reading]:
        """What the Compose files say, by service."""
        pieces = self.seen.of("compose", host=self.host)
        return {
            Node(self.host, p.address.stack, str(record.get("service"))): record
            for p in pieces
            for record in p.readings
        }

    @cached_property
    def _nodes(self) -> tuple[Node, ...]:
        """All services, by stack and name."""
        seen = {
            p.address.node
            for p in self.seen.of("container", host=self.host)
            if p.address.service
        }
        everything = seen | set(self._declared)
        return tuple(sorted(everything, key=lambda n: (n.stack or "", str(n.service))))

    @cached_property
    def _needs(self) -> Needs:
        """What each service needs."""
        from escalade.diagnosis.graph import build

        graph = build(self._snapshot, self.seen)
        known = set(self._nodes)
        declared = {n: frozenset(self._said(n)) & known for n in self._nodes}
        edges = {n: graph.edges.get(n, frozenset()) & known for n in self._nodes}
        named = {n: edges[n] - declared[n] for n in self._nodes}
        return Needs(declared, named)

    @cached_property
    def _tasks(self) -> frozenset[Node]:
        """The services of stacks that others wait for until they end well."""
        return frozenset(
            Node(self.host, node.stack, name)
            for node in self._nodes
            if node.stack is not None
            for name, _, wish in (item.partition(":") for item in self._depends(node))
            if wish == COMPLETED
        )

    @cached_property
    def _order(self) -> tuple[Node, ...]:
        """All services in the order in which they start."""
        return in_order(self._nodes, self._needs)

    def _said(self, node: Node) -> Iterator[Node]:
        """Yield what Compose declares that a service needs, and whose network it has."""
        for item in self._depends(node):
            yield Node(self.host, node.stack, item.partition(":")[0])
        for box in self.boxes(node):
            owner = self.owner(box)
            if owner is not None and owner.node != node:
                yield owner.node

    def _depends(self, node: Node) -> Iterator[str]:
        """Yield `service:condition` of what Compose declares that a service needs."""
        records = [box.readings for box in self._boxes.get(node, ())]
        for record in (*records, self.declared(node) or {}):
            depends = record.get("depends")
            yield from depends if isinstance(depends, tuple) else ()
