"""bundle: all that is known of a stack, in one archive without secrets."""

from __future__ import annotations

from collections.abc import Iterator

from escalade.model import Node
from escalade.plans import Action
from escalade.plans import Collect
from escalade.remedy.scene import Scene
from escalade.remedy.step import Arguments
from escalade.remedy.step import StepKind
from escalade.text import Text

__all__ = ["BUNDLE"]

_WHY = Text(
    "evidence, logs and records for whoever goes on from here",
    "preuves, journaux et fiches pour qui prend la suite",
)


def _actions(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield one archive of a stack, or of the host where none is meant."""
    del args
    stack = f" --stack {node.stack}" if node.stack else ""
    yield Action(
        host=scene.host,
        step=BUNDLE.name,
        node=node,
        do=Collect("bundle"),
        command=f"invoke bundle --limit {scene.host}{stack}",
        why=_WHY,
        timeout_s=60.0,
    )


BUNDLE = StepKind(
    name="bundle",
    doc="Pack evidence, logs and records into one archive without secrets.",
    actions=_actions,
    scope="stack",
    timeout_s=120.0,
    asks=("docker_disk",),
)
