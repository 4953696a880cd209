"""restart: services in the order of their needs, each when what it needs is healthy.

Who shares a network namespace restarts with it. Of its dependants only those that keep
restarting are touched: the road looks again, and most others come back by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from escalade.model import Node
from escalade.plans import Action
from escalade.remedy.acts import GRACE
from escalade.remedy.acts import GRACE_HELP
from escalade.remedy.acts import SERVICE
from escalade.remedy.acts import SERVICE_HELP
from escalade.remedy.acts import docker
from escalade.remedy.acts import narrowed
from escalade.remedy.acts import short_grace
from escalade.remedy.acts import targets
from escalade.remedy.gates import AWAKE
from escalade.remedy.gates import gate
from escalade.remedy.gates import restarted
from escalade.remedy.pausing import begun_again
from escalade.remedy.scene import Scene
from escalade.remedy.spared import HELD
from escalade.remedy.spared import HELD_HELP
from escalade.remedy.spared import PAUSED
from escalade.remedy.spared import PAUSED_HELP
from escalade.remedy.spared import willing
from escalade.remedy.step import Arguments
from escalade.remedy.step import StepKind
from escalade.remedy.steps.recreate import recreated
from escalade.remedy.steps.up import made

__all__ = ["RESTART"]


def _actions(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield restarts in order, with the waits between them."""
    scene = narrowed(scene, node, args)
    named = willing(scene, targets(scene, node, args), args)
    nodes = scene.ordered(_with_sharers(scene, named))
    done: set[Node] = set()
    waited: set[Node] = set()
    for each in nodes:
        if each in done:
            continue
        for need in scene.ordered(scene.needs(each) & done - waited):
            yield from gate(scene, need, RESTART.name, (each,))
            waited.add(need)
        for action in _one(scene, each, args):
            yield action
            done |= {each, *action.touches}
    yield from begun_again(scene, done, RESTART.name)


def _with_sharers(scene: Scene, nodes: tuple[Node, ...]) -> set[Node]:
    """Return services with those that live in their network namespaces."""
    sharers = {other for node in nodes for other in scene.sharers(node)}
    return {*nodes, *(n for n in sharers if not scene.held(n))}


def _one(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield the restart of one service, or what has to stand in its place."""
    boxes = scene.boxes(node)
    if not boxes:
        yield made(scene, (node,), RESTART.name)
    elif scene.drift(node) and node.stack and scene.project(node.stack).known:
        yield recreated(scene, node, RESTART.name)
    else:
        for box in boxes:
            if box.paused:  # asleep it would not hear that it is to stop
                yield docker(scene, box, RESTART.name, verb="unpause", expect=AWAKE)
            yield docker(
                scene,
                box,
                RESTART.name,
                verb="restart",
                expect=restarted((box,)),
                grace=short_grace(scene, box, args.get("grace")),
            )


RESTART = StepKind(
    name="restart",
    doc="Restart services in the order of their needs, or all of a stack.",
    actions=_actions,
    arguments={"service": SERVICE, "grace": GRACE, "paused": PAUSED, "held": HELD},
    help={
        "service": SERVICE_HELP,
        "grace": GRACE_HELP,
        "paused": PAUSED_HELP,
        "held": HELD_HELP,
    },
    positional=("service",),
    timeout_s=300.0,
)
