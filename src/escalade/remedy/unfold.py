"""The steps of a level to planned steps: templates filled, actions listed and numbered."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING

from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.model import Node
from escalade.model import Step
from escalade.plans import Action
from escalade.plans import Control
from escalade.plans import PlannedStep
from escalade.plans import Risk
from escalade.plans import UserTask
from escalade.remedy.render import Slots
from escalade.remedy.render import filled
from escalade.remedy.render import typed_arguments
from escalade.remedy.step import CannotError
from escalade.remedy.step import StepKind
from escalade.text import Text

if TYPE_CHECKING:
    from escalade.remedy.scene import Scene

__all__ = ["Each", "Place", "numbered", "rebuilt", "slots_of", "unfolded"]

PATIENCE_S = 10.0
"""Seconds that an action has beyond its own bounds, to look before and after it."""

Each = Callable[[str, tuple[PlannedStep, ...]], tuple[PlannedStep, ...]]
"""What becomes of the steps in one part (`group`, `always` ...) of another."""
_PARTS = {
    "group": "g",
    "on_failed": "f",
    "on_unreachable": "u",
    "on_timeout": "t",
    "always": "a",
}
"""The letter that the ids of steps below another one have, by where they stand."""
_TASK = Text("a task of this project's own", "une tâche propre à ce projet")


@dataclass(frozen=True, slots=True)
class Place:
    """Where steps are planned: the root's node, what is known of its host, the words.

    `replicas` are those containers of the root's service that it is about, where it is
    not about all of them.
    """

    node: Node
    scene: Scene | None
    catalog: Mapping[str, StepKind]
    tasks: Mapping[str, Risk]
    slots: Mapping[str, object]
    replicas: tuple[str, ...] = ()


def slots_of(
    node: Node, symptom: str, scene: Scene | None, replicas: tuple[str, ...] = ()
) -> Mapping[str, object]:
    """Return what `root.` stands for in templates; a name that is not known is left out."""
    boxes = scene.boxes(node) if scene is not None and node.service else ()
    boxes = tuple(box for box in boxes if box.name in replicas) or boxes
    values = {
        "host": node.host,
        "stack": node.stack,
        "service": node.service,
        "symptom": symptom or None,
        "container": boxes[0].name if boxes else None,
    }
    return {name: value for name, value in values.items() if value is not None}


def unfolded(steps: Iterable[Step], place: Place) -> tuple[PlannedStep, ...]:
    """Return planned steps in order, without ids; what cannot be planned says why."""
    return tuple(_unfold(step, place) for step in steps)


def _unfold(step: Step, place: Place) -> PlannedStep:
    """Return one step with the actions that it comes to, and all below it."""
    kind = place.catalog.get(step.name)
    planned = PlannedStep(
        id="",
        name=step.name,
        node=place.node,
        control=_control(step, kind),
        group=unfolded(step.group, place),
        on_failed=unfolded(step.on_failed, place),
        on_unreachable=unfolded(step.on_unreachable, place),
        on_timeout=unfolded(step.on_timeout, place),
        always=unfolded(step.always, place),
        register=step.register,
        tags=step.tags,
    )
    if step.group:
        return planned
    try:
        actions = _actions(step, kind, place)
        control = planned.control
        if step.timeout_s is None and control.timeout_s is not None:
            # The kind's own bound is for what nobody knows better; its actions do.
            needed = sum(a.timeout_s + a.settle_s + PATIENCE_S for a in actions)
            control = replace(control, timeout_s=max(control.timeout_s, needed))
        return replace(planned, actions=actions, control=control)
    except CannotError as error:
        # It is no slip of whoever wrote the runbook: here and now it cannot be.
        return replace(planned, trouble=str(error))
    except UsageError as error:
        where = f" ({step.source})" if step.source else ""
        return replace(planned, trouble=f"{error}{where}")


def _control(step: Step, kind: StepKind | None) -> Control:
    """Return how a step is carried out; every attempt has a bound."""
    bound = step.timeout_s if kind is None else step.timeout_s or kind.timeout_s
    return Control(
        attempts=step.attempts,
        backoff_s=step.backoff_s,
        cap_s=step.cap_s,
        jitter=step.jitter,
        timeout_s=bound,
        when=step.when,
        until=step.until,
    )


def _actions(step: Step, kind: StepKind | None, place: Place) -> tuple[Action, ...]:
    """Return the actions of a step; raises `UsageError` where it cannot be planned."""
    slots: Slots = {"root": place.slots, "vars": step.vars}
    if step.vars:
        slots = {**slots, "vars": filled(step.vars, slots)}
    given = filled(step.args, slots)
    if kind is None:
        return (_task(step.name, given, place),)
    if place.scene is None:
        raise UsageError(f"{place.node.host} was not seen")
    args = dict(typed_arguments(kind, given))
    if kind.scope == "service" and "service" in args and not args["service"]:
        args["service"] = place.node.service
    if place.replicas and args.get("service") == place.node.service:
        args["service"] = ",".join(place.replicas)
    at = _at(place.node, kind.scope)
    return tuple(kind.actions(place.scene, at, args))


def _at(node: Node, scope: str) -> Node:
    """Return where a step of a scope is called for a root at a node."""
    if scope == "service":
        return node
    return Node(node.host, node.stack) if scope == "stack" else Node(node.host)


def _task(name: str, given: Mapping[str, object], place: Place) -> Action:
    """Return the one action of a task of the operator's own."""
    if name not in place.tasks:
        hint = nearest(name, (*place.catalog, *place.tasks))
        raise UsageError(f"no step or task {name!r}{hint}")
    words = (name, *(word for pair in given.items() for word in _flag(*pair)))
    return Action(
        host=place.node.host,
        step=name,
        node=place.node,
        do=UserTask(words),
        command=" ".join(("invoke", *words)),
        risk=place.tasks[name],
        why=_TASK,
        always=True,
    )


def _flag(name: str, value: object) -> tuple[str, ...]:
    """Return an argument as Invoke's command line has it."""
    flag = f"--{name.replace('_', '-')}"
    if isinstance(value, bool):
        return (flag,) if value else (f"--no-{name.replace('_', '-')}",)
    if isinstance(value, list | tuple):
        return tuple(f"{flag}={item}" for item in value)
    return () if value is None else (f"{flag}={value}",)


# ------------------------------------------------------------------ numbering


def numbered(steps: Iterable[PlannedStep], above: str) -> tuple[PlannedStep, ...]:
    """Return steps with their ids and those of their actions.

    `1.1.2` is the second step of climb 1.1, `1.1.2.1` its first action, `1.1.2.f1` the
    first step of its `on_failed`.
    """
    return tuple(
        _number(step, f"{above}{'' if above[-1:].isalpha() else '.'}{at}")
        for at, step in enumerate(steps, 1)
    )


def _number(step: PlannedStep, name: str) -> PlannedStep:
    """Return one step with its id, and all below it with theirs."""
    actions = tuple(
        replace(action, id=f"{name}.{at}") for at, action in enumerate(step.actions, 1)
    )
    return rebuilt(
        replace(step, id=name, actions=actions),
        lambda part, steps: numbered(steps, f"{name}.{_PARTS[part]}"),
    )


def rebuilt(step: PlannedStep, each: Each) -> PlannedStep:
    """Return a step with what is below it made anew, part by part."""
    return replace(
        step,
        group=each("group", step.group),
        on_failed=each("on_failed", step.on_failed),
        on_unreachable=each("on_unreachable", step.on_unreachable),
        on_timeout=each("on_timeout", step.on_timeout),
        always=each("always", step.always),
    )
