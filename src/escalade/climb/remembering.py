"""What must be written down before a stack's last container goes: how to bring it back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from escalade.journal.place import Place
from escalade.journal.projects import Kept
from escalade.journal.projects import known
from escalade.journal.projects import remember
from escalade.model import Node
from escalade.plans import Action
from escalade.remedy.away import profiles_of
from escalade.remedy.project import Project
from escalade.remedy.scene import Scene

__all__ = ["gone", "remember_project"]


def gone(environ: Mapping[str, str], chosen: Path | None) -> dict[Node, Project]:
    """Return the projects of stacks that were taken down, as far as state folders know."""
    return {
        node: Project(
            str(node.stack),
            known=True,
            options=kept.options,
            services=kept.services,
            ran=kept.ran,
        )
        for node, kept in known(environ, chosen).items()
    }


def remember_project(place: Place, scene: Scene, action: Action) -> None:
    """Write down how Compose is told of the stack whose containers an action takes away.

    Raises `JournalError` where that cannot be kept: then nobody could bring it back.
    """
    stack = action.node.stack
    whole = stack is not None and action.node.service is None
    if stack is None or not whole or not _takes_away(action):
        return
    project, nodes = scene.project(stack), scene.services(stack)
    if not project.known or not nodes:
        return
    ran = (n for n in nodes if any(box.running for box in scene.boxes(n)))
    used = (n for n in nodes if scene.boxes(n))
    kept = Kept(
        (*project.options, *profiles_of(scene, used)),
        tuple(str(node.service) for node in nodes),
        tuple(str(node.service) for node in ran),
    )
    remember(place, action.node, kept)


def _takes_away(action: Action) -> bool:
    """Whether an action is done when containers are no longer there."""
    return any(
        expect.reading == "exists" and expect.value is False
        for check in action.after
        for expect in check.expect
    )
