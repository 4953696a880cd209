"""up: what the Compose files want is there, running, and healthy in the end."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace

from escalade.model import Comparison
from escalade.model import Node
from escalade.plans import Action
from escalade.plans import Check
from escalade.plans import Risk
from escalade.remedy.acts import COMPOSE_S
from escalade.remedy.acts import SERVICE
from escalade.remedy.acts import SERVICE_HELP
from escalade.remedy.acts import compose
from escalade.remedy.acts import names_of
from escalade.remedy.acts import scaled
from escalade.remedy.acts import targets
from escalade.remedy.away import back
from escalade.remedy.away import taken_down
from escalade.remedy.gates import HEALTHY
from escalade.remedy.gates import RUNNING
from escalade.remedy.gates import awaited
from escalade.remedy.gates import of_service
from escalade.remedy.gates import proof
from escalade.remedy.losing import nothing_lost
from escalade.remedy.scene import Scene
from escalade.remedy.spared import HELD
from escalade.remedy.spared import HELD_HELP
from escalade.remedy.spared import ended
from escalade.remedy.spared import paused
from escalade.remedy.spared import spared
from escalade.remedy.spared import willing
from escalade.remedy.step import Arguments
from escalade.remedy.step import StepKind
from escalade.text import Text

__all__ = ["UP", "made", "plain", "ready", "risk_of_up"]

WANTED = Text(
    "the Compose files want {services} running",
    "les fichiers Compose veulent {services} en marche",
)
INSTEAD = "without them, start and restart work on the containers that are there"


def risk_of_up(scene: Scene, nodes: Sequence[Node]) -> tuple[Risk, tuple[Node, ...]]:
    """Return the risk of `up` for services, and those that it may start or replace.

    Compose replaces what changed. Where that is not known it counts as touched.
    """
    touched = [
        node
        for node in nodes
        if not scene.drift_known(node) or scene.drift(node) or _lacks(scene, node)
    ]
    risky = [node for node in touched if scene.boxes(node)]
    moved = any(not scene.drift_known(n) or scene.drift(n) for n in risky)
    return (Risk.DISRUPTIVE if moved else Risk.SAFE), tuple(touched)


def _lacks(scene: Scene, node: Node) -> bool:
    """Whether a service has fewer running containers than the files or a hand gave it."""
    running = sum(box.running for box in scene.boxes(node))
    return running < max(scene.replicas(node), len(scene.boxes(node)))


def made(
    scene: Scene,
    nodes: Sequence[Node],
    step: str,
    *,
    fresh: Sequence[Comparison] = (),
    whole: bool = False,
) -> Action:
    """Return the action of `up -d` for services, and for no other.

    `whole` are all that the stack wants: then Compose needs no names, and starts each
    when what it depends on is healthy. `fresh` is asked of all of them, too.
    """
    nothing_lost(scene, nodes)
    names = [str(node.service) for node in nodes]
    scale = scaled(scene, nodes)
    some = scale if whole else ("--no-deps", *scale, *names_of(nodes))
    words = ["up", "-d", *some]
    risk, touched = risk_of_up(scene, nodes)
    gates = awaited(scene, nodes)
    return replace(
        compose(scene, nodes[0], step, words, instead=INSTEAD),
        node=nodes[0] if len(nodes) == 1 else Node(scene.host, nodes[0].stack),
        risk=risk,
        why=WANTED.fill({"services": ", ".join(names)}),
        touches=touched,
        after=tuple(
            proof(scene, node, ready(node, *fresh), scene.boxes(node)) for node in nodes
        ),
        # Each may have to wait for one that itself had to wait.
        timeout_s=COMPOSE_S + gates * min(len(nodes), 3),
        settle_s=gates,
        always=risk is Risk.DISRUPTIVE,
    )


def ready(node: Node, *more: Comparison) -> Check:
    """Return the question whether a service runs and is healthy."""
    return of_service(node, *RUNNING, HEALTHY, *more)


def _actions(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield one `up`: of the services named and what they lack, or of all."""
    if stack := taken_down(scene, node):
        yield back(scene, stack, node, args)
        return
    named = targets(scene, node, args)
    if args.get("service") or node.service:
        nodes = scene.ordered(_with_lacking(scene, named, args))
        yield made(scene, nodes, UP.name)
        return
    nodes = scene.ordered(willing(scene, named, args))
    yield made(scene, nodes, UP.name, whole=plain(scene, named, nodes))


def plain(scene: Scene, everybody: Sequence[Node], nodes: Sequence[Node]) -> bool:
    """Whether `up` without names does what is wanted: for all of a stack, by its order.

    It starts what is to be left alone, and nothing that belongs to a profile.
    """
    profiled = any((scene.declared(n) or {}).get("profiles") for n in nodes)
    alone = [n for n in everybody if n not in nodes]
    return not profiled and not any(_would_start(scene, n) for n in alone)


def _with_lacking(scene: Scene, named: Sequence[Node], args: Arguments) -> set[Node]:
    """Return the services named, and those they need that do not run."""
    lacking = {
        need
        for node in named
        for need in scene.needs(node)
        if need.stack == node.stack
        and not any(box.running for box in scene.boxes(need))
        and not spared(scene, need, args)
    }
    return {*named, *lacking}


def _would_start(scene: Scene, node: Node) -> bool:
    """Whether a plain `up` would touch a service that is to be left alone."""
    return scene.held(node) or paused(scene, node) or ended(scene, node)


UP = StepKind(
    name="up",
    doc="Bring up a stack, or a service and what it lacks, and wait until it is healthy.",
    actions=_actions,
    arguments={"service": SERVICE, "held": HELD},
    help={"service": SERVICE_HELP, "held": HELD_HELP},
    positional=("service",),
    timeout_s=600.0,
)
