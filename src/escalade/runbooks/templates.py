"""Templates in a step's arguments: `{{ root.service }}`, checked before anything runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from escalade.errors import nearest
from escalade.runbooks.spot import Spot

if TYPE_CHECKING:
    from jinja2 import nodes

__all__ = ["ROOT", "check", "is_template", "names", "variable"]

ROOT = ("service", "host", "stack", "symptom", "container")
"""What is known of the root that a ladder is climbed for."""

_SIGNS = ("{{", "{%", "{#")
_ALONE = re.compile(r"\{\{-?\s*vars\.([a-z][a-z0-9_]*)\s*-?\}\}")


def is_template(value: object) -> bool:
    """Whether a value is a text that would be rendered."""
    return isinstance(value, str) and any(sign in value for sign in _SIGNS)


def variable(text: str) -> str | None:
    """Return the variable that a text consists of: its value keeps its type."""
    found = _ALONE.fullmatch(text.strip())
    return found[1] if found else None


def names(value: object) -> frozenset[str]:
    """Return what templates anywhere in a value speak of: `root.service` ..."""
    if isinstance(value, Mapping):
        return frozenset().union(*(names(below) for below in value.values()))
    if isinstance(value, list | tuple):
        return frozenset().union(*(names(below) for below in value))
    if not isinstance(value, str) or not is_template(value):
        return frozenset()
    return frozenset(name for name, _ in _read(value)[1])


def check(spot: Spot, variables: Mapping[str, object] | None) -> bool:
    """Whether a template can be filled; what cannot is reported.

    `variables` None is for a shared ladder by itself: any may come from a runbook.
    """
    trouble, used = _read(spot.value)
    complaints = [trouble] if trouble else []
    for name, optional in used:
        if complaint := _complaint(name, variables, optional=optional):
            complaints.append(complaint)
    for complaint in complaints:
        spot.wrong(complaint)
    return not complaints


def _complaint(
    name: str, variables: Mapping[str, object] | None, *, optional: bool
) -> str:
    """Return the sentence about a name that nothing fills, else an empty text."""
    base, _, key = name.partition(".")
    if base == "root" and key in ROOT:
        return ""
    if base == "vars" and key and (variables is None or optional or key in variables):
        return ""
    known = [f"root.{word}" for word in ROOT]
    known += [f"vars.{word}" for word in variables or ()]
    close = nearest(name, known) or f"; known: {', '.join(known)}"
    if base == "vars" and key:
        return f"the template needs {name}, which no 'vars' gives{close}"
    return f"the template speaks of {name!r}{close}"


@cache
def _read(text: str) -> tuple[str, tuple[tuple[str, bool], ...]]:
    """Return what is wrong with a template, and its names (True: it may be missing)."""
    from jinja2 import Environment
    from jinja2 import TemplateSyntaxError
    from jinja2 import nodes

    environment = Environment(autoescape=False)  # noqa: S701 (only parsed)
    try:
        tree = environment.parse(text)
    except TemplateSyntaxError as error:
        return f"the template is broken: {error.message}", ()
    except RecursionError:
        return "the template is nested without end", ()
    if "{%" in text or "{#" in text or not _plain(tree):
        return "a template is only {{ ... }}: no statements, comments or calls", ()
    for used in tree.find_all(nodes.Filter):
        if used.name not in environment.filters:
            close = nearest(used.name, environment.filters)
            return f"the template has no filter {used.name!r}{close}", ()
    return "", tuple(dict.fromkeys(_names(tree, optional=False)))


def _plain(tree: nodes.Template) -> bool:
    """Whether a template only writes out values."""
    from jinja2 import nodes

    calls = next(tree.find_all(nodes.Call), None)
    return calls is None and all(isinstance(b, nodes.Output) for b in tree.body)


def _names(node: nodes.Node, *, optional: bool) -> Iterator[tuple[str, bool]]:
    """Yield the names of a tree; what `default` stands behind may be missing."""
    from jinja2 import nodes

    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        yield f"{node.node.name}.{node.attr}", optional
        return
    if isinstance(node, nodes.Name):
        yield node.name, optional
        return
    saved = isinstance(node, nodes.Filter) and node.name in ("default", "d")
    for below in node.iter_child_nodes():
        first = saved and isinstance(node, nodes.Filter) and below is node.node
        yield from _names(below, optional=optional or first)
