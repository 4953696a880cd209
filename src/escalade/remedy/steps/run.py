"""run: one command on the host or in a service's container, as it was written down."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from escalade.evidence.probe import Argument
from escalade.model import Node
from escalade.plans import Action
from escalade.plans import Risk
from escalade.plans import Shell
from escalade.remedy.acts import SERVICE
from escalade.remedy.acts import narrowed
from escalade.remedy.acts import targets
from escalade.remedy.scene import Scene
from escalade.remedy.step import Arguments
from escalade.remedy.step import CannotError
from escalade.remedy.step import StepKind
from escalade.text import Text
from escalade.transport.base import Command

__all__ = ["RUN"]

RUN_S = 60
_WHY = Text("asked for as it stands", "demandé tel quel")
_PLACES = ("host", "container")


def _actions(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield the command, once for each container where it is meant for one."""
    words = _words(args)
    if args.get("where") != "container":
        place = targets(scene, node, args)[0] if args.get("service") else node
        yield _action(scene, place, args, words)
        return
    if not (args.get("service") or node.service):
        raise CannotError("run: where: container needs a service")
    scene = narrowed(scene, node, args)
    for each in targets(scene, node, args):
        boxes = [box for box in scene.boxes(each) if box.running and not box.paused]
        if not boxes:
            raise CannotError(f"{each}: no container of it runs")
        for box in boxes:
            inside = ("docker", "exec", box.name, *words)
            yield _action(scene, each, args, inside)


def _words(args: Arguments) -> tuple[str, ...]:
    """Return the words of the command line; a shell's line is one of them."""
    given, line = args.get("argv"), str(args.get("command") or "")
    words = given if isinstance(given, tuple) else ()
    if bool(words) == bool(line.strip()):
        raise CannotError("run needs either a command or argv (its words as a list)")
    if "\0" in line or any("\0" in word for word in words):
        raise CannotError("run: a command cannot hold a NUL")
    if not args.get("shell"):
        return words or _split(line)
    if len(words) > 1:
        raise CannotError("run: shell: true takes one line, not a list of words")
    return ("sh", "-c", line or words[0])


def _split(line: str) -> tuple[str, ...]:
    """Return the words of a line, split as a shell would and not given to one."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise CannotError(f"run: {line!r}: {error}") from error
    if not words:
        raise CannotError("run needs a command")
    return tuple(words)


def _action(
    scene: Scene, node: Node, args: Arguments, words: tuple[str, ...]
) -> Action:
    """Return the action; every word is quoted, whatever it looks like."""
    bound = args.get("timeout")
    return Action(
        host=scene.host,
        step=RUN.name,
        node=node,
        do=Shell(Command(" ".join(["%s"] * len(words)), words).line),
        command=shlex.join(words),
        risk=Risk[str(args.get("risk") or "disruptive").upper()],
        why=_WHY,
        timeout_s=float(bound) if isinstance(bound, int) else float(RUN_S),
        always=True,
    )


RUN = StepKind(
    name="run",
    doc="Run one command on the host, or with --where container in a service's own.",
    actions=_actions,
    arguments={
        "command": Argument(str),
        "argv": Argument(str, many=True),
        "shell": Argument(bool, default=False),
        "where": Argument(str, default="host", choices=_PLACES),
        "service": SERVICE,
        "risk": Argument(
            str, default="disruptive", choices=tuple(risk.word for risk in Risk)
        ),
        "timeout": Argument(int, default=RUN_S),
    },
    help={
        "command": "the program and its words; with --shell one line for sh",
        "argv": "the same as a list: each item is one word, whatever is in it",
        "shell": "give the line to a shell: pipes and variables work, nothing is quoted",
        "where": "host, or container: in each that runs of the service",
        "service": "with --where container: whose; on the host: what it is about",
        "risk": "what it can break: safe, disruptive or destructive",
        "timeout": "seconds until it is ended",
    },
    positional=("command",),
    timeout_s=900.0,
)
