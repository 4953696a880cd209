"""Who depends on whom: declared, named in variables, sharing a network, on one host."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from escalade.evidence.names import containers
from escalade.evidence.names import reading_of
from escalade.evidence.needs import needed
from escalade.evidence.probe import Seen
from escalade.model import Evidence
from escalade.model import Node
from escalade.model import Snapshot

__all__ = ["Graph", "build"]


@dataclass(frozen=True, slots=True)
class Graph:
    """All service nodes of a snapshot and the nodes that each depends on."""

    services: tuple[Node, ...]
    edges: Mapping[Node, frozenset[Node]]

    @property
    def stacks(self) -> tuple[Node, ...]:
        """Return the stacks, as nodes without a service."""
        found = {Node(n.host, n.stack) for n in self.services if n.stack}
        return tuple(sorted(found, key=str))

    def causes(self, node: Node, bad: AbstractSet[Node]) -> tuple[Node, ...]:
        """Return the bad nodes that this one depends on, nearest first.

        Only bad nodes lead on (Nagios: DOWN parents make UNREACHABLE children).
        """
        found: dict[Node, None] = {}
        queue = deque([node])
        while queue:
            for nearby in sorted(self.edges.get(queue.popleft(), ()), key=str):
                if nearby in bad and nearby not in found and nearby != node:
                    found[nearby] = None
                    queue.append(nearby)
        return tuple(found)


def build(snapshot: Snapshot, seen: Seen) -> Graph:
    """Return the graph of everything in a snapshot.

    A container of no stack is on nobody's list of what should run: it is shown, and
    not judged.
    """
    boxes = [p for p in snapshot.evidence if p.address.probe == "container"]
    places = [p.address.node for p in boxes]
    services = dict.fromkeys(n for n in places if n.stack and n.service)
    edges = {node: _edges(node, seen) for node in services}
    return Graph(tuple(services), edges)


def _edges(node: Node, seen: Seen) -> frozenset[Node]:
    """Return what one service depends on."""
    own = seen.of("container", host=node.host, stack=node.stack, service=node.service)
    found = {Node(node.host)}
    if own:
        pieces = containers(seen, own[0].address)
        for service in needed(seen, own[0].address, pieces):
            found.add(Node(node.host, node.stack, service))
        found |= {n for piece in own for n in _shared_network(piece, pieces)}
    return frozenset(found - {node})


def _shared_network(piece: Evidence, pieces: tuple[Evidence, ...]) -> set[Node]:
    """Return whose network namespace a container lives in (`container:<id>`)."""
    kind, _, ident = str(reading_of(piece).get("network_mode") or "").partition(":")
    if kind != "container" or not ident:
        return set()
    return {
        p.address.node
        for p in pieces
        if ident.startswith(str(reading_of(p).get("id") or "-"))
        or ident == p.address.replica
    }
