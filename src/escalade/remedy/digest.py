"""One hash over what a plan does and what it rests on; and what differs between two.

Neither run and round nor ids, clocks and bounds count: two looks at the same trouble, a
minute apart, make plans of one digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from escalade.plans import Climb
from escalade.plans import Plan
from escalade.plans import PlannedStep
from escalade.remedy.plancodec import dump

__all__ = ["changed", "digest", "intact"]

_MOVES = frozenset({"id", "after", "settle_s", "timeout_s", "why"})
"""Fields of actions and steps that are told, numbered or measured, not done."""
_TOLD = frozenset({"title", "advice", "reason", "finding", "verify", "ripe_s"})
"""Fields of a climb that people read, or that verification asks."""
_MADE_OF = ("container ", "image of ", "configuration of ")
"""Facts that a plan rests on only where it touches their container."""


def digest(climbs: Sequence[Climb], rests: Mapping[str, str]) -> str:
    """Return the sha256 (hexadecimal) of what climbs do and of the facts they rest on."""
    whole = {"climbs": _done(climbs), "rests": dict(rests)}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def intact(plan: Plan) -> bool:
    """Whether a plan is still the one that its digest was taken of."""
    return digest(plan.climbs, plan.rests) == plan.digest


def _done(climbs: Sequence[Climb]) -> list[dict[str, Any]]:
    """Return climbs as data without what moves from one look to the next."""
    plan: Any = dump(Plan("", 0, 0.0, tuple(climbs), {}, ""))
    return [
        _still({name: value for name, value in climb.items() if name not in _TOLD})
        for climb in plan["climbs"]
    ]


def _still(value: Any) -> Any:
    """Return data without the fields that move, at any depth."""
    if isinstance(value, list):
        return [_still(item) for item in value]
    if isinstance(value, dict):
        return {n: _still(item) for n, item in value.items() if n not in _MOVES}
    return value


def changed(a: Plan, b: Plan) -> tuple[str, ...]:
    """Return one line for each fact and action in which plan `b` differs from `a`."""
    old, new = _commands(a), _commands(b)
    lines = [f"no longer: {text}" for text in old if text not in new]
    lines += [f"new: {text}" for text in new if text not in old]
    lines = [*_facts(a.rests, b.rests, whole=not lines), *lines]
    if not lines and a.digest != b.digest:
        lines.append("the order of the actions, or how they are carried out")
    return tuple(lines)


def _facts(
    old: Mapping[str, str], new: Mapping[str, str], *, whole: bool
) -> Iterator[str]:
    """Yield what became of each fact.

    What one of the plans does not rest on may be there all the same: it touches another
    container. Its actions say so; only where they do not, and for the `whole`, facts do.
    """
    for name in sorted({*old, *new}):
        was, now = old.get(name), new.get(name)
        one_sided = name.startswith(_MADE_OF) and None in (was, now)
        if was == now or (one_sided and not whole):
            continue
        if now is None:
            yield f"{name}: gone (was {_short(was)})"
        elif was is None:
            yield f"{name}: new ({_short(now)})"
        else:
            yield f"{name}: was {_short(was)}, is {_short(now)}"


def _commands(plan: Plan) -> dict[str, None]:
    """Return what each action or step comes to in one line."""
    found: dict[str, None] = {}
    for step in plan.steps:
        if step.trouble:
            found[f"{step.name} cannot be planned on {step.node}: {step.trouble}"] = (
                None
            )
        found |= dict.fromkeys(_line(step, n) for n in range(len(step.actions)))
    return found


def _line(step: PlannedStep, at: int) -> str:
    """Return one action as people read it."""
    action = step.actions[at]
    return f"{action.command} on {action.host} ({action.risk.word})"


def _short(value: str | None) -> str:
    """Return a fact short enough for a line; a hash keeps its first twelve digits."""
    text = value or "-"
    hexes = text.removeprefix("sha256:")
    if len(hexes) >= 32 and all(c in "0123456789abcdef" for c in hexes):  # noqa: PLR2004
        return hexes[:12]
    return text if len(text) <= 80 else text[:79] + "…"  # noqa: PLR2004
