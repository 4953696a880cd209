"""The shape of `escalade_stacks`: what the inventory says of a stack's services."""

from __future__ import annotations

from escalade.errors import nearest
from escalade.inventory.marks import Leaf
from escalade.inventory.marks import Map
from escalade.inventory.marks import Node
from escalade.inventory.marks import refusal

__all__ = ["DESIRED", "STACKS", "check_stacks"]

STACKS = "escalade_stacks"
"""Stack to service to `{role, desired}`; a level `services:` may stand between."""
DESIRED = ("running", "stopped")

_KEYS = ("desired", "role")


def check_stacks(node: Node) -> None:
    """Refuse what is not stack to service to `{role, desired}`."""
    for stack, services in _entries(node, STACKS):
        inner = services.items.get("services") if isinstance(services, Map) else None
        whole = inner.node if inner is not None else services
        for service, said in _entries(whole, f"the stack {stack!r}"):
            for key, value in _entries(said, f"the service {service!r}"):
                _check_entry(key, value, said)


def _entries(node: Node, what: str) -> list[tuple[str, Node]]:
    """Return a mapping's entries; nothing at all is an empty one."""
    if isinstance(node, Leaf) and node.value is None:
        return []
    if not isinstance(node, Map):
        raise refusal(node.mark, f"{what}: expected a mapping")
    return [(key, value.node) for key, value in node.items.items()]


def _check_entry(key: str, value: Node, said: Node) -> None:
    """Check one thing that is said of a service."""
    if key not in _KEYS:
        mark = said.items[key].key if isinstance(said, Map) else said.mark
        raise refusal(mark, f"unknown key {key!r}{nearest(key, _KEYS)}")
    if not isinstance(value, Leaf) or not isinstance(value.value, str):
        raise refusal(value.mark, f"{key}: expected a word")
    if key == "desired" and value.value not in DESIRED:
        hint = nearest(value.value, DESIRED) or f" (one of {', '.join(DESIRED)})"
        raise refusal(value.mark, f"{key}: unknown word {value.value!r}{hint}")
