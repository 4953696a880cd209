"""A document against its pydantic shape: each complaint in our words, at its place."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Annotated
from typing import Any
from typing import get_args
from typing import get_origin

from pydantic import BaseModel
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from escalade.errors import nearest
from escalade.runbooks.problems import show
from escalade.runbooks.spot import Spot

__all__ = ["NAME", "check", "loose", "mistyped", "void", "voids"]

_KEY = "[key]"
_KINDS = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "list_type": "a list",
}


def check(spot: Spot, shape: type[BaseModel]) -> frozenset[tuple[str | int, ...]]:
    """Report what does not fit the shape; return the places of what does not."""
    if not isinstance(spot.value, dict):
        what = "a list" if isinstance(spot.value, list) else show(spot.value)
        spot.wrong(f"must be a mapping, not {what}")
        return frozenset({spot.place})
    broken = set(voids(spot, within=_free))
    try:
        shape.model_validate(spot.value)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            broken.add(tuple(detail["loc"]))
            _report(spot, shape, detail)
    return frozenset(broken)


def loose(spot: Spot) -> None:
    """Report numbers of free data that would not be written back as they stand."""
    for below in spot.values():
        loose(below)
    for below in spot.each():
        loose(below)
    number = isinstance(spot.value, int | float) and not isinstance(spot.value, bool)
    if number and repr(spot.value) != spot.written.removeprefix("+"):
        read = f"{spot.written} is read as {spot.value!r}"
        spot.wrong(f"{read}: quote it or write {spot.value!r}")


def voids(
    spot: Spot,
    *,
    within: Callable[[Spot], bool] = lambda _: False,
) -> Iterable[tuple[str | int, ...]]:
    """Report and yield what has no value, except in the places that `within` names."""
    if within(spot):
        return
    if spot.value is None:
        void(spot)
        yield spot.place
    for below in spot.values():
        yield from voids(below, within=within)
    for below in spot.each():
        yield from voids(below, within=within)


def void(spot: Spot, fix: str = "") -> None:
    """Report a key without a value, and nothing else at its place."""
    mark = spot.document.key(spot.place)
    spot.document.problems.settle(mark, f"{spot.name!r} has no value{fix}")


def _free(spot: Spot) -> bool:
    """Whether a place is inside a drill or a step: `steps` looks there itself."""
    place = spot.place
    inside = len(place) > len(_STEP) and place[0] == "ladders"
    return place[:1] == ("drill",) or (inside and place[2] in _LEVELS)


_STEP = ("ladders", "name", "level", "index")
_LEVELS = ("1", "2", "3")


def _report(top: Spot, shape: type[BaseModel], detail: ErrorDetails) -> None:
    """Say one of pydantic's complaints in our words."""
    steps = tuple(step for step in detail["loc"] if step != _KEY)
    spot = top.down(*steps)
    if _KEY in detail["loc"]:
        spot.misplaced(f"{spot.name!r} is not a name: {NAME}")
    elif detail["type"] == "extra_forbidden":
        known = _keys(shape, steps[:-1])
        spot.misplaced(f"unknown key {spot.name!r}{_hint(spot.name, known)}")
    elif detail["type"] == "missing":
        spot.misplaced(_missing(spot))
    elif spot.value is not None:
        spot.wrong(_sentence(spot, detail))


NAME = "use lower-case letters, digits and hyphens"
"""What names of symptoms, ladders, steps look like, in words."""


def _missing(spot: Spot) -> str:
    """Return the sentence about a key that is not there."""
    *above, _ = spot.place
    name = Spot(spot.document, tuple(above), None).name
    where = "there is"
    if above:
        where = f"{name if isinstance(above[-1], int) else repr(name)} has"
    if spot.name in ("en", "fr"):
        language = {"en": "English", "fr": "French"}[spot.name]
        return f"{where} no {language} text: missing key {spot.name!r}"
    return f"{where} no {spot.name!r}: missing key"


def _hint(word: str, known: tuple[str, ...]) -> str:
    """Return the nearest known key, else all of them."""
    if close := nearest(word, known):
        return close
    return f"; known here: {', '.join(known)}" if known else ""


def _sentence(spot: Spot, detail: ErrorDetails) -> str:
    """Return the sentence about a value that does not fit."""
    kind, context = detail["type"], detail.get("ctx", {})
    if context.get("class_name") == "TextShape":
        return mistyped(spot, "{en: ..., fr: ...}")
    if kind in _KINDS:
        return mistyped(spot, _KINDS[kind])
    if kind == "literal_error":
        words = tuple(re.findall(r"'([^']*)'", str(context["expected"])))
        close = nearest(str(spot.value), words)
        value = show(spot.value)
        return f"{spot.name!r} is one of {', '.join(words)}, not {value}{close}"
    if kind == "string_pattern_mismatch":
        if context.get("pattern") == r"\S":
            return f"{spot.name!r} is blank"
        return f"{show(spot.value)} is not a name: {NAME}"
    return _bounds(spot, kind, context)


def _bounds(spot: Spot, kind: str, context: Mapping[str, Any]) -> str:
    """Return the sentence about a number or a length out of bounds."""
    if kind == "too_short":
        return f"{spot.name!r} is empty"
    if kind == "string_too_long":
        return f"{spot.name!r} is longer than {context['max_length']} characters"
    bound = {
        "less_than_equal": f"at most {context.get('le')}",
        "greater_than_equal": f"at least {context.get('ge')}",
    }.get(kind, "something else")
    return f"{spot.name!r} must be {bound}, not {show(spot.value)}"


def mistyped(spot: Spot, wanted: str) -> str:
    """Return the sentence about a value of the wrong type."""
    value = spot.written or show(spot.value)
    fix = ""
    if wanted == "text" and isinstance(spot.value, int | float):
        fix = ": quote it"
    elif wanted != "text" and isinstance(spot.value, str):
        value = show(spot.value)
        fix = ": remove the quotes" if _quoted(spot.value, wanted) else ""
    elif not isinstance(spot.value, int | float | str):
        value = "a list" if isinstance(spot.value, list) else "a mapping"
    return f"{spot.name!r} must be {wanted}, not {value}{fix}"


def _quoted(text: str, wanted: str) -> bool:
    """Whether a text would be right without its quotes."""
    if wanted == "true or false":
        return text in ("true", "false")
    return wanted == "a whole number" and text.isdecimal()


def _keys(shape: object, steps: tuple[str | int, ...]) -> tuple[str, ...]:
    """Return the keys that a shape knows some steps down."""
    for step in steps:
        shape = _below(shape, step)
    fields = getattr(_bare(shape), "model_fields", {})
    return tuple(field.alias or name for name, field in fields.items())


def _below(shape: object, step: str | int) -> object:
    """Return the shape one step down."""
    shape = _bare(shape)
    if get_origin(shape) in (dict, list):
        return get_args(shape)[-1]
    for name, field in getattr(shape, "model_fields", {}).items():
        if step in (name, field.alias):
            found: object = field.annotation
            return found
    return None


def _bare(shape: object) -> object:
    """Return a shape without its optional and annotated wrappings."""
    while get_origin(shape) is Annotated or type(None) in get_args(shape):
        shape = next(one for one in get_args(shape) if one is not type(None))
    return shape
