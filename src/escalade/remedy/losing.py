"""What a container made anew would lose: values that only the shell of its first `up` had."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from escalade.model import Node
from escalade.remedy.scene import Scene
from escalade.remedy.step import CannotError

__all__ = ["nothing_lost"]


def nothing_lost(scene: Scene, nodes: Iterable[Node]) -> None:
    """Raise `CannotError` where a service's new container would have a blank for a value.

    Its files take the value from a variable that nobody sets on that host any more, and
    the container that is there still has it. A default (`${NAME:-x}`) hides such a loss.
    """
    for node in nodes:
        unset = scene.project(node.stack).unset if node.stack else ()
        names = sorted(set(_blank_then(scene, node)) & set(_set_now(scene, node)))
        if unset and names:
            raise CannotError(
                f"{node}: a new container would lose the value of {', '.join(names)}: its "
                f"files read {', '.join(unset)}, which nobody sets here any more (set it "
                "in the .env of the project; a restart keeps the container as it is)"
            )


def _blank_then(scene: Scene, node: Node) -> Iterator[str]:
    """Yield the variables that the files leave blank."""
    said = (scene.declared(node) or {}).get("blank_variables")
    yield from said if isinstance(said, tuple) else ()


def _set_now(scene: Scene, node: Node) -> Iterator[str]:
    """Yield the variables that a container of a service has a value of."""
    for piece in scene.evidence("env", node):
        for record in piece.readings:
            if record.get("blank") is False:
                yield str(record.get("variable"))
