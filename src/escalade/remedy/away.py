"""A stack that was taken down from here: no container tells of it, but it is remembered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from escalade.errors import nearest
from escalade.model import Node
from escalade.plans import Action
from escalade.plans import Risk
from escalade.remedy.acts import COMPOSE_S
from escalade.remedy.acts import compose
from escalade.remedy.gates import GATE_S
from escalade.remedy.gates import HEALTHY
from escalade.remedy.gates import RUNNING
from escalade.remedy.gates import of_service
from escalade.remedy.scene import Scene
from escalade.remedy.step import Arguments
from escalade.remedy.step import CannotError
from escalade.text import Text

__all__ = ["back", "profiles_of", "taken_down"]

AGAIN = Text(
    "{stack} was taken down from here; its Compose files are remembered",
    "{stack} a été arrêtée d'ici ; ses fichiers Compose sont connus",
)


def taken_down(scene: Scene, node: Node) -> str | None:
    """Return the stack that a step is about where it was taken down; None for any other.

    Without a stack's name: the only one that there was, where none is there.
    """
    if any(record.get("reachable") is False for record in scene.records("engine")):
        return None
    # An inventory or a hold may speak of a stack that has no container.
    there = {
        stack
        for stack in scene.stacks()
        if any(scene.boxes(each) for each in scene.services(stack))
    }
    known = scene.gone.keys() - there
    if node.stack is not None:
        return node.stack if node.stack in known else None
    return next(iter(known)) if len(known) == 1 and not there else None


def back(scene: Scene, stack: str, node: Node, args: Arguments) -> Action:
    """Return the `up` of a stack that was taken down, or of services and their needs.

    What ran before is asked for; what is meant to be stopped stays so unless it is named.
    """
    project = scene.gone[stack]
    named = _named(scene, stack, str(args.get("service") or node.service or ""))
    whole = [Node(scene.host, stack, name) for name in project.services]
    willing = [n for n in whole if args.get("held") or not scene.held(n)]
    chosen = named or willing
    some = chosen if named or len(willing) < len(whole) else []
    ran = [n for n in chosen if named or n.service in project.ran]
    return replace(
        compose(
            scene,
            Node(scene.host, stack),
            "up",
            ("up", "-d", *(str(each.service) for each in some)),
        ),
        risk=Risk.SAFE,
        why=AGAIN.fill({"stack": stack}),
        touches=tuple(ran),
        after=tuple(of_service(each, *RUNNING, HEALTHY) for each in ran),
        # Nobody knows how long their health checks take, or who waits for whom.
        timeout_s=COMPOSE_S + 2 * GATE_S[1],
        settle_s=GATE_S[1],
    )


def profiles_of(scene: Scene, nodes: Iterable[Node]) -> tuple[str, ...]:
    """Return the options that make Compose see services of profiles that are in use."""
    said = [(scene.declared(node) or {}).get("profiles") for node in nodes]
    names = sorted({p for group in said if isinstance(group, tuple) for p in group})
    return tuple(word for name in names for word in ("--profile", name))


def _named(scene: Scene, stack: str, said: str) -> list[Node]:
    """Return the services that were named; an unknown one is told with the nearest."""
    known = scene.gone[stack].services
    names = [name for name in (part.strip() for part in said.split(",")) if name]
    for name in names:
        if name not in known:
            hint = nearest(name, known)
            raise CannotError(
                f"stack {stack} on {scene.host}: no service {name!r}{hint}"
            )
    return [Node(scene.host, stack, name) for name in names]
