"""unpause: paused containers go on where they were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from escalade.model import Node
from escalade.plans import Action
from escalade.plans import Risk
from escalade.remedy.acts import SERVICE
from escalade.remedy.acts import SERVICE_HELP
from escalade.remedy.acts import docker
from escalade.remedy.acts import narrowed
from escalade.remedy.acts import targets
from escalade.remedy.gates import AWAKE
from escalade.remedy.pausing import begun_again
from escalade.remedy.scene import Scene
from escalade.remedy.step import Arguments
from escalade.remedy.step import CannotError
from escalade.remedy.step import StepKind

__all__ = ["UNPAUSE"]


def _actions(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield the end of the pause of each paused container, in the order of needs."""
    scene = narrowed(scene, node, args)
    nodes = scene.ordered(targets(scene, node, args))
    boxes = [box for each in nodes for box in scene.boxes(each) if box.paused]
    if not boxes:
        named = ", ".join(str(each.service) for each in nodes)
        raise CannotError(f"{scene.host}: nothing is paused among {named}")
    for box in boxes:
        act = docker(scene, box, UNPAUSE.name, verb="unpause", expect=AWAKE)
        yield replace(act, risk=Risk.SAFE)
    yield from begun_again(scene, {box.node for box in boxes}, UNPAUSE.name)


UNPAUSE = StepKind(
    name="unpause",
    doc="Let paused containers go on.",
    actions=_actions,
    arguments={"service": SERVICE},
    help={"service": SERVICE_HELP},
    positional=("service",),
    timeout_s=60.0,
)
