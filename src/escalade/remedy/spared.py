"""Whom a step leaves alone unless asked: what is paused, held, or ended as it should."""

from __future__ import annotations

from collections.abc import Sequence

from escalade.evidence.probe import Argument
from escalade.model import Node
from escalade.remedy.scene import Scene
from escalade.remedy.step import Arguments
from escalade.remedy.step import CannotError

__all__ = [
    "HELD",
    "HELD_HELP",
    "PAUSED",
    "PAUSED_HELP",
    "ended",
    "paused",
    "spared",
    "willing",
]

PAUSED = Argument(bool, default=False)
HELD = Argument(bool, default=False)
PAUSED_HELP = "touch paused containers, too"
HELD_HELP = "touch services that are meant to be stopped, too"


def paused(scene: Scene, node: Node) -> bool:
    """Whether all containers of a service are paused."""
    boxes = scene.boxes(node)
    return bool(boxes) and all(box.paused for box in boxes)


def ended(scene: Scene, node: Node) -> bool:
    """Whether a service is a task that ended well."""
    boxes = scene.boxes(node)
    return bool(boxes) and all(box.oneshot for box in boxes)


def spared(scene: Scene, node: Node, args: Arguments) -> str:
    """Return why a service is left alone, with what would change that; "" if it is not.

    A task that ended well is left alone, too, and so is what the Compose files want no
    container of.
    """
    if scene.held(node) and not args.get("held"):
        return f"{node} is meant to be stopped (start it, or say --held)"
    if paused(scene, node) and not args.get("paused"):
        return f"{node} is paused (unpause it, or say --paused)"
    if ended(scene, node):
        return f"{node} is a task that ended well (start it)"
    declared = scene.declared(node) or {}
    unwanted = declared.get("profiles") or declared.get("replicas") == 0
    if not scene.boxes(node) and unwanted:
        return f"{node} belongs to a profile that is not in use (bring it up)"
    return ""


def willing(scene: Scene, nodes: Sequence[Node], args: Arguments) -> tuple[Node, ...]:
    """Return the services that a step may touch.

    Raises `CannotError` where none is left: of one alone, why.
    """
    reasons = {node: spared(scene, node, args) for node in nodes}
    left = tuple(node for node, reason in reasons.items() if not reason)
    if left:
        return left
    why = next(iter(reasons.values()), "")
    raise CannotError(why or f"{scene.host}: the stack has no services")
