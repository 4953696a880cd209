"""How a step tells that a container did what it was told, and that it is healthy."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import replace

from escalade.model import Comparison
from escalade.model import Node
from escalade.model import Reading
from escalade.model import Value
from escalade.plans import Action
from escalade.plans import Check
from escalade.remedy.boxes import Box
from escalade.remedy.scene import Scene
from escalade.text import Text

__all__ = [
    "AWAKE",
    "ENDED_WELL",
    "GATE_S",
    "HEALTHY",
    "RUNNING",
    "SETTLE_S",
    "STOPPED",
    "TASK_S",
    "awaited",
    "gate",
    "gate_s",
    "holds",
    "of_service",
    "proof",
    "restarted",
]

SETTLE_S = 10.0
"""Seconds that a container gets to be as it was told, once the command has ended."""
GATE_S = (30.0, 180.0)
"""Least and most seconds that a health check gets to say yes."""
RUNNING = (
    Comparison("running", "eq", value=True),
    Comparison("restarting", "eq", value=False),
)
STOPPED = (
    Comparison("running", "eq", value=False),
    Comparison("restarting", "eq", value=False),
)
ENDED_WELL = (
    Comparison("state", "eq", "exited"),
    Comparison("exit_code", "eq", 0),
)
FAILED = (
    Comparison("state", "in", ("exited", "dead")),
    Comparison("exit_code", "ne", 0),
)
TASK_S = 240.0
"""Seconds that a task others wait for gets to end: a migration takes its minutes."""
AWAKE = (Comparison("paused", "eq", value=False), *RUNNING)
HEALTHY = Comparison("health", "in", ("healthy", "none"))
NEEDED = Text(
    "{services} must find it ready",
    "{services} doit la trouver prête",
)
FORMAT = "{{.State.Health.Status}}"
UNTIL = "until [ \"$(docker inspect -f '%s' %s)\" = healthy ]; do sleep 1; done"


def holds(box: Box, *expect: Comparison) -> Check:
    """Return the question whether one container is so."""
    return Check("container", (box.name,), expect)


def of_service(node: Node, *expect: Comparison) -> Check:
    """Return the question whether all containers of a service are so."""
    return Check("service", (node.stack or "", node.service or ""), expect)


def restarted(boxes: Sequence[Box]) -> tuple[Comparison, ...]:
    """Return what is true once containers run from a later start than was seen."""
    seen = [box.started_at for box in boxes if box.started_at is not None]
    later = Comparison("started_at", "gt", max(seen)) if seen else None
    return (later, *RUNNING) if later else RUNNING


def proof(scene: Scene, node: Node, check: Check, boxes: Sequence[Box]) -> Check:
    """Return what shows that a service is as `check` has it, also where it is a task.

    Of a task not that it runs, but that it ran anew (`boxes` are those of before) and
    ended well.
    """
    if not scene.is_task(node):
        return check
    later = [c for c in restarted(boxes) if c.reading == "started_at"]
    alive = (*AWAKE, HEALTHY)
    anew = dict.fromkeys([*(c for c in check.expect if c not in alive), *later])
    return replace(check, expect=(*anew, *ENDED_WELL), lost=(*anew, *FAILED))


def gate_s(record: Reading, prefix: str = "health_") -> float:
    """Return how long a health check may take to say yes, by its own numbers.

    `record` is of the probe `container`, or with no prefix of `compose`; 0 where it has
    no health check.
    """
    if record.get("healthcheck") is not True:
        return 0.0

    def told(name: str) -> float:
        value: Value = record.get(prefix + name)
        return float(value) if isinstance(value, int | float) else 0.0

    rounds = told("interval_s") * (told("retries") + 1)
    needed = told("start_period_s") + rounds + told("timeout_s")
    return min(max(needed, GATE_S[0]), GATE_S[1])


def awaited(scene: Scene, nodes: Iterable[Node]) -> float:
    """Return the seconds that the slowest of services may take to get healthy."""
    found = [SETTLE_S]
    for node in nodes:
        found += [TASK_S] if scene.is_task(node) else []
        found += [gate_s(box.readings) for box in scene.boxes(node)]
        found.append(gate_s(scene.declared(node) or {}, prefix=""))
    return max(found)


def gate(
    scene: Scene, node: Node, step: str, needed_by: Sequence[Node]
) -> list[Action]:
    """Return the waits for a service to be healthy, before what needs it goes on.

    None for containers without a health check (that they run was asked already), and
    for those that serve although theirs says no: it lies, and would go on doing so. A
    task that others wait for has to end well.
    """
    names = ", ".join(str(other.service) for other in needed_by)
    task = scene.is_task(node)
    return [
        Action(
            host=scene.host,
            step=step,
            node=node,
            do=None,
            command=f"docker wait {box.name}" if task else UNTIL % (FORMAT, box.name),
            why=NEEDED.fill({"services": names}),
            after=(
                Check("container", (box.name,), ENDED_WELL, FAILED)
                if task
                else holds(box, *RUNNING, HEALTHY),
            ),
            timeout_s=(TASK_S if task else gate_s(box.readings)) + SETTLE_S,
            settle_s=TASK_S if task else gate_s(box.readings),
        )
        for box in scene.boxes(node)
        if task or (box.healthcheck and not _lies(scene, box))
    ]


def _lies(scene: Scene, box: Box) -> bool:
    """Whether a container serves although its health check says no."""
    said_no = box.health == "unhealthy"
    return said_no and scene.box_serving(box) and scene.box_idle(box) is None
