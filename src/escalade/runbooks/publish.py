"""The JSON Schema of runbook files, for editors: shapes and the probe catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

from escalade.evidence.probe import Argument
from escalade.evidence.probe import Probe
from escalade.runbooks.expectations import OPERATORS
from escalade.runbooks.words import StepLike

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["KINDS", "published", "schema"]

Schema = dict[str, Any]

KINDS = ("runbook", "ladders", "roles")
"""The three kinds of files in a runbook folder."""

HANDLERS = ("on_failed", "on_unreachable", "on_timeout", "always")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_CONDITION: Schema = {"$ref": "#/$defs/Condition"}
_STEP: Schema = {"$ref": "#/$defs/Step"}
_LINKS: Mapping[str, Schema] = {"condition": _CONDITION, "step": _STEP}
_TEMPLATE: Schema = {"type": "string", "pattern": r"\{\{"}
_TYPES: Mapping[type, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": ["integer", "string"]},
    float: {"type": ["number", "string"]},
    tuple: {"type": "array", "items": {"type": "string"}},
}
"""What a reading is compared with; numbers may be texts with a unit (10s, 512MB)."""


def schema(
    catalog: Mapping[str, Probe] | None = None,
    kind: str = "runbook",
    kinds: Mapping[str, StepLike] | None = None,
    user_tasks: frozenset[str] = frozenset(),
) -> Schema:
    """Return the schema of one kind of file (one of KINDS).

    Conditions know every probe of the catalogue (by default our own) with its
    arguments and readings, levels every step of `kinds` (None: any word may be one)
    and the operator's own tasks. What no schema can say (slots, roles, ladders that must
    exist, variables) is left to lint.
    """
    from escalade.runbooks import schema as shapes

    if catalog is None:
        from escalade.evidence.catalog import probes

        catalog = probes()
    files: dict[str, type[BaseModel]] = {
        "runbook": shapes.RunbookFile,
        "ladders": shapes.LaddersFile,
        "roles": shapes.RolesFile,
    }
    whole = published([files[kind]], catalog, kinds, user_tasks)
    top = whole["$defs"].pop(files[kind].__name__)
    if kind == "roles":
        del whole["$defs"]["Condition"], whole["$defs"]["Step"]
    return {**whole, **top}


def published(
    shapes: Sequence[type[BaseModel]],
    catalog: Mapping[str, Probe],
    kinds: Mapping[str, StepLike] | None,
    user_tasks: frozenset[str],
) -> Schema:
    """Return the definitions of shapes of files, with conditions and steps, alone."""
    from pydantic.json_schema import models_json_schema

    _, whole = models_json_schema([(shape, "validation") for shape in shapes])
    found: Schema = _tidy(whole)
    found["$defs"] |= {
        "Condition": _condition(catalog),
        "Step": _step(kinds, user_tasks),
    }
    return {"$schema": _DIALECT, **found}


def _tidy(data: Any) -> Any:
    """Return a schema whose optional keys are never null, its conditions linked."""
    if isinstance(data, list):
        return [_tidy(item) for item in data if item != {"type": "null"}]
    if not isinstance(data, dict):
        return data
    link = data.get("type")
    if isinstance(link, str) and link in _LINKS:
        return _LINKS[link]
    clean = {
        key: _tidy(value)
        for key, value in data.items()
        if not (key == "default" and value is None)
    }
    if "patternProperties" in clean:
        clean["additionalProperties"] = False
    options = clean.get("anyOf", ())
    if len(options) == 1:
        del clean["anyOf"]
        clean.update(options[0])
    return clean


def _condition(catalog: Mapping[str, Probe]) -> Schema:
    """Return the schema of a condition: one joint or one probe."""
    parts = {"type": "array", "minItems": 1, "items": _CONDITION}
    joints = {"all": parts, "any": parts, "not": _CONDITION}
    return {
        "description": "What must hold: one probe, or all, any, not.",
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": joints | {name: _probe(one) for name, one in catalog.items()},
    }


def _step(kinds: Mapping[str, StepLike] | None, user_tasks: frozenset[str]) -> Schema:
    """Return the schema of a step: one word, and how it is carried out."""
    steps: Schema = {"type": "array", "minItems": 1, "items": _STEP}
    anything: Schema = {"type": "object"}
    words: dict[str, Schema] = {"group": steps, **dict.fromkeys(user_tasks, anything)}
    words |= {name: _arguments(kind) for name, kind in (kinds or {}).items()}
    count: Schema = {"type": ["integer", "string"]}
    time: Schema = {"type": ["number", "string"]}
    control: dict[str, Schema] = {
        **dict.fromkeys(("when", "until"), _CONDITION),
        "attempts": {**count, "description": "Executions: 3 means three."},
        **dict.fromkeys(("backoff", "cap", "timeout", "jitter"), time),
        **dict.fromkeys(HANDLERS, steps),
        "register": {"type": "string"},
        "vars": anything,
        "tags": {"type": ["string", "array"], "items": {"type": "string"}},
    }
    return {
        "description": "One step and how it is carried out.",
        "type": "object",
        "minProperties": 1,
        "additionalProperties": anything if kinds is None else False,
        "properties": words | control,
    }


def _arguments(kind: StepLike) -> Schema:
    """Return the schema of a step's arguments; any of them may be a template."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {"anyOf": [_argument(argument), _TEMPLATE]}
            for name, argument in kind.arguments.items()
        },
        "required": [
            name
            for name, argument in kind.arguments.items()
            if argument.required and name != "service"
        ],
    }


def _probe(probe: Probe) -> Schema:
    """Return the schema of a question to one probe."""
    words: dict[str, Schema] = {}
    if probe.scope not in ("host", "stack"):
        words["of"] = {"type": "string", "description": "The role asked instead."}
        words["replicas"] = {"enum": ["any", "every"]}
    words |= {name: _reading(kind) for name, kind in probe.readings.items()}
    for name, argument in probe.arguments.items():
        given = _argument(argument)
        both = name in probe.readings
        words[name] = {"anyOf": [given, words[name]]} if both else given
    return {
        "description": " ".join(probe.doc.split()),
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": words,
        "required": [n for n, one in probe.arguments.items() if one.required],
    }


def _argument(argument: Argument) -> Schema:
    """Return the schema of an argument's value."""
    one = dict(_TYPES.get(argument.type, _TYPES[str]))
    if argument.choices:
        one["enum"] = list(argument.choices)
    if argument.many:
        return {"anyOf": [one, {"type": "array", "minItems": 1, "items": one}]}
    return one


def _reading(kind: type) -> Schema:
    """Return the schema of what is expected of a reading."""
    value = _TYPES.get(kind, _TYPES[str])
    return {"anyOf": [value, _operators(kind, value)]}


def _operators(kind: type, value: Schema) -> Schema:
    """Return the schema of the operators that a type of reading knows."""
    some = {"type": "array", "minItems": 1, "items": value}
    text = {"type": "string", "minLength": 1}
    known: dict[str, Schema] = {
        **dict.fromkeys(("eq", "ne"), value),
        **dict.fromkeys(("in", "not_in"), some),
        **dict.fromkeys(("gt", "ge", "lt", "le"), value),
        "matches": text,
        "contains": text,
        "known": {"type": "boolean"},
    }
    absent = {
        str: ("gt", "ge", "lt", "le"),
        tuple: ("in", "not_in", "gt", "ge", "lt", "le", "matches"),
        bool: ("gt", "ge", "lt", "le", "matches", "contains"),
        int: ("matches", "contains"),
        float: ("matches", "contains"),
    }.get(kind, ())
    return {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {name: known[name] for name in OPERATORS if name not in absent},
    }
