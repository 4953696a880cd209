"""The order in which services start: what others depend on comes first."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass

from escalade.model import Node

__all__ = ["Needs", "in_order"]

_Edges = Mapping[Node, frozenset[Node]]


@dataclass(frozen=True, slots=True)
class Needs:
    """What each service needs: said by Compose or the Engine, or named in variables."""

    declared: _Edges
    named: _Edges

    def of(self, node: Node) -> frozenset[Node]:
        """Return all that a service needs directly."""
        return self.declared.get(node, frozenset()) | self.named.get(node, frozenset())

    def below(self, node: Node) -> frozenset[Node]:
        """Return all that a service needs, directly or through others."""
        found: set[Node] = set()
        queue = [node]
        while queue:
            new = self.of(queue.pop()) - found
            found |= new
            queue.extend(new)
        return frozenset(found - {node})


def in_order(nodes: Iterable[Node], needs: Needs) -> tuple[Node, ...]:
    """Return services so that each follows what it needs; equals by name.

    In a circle what Compose says outweighs what a variable names; a circle of the
    declared ones is cut at the first name.
    """
    left = sorted(nodes, key=lambda node: (str(node.stack), str(node.service)))
    placed: list[Node] = []
    while left:
        waiting = frozenset(left)
        free = [n for n in left if not needs.of(n) & (waiting - {n})]
        free = free or [
            n for n in left if not needs.declared.get(n, frozenset()) & (waiting - {n})
        ]
        chosen = (free or left)[0]
        placed.append(chosen)
        left.remove(chosen)
    return tuple(placed)
