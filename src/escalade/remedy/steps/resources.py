"""resources: what the host, its disks, Docker and its containers use."""

from __future__ import annotations

from collections.abc import Iterator

from escalade.model import Node
from escalade.plans import Action
from escalade.plans import Collect
from escalade.remedy.scene import Scene
from escalade.remedy.step import Arguments
from escalade.remedy.step import StepKind
from escalade.text import Text

__all__ = ["RESOURCES"]

_WHY = Text(
    "what the host and its containers use of what they have",
    "ce que l'hôte et ses conteneurs utilisent de ce qu'ils ont",
)


def _actions(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield one reading of the host."""
    del args
    yield Action(
        host=scene.host,
        step=RESOURCES.name,
        node=Node(node.host),
        do=Collect("resources"),
        command="uptime; free -h; df -h; docker system df; docker stats --no-stream",
        why=_WHY,
        timeout_s=30.0,
    )


RESOURCES = StepKind(
    name="resources",
    doc="Keep what a host, its disks, Docker and its containers use.",
    actions=_actions,
    scope="host",
    timeout_s=60.0,
    asks=("docker_disk",),
)
