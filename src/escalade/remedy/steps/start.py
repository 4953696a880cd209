"""start: containers that do not run, as they are; a hold on them ends with it."""

from __future__ import annotations

from collections.abc import Iterator

from escalade.model import Node
from escalade.model import args_of
from escalade.plans import Action
from escalade.plans import Collect
from escalade.remedy.acts import SERVICE
from escalade.remedy.acts import SERVICE_HELP
from escalade.remedy.acts import docker
from escalade.remedy.acts import targets
from escalade.remedy.gates import RUNNING
from escalade.remedy.gates import gate
from escalade.remedy.scene import Scene
from escalade.remedy.spared import paused
from escalade.remedy.spared import willing
from escalade.remedy.step import Arguments
from escalade.remedy.step import CannotError
from escalade.remedy.step import StepKind
from escalade.remedy.steps.recreate import recreated
from escalade.remedy.steps.up import made
from escalade.text import Text

__all__ = ["START"]

RELEASED = Text(
    "{service} is wanted running again", "{service} est de nouveau voulu en marche"
)


def _actions(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield starts in order, with the waits between them."""
    named = targets(scene, node, args)
    if not (args.get("service") or node.service):
        named = willing(scene, named, args)
    nodes = scene.ordered(named)
    started: set[Node] = set()
    for each in nodes:
        if paused(scene, each):
            raise CannotError(f"{each} is paused: a start cannot wake it (unpause it)")
        for need in scene.ordered(scene.needs(each) & started):
            yield from gate(scene, need, START.name, (each,))
            started.discard(need)
        if each in scene.holds:
            yield _released(scene, each)
        yield from _one(scene, each)
        started.add(each)


def _one(scene: Scene, node: Node) -> Iterator[Action]:
    """Yield the start of one service, or what has to stand in its place."""
    boxes = scene.boxes(node)
    if not boxes:
        yield made(scene, (node,), START.name)
    elif scene.lost_network(node):
        yield recreated(scene, node, START.name)
    else:
        for box in boxes:
            yield docker(scene, box, START.name, verb="start", expect=RUNNING)


def _released(scene: Scene, node: Node) -> Action:
    """Return the end of a hold, which the road writes down."""
    service = str(node.service)
    return Action(
        host=scene.host,
        step=START.name,
        node=node,
        do=Collect("unhold", args_of({"stack": node.stack, "service": service})),
        command=f"invoke start {service}",
        why=RELEASED.fill({"service": service}),
    )


START = StepKind(
    name="start",
    doc="Start services that do not run, in the order of their needs; ends their hold.",
    actions=_actions,
    arguments={"service": SERVICE},
    help={"service": SERVICE_HELP},
    positional=("service",),
    timeout_s=300.0,
)
