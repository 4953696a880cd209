"""stop: services in the reverse of their order; `--hold` says that it is meant so."""

from __future__ import annotations

from collections.abc import Iterator

from escalade.evidence.probe import Argument
from escalade.model import Node
from escalade.model import args_of
from escalade.plans import Action
from escalade.plans import Collect
from escalade.remedy.acts import GRACE
from escalade.remedy.acts import GRACE_HELP
from escalade.remedy.acts import SERVICE
from escalade.remedy.acts import SERVICE_HELP
from escalade.remedy.acts import docker
from escalade.remedy.acts import narrowed
from escalade.remedy.acts import short_grace
from escalade.remedy.acts import targets
from escalade.remedy.gates import STOPPED
from escalade.remedy.scene import Scene
from escalade.remedy.step import Arguments
from escalade.remedy.step import CannotError
from escalade.remedy.step import StepKind
from escalade.text import Text

__all__ = ["STOP", "stopped"]

HELD = Text(
    "later diagnoses take it as meant that {service} is stopped",
    "les diagnostics suivants tiendront l'arrêt de {service} pour voulu",
)


def stopped(scene: Scene, node: Node, step: str, grace: object) -> Iterator[Action]:
    """Yield the stops of a service's containers; `grace` is seconds or None."""
    for box in scene.boxes(node):
        kill_s = short_grace(scene, box, grace)
        yield docker(scene, box, step, verb="stop", expect=STOPPED, grace=kill_s)


def _actions(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield stops, those first that nobody else needs.

    The hold comes before: whoever looks in between must not start it again.
    """
    some = narrowed(scene, node, args)
    nodes = scene.ordered(targets(scene, node, args))
    for each in reversed(nodes):
        if args.get("hold"):
            if len(some.boxes(each)) < len(scene.boxes(each)):
                service = each.service
                raise CannotError(
                    f"{each}: a hold is of all of {service} (name the service)"
                )
            yield _hold(scene, each)
        yield from stopped(some, each, STOP.name, args.get("grace"))


def _hold(scene: Scene, node: Node) -> Action:
    """Return the hold on a service, which the road writes down."""
    service = str(node.service)
    return Action(
        host=scene.host,
        step=STOP.name,
        node=node,
        do=Collect("hold", args_of({"stack": node.stack, "service": service})),
        command=f"invoke stop {service} --hold",
        why=HELD.fill({"service": service}),
        undo=f"invoke start {service}",
    )


STOP = StepKind(
    name="stop",
    doc="Stop services; with --hold no later run takes that for a fault.",
    actions=_actions,
    arguments={
        "service": SERVICE,
        "hold": Argument(bool, default=False),
        "grace": GRACE,
    },
    help={
        "service": SERVICE_HELP,
        "hold": "they are meant to be stopped, until somebody starts them",
        "grace": GRACE_HELP,
    },
    positional=("service",),
    timeout_s=180.0,
)
