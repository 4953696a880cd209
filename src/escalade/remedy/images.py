"""The image before this one: how its tag is called, kept, and taken back. Pure."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import quote

from escalade.model import Comparison
from escalade.model import Node
from escalade.plans import Action
from escalade.plans import Call
from escalade.plans import Check
from escalade.plans import Risk
from escalade.remedy.gates import HEALTHY
from escalade.remedy.gates import RUNNING
from escalade.remedy.gates import awaited
from escalade.remedy.gates import of_service
from escalade.remedy.scene import Scene
from escalade.remedy.step import CannotError
from escalade.remedy.steps.recreate import recreated
from escalade.text import Text

__all__ = [
    "ROLLBACK",
    "Reference",
    "id_of",
    "image_of",
    "is_rollback",
    "renewed",
    "rollback_of",
    "tagged",
]

ROLLBACK = "escalade-rollback"
_TAG_MOST = 128
"""Characters that a tag may have."""


class Reference(NamedTuple):
    """An image's name: repository, tag, and the digest where that pins it."""

    repository: str
    tag: str = "latest"
    digest: str = ""

    @classmethod
    def read(cls, text: str) -> Reference:
        """Return a reference; a colon before the last slash is a registry's port."""
        name, _, digest = text.partition("@")
        folder, slash, last = name.rpartition("/")
        base, _, tag = last.partition(":")
        return cls(f"{folder}{slash}{base}", tag or "latest", digest)

    def __str__(self) -> str:
        """Return `repository:tag`."""
        return f"{self.repository}:{self.tag}"


def rollback_of(image: str) -> Reference:
    """Return the tag under which the image before is kept.

    Images of one repository that differ by their tag are kept apart.
    """
    known = Reference.read(image)
    own = "" if known.tag == "latest" else f"-{known.tag}"
    return Reference(known.repository, f"{ROLLBACK}{own}"[:_TAG_MOST])


def is_rollback(reference: str) -> bool:
    """Whether a tag is one that a rebuild keeps."""
    return Reference.read(reference).tag.startswith(ROLLBACK)


def image_of(scene: Scene, node: Node) -> str:
    """Return the name of a service's image: as declared, as made, as Compose names it."""
    declared = (scene.declared(node) or {}).get("image")
    boxes = scene.boxes(node)
    made = boxes[0].image if boxes else ""
    # A container of an image that lost its tag names it by its id.
    named = "" if made.startswith("sha256:") else made
    return str(declared or named or f"{node.stack}-{node.service}")


def id_of(scene: Scene, reference: Reference) -> str:
    """Return the id that a tag names on the host, "" where nothing has it or is known.

    Needs the probe `image_tags`.
    """
    records = scene.records("image_tags")
    return next(
        (str(r["id"]) for r in records if r.get("reference") == str(reference)), ""
    )


def tagged(
    scene: Scene,
    node: Node,
    step: str,
    *,
    image: str,
    tag: Reference,
    why: Text,
) -> Action:
    """Return the action of `docker tag IMAGE TAG`; `image` is an id (`sha256:...`).

    It starts and stops nothing. What the tag named before is left without it.
    """
    values = f"repo={quote(tag.repository, safe='')}&tag={quote(tag.tag, safe='')}"
    before = id_of(scene, tag)
    undo = (
        ("docker", "tag", short(before), str(tag))
        if before
        else ("docker", "rmi", str(tag))
    )
    return Action(
        host=scene.host,
        step=step,
        node=node,
        do=Call("POST", f"/images/{quote(image, safe=':')}/tag?{values}"),
        command=shlex.join(("docker", "tag", short(image), str(tag))),
        risk=Risk.SAFE,
        why=why,
        # A tag that is there already is moved by nothing, and back by nothing.
        undo="" if before == image else shlex.join(undo),
        after=(Check("image", (str(tag),), (Comparison("id", "eq", image),)),),
        timeout_s=30.0,
    )


def short(image: str) -> str:
    """Return an image's id as people type it."""
    return image.removeprefix("sha256:")[:12]


def renewed(scene: Scene, node: Node, step: str, *, why: Text, undo: str) -> Action:
    """Return the action that replaces a service's containers and waits for health.

    Raises `CannotError` where no Compose file is known.
    """
    action = recreated(scene, node, step)
    healthy = of_service(node, *RUNNING, HEALTHY)
    return replace(
        action,
        why=why,
        undo=undo,
        after=(*action.after, *(() if scene.is_task(node) else (healthy,))),
        settle_s=awaited(scene, action.touches),
    )


def in_stack(node: Node, step: str) -> str:
    """Return the stack of a service; raises `CannotError` for a lone container."""
    if node.stack is None:
        raise CannotError(
            f"{node} belongs to no Compose stack: {step} cannot make it anew "
            "(whoever made it can; restart works)"
        )
    return node.stack
