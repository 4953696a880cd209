"""safe-restart: the guide's procedure, by events: down, clean up, up, healthy in turn."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace

from escalade.evidence.absent import COMPLETED
from escalade.evidence.probe import Argument
from escalade.model import Node
from escalade.plans import Action
from escalade.remedy.acts import GRACE
from escalade.remedy.acts import GRACE_HELP
from escalade.remedy.acts import docker
from escalade.remedy.acts import stack_of
from escalade.remedy.gates import gate
from escalade.remedy.gates import restarted
from escalade.remedy.scene import Scene
from escalade.remedy.spared import ended
from escalade.remedy.spared import willing
from escalade.remedy.step import Arguments
from escalade.remedy.step import StepKind
from escalade.remedy.steps.cleanup import CLEANUP
from escalade.remedy.steps.down import taken_down
from escalade.remedy.steps.stop import stopped
from escalade.remedy.steps.up import made
from escalade.remedy.steps.up import plain

__all__ = ["SAFE_RESTART"]


def _actions(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield down, the clean-up where asked, and the ups.

    Without Compose files the containers stay and are stopped and started in order:
    nobody could make them again.
    """
    stack = stack_of(scene, node)
    named = willing(scene, scene.services(stack), args)
    nodes = scene.ordered(named)
    if scene.project(stack).known:
        nodes = scene.ordered({*named, *_tasks(scene, stack)})
        yield taken_down(scene, stack, SAFE_RESTART.name, args.get("grace"))
        yield from _cleaned(scene, args)
        yield from _up(scene, stack, nodes)
        return
    for each in reversed(nodes):
        yield from stopped(scene, each, SAFE_RESTART.name, args.get("grace"))
    yield from _cleaned(scene, args)
    for number, each in enumerate(nodes):
        for need in scene.ordered(scene.needs(each) & set(nodes[:number])):
            yield from gate(scene, need, SAFE_RESTART.name, (each,))
        for box in scene.boxes(each):
            new = restarted((box,))
            yield docker(scene, box, SAFE_RESTART.name, verb="start", expect=new)
    for each in nodes:
        yield from gate(scene, each, SAFE_RESTART.name, (each,))


def _tasks(scene: Scene, stack: str) -> Iterator[Node]:
    """Yield the tasks that ended well: what they made may go down with the containers."""
    for node in scene.services(stack):
        if ended(scene, node) and not scene.held(node):
            yield node


def _cleaned(scene: Scene, args: Arguments) -> Iterator[Action]:
    """Yield what the step `cleanup` would do by its defaults, where it is asked for."""
    if not args.get("cleanup"):
        return
    kind = CLEANUP
    defaults = {name: one.default for name, one in kind.arguments.items()}
    for action in kind.actions(scene, Node(scene.host), defaults):
        yield replace(action, step=SAFE_RESTART.name)


def _up(scene: Scene, stack: str, nodes: Sequence[Node]) -> Iterator[Action]:
    """Yield one `up` where Compose itself waits for health, else one for each rank."""
    everybody = scene.services(stack)
    whole = plain(scene, everybody, nodes)
    ranks = [nodes] if _waits(scene, nodes) else list(_ranks(scene, nodes))
    for rank in ranks:
        boxes = [box for each in rank for box in scene.boxes(each)]
        later = [c for c in restarted(boxes) if c.reading == "started_at"]
        act = made(
            scene,
            rank,
            SAFE_RESTART.name,
            fresh=later,
            whole=whole and len(ranks) == 1,
        )
        yield replace(act, touches=tuple(rank), always=False)


def _waits(scene: Scene, nodes: Sequence[Node]) -> bool:
    """Whether the files themselves make each service wait for the health of its needs."""
    return all(
        need not in nodes or _is_gated(scene, node, need)
        for node in nodes
        for need in scene.needs_directly(node)
    )


def _is_gated(scene: Scene, node: Node, need: Node) -> bool:
    """Whether Compose starts a service only once another is as good as it gets.

    The chain of `depends_on` counts; where one has no health check, its start is enough.
    """
    said = dict.fromkeys(_depends(scene, node))
    queue = list(said)
    while queue:
        name, _, _ = queue.pop().partition(":")
        more = _depends(scene, Node(node.host, node.stack, name))
        queue += [item for item in more if item not in said]
        said |= dict.fromkeys(more)
    checked = (scene.declared(need) or {}).get("healthcheck") is True or any(
        box.healthcheck for box in scene.boxes(need)
    )
    ends = ("service_healthy", COMPLETED)
    wishes = ends if checked else (*ends, "service_started")
    return any(f"{need.service}:{end}" in said for end in wishes)


def _depends(scene: Scene, node: Node) -> tuple[str, ...]:
    """Return `service:condition` of what the files say that a service depends on."""
    said = (scene.declared(node) or {}).get("depends")
    return said if isinstance(said, tuple) else ()


def _ranks(scene: Scene, nodes: Sequence[Node]) -> Iterator[tuple[Node, ...]]:
    """Yield services in groups, each of which needs only those before it."""
    left = list(nodes)
    while left:
        free = [n for n in left if not scene.needs(n) & (set(left) - {n})]
        rank = tuple(free or left[:1])
        yield rank
        left = [n for n in left if n not in rank]


SAFE_RESTART = StepKind(
    name="safe-restart",
    doc="Take a stack down and up again, each service when what it needs is healthy.",
    actions=_actions,
    scope="stack",
    arguments={"cleanup": Argument(bool, default=False), "grace": GRACE},
    help={
        "cleanup": "clean up in between, as the step cleanup does by its defaults",
        "grace": GRACE_HELP,
    },
    timeout_s=900.0,
)
