"""A positional argument that may be left out: `invoke fix`, `invoke fix redis.stopped`.

Invoke knows only positional arguments that must be given. It takes one for missing while
its value is None, both when the next word has to go somewhere and at the end; ours is
missing for the next word alone. A word that is a task's name stays one: `--service logs`
says that it is meant otherwise.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from invoke.parser.argument import Argument
from invoke.tasks import Task

__all__ = ["Lenient", "Maybe"]

_DEPTH = 5
_ASKS = "missing_positional_args"
_EATS = "handle"
_PUTS = "see_positional_arg"


class Maybe(Argument):
    """A positional argument that need not be given."""

    @property
    def value(self) -> Any:
        """Return the value; None while the parser looks for where a word may go."""
        if self._value is None and _word_may_go_here(sys._getframe(1)):  # noqa: SLF001 -- the parser does not say what it asks for
            return None
        return self._value if self._value is not None else self.default

    @value.setter
    def value(self, arg: str) -> None:
        """Take a value."""
        self.set_value(arg, cast=True)


def _word_may_go_here(frame: FrameType | None) -> bool:
    """Whether it is the parser that asks, with a word in hand that is no task's name."""
    for _ in range(_DEPTH):
        if frame is None:
            return False
        name, frame = frame.f_code.co_name, frame.f_back
        if name == _PUTS:
            return True
        if name == _ASKS:
            break
    if frame is None or frame.f_code.co_name != _EATS:
        return False
    inside = frame.f_locals
    return inside.get("token") not in getattr(inside.get("self"), "contexts", ())


class Lenient(Task[Any]):
    """A task whose positional arguments with a default may be left out."""

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """Return the arguments; the optional positional ones as `Maybe`."""
        found = super().get_arguments(ignore_unknown_help)
        return [_lenient(each) for each in found]


def _lenient(argument: Argument) -> Argument:
    """Return an argument as it is, or as one that may be left out."""
    if not argument.positional or argument.default is None:
        return argument
    return Maybe(
        names=argument.names,
        kind=argument.kind,
        default=argument.default,
        help=argument.help,
        positional=True,
        attr_name=argument.attr_name,
    )
