"""The steps that there are: discovered, documented, and one task each."""

from __future__ import annotations

import pytest

from escalade.evidence.probe import Argument
from escalade.remedy.catalog import steps
from escalade.remedy.step import StepKind
from escalade.tasks import ns

STEPS = steps()
# What the issue of steps asks for, by the names that runbooks use.
NAMED = [
    "start",
    "stop",
    "restart",
    "recreate",
    "unpause",
    "reconnect",
    "up",
    "down",
    "safe-restart",
    "rebuild",
    "rollback",
    "cleanup",
    "wait",
    "logs",
    "network",
    "resources",
    "run",
    "bundle",
    "handoff",
]


@pytest.mark.parametrize("name", NAMED)
def test_each_named_step_is_there_and_a_task(name: str) -> None:
    """One word serves the command line, Python and YAML."""
    assert name in STEPS
    assert name in ns.task_names


@pytest.mark.parametrize("kind", STEPS.values(), ids=lambda kind: kind.name)
def test_each_step_says_what_it_does_and_takes(kind: StepKind) -> None:
    """One line of English, a line for each argument, and a bound."""
    assert kind.doc.endswith(".")
    assert "\n" not in kind.doc
    assert set(kind.help) == set(kind.arguments)
    assert set(kind.positional) <= set(kind.arguments)
    assert kind.timeout_s > 0
    assert all(isinstance(each, Argument) for each in kind.arguments.values())
