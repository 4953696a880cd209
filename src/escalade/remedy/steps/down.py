"""down: a stack's containers and networks go, its volumes never.

Without Compose files nobody could make the containers again from what is known here,
so removing them then counts as destructive.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace

from escalade.model import Comparison
from escalade.model import Node
from escalade.plans import Action
from escalade.plans import Call
from escalade.plans import Risk
from escalade.remedy.acts import COMPOSE_S
from escalade.remedy.acts import GRACE
from escalade.remedy.acts import GRACE_HELP
from escalade.remedy.acts import compose
from escalade.remedy.acts import options_of
from escalade.remedy.acts import stack_of
from escalade.remedy.away import profiles_of
from escalade.remedy.boxes import Box
from escalade.remedy.gates import SETTLE_S
from escalade.remedy.gates import holds
from escalade.remedy.scene import Scene
from escalade.remedy.step import Arguments
from escalade.remedy.step import StepKind
from escalade.remedy.steps.stop import stopped
from escalade.text import Text

__all__ = ["DOWN", "taken_down"]

ALL = Text(
    "all containers of {stack} go; its volumes stay",
    "tous les conteneurs de {stack} sont retirés ; ses volumes restent",
)
LOST = Text(
    "{box} cannot be made again here: no Compose file of its stack is known",
    "{box} ne pourra pas être recréé ici : aucun fichier Compose de sa pile n'est connu",
)
GONE = Comparison("exists", "eq", value=False)


def taken_down(scene: Scene, stack: str, step: str, grace: object) -> Action:
    """Return the action of `docker compose down`, without volumes.

    Raises `CannotError` where the stack's Compose files are not known.
    """
    nodes = tuple(n for n in scene.services(stack) if scene.boxes(n))
    boxes = [box for node in nodes for box in scene.boxes(node)]
    profiles = profiles_of(scene, nodes)
    waits = ["-t", str(grace)] if isinstance(grace, int) else []
    place = Node(scene.host, stack)
    options = options_of(scene, stack)
    wait_s = float(grace) if isinstance(grace, int) else _longest(boxes)
    return replace(
        compose(scene, place, step, (*profiles, "down", *waits)),
        why=ALL.fill({"stack": stack}),
        undo=shlex.join(("docker", "compose", *options, *profiles, "up", "-d")),
        touches=nodes,
        after=tuple(holds(box, GONE) for box in boxes),
        # Compose stops them by their order, one after the other at worst.
        timeout_s=COMPOSE_S + wait_s * max(len(boxes), 1),
    )


def _longest(boxes: Sequence[Box]) -> float:
    """Return the longest time that a container may take to stop, in seconds."""
    return max((box.grace_s for box in boxes), default=0.0)


def _actions(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield one `down`, or without files the stop and removal of each container."""
    stack = stack_of(scene, node)
    if scene.project(stack).known:
        yield taken_down(scene, stack, DOWN.name, args.get("grace"))
        return
    nodes = scene.ordered(scene.services(stack))
    for each in reversed(nodes):
        yield from stopped(scene, each, DOWN.name, args.get("grace"))
    for each in reversed(nodes):
        yield from (_removed(scene, box) for box in scene.boxes(each))


def _removed(scene: Scene, box: Box) -> Action:
    """Return the removal of a container that cannot be made again from here."""
    from urllib.parse import quote

    return Action(
        host=scene.host,
        step=DOWN.name,
        node=box.node,
        do=Call("DELETE", f"/containers/{quote(box.name, safe='')}"),
        command=f"docker rm {box.name}",
        risk=Risk.DESTRUCTIVE,
        why=LOST.fill({"box": box.name}),
        touches=(box.node,),
        after=(holds(box, GONE),),
        settle_s=SETTLE_S,
    )


DOWN = StepKind(
    name="down",
    doc="Stop and remove a stack's containers and networks; volumes stay.",
    actions=_actions,
    scope="stack",
    arguments={"grace": GRACE},
    help={"grace": GRACE_HELP},
    timeout_s=300.0,
)
