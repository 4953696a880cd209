"""Words without a flag that may be left out: `invoke fix`, `invoke fix redis.stopped`.

Invoke knows only positional arguments that must be given, and gives them whatever word
comes next, `--help` too. It takes one for missing while its value is None: ours tells who
asks. The next word may go into an optional one unless it is a task's name
(`--service logs` says that it is meant otherwise), and what begins with a dash goes into
none. At the end only one that must be given is missing, and not where help is asked for.
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
_ENDS = "complete_context"
_PUTS = "see_positional_arg"


class Maybe(Argument):
    """A positional argument; one with a default need not be given."""

    @property
    def value(self) -> Any:
        """Return the value; while the parser asks whether it is missing, None says yes."""
        if self._value is not None:
            return self._value
        missing = _missing(sys._getframe(1), required=self.default is None)  # noqa: SLF001 -- the parser does not say what it asks for
        if missing is None:
            return self.default
        return None if missing else self.default or ""

    @value.setter
    def value(self, arg: str) -> None:
        """Take a value."""
        self.set_value(arg, cast=True)


def _missing(frame: FrameType | None, *, required: bool) -> bool | None:
    """Whether an argument without a value is missing; None where no parser asks."""
    for _ in range(_DEPTH):
        if frame is None:
            return None
        name, frame = frame.f_code.co_name, frame.f_back
        if name == _PUTS:
            return True
        if name == _ASKS and frame is not None:
            return _missing_for(frame, required=required)
    return None


def _missing_for(asker: FrameType, *, required: bool) -> bool:
    """Whether an argument is missing for what the parser does: a word came, or the end."""
    machine, token = asker.f_locals.get("self"), asker.f_locals.get("token")
    if asker.f_code.co_name == _EATS and isinstance(token, str):
        if _is_flag(token):
            return False
        return required or token not in getattr(machine, "contexts", ())
    if asker.f_code.co_name == _ENDS:
        return required and not _helps(machine)
    return required


def _is_flag(word: str) -> bool:
    """Whether a word is meant as a flag; a dash alone is a word."""
    return word.startswith("-") and word != "-"


def _helps(machine: Any) -> bool:
    """Whether a parser was asked for help, so that nothing will be run."""
    flag = getattr(machine.initial, "flags", {}).get("--help")
    return flag is not None and flag.raw_value is not None


class Lenient(Task[Any]):
    """A task whose positional arguments take no flag, and with a default may lack."""

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """Return the arguments; the positional ones as `Maybe`."""
        found = super().get_arguments(ignore_unknown_help)
        return [_lenient(each) for each in found]


def _lenient(argument: Argument) -> Argument:
    """Return an argument as it is, or a positional one as ours."""
    if not argument.positional:
        return argument
    return Maybe(
        names=argument.names,
        kind=argument.kind,
        default=argument.default,
        help=argument.help,
        positional=True,
        attr_name=argument.attr_name,
    )
