"""Who crash-loops for want of what a step brings back: begun again at once.

The Engine doubles its pause before each restart, up to a minute: a service whose need is
there again would still stand still for the rest of it. A start by hand also makes the next
pauses short again, so nothing has to be waited for here.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import replace

from escalade.model import Node
from escalade.plans import Action
from escalade.remedy.acts import docker
from escalade.remedy.acts import short_grace
from escalade.remedy.boxes import Box
from escalade.remedy.gates import restarted
from escalade.remedy.scene import Scene
from escalade.text import Text

__all__ = ["begun_again"]

LOOPING = Text(
    "{service} keeps restarting for want of {need}; the Engine's pauses grow",
    "{service} redémarre sans cesse faute de {need} ; les pauses du moteur s'allongent",
)


def begun_again(scene: Scene, nodes: Iterable[Node], step: str) -> Iterator[Action]:
    """Yield the restart of each looping container that needs one of some services.

    `nodes` are what a step brings back, all that it touches. What is held stays as it is.
    """
    back = frozenset(nodes)
    waiting = {other for node in back for other in scene.dependants(node)} - back
    for other in scene.ordered(waiting):
        need = next(n for n in scene.ordered(back) if n in scene.needs_directly(other))
        for box in scene.boxes(other):
            if _loops(box) and not scene.held(other):
                yield _restarted(scene, box, need, step)


def _loops(box: Box) -> bool:
    """Whether a container ends and begins again and again."""
    return box.restarting or box.readings.get("crash_looping") is True


def _restarted(scene: Scene, box: Box, need: Node, step: str) -> Action:
    """Return a restart that holds once it began: what comes of it is not the step's."""
    later = restarted((box,))[:1] if box.started_at is not None else ()
    grace = short_grace(scene, box, None)
    slots = {"service": str(box.node.service), "need": str(need.service)}
    return replace(
        docker(scene, box, step, verb="restart", expect=later, grace=grace),
        why=LOOPING.fill(slots),
    )
