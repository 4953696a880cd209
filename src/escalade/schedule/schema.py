"""The shape of maintenance files as pydantic models: keys, types and fixed words.

Loaded only where a file is read. What needs a catalogue, the inside of steps and
conditions, is the business of `runbooks`; times and durations are `compile`'s.
"""

from __future__ import annotations

from typing import Annotated
from typing import Any
from typing import Literal

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field

from escalade.runbooks.schema import LadderShape
from escalade.runbooks.schema import SymptomShape
from escalade.runbooks.schema import TextShape

__all__ = ["BudgetShape", "MaintenanceFile", "WindowShape", "WindowsFile"]

Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
Words = Annotated[str, Field(pattern=r"\S", max_length=500)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Some = Annotated[list[Words], Field(min_length=1)]


class _Shape(BaseModel):
    """What all have in common: no unknown key, no conversion."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class WindowShape(_Shape):
    """Hours of some days; where `to` is not after `from`, it is the next day's."""

    days: Annotated[list[Day], Field(min_length=1)] | None = None
    start: Words = Field(alias="from")
    to: Words
    time_zone: Words | None = None


class BudgetShape(_Shape):
    """How many runs may begin within a time."""

    runs: Annotated[int, Field(ge=1, le=1000)]
    within: Words


class MaintenanceFile(_Shape):
    """One job: when it comes, and what it does."""

    maintenance: Word
    title: TextShape
    enabled: bool = True
    schedule: Words | None = None
    every: Words | None = None
    time_zone: Words | None = None
    jitter: Words | None = None
    window: WindowShape | None = None
    missed: Literal["skip", "once"] = "skip"
    late: Words | None = None
    overlap: Literal["skip", "queue"] = "skip"
    budget: BudgetShape | None = None
    limit: Some | None = None
    stacks: Some | None = None
    risk: Literal["safe", "disruptive", "destructive"] = "safe"
    steps: Annotated[list[Any], Field(min_length=1)] | None = None
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
    start: Words = Field(alias="from")
    to: Words
    time_zone: Words | None = None


class WindowsFile(_Shape):
    """The maintenance windows of stacks and hosts (windows.yaml)."""

    windows: Annotated[list[GuardShape], Field(min_length=1)]
