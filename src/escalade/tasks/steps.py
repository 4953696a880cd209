"""Each step as a task of its own: `invoke restart redis --limit web`.

The tasks are made from the catalogue of steps, so that the command line, Python and YAML
know the same names and arguments. Every task has a name of its own: Invoke takes two of one
name and one body for the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from inspect import Parameter
from inspect import Signature
from typing import Any

from invoke.context import Context
from invoke.tasks import Task

from escalade.evidence.probe import Argument
from escalade.remedy.catalog import steps
from escalade.remedy.step import StepKind
from escalade.tasks.desk import HELP
from escalade.tasks.desk import ROLLING
from escalade.tasks.desk import finish
from escalade.tasks.desk import told
from escalade.tasks.reaching import Reaching

__all__ = ["step_tasks"]

_FLAGS: Mapping[str, tuple[object, str]] = {
    "limit": (None, HELP["limit"]),
    "inventory": (None, HELP["inventory"]),
    "stack": (None, HELP["stack"]),
    "plan": (False, "show what would be done, and do nothing (so does --dry)"),
    "yes": (False, "agree beforehand to what the policy allows"),
    "max_risk": ("", "the highest risk that may run: safe, disruptive, destructive"),
    "format": ("text", HELP["format"]),
    "lang": ("", HELP["lang"]),
    "forks": ("", HELP["forks"]),
    "why": ("", "the reason that the journal keeps"),
    "verbose": (False, "every action's output"),
    "serial": (None, ROLLING["serial"]),
    "max_failed": ("", ROLLING["max_failed"]),
    "soak": ("", ROLLING["soak"]),
    "order": ("", ROLLING["order"]),
    "canary": ("", ROLLING["canary"]),
    "run_once": (False, ROLLING["run_once"]),
    "anytime": (False, ROLLING["anytime"]),
}
_LISTS = ("limit", "inventory", "stack", "serial")


def step_tasks(taken: frozenset[str] = frozenset()) -> Iterator[Task[Any]]:
    """Yield a task for each step, those aside whose name another task has."""
    for kind in steps().values():
        if kind.name not in taken:
            yield _task(kind)


def _task(kind: StepKind) -> Task[Any]:
    """Return the task of one step."""

    def body(c: Context, **words: object) -> None:
        with told():
            from escalade.tasks import mend

            # Called from Python, only what was given is there.
            given = {
                **{name: default for name, (default, _) in _FLAGS.items()},
                **words,
            }
            code = mend.step(c, kind.name, given)
        finish(code)

    body.__name__ = kind.name.replace("-", "_")
    body.__doc__ = kind.doc
    mine = {name: a for name, a in kind.arguments.items() if name not in _FLAGS}
    body.__signature__ = Signature(list(_parameters(kind, mine)))  # type: ignore[attr-defined]
    lists = [name for name, argument in mine.items() if argument.many]
    return Reaching(
        body,
        name=kind.name,
        positional=[n for n in kind.positional if n in mine],
        iterable=[*lists, *_LISTS],
        auto_shortflags=False,
        help={
            **{name: kind.help.get(name, name) for name in mine},
            **{name: text for name, (_, text) in _FLAGS.items()},
        },
    )


def _parameters(kind: StepKind, mine: Mapping[str, Argument]) -> Iterator[Parameter]:
    """Yield the parameters: context, the step's own, and what all steps share."""
    where = Parameter.POSITIONAL_OR_KEYWORD
    yield Parameter("c", where)
    for name, argument in mine.items():
        if name in kind.positional and argument.required:
            yield Parameter(name, where)
    for name, argument in mine.items():
        if not (name in kind.positional and argument.required):
            yield Parameter(name, where, default=_default(argument))
    for name, (default, _) in _FLAGS.items():
        yield Parameter(name, where, default=default)


def _default(argument: Argument) -> object:
    """Return what the command line takes for "not given": Invoke reads its type."""
    if argument.many:
        return None
    return argument.default if argument.type is bool else ""
