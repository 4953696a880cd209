"""logs: the last lines of a service, kept with the run."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from escalade.evidence.probe import Argument
from escalade.model import Node
from escalade.model import args_of
from escalade.plans import Action
from escalade.plans import Collect
from escalade.remedy.acts import SERVICE
from escalade.remedy.acts import SERVICE_HELP
from escalade.remedy.acts import targets
from escalade.remedy.scene import Scene
from escalade.remedy.step import Arguments
from escalade.remedy.step import CannotError
from escalade.remedy.step import StepKind
from escalade.text import Text

__all__ = ["LOGS"]

LINES = 50
_READ = Text("what {service} said last", "ce que {service} a dit en dernier")


def _actions(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield one reading a service."""
    lines = args.get("lines")
    if not isinstance(lines, int) or lines < 1:
        raise CannotError(f"logs: lines is a whole number of at least 1, not {lines!r}")
    for each in targets(scene, node, args):
        boxes = scene.boxes(each)
        names = [box.name for box in boxes] or [str(each.service)]
        words = (
            shlex.join(("docker", "logs", "--tail", str(lines), name)) for name in names
        )
        yield Action(
            host=scene.host,
            step=LOGS.name,
            node=each,
            do=Collect("logs", args_of({"lines": lines})),
            command="; ".join(words),
            why=_READ.fill({"service": str(each.service)}),
            timeout_s=30.0,
        )


LOGS = StepKind(
    name="logs",
    doc="Keep the last log lines of a service, secrets taken out.",
    actions=_actions,
    arguments={"service": SERVICE, "lines": Argument(int, default=LINES)},
    help={
        "service": SERVICE_HELP,
        "lines": "how many lines of each container, the last ones",
    },
    positional=("service",),
    timeout_s=60.0,
)
