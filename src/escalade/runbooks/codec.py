"""A Book as plain JSON data and back, exactly: what the compiled cache keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from escalade import model
from escalade.model import Ask
from escalade.model import Comparison
from escalade.model import Condition
from escalade.model import Confidence
from escalade.model import Kind
from escalade.model import Ladder
from escalade.model import Not
from escalade.model import Runbook
from escalade.model import Severity
from escalade.model import Step
from escalade.model import Symptom
from escalade.runbooks.book import Book
from escalade.runbooks.book import RoleRule
from escalade.text import Text

__all__ = ["pack", "unpack"]


def pack(book: Book) -> dict[str, Any]:
    """Return the book as data that JSON can carry."""
    return {
        "runbooks": [_runbook_out(runbook) for runbook in book.runbooks],
        "roles": [_fields(rule) for rule in book.roles],
        "drills": dict(book.drills),
        "digest": book.digest,
    }


def unpack(data: Mapping[str, Any]) -> Book:
    """Return the book that was packed; any exception means that the data is not one."""
    return Book(
        tuple(_runbook_in(runbook) for runbook in data["runbooks"]),
        tuple(RoleRule(**{k: _tuple(v) for k, v in r.items()}) for r in data["roles"]),
        data["drills"],
        data["digest"],
    )


def _fields(value: Any) -> dict[str, Any]:
    """Return a frozen value's fields by name."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _tuple(value: Any) -> Any:
    """Return a list as the tuple that it was."""
    return tuple(value) if isinstance(value, list) else value


# ------------------------------------------------------------------ conditions


def _condition_out(whole: Condition) -> list[Any]:
    """Return a condition as a list that starts with its sign."""
    if isinstance(whole, Ask):
        expect = [[one.reading, one.op, one.value] for one in whole.expect]
        return ["?", whole.probe, whole.args, expect, whole.of, whole.every]
    if isinstance(whole, Not):
        return ["!", _condition_out(whole.part)]
    sign = "&" if isinstance(whole, model.All) else "|"
    return [sign, *(_condition_out(part) for part in whole.parts)]


def _condition_in(data: list[Any]) -> Condition:
    """Return the condition that a list stands for."""
    sign = data[0]
    if sign == "?":
        _, probe, args, expect, of, every = data
        return Ask(
            probe,
            tuple((name, _tuple(value)) for name, value in args),
            tuple(Comparison(name, op, _tuple(value)) for name, op, value in expect),
            of,
            every,
        )
    if sign == "!":
        return Not(_condition_in(data[1]))
    parts = tuple(_condition_in(part) for part in data[1:])
    if sign not in ("&", "|"):
        raise ValueError(f"no condition starts with {sign!r}")
    return model.All(parts) if sign == "&" else model.Any(parts)


# -------------------------------------------------------------------- runbooks


def _text_out(text: Text | None) -> list[str] | None:
    """Return a text as a pair."""
    return [text.en, text.fr] if text else None


def _text_in(data: list[str] | None) -> Text | None:
    """Return the text of a pair."""
    return Text(*data) if data else None


def _symptom_out(symptom: Symptom) -> dict[str, Any]:
    """Return a symptom as data."""
    return _fields(symptom) | {
        "kind": symptom.kind.value,
        "severity": symptom.severity.value,
        "confidence": symptom.confidence.value,
        "title": _text_out(symptom.title),
        "when": _condition_out(symptom.when),
        "advice": _text_out(symptom.advice),
        "advices": {name: _text_out(text) for name, text in symptom.advices.items()},
    }


def _symptom_in(data: dict[str, Any]) -> Symptom:
    """Return the symptom of some data, which is used up."""
    data["kind"] = Kind(data["kind"])
    data["severity"] = Severity(data["severity"])
    data["confidence"] = Confidence(data["confidence"])
    data["title"] = Text(*data["title"])
    data["when"] = _condition_in(data["when"])
    data["advice"] = _text_in(data["advice"])
    data["advices"] = {name: Text(*pair) for name, pair in data["advices"].items()}
    return Symptom(**data)


def _step_out(step: Step) -> dict[str, Any]:
    """Return a step as data: what is not as it is by default."""
    plain = Step(step.name)
    data = {k: v for k, v in _fields(step).items() if v != getattr(plain, k)}
    for name in _ASKED & data.keys():
        data[name] = _condition_out(data[name])
    for name in _INNER & data.keys():
        data[name] = [_step_out(inner) for inner in data[name]]
    return {"name": step.name, **data}


def _step_in(data: dict[str, Any]) -> Step:
    """Return the step of some data, which is used up."""
    for name in _ASKED & data.keys():
        data[name] = _condition_in(data[name])
    for name in _INNER & data.keys():
        data[name] = tuple(_step_in(inner) for inner in data[name])
    if "tags" in data:
        data["tags"] = tuple(data["tags"])
    return Step(**data)


_ASKED = {"when", "until"}
_INNER = {"group", "on_failed", "on_unreachable", "on_timeout", "always"}


def _ladder_out(ladder: Ladder) -> list[Any]:
    """Return a ladder as data; its levels as pairs, since JSON has text keys only."""
    levels = [
        [number, [_step_out(step) for step in steps]]
        for number, steps in ladder.levels.items()
    ]
    return [ladder.name, levels, [_condition_out(part) for part in ladder.verify]]


def _ladder_in(data: list[Any]) -> Ladder:
    """Return the ladder of some data."""
    name, levels, verify = data
    return Ladder(
        name,
        {number: tuple(_step_in(step) for step in steps) for number, steps in levels},
        tuple(_condition_in(part) for part in verify),
    )


def _runbook_out(runbook: Runbook) -> dict[str, Any]:
    """Return a runbook as data."""
    return _fields(runbook) | {
        "title": _text_out(runbook.title),
        "symptoms": [_symptom_out(symptom) for symptom in runbook.symptoms],
        "ladders": {n: _ladder_out(ladder) for n, ladder in runbook.ladders.items()},
    }


def _runbook_in(data: dict[str, Any]) -> Runbook:
    """Return the runbook of some data, which is used up."""
    data["title"] = Text(*data["title"])
    data["symptoms"] = tuple(_symptom_in(symptom) for symptom in data["symptoms"])
    data["ladders"] = {name: _ladder_in(one) for name, one in data["ladders"].items()}
    return Runbook(**data)
