"""A step as an operator types it: every step is a task of ours."""

from __future__ import annotations

import shlex
from typing import NamedTuple

from escalade.model import Diagnosis
from escalade.model import Node
from escalade.report import words
from escalade.report.look import Look

__all__ = ["Act", "typed", "where_of"]

HERE = "localhost"
"""The one host that nobody has to name."""


class Act(NamedTuple):
    """What a step comes to: a command line, or words where nobody can type it."""

    text: str
    command: bool = True


def typed(step: str, look: Look, where: str = "") -> Act:
    """Return what a step of a remedy comes to; `where` are the flags of its place."""
    try:
        name, *rest = shlex.split(step) or [""]
    except ValueError:  # a quote that nothing closes: told as it is
        return Act(step, command=False)
    if name == "handoff":
        to = rest[1] if rest[:1] == ["--to"] and rest[1:] else ""
        return Act(words.hand_to(to, look.lang), command=False)
    line = " ".join([look.program, name, *map(shlex.quote, rest)])
    return Act(f"{line}{where}")


def where_of(diagnosis: Diagnosis, node: Node) -> str:
    """Return the flags that single out a place: ` --limit web1 --stack shop`.

    The host is named unless it is this machine alone: without a word, a task goes to every
    host of the inventory. A stack is named where its host has several.
    """
    hosts = {state.host for state in diagnosis.hosts}
    rows = (row for row in diagnosis.services if row.node.host == node.host)
    stacks = {row.node.stack for row in rows}
    flags = ""
    if node.host != HERE or len(hosts) > 1:
        flags += f" --limit {shlex.quote(node.host)}"
    if node.stack and len(stacks) > 1:
        flags += f" --stack {shlex.quote(node.stack)}"
    return flags
