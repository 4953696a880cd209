"""What the container steps share: whom they mean, and how each action is written."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from escalade.evidence.compose import FINDER
from escalade.evidence.probe import Argument
from escalade.model import Comparison
from escalade.model import Node
from escalade.plans import Action
from escalade.plans import Call
from escalade.plans import Risk
from escalade.plans import Shell
from escalade.remedy.boxes import Box
from escalade.remedy.gates import SETTLE_S
from escalade.remedy.gates import TASK_S
from escalade.remedy.gates import holds
from escalade.remedy.gates import proof
from escalade.remedy.scene import Scene
from escalade.remedy.step import Arguments
from escalade.remedy.step import CannotError
from escalade.text import Text

__all__ = [
    "COMPOSE_S",
    "GRACE",
    "GRACE_HELP",
    "PAUSED",
    "SERVICE",
    "SERVICE_HELP",
    "compose",
    "docker",
    "names_of",
    "narrowed",
    "options_of",
    "scaled",
    "short_grace",
    "stack_of",
    "targets",
    "why",
]

SERVICE = Argument(str)
SERVICE_HELP = "service or container, several with commas; all of the stack without it"
GRACE = Argument(int)
GRACE_HELP = "seconds from TERM to KILL (else the container's own, less where it hangs)"
PAUSED = Argument(bool, default=False)
COMPOSE_S = 60.0
"""Seconds that Docker Compose may take beyond what it waits for."""
REQUEST_S = 30.0
"""Seconds that the Engine may take beyond the grace it gives."""
_FINISHED = """timeout -k 5 %g %s
code=$?
case $code in
124 | 130 | 137 | 143) echo "no end in time: what was begun is gone on with" ;;
*) exit $code ;;
esac
%s"""
"""One command and, where its time is over, the one that ends what it began."""
HANGING_S = 3
"""Grace of what hangs: users are waiting, and it will not end by itself."""
ASKED = Text(
    "asked for; {service} may still serve", "demandé ; {service} sert peut-être encore"
)


# ------------------------------------------------------------------- of whom


def targets(scene: Scene, node: Node, args: Arguments) -> tuple[Node, ...]:
    """Return the services that a step is about, in the order named.

    `service` of the arguments, else the node's own, else all of the stack. Raises
    `CannotError` for a name that is not there.
    """
    names = _names(node, args)
    if names:
        return tuple(dict.fromkeys(scene.node(node, name) for name in names))
    return scene.services(stack_of(scene, node))


def narrowed(scene: Scene, node: Node, args: Arguments) -> Scene:
    """Return the scene of a step that acts on containers: of some, only those named.

    A service's own name means all of its containers. Raises as `targets` does.
    """
    only: dict[Node, frozenset[str]] = {}
    whole: set[Node] = set()
    for name in _names(node, args):
        meant = scene.node(node, name)
        if name == meant.service:
            whole.add(meant)
        else:
            only[meant] = only.get(meant, frozenset()) | {name}
    chosen = {meant: names for meant, names in only.items() if meant not in whole}
    return scene.narrowed(chosen) if chosen else scene


def _names(node: Node, args: Arguments) -> list[str]:
    """Return the names that a step was given; none where it is about all of a stack."""
    said = str(args.get("service") or node.service or "")
    return [name for name in (part.strip() for part in said.split(",")) if name]


def stack_of(scene: Scene, node: Node) -> str:
    """Return the stack that a step is about: the node's, or the only one there."""
    if node.stack:
        return scene.stack(node.stack)
    known = scene.stacks()
    if len(known) == 1:
        return known[0]
    which = f"say which stack: {', '.join(known)}" if known else "no stack is there"
    raise CannotError(f"{scene.host}: {which}")


def why(scene: Scene, box: Box) -> Text:
    """Return why a container is touched: what ails it, or that somebody asked."""
    name = box.node.service or box.name
    return scene.box_idle(box) or ASKED.fill({"service": name})


# -------------------------------------------------------------- how it is done


def scaled(scene: Scene, nodes: Sequence[Node]) -> tuple[str, ...]:
    """Return the options with which who was scaled by hand keeps its containers.

    The files would have fewer, and Compose would remove the rest.
    """
    return tuple(
        word
        for node in nodes
        if len(scene.boxes(node)) > scene.replicas(node)
        for word in ("--scale", f"{node.service}={len(scene.boxes(node))}")
    )


def names_of(nodes: Sequence[Node]) -> tuple[str, ...]:
    """Return services as the last words of a line of Compose, options as they may look."""
    names = tuple(str(node.service) for node in nodes)
    return ("--", *names) if any(name.startswith("-") for name in names) else names


@dataclass(frozen=True, slots=True)
class _Docker:
    """One verb of the Engine on one container."""

    verb: str
    undo: str = ""
    grace: bool = False
    begins: bool = False


VERBS = {
    "start": _Docker("start", "stop", begins=True),
    "stop": _Docker("stop", "start", grace=True),
    "restart": _Docker("restart", grace=True, begins=True),
    "unpause": _Docker("unpause", "pause"),
}


def docker(
    scene: Scene,
    box: Box,
    step: str,
    *,
    verb: str,
    expect: Sequence[Comparison],
    grace: int | None = None,
) -> Action:
    """Return the action of `docker VERB NAME`: start, stop, restart or unpause.

    `grace` is seconds from TERM to KILL, None for the container's own; the risk is that
    of touching it.
    """
    from urllib.parse import quote

    known = VERBS[verb]
    told = known.grace and grace is not None
    words = ["docker", verb, *(["-t", str(grace)] if told else []), box.name]
    path = f"/containers/{quote(box.name, safe='')}/{verb}"
    wait_s = float(grace) if grace is not None else box.grace_s
    check = holds(box, *expect)
    awaits_s = TASK_S if scene.is_task(box.node) else SETTLE_S
    return Action(
        host=scene.host,
        step=step,
        node=box.node,
        do=Call("POST", f"{path}?t={grace}" if told else path),
        command=shlex.join(words),
        risk=scene.box_risk(box),
        why=why(scene, box),
        undo=shlex.join(("docker", known.undo, box.name)) if known.undo else "",
        touches=(box.node,),
        after=(proof(scene, box.node, check, (box,)) if known.begins else check,),
        timeout_s=REQUEST_S + (wait_s if known.grace else 0.0),
        settle_s=awaits_s if known.begins else SETTLE_S,
    )


def short_grace(scene: Scene, box: Box, asked: object) -> int | None:
    """Return the grace for a container: what was asked for, less where it hangs.

    A `stop_grace_period` of its own is respected, unless a signal stopped its
    processes: then no TERM reaches it.
    """
    if isinstance(asked, int):
        return asked
    hangs = box.running and not box.paused and scene.box_idle(box) is not None
    own = box.readings.get("stop_grace_s") is not None
    return HANGING_S if box.frozen or (hangs and not own) else None


def options_of(scene: Scene, stack: str, *, instead: str = "") -> tuple[str, ...]:
    """Return the words after `docker compose` for a stack.

    Raises `CannotError` where its files cannot be used; `instead` says what would work.
    """
    project = scene.project(stack)
    if not project.known:
        hint = f" ({instead})" if instead else ""
        raise CannotError(f"stack {stack} on {scene.host}: {project.reason}{hint}")
    return project.options


def compose(
    scene: Scene,
    node: Node,
    step: str,
    words: Sequence[str],
    *,
    instead: str = "",
    then: Sequence[str] = (),
    within_s: float = COMPOSE_S,
) -> Action:
    """Return the action of `docker compose ... WORDS` on a stack, as disruptive.

    Where WORDS leave things half done when their time is over (`within_s`), `then` are the
    words that bring them to an end: in the same line, so that it is done also where nobody
    listens any more.

    What it touches and how it is proved is the caller's to add (`dataclasses.replace`).
    Raises `CannotError` as `options_of` does.
    """
    options = options_of(scene, str(node.stack), instead=instead)
    line = '"$@" ' + shlex.join((*options, *words))
    if then:
        line = _FINISHED % (within_s, line, '"$@" ' + shlex.join((*options, *then)))
    return Action(
        host=scene.host,
        step=step,
        node=node,
        do=Shell(FINDER + line),
        command=shlex.join(("docker", "compose", *options, *words)),
        risk=Risk.DISRUPTIVE,
        timeout_s=within_s + COMPOSE_S if then else within_s,
        settle_s=SETTLE_S,
    )
