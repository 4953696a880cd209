"""The steps of a level as an operator would type them, the root's names filled in."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping

from escalade.model import Node
from escalade.model import Step

__all__ = ["spoken"]


def spoken(steps: Iterable[Step], node: Node, symptom: str) -> tuple[str, ...]:
    """Return one line for each step, those of a group one by one.

    How a step is carried out (attempts, conditions, handlers) is the plan's to tell.
    """
    slots = {
        "{{ root.service }}": node.service or "",
        "{{ root.host }}": node.host,
        "{{ root.stack }}": node.stack or "",
        "{{ root.symptom }}": symptom,
    }
    return tuple(" ".join(_words(step, slots)) for step in _each(steps))


def _each(steps: Iterable[Step]) -> Iterator[Step]:
    """Yield the steps that do something, in order."""
    for step in steps:
        if step.group:
            yield from _each(step.group)
        else:
            yield step


def _words(step: Step, slots: Mapping[str, str]) -> Iterator[str]:
    """Yield the words of one step's line."""
    yield step.name
    for name, value in step.args.items():
        flag = f"--{name.replace('_', '-')}"
        items = value if isinstance(value, list | tuple) else (value,)
        for item in items:
            if item is True:
                yield flag
            elif item is not False and item is not None:
                text = shlex.quote(_filled(str(item), slots))
                yield text if name == "service" else f"{flag} {text}"


def _filled(text: str, slots: Mapping[str, str]) -> str:
    """Return a text with the root's names in place."""
    for slot, word in slots.items():
        text = text.replace(slot, word)
    return text
