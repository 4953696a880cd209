"""rebuild: a new image from its sources, the one before kept, a new container from it.

A service that is not built from the Compose files has its image pulled instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from escalade.evidence.probe import Argument
from escalade.model import Node
from escalade.plans import Action
from escalade.remedy.acts import SERVICE
from escalade.remedy.acts import compose
from escalade.remedy.acts import names_of
from escalade.remedy.acts import targets
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

__all__ = ["REBUILD"]

BUILD_S = 900
KEPT = Text(
    "{image} is what {service} runs now: `invoke rollback {service}` takes it back",
    "{image} est l'image de {service} à présent : `invoke rollback {service}` la reprend",
)
BUILT = Text(
    "{service} is built anew from its sources",
    "{service} est reconstruit de ses sources",
)
PULLED = Text(
    "{service} is not built here: its image is pulled",
    "{service} n'est pas construit ici : son image est téléchargée",
)
NEW = Text(
    "{service} gets a container from the new image",
    "{service} reçoit un conteneur de la nouvelle image",
)


def _actions(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield, a service: build or pull, keep the image that runs, replace the container."""
    if not (args.get("service") or node.service):
        raise CannotError(f"{node}: say which service to rebuild")
    for each in scene.ordered(targets(scene, node, args)):
        stack = in_stack(each, REBUILD.name)
        back = f"invoke rollback {each.service} --limit {scene.host} --stack {stack}"
        image = image_of(scene, each)
        kept = _kept(scene, each, image)
        yield replace(_made(scene, each, args), undo=back if kept else "")
        # Not before: a build that fails leaves the tag on the last image that was good.
        yield from kept
        if not scene.held(each):
            why = NEW.fill({"service": str(each.service)})
            undo = back if kept else ""
            yield renewed(scene, each, REBUILD.name, why=why, undo=undo)


def _kept(scene: Scene, node: Node, image: str) -> list[Action]:
    """Return the action that keeps the image which the service runs, if it is there."""
    there = {str(record.get("id")) for record in scene.records("image_tags")}
    ids = [b.image_id for b in scene.boxes(node) if b.image_id in there]
    if not ids:
        return []
    values = {"image": image, "service": str(node.service)}
    why, tag = KEPT.fill(values), rollback_of(image)
    return [tagged(scene, node, REBUILD.name, image=ids[0], tag=tag, why=why)]


def _made(scene: Scene, node: Node, args: Arguments) -> Action:
    """Return the build of a service's image, or its pull.

    Only its exit code tells whether it happened: the image may come out the same.
    """
    builds = (scene.declared(node) or {}).get("builds") is not False
    flags = []
    if builds:
        flags += ["--no-cache"] if args.get("no_cache") else []
        flags += ["--pull"] if args.get("pull") else []
    words = ("build" if builds else "pull", *flags, *names_of((node,)))
    told = BUILT if builds else PULLED
    bound = args.get("timeout")
    return replace(
        compose(scene, node, REBUILD.name, words),
        why=told.fill({"service": str(node.service)}),
        timeout_s=float(bound) if isinstance(bound, int) else float(BUILD_S),
        settle_s=0.0,
    )


REBUILD = StepKind(
    name="rebuild",
    doc="Build or pull a service's image, keep the one before, replace the container.",
    actions=_actions,
    arguments={
        "service": SERVICE,
        "no_cache": Argument(bool, default=False),
        "pull": Argument(bool, default=False),
        "timeout": Argument(int, default=BUILD_S),
    },
    help={
        "service": "service or container, several with commas",
        "no_cache": "build every layer anew",
        "pull": "ask the registry for newer base images, too",
        "timeout": "seconds that the build of one image may take",
    },
    positional=("service",),
    timeout_s=1200.0,
    asks=("image_tags",),
)
