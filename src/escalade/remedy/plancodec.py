"""A plan as JSON-able data and back, exactly: for the journal and for `--out`.

The nouns' own annotations are the schema: what is written is each field that differs
from its default, and what is read must fit the annotation. Where several nouns may stand
in one place, `is` names the one that does.
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING
from dataclasses import Field
from dataclasses import fields
from dataclasses import is_dataclass
from enum import Enum
from functools import cache
from typing import Any

from escalade import model
from escalade import plans
from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.plans import Plan
from escalade.plans import Risk

__all__ = ["SCHEMA", "decode", "dump", "encode", "load"]

SCHEMA = "escalade.plan/1"
T = typing.TypeVar("T")
_DEEPEST = 60
"""Objects inside one another; a plan of groups and handlers has a tenth of it."""
_NAMED: Mapping[str, type] = {
    "call": plans.Call,
    "shell": plans.Shell,
    "collect": plans.Collect,
    "task": plans.UserTask,
    "ask": model.Ask,
    "all": model.All,
    "any": model.Any,
    "not": model.Not,
}
_NAMES: Mapping[type, str] = {kind: name for name, kind in _NAMED.items()}


def dump(plan: Plan) -> dict[str, object]:
    """Return a plan as plain data (`escalade.plan/1`)."""
    return {"schema": SCHEMA, **_out(plan)}


def load(data: object) -> Plan:
    """Return the plan that `dump` wrote; raises `UsageError` where it is none.

    Whether it is still the plan that its digest says is asked with `digest.intact`.
    """
    if not isinstance(data, Mapping) or data.get("schema") != SCHEMA:
        said = data.get("schema") if isinstance(data, Mapping) else None
        raise UsageError(f"not a plan of ours ({SCHEMA}): schema {said!r}")
    rest = {name: value for name, value in data.items() if name != "schema"}
    plan = _noun(Plan, rest, "plan")
    return typing.cast("Plan", plan)


def encode(noun: object) -> dict[str, Any]:
    """Return any noun of ours as plain data: what was asked for, with its steps whole."""
    return _noun_out(noun)


def decode(kind: type[T], data: object, where: str) -> T:
    """Return the noun that `encode` wrote; raises `UsageError` where it is none."""
    return typing.cast("T", _noun(kind, data, where))


# ------------------------------------------------------------------- writing


def _out(value: Any) -> Any:
    """Return a value of a plan as data."""
    if isinstance(value, Risk):
        return value.word
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_out(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _out(item) for name, item in value.items()}
    return _noun_out(value) if is_dataclass(value) else value


def _noun_out(value: Any) -> dict[str, Any]:
    """Return a noun's fields, those left out that have their default."""
    named = _NAMES.get(type(value))
    head = {"is": named} if named else {}
    return head | {
        field.name: _out(item)
        for field in fields(value)
        if (item := getattr(value, field.name)) != _default(field)
    }


def _default(field: Field[Any]) -> Any:
    """Return a field's default; MISSING where it has none."""
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


# ------------------------------------------------------------------- reading


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    """Return the annotations of a noun, resolved."""
    return typing.get_type_hints(kind)


def _noun(kind: type, value: Any, where: str) -> Any:
    """Return the noun that an object stands for."""
    if not isinstance(value, Mapping):
        raise UsageError(f"{where}: an object is expected, not {_show(value)}")
    if where.count(".") > _DEEPEST:
        raise UsageError("a plan nested without end")
    hints = _hints(kind)
    given = {name: item for name, item in value.items() if name != "is"}
    for name in given:
        if name not in hints:
            raise UsageError(f"{where}: unknown field {name!r}{nearest(name, hints)}")
    for field in fields(kind):
        if field.name not in given and _default(field) is MISSING:
            raise UsageError(f"{where}: {field.name!r} is missing")
    return kind(**{n: _in(item, hints[n], f"{where}.{n}") for n, item in given.items()})


def _in(value: Any, hint: Any, where: str) -> Any:
    """Return the value that some data stands for, as its annotation wants it."""
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return _either(value, typing.get_args(hint), where)
    if origin is tuple:
        return _items(value, typing.get_args(hint), where)
    if origin is not None:
        return _table(value, typing.get_args(hint)[-1], where)
    if is_dataclass(hint):
        return _noun(typing.cast("type", hint), value, where)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _word(value, hint, where)
    return _scalar(value, (hint,), where)


def _either(value: Any, hints: tuple[Any, ...], where: str) -> Any:
    """Return the value of one of several kinds: by its name, else by its type."""
    nouns = [hint for hint in hints if is_dataclass(hint)]
    if value is None and type(None) in hints:
        return None
    if nouns and isinstance(value, Mapping):
        kind = nouns[0] if len(nouns) == 1 else _NAMED.get(str(value.get("is")))
        if kind not in nouns:
            raise UsageError(f"{where}: {_show(value.get('is'))} cannot stand here")
        return _noun(typing.cast("type", kind), value, where)
    many = [hint for hint in hints if typing.get_origin(hint) is tuple]
    if many and isinstance(value, list):
        return tuple(_scalar(item, (str, bool, int, float), where) for item in value)
    return _scalar(value, hints, where)


def _items(value: Any, hints: tuple[Any, ...], where: str) -> tuple[Any, ...]:
    """Return a list as the tuple that it was: of one kind, or of so many fields."""
    if not isinstance(value, list):
        raise UsageError(f"{where}: a list is expected, not {_show(value)}")
    if hints[-1] is Ellipsis:
        return tuple(_in(v, hints[0], f"{where}[{n}]") for n, v in enumerate(value))
    if len(value) != len(hints):
        raise UsageError(f"{where}: {len(hints)} items are expected")
    return tuple(_in(v, h, where) for v, h in zip(value, hints, strict=True))


def _table(value: Any, kind: Any, where: str) -> Mapping[str, Any]:
    """Return a table of texts, or of whatever a step may be told."""
    if not isinstance(value, Mapping):
        raise UsageError(f"{where}: an object is expected, not {_show(value)}")
    if kind is object:
        return {str(name): _free(item) for name, item in value.items()}
    return {
        str(name): str(_scalar(text, (str,), f"{where}.{name}"))
        for name, text in value.items()
    }


def _free(value: Any) -> Any:
    """Return a value as it was before it was data: JSON has lists only."""
    if isinstance(value, list):
        return tuple(map(_free, value))
    if isinstance(value, Mapping):
        return {str(name): _free(item) for name, item in value.items()}
    return value


def _word(value: Any, kind: type[Enum], where: str) -> Enum:
    """Return the member of an enumeration that a word names."""
    words = {getattr(member, "word", member.value): member for member in kind}
    if isinstance(value, str) and value in words:
        return words[value]
    known = ", ".join(map(str, words))
    raise UsageError(f"{where}: one of {known} is expected, not {_show(value)}")


def _scalar(value: Any, kinds: tuple[Any, ...], where: str) -> Any:
    """Return a value of one of the kinds; a whole number may stand for any number."""
    if isinstance(value, bool):
        fits = bool in kinds
    elif isinstance(value, float):
        fits = float in kinds and math.isfinite(value)
    elif isinstance(value, int):
        fits = int in kinds or float in kinds
    else:
        fits = type(value) in kinds
    if not fits:
        raise UsageError(f"{where}: {_show(value)} cannot stand here")
    return value


def _show(value: Any) -> str:
    """Return a value in a few characters."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004
