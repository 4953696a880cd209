"""The shape of maintenance files as pydantic models: keys, types and fixed words.

Loaded only where a file is read. What needs a catalogue, the inside of steps and
conditions, is the business of `runbooks`; times and durations are `compile`'s. The JSON
Schema for editors says as much of that as a schema can.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from typing import Any
from typing import Literal

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field

from escalade.runbooks.schema import LadderShape
from escalade.runbooks.schema import Step
from escalade.runbooks.schema import SymptomShape
from escalade.runbooks.schema import TextShape
from escalade.schedule.cron import MACROS
from escalade.schedule.cron import NAMES

__all__ = ["BudgetShape", "MaintenanceFile", "WindowShape", "WindowsFile"]

Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
Words = Annotated[str, Field(pattern=r"\S", max_length=500)]


def _like(pattern: str, *, most: int = 500) -> Any:
    """Return what the JSON Schema alone says of a text: what `spans` can read."""
    return Field(json_schema_extra={"pattern": pattern, "maxLength": most})


def _any_case(words: Iterable[str]) -> str:
    """Return a pattern of words in capitals or not: JSON Schema has no flag for it."""
    each = ("".join(f"[{c}{c.upper()}]" for c in word) for word in words)
    return "|".join(each)


_ONE = f"(?:[0-9]+|{_any_case(NAMES)})"
_PART = rf"(?:(?:\*|{_ONE}-{_ONE})(?:/[0-9]+)?|{_ONE})"
_FIELD = f"{_PART}(?:,{_PART})*"
_MACRO = f"@(?:{_any_case(word.removeprefix('@') for word in MACROS)})"
Span = Annotated[Words, _like(r"^(?:\d+(?:\.\d+)? ?(?:ms|[smhd]))+$", most=40)]
Expression = Annotated[
    Words, _like(rf"^\s*(?:{_MACRO}|{_FIELD}(?:\s+{_FIELD}){{4}})\s*$")
]
Start = Annotated[Words, _like(r"^(?:[01]\d|2[0-3]):[0-5]\d$")]
End = Annotated[Words, _like(r"^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$")]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Some = Annotated[list[Words], Field(min_length=1)]


class _Shape(BaseModel):
    """What all have in common: no unknown key, no conversion."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class WindowShape(_Shape):
    """Hours of some days; where `to` is not after `from`, it is the next day's."""

    days: Annotated[list[Day], Field(min_length=1)] | None = None
    start: Start = Field(alias="from")
    to: End
    time_zone: Words | None = None


class BudgetShape(_Shape):
    """How many runs may begin within a time."""

    runs: Annotated[int, Field(ge=1, le=1000)]
    within: Span


_NO, _YES = {"const": False}, {"const": True}
_STEPS: dict[str, Any] = {
    "required": ["steps"],
    "properties": {
        "fix": _NO,
        "diagnose": _NO,
        "symptoms": False,
        "stacks": {"maxItems": 1},
    },
}
_LOOKS: dict[str, Any] = {
    "properties": {"steps": False},
    "anyOf": [
        {"required": ["fix"], "properties": {"fix": _YES, "diagnose": _NO}},
        {"required": ["diagnose"], "properties": {"diagnose": _YES, "fix": _NO}},
        {
            "required": ["symptoms"],
            "properties": {"symptoms": True, "fix": _NO, "diagnose": _NO},
        },
    ],
}
_RULES: dict[str, Any] = {
    "allOf": [
        {"oneOf": [{"required": ["schedule"]}, {"required": ["every"]}]},
        {"oneOf": [_STEPS, _LOOKS]},
        {
            "if": {
                "required": ["ladders"],
                "properties": {"ladders": {"minProperties": 1}},
            },
            "then": {"required": ["symptoms"]},
        },
    ],
    "dependentRequired": {"symptoms": ["role"], "role": ["symptoms"]},
}
"""What `compile` says of keys together."""


class MaintenanceFile(_Shape):
    """One job: when it comes, and what it does."""

    model_config = ConfigDict(json_schema_extra=_RULES)

    maintenance: Word
    title: TextShape
    enabled: bool = True
    schedule: Expression | None = None
    every: Span | None = None
    time_zone: Words | None = None
    jitter: Span | None = None
    window: WindowShape | None = None
    missed: Literal["skip", "once"] = "skip"
    late: Span | None = None
    overlap: Literal["skip", "queue"] = "skip"
    budget: BudgetShape | None = None
    limit: Some | None = None
    stacks: Some | None = None
    risk: Literal["safe", "disruptive", "destructive"] = "safe"
    steps: Annotated[list[Step], Field(min_length=1)] | None = None
    fix: bool = False
    diagnose: bool = False
    role: Word | None = None
    symptoms: Annotated[dict[Word, SymptomShape], Field(min_length=1)] | None = None
    ladders: dict[Word, LadderShape] = Field(default_factory=dict)
    vars: dict[str, Any] | None = None
    notify: Some | None = None
    notify_when: Literal["trouble", "always"] = "trouble"
    prometheus: Words | None = None


class GuardShape(_Shape):
    """Stacks and hosts to which nothing disruptive is done outside of some hours."""

    stacks: Some | None = None
    hosts: Some | None = None
    title: TextShape | None = None
    days: Annotated[list[Day], Field(min_length=1)] | None = None
    start: Start = Field(alias="from")
    to: End
    time_zone: Words | None = None


class WindowsFile(_Shape):
    """The maintenance windows of stacks and hosts (windows.yaml)."""

    windows: Annotated[list[GuardShape], Field(min_length=1)]
