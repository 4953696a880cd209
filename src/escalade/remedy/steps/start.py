"""start: containers that do not run, as they are; a hold on them ends with it."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from escalade.model import Node
from escalade.model import args_of
from escalade.plans import Action
from escalade.plans import Collect
from escalade.remedy.acts import SERVICE
from escalade.remedy.acts import SERVICE_HELP
from escalade.remedy.acts import docker
from escalade.remedy.acts import narrowed
from escalade.remedy.acts import short_grace
from escalade.remedy.acts import targets
from escalade.remedy.boxes import Box
from escalade.remedy.gates import RUNNING
from escalade.remedy.gates import gate
from escalade.remedy.gates import restarted
from escalade.remedy.pausing import begun_again
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
    scene = narrowed(scene, node, args)
    named = targets(scene, node, args)
    if not (args.get("service") or node.service):
        named = willing(scene, named, args)
    behind = _left_behind(scene, named)
    started: set[Node] = set()
    under_way = _under_way(scene, node)
    for each in scene.ordered({*named, *behind}):
        if paused(scene, each):
            raise CannotError(f"{each} is paused: a start cannot wake it (unpause it)")
        for need in scene.ordered(scene.needs(each) & (started | under_way)):
            yield from gate(scene, need, START.name, (each,))
            started.discard(need)
            under_way.discard(need)
        if each in scene.holds:
            yield _released(scene, each)
        again = behind.get(each, ())
        if each in named:
            yield from _one(scene, each, again)
        for box in again:
            yield _restarted(scene, box)
        started.add(each)
    yield from begun_again(scene, _asleep(scene, named), START.name)


def _under_way(scene: Scene, node: Node) -> set[Node]:
    """Return the tasks of a stack that others wait for and that run now."""
    tasks = (n for n in scene.services(node.stack) if scene.is_task(n))
    return {n for n in tasks if any(box.running for box in scene.boxes(n))}


def _asleep(scene: Scene, nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Return the services of which no container runs."""
    return tuple(n for n in nodes if not any(box.running for box in scene.boxes(n)))


def _left_behind(scene: Scene, nodes: Iterable[Node]) -> Mapping[Node, tuple[Box, ...]]:
    """Return the running containers in the network of one that is to be started.

    It begins anew with that start, and they would stay in the one of before.
    """
    sharers = {other for node in nodes for other in scene.sharers(node)}
    found = {
        other: tuple(box for box in scene.boxes(other) if _is_behind(scene, box))
        for other in sharers
        if not scene.held(other)
    }
    return {other: boxes for other, boxes in found.items() if boxes}


def _is_behind(scene: Scene, box: Box) -> bool:
    """Whether a container runs although the owner of its network does not."""
    owner = scene.owner(box)
    return box.running and not box.paused and owner is not None and not owner.running


def _one(scene: Scene, node: Node, again: Sequence[Box]) -> Iterator[Action]:
    """Yield the start of one service, or what has to stand in its place.

    Its containers that run are left alone, unless all of them do; `again` are those that
    are restarted.
    """
    boxes = scene.boxes(node)
    if not boxes:
        yield made(scene, (node,), START.name)
    elif scene.lost_network(node):
        yield recreated(scene, node, START.name)
    else:
        asleep = [box for box in boxes if not box.running]
        for box in asleep or (() if again else boxes):
            yield docker(scene, box, START.name, verb="start", expect=RUNNING)


def _restarted(scene: Scene, box: Box) -> Action:
    """Return the restart of a container into the network that its owner began anew."""
    later, grace = restarted((box,)), short_grace(scene, box, None)
    return docker(scene, box, START.name, verb="restart", expect=later, grace=grace)


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
