"""A step's arguments: templates filled once from the root, then typed as the step wants.

Only runbook files are templates. What is filled in (names of services and hosts) is data
and is never rendered again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.evidence.probe import Argument
from escalade.model import Scalar
from escalade.model import Value
from escalade.remedy.step import Arguments
from escalade.remedy.step import StepKind
from escalade.runbooks.units import quantity

__all__ = ["filled", "typed_arguments"]

Slots = Mapping[str, object]
"""`root` and `vars`, each a mapping; a root's name that is not known is not in it."""

_ALONE = re.compile(r"\{\{\s*(root|vars)\.(\w+)\s*\}\}")
_OPENS = ("{{", "{%", "{#")
_KINDS = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}
_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}


def filled(args: Mapping[str, object], slots: Slots) -> dict[str, object]:
    """Return arguments with their templates filled; raises `UsageError` for a gap."""
    return {name: _fill(value, slots, name) for name, value in args.items()}


def _fill(value: object, slots: Slots, name: str) -> object:
    """Return one argument filled; lists item by item."""
    if isinstance(value, list | tuple):
        return tuple(_fill(item, slots, name) for item in value)
    if not isinstance(value, str) or not any(sign in value for sign in _OPENS):
        return value
    alone = _ALONE.fullmatch(value.strip())
    if alone:
        table = slots.get(alone[1])
        known: Mapping[str, object] = table if isinstance(table, Mapping) else {}
        if alone[2] in known:
            return known[alone[2]]
        hint = nearest(alone[2], known)
        raise UsageError(f"{name}: {alone[1]}.{alone[2]} is not known here{hint}")
    return _rendered(value, slots, name)


def _rendered(text: str, slots: Slots, name: str) -> str:
    """Return a template with more than one slot rendered, in a sandbox."""
    from jinja2 import StrictUndefined
    from jinja2 import TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    env = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    try:
        return env.from_string(text).render(**slots)
    except (TemplateError, ArithmeticError, TypeError, ValueError) as error:
        why = str(error).partition("\n")[0] or type(error).__name__
        raise UsageError(f"{name}: {text!r}: {why}") from error


# -------------------------------------------------------------------- typing


def typed_arguments(kind: StepKind, given: Mapping[str, object]) -> Arguments:
    """Return a step's arguments, typed and complete.

    Text is read as the argument's type (`100`, `true`, `30s` where the name ends in `_s`,
    `a,b` where it takes many); None is as if not given. Raises `UsageError` for what the
    step does not take, or what it lacks.
    """
    known = kind.arguments
    for name in given:
        if name not in known:
            close = nearest(name, known) or f"; it takes {', '.join(known) or 'none'}"
            raise UsageError(f"{kind.name} has no argument {name!r}{close}")
    values: dict[str, Value] = {}
    for name, argument in known.items():
        value = given.get(name)
        if value is None or value == "":
            if argument.required:
                raise UsageError(f"{kind.name} needs the argument {name!r}")
            values[name] = argument.default
        else:
            values[name] = _typed(value, argument, f"{kind.name}: {name}")
    return values


def _typed(value: object, argument: Argument, where: str) -> Value:
    """Return one argument as its type wants it."""
    if not argument.many:
        return _single(value, argument, where)
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        items = (items,)
    words = (str(item).strip() for item in items)
    return tuple(str(_single(word, argument, where)) for word in words if word)


def _single(value: object, argument: Argument, where: str) -> Scalar:
    """Return one value of the argument's type and words."""
    found = _read(value, argument.type, where)
    if found is None:
        raise UsageError(
            f"{where} is {_KINDS.get(argument.type, 'text')}, not {value!r}"
        )
    if argument.choices and found not in argument.choices:
        hint = nearest(str(found), argument.choices)
        known = ", ".join(argument.choices)
        raise UsageError(f"{where} is one of {known}, not {value!r}{hint}")
    return found


def _read(value: object, kind: type, where: str) -> Scalar:
    """Return a value read as a type, None where it is none of it."""
    if kind is bool:
        return value if isinstance(value, bool) else _TRUTHS.get(str(value).lower())
    if kind in (int, float):
        return _number(value, kind, where)
    return None if isinstance(value, list | tuple | Mapping) else str(value)


def _number(value: object, kind: type, where: str) -> Scalar:
    """Return a number, or the seconds or bytes that a text with a unit says."""
    if isinstance(value, bool):
        return None
    if not isinstance(value, int | float):
        unit = "duration" if where.endswith("_s") else "size"
        told = quantity(str(value))
        if told is not None and told.unit == unit:
            value = told.number
        else:
            try:
                value = float(str(value))
            except ValueError:
                return None
    if kind is float:
        return float(value) if abs(value) < float("inf") else None
    return int(value) if abs(value) < float("inf") and value == int(value) else None
