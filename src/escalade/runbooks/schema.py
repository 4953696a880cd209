"""The shape of runbook files as pydantic models: keys, types and fixed words.

Loaded only where a file must be validated (nothing else imports it at start-up). What
needs a catalogue, the inside of conditions and steps, is `conditions`' and `steps`'
business.
"""

from __future__ import annotations

from typing import Annotated
from typing import Any
from typing import Literal

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field
from pydantic import WithJsonSchema

__all__ = [
    "CONDITION",
    "STEP",
    "AdviceShape",
    "LadderShape",
    "LaddersFile",
    "RoleShape",
    "RolesFile",
    "RunbookFile",
    "Step",
    "SymptomShape",
    "TextShape",
]

CONDITION = "condition"
STEP = "step"
"""Stand in the JSON Schema where `publish` puts what the catalogues know."""

Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
Sentence = Annotated[str, Field(pattern=r"\S", max_length=2000)]
Step = Annotated[Any, WithJsonSchema({"type": STEP})]
Level = Annotated[list[Step], Field(min_length=1)]
Vars = dict[str, Any]
Condition = Annotated[dict[str, Any], WithJsonSchema({"type": CONDITION})]
Port = Annotated[int, Field(ge=1, le=65_535)]


class _Shape(BaseModel):
    """What all have in common: no unknown key, no conversion."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class TextShape(_Shape):
    """One sentence for people, in every language."""

    en: Sentence
    fr: Sentence


class AdviceShape(_Shape):
    """What to do, in words: one text, or one for each value of a reading."""

    en: Sentence | None = None
    fr: Sentence | None = None
    by: Sentence | None = None
    cases: Annotated[dict[str, TextShape], Field(min_length=1)] | None = None


class SymptomShape(_Shape):
    """A named condition on readings, and what it means."""

    kind: Literal["intrinsic", "dependency", "consequence"]
    title: TextShape
    severity: Literal["info", "warning", "error", "critical"]
    confidence: Literal["proven", "strong", "likely", "guess"] = "likely"
    when: Condition
    blames: Sentence | None = None
    standing: bool = False
    yields: bool = False
    ladder: Word | None = None
    remedy: Literal["wait", "none", "handoff"] | None = None
    start_level: Annotated[int, Field(ge=1, le=3)] | None = None
    advice: AdviceShape | None = None


class LadderShape(_Shape):
    """The ordered ways to cure; `verify` is asked after each level.

    `use` names another ladder, whose levels stand in for those not given.
    """

    one: Level | None = Field(default=None, alias="1")
    two: Level | None = Field(default=None, alias="2")
    three: Level | None = Field(default=None, alias="3")
    use: Word | None = None
    vars: Vars | None = None
    verify: Annotated[list[Condition], Field(min_length=1)] | None = None


class RunbookFile(_Shape):
    """One YAML file for one failure domain."""

    runbook: Word
    title: TextShape
    role: Word
    symptoms: Annotated[dict[Word, SymptomShape], Field(min_length=1)]
    ladders: dict[Word, LadderShape] = Field(default_factory=dict)
    vars: Vars | None = None
    drill: dict[str, Any] | None = None


class LaddersFile(_Shape):
    """Ladders that every runbook can name (ladders.yaml)."""

    ladders: Annotated[dict[Word, LadderShape], Field(min_length=1)]
    vars: Vars | None = None


class RoleShape(_Shape):
    """How services are recognised as a role."""

    image: list[Sentence] = Field(default_factory=list)
    command: list[Sentence] = Field(default_factory=list)
    ports: list[Port] = Field(default_factory=list)
    variables: list[Sentence] = Field(default_factory=list)
    names: list[Sentence] = Field(default_factory=list)
    need: Annotated[int, Field(ge=1)]


class RolesFile(_Shape):
    """The rules that bind roles to services (roles.yaml)."""

    roles: Annotated[dict[Word, RoleShape], Field(min_length=1)]
