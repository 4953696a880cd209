"""network: networks, published ports, and who reaches whom in a stack."""

from __future__ import annotations

from collections.abc import Iterator

from escalade.model import Node
from escalade.plans import Action
from escalade.plans import Collect
from escalade.remedy.acts import SERVICE
from escalade.remedy.acts import stack_of
from escalade.remedy.acts import targets
from escalade.remedy.scene import Scene
from escalade.remedy.step import Arguments
from escalade.remedy.step import StepKind
from escalade.text import Text

__all__ = ["NETWORK"]

_WHY = Text(
    "who is on which network, and who reaches whom",
    "qui est sur quel réseau, et qui joint qui",
)


def _actions(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield one reading of a stack; a service says which one."""
    if args.get("service") or node.service:
        stack = targets(scene, node, args)[0].stack
    else:
        stack = stack_of(scene, node)
    yield Action(
        host=scene.host,
        step=NETWORK.name,
        node=Node(scene.host, stack),
        do=Collect("network"),
        command="docker network ls && docker network inspect $(docker network ls -q)",
        why=_WHY,
        timeout_s=30.0,
    )


NETWORK = StepKind(
    name="network",
    doc="Keep the networks of a stack, its ports, and who reaches whom.",
    actions=_actions,
    scope="stack",
    arguments={"service": SERVICE},
    help={"service": "a service of the stack that is meant"},
    positional=("service",),
    timeout_s=60.0,
)
