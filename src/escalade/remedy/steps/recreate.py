"""recreate: a new container from the files of today, the others left as they are."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace

from escalade.model import Comparison
from escalade.model import Node
from escalade.plans import Action
from escalade.remedy.acts import COMPOSE_S
from escalade.remedy.acts import SERVICE
from escalade.remedy.acts import SERVICE_HELP
from escalade.remedy.acts import compose
from escalade.remedy.acts import names_of
from escalade.remedy.acts import scaled
from escalade.remedy.acts import targets
from escalade.remedy.gates import RUNNING
from escalade.remedy.gates import SETTLE_S
from escalade.remedy.gates import TASK_S
from escalade.remedy.gates import of_service
from escalade.remedy.gates import proof
from escalade.remedy.losing import nothing_lost
from escalade.remedy.pausing import begun_again
from escalade.remedy.scene import Scene
from escalade.remedy.step import Arguments
from escalade.remedy.step import CannotError
from escalade.remedy.step import StepKind
from escalade.text import Text

__all__ = ["RECREATE", "recreated"]

FRESH = Text(
    "{service} gets a container from the definition and image of today",
    "{service} reçoit un conteneur selon la définition et l'image du jour",
)


def recreated(scene: Scene, node: Node, step: str) -> Action:
    """Return the action that replaces a service's containers, and those of its sharers.

    A network namespace goes with its container: who shared it joins the new one.
    Raises `CannotError` where no Compose file is known, or a value would be lost.
    """
    if node.stack is None:
        raise CannotError(
            f"{node}: a container of no stack cannot be made again (restart it)"
        )
    sharers = (n for n in scene.sharers(node) if not scene.held(n))
    nodes = (node, *scene.ordered(sharers))
    nothing_lost(scene, nodes)
    told = (*scaled(scene, nodes), *names_of(nodes))
    # With --no-deps Compose forgets what the service depends on, and would make it anew
    # once more at the next `up`. Without, it sees to those as well: only where they are
    # such that it leaves them alone.
    needs = {need for each in nodes for need in scene.needs(each)} - set(nodes)
    alone = () if all(map(scene.settled, needs)) else ("--no-deps",)
    up = ("up", "-d", *alone)
    grace = sum(box.grace_s for each in nodes for box in scene.boxes(each))
    drift = scene.drift(node) or scene.idle(node)
    return replace(
        compose(
            scene,
            node,
            step,
            (*up, "--force-recreate", *told),
            instead="restart it instead",
            # Cut between two of its requests, Compose leaves a container that was made and
            # not started, or one that was stopped and not replaced.
            then=(*up, *told),
            within_s=COMPOSE_S + grace,
        ),
        why=drift or FRESH.fill({"service": str(node.service)}),
        touches=nodes,
        after=tuple(
            proof(scene, each, of_service(each, *_new(scene, each)), scene.boxes(each))
            for each in nodes
        ),
        settle_s=TASK_S if any(map(scene.is_task, nodes)) else SETTLE_S,
    )


def _new(scene: Scene, node: Node) -> Sequence[Comparison]:
    """Return what is true of a service once its containers were replaced."""
    old = tuple(box.id for box in scene.boxes(node) if box.id)
    return (Comparison("id", "not_in", old), *RUNNING) if old else RUNNING


def _actions(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield one action a service; who shares a network that goes is in its action."""
    nodes = scene.ordered(targets(scene, node, args))
    shared = {other for each in nodes for other in scene.sharers(each)}
    for each in nodes:
        if each not in shared:
            yield recreated(scene, each, RECREATE.name)
    yield from begun_again(scene, (*nodes, *shared), RECREATE.name)


RECREATE = StepKind(
    name="recreate",
    doc="Replace a service's containers by new ones made from its Compose files.",
    actions=_actions,
    arguments={"service": SERVICE},
    help={"service": SERVICE_HELP},
    positional=("service",),
    timeout_s=300.0,
)
