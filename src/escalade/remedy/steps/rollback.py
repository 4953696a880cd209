"""rollback: the image that a rebuild kept is the service's again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace

from escalade.model import Node
from escalade.plans import Action
from escalade.plans import Risk
from escalade.remedy.acts import SERVICE
from escalade.remedy.acts import targets
from escalade.remedy.images import Reference
from escalade.remedy.images import id_of
from escalade.remedy.images import image_of
from escalade.remedy.images import in_stack
from escalade.remedy.images import renewed
from escalade.remedy.images import rollback_of
from escalade.remedy.images import tagged
from escalade.remedy.scene import Scene
from escalade.remedy.step import Arguments
from escalade.remedy.step import CannotError
from escalade.remedy.step import StepKind
from escalade.text import Text

__all__ = ["BACK"]

BEFORE = Text(
    "{kept} is the image that {service} ran before its rebuild",
    "{kept} est l'image de {service} d'avant sa reconstruction",
)
AGAIN = Text(
    "{service} gets a container from the image before",
    "{service} reçoit un conteneur de l'image d'avant",
)


def _actions(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield, a service: move the tag back, replace the container."""
    if not (args.get("service") or node.service):
        raise CannotError(f"{node}: say which service to roll back")
    for each in scene.ordered(targets(scene, node, args)):
        in_stack(each, BACK.name)
        image = Reference.read(image_of(scene, each))
        kept = rollback_of(str(image))
        back = _found(scene, each, image, kept)
        values = {"kept": str(kept), "service": str(each.service)}
        move = tagged(
            scene, each, BACK.name, image=back, tag=image, why=BEFORE.fill(values)
        )
        command = shlex.join(("docker", "tag", str(kept), str(image)))
        yield replace(move, command=command, risk=Risk.DISRUPTIVE)
        why = AGAIN.fill(values)
        yield renewed(scene, each, BACK.name, why=why, undo=move.undo)


def _found(scene: Scene, node: Node, image: Reference, kept: Reference) -> str:
    """Return the id of the image that was kept, or say why there is no way back."""
    if image.digest:
        raise CannotError(
            f"{node}: its Compose file pins the image by a digest: edit it"
        )
    asked = scene.evidence("image_tags", Node(scene.host))
    if not any(piece.status.answered for piece in asked):
        why = asked[0].reason if asked else "nobody asked"
        raise CannotError(f"{node}: the images of the host are not known: {why}")
    back = id_of(scene, kept)
    if not back:
        raise CannotError(f"{node}: no image {kept} is there: nothing was rebuilt here")
    now = {box.image_id for box in scene.boxes(node)}
    if now == {back} and id_of(scene, image) == back:
        raise CannotError(f"{node}: it runs the image {kept} already")
    return back


BACK = StepKind(
    name="rollback",
    doc="Give a service back the image that it had before its rebuild.",
    actions=_actions,
    arguments={"service": SERVICE},
    help={"service": "service or container, several with commas"},
    positional=("service",),
    timeout_s=300.0,
    asks=("image_tags",),
)
