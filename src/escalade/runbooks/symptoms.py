"""One symptom of a runbook file to `model.Symptom`, with the rules between its keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from escalade.errors import nearest
from escalade.model import Condition
from escalade.model import Confidence
from escalade.model import Kind
from escalade.model import Ladder
from escalade.model import Severity
from escalade.model import Symptom
from escalade.runbooks.conditions import condition
from escalade.runbooks.schema import AdviceShape
from escalade.runbooks.schema import SymptomShape
from escalade.runbooks.schema import TextShape
from escalade.runbooks.slots import Fillers
from escalade.runbooks.slots import reading_of
from escalade.runbooks.slots import text_slots
from escalade.runbooks.spot import Spot
from escalade.runbooks.steps import flat
from escalade.runbooks.templates import names
from escalade.runbooks.words import Words
from escalade.text import Text

__all__ = ["Setting", "symptom", "text"]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a symptom's file and folders give it.

    `ladders` maps every name it may use to the ladder, None where that is broken; in
    doubt (`open_ladders`: a file of shared ones could not be read) any name passes.
    """

    runbook: str
    role: str
    words: Words
    ladders: Mapping[str, Ladder | None]
    open_ladders: bool = False


def text(shape: TextShape) -> Text:
    """Return a checked text as the model's."""
    return Text(shape.en, shape.fr)


def symptom(
    spot: Spot,
    setting: Setting,
    *,
    broken: frozenset[str] | None,
) -> Symptom | None:
    """Return the symptom at a place; None where it has problems (reported).

    `broken` are the keys whose shape is wrong (None: the whole is no symptom); the
    rules between the others are checked all the same.
    """
    when = condition(spot.at("when"), setting.words)
    if broken is None:
        return None
    shape = _shape(spot, broken)
    _relations(spot, shape, setting)
    if when is None:
        return None
    _against_condition(spot, shape, setting, when)
    return None if broken else _value(spot, shape, setting, when)


def _shape(spot: Spot, broken: frozenset[str]) -> SymptomShape:
    """Return what is sound of a symptom; a broken or missing key is as if not given."""
    if not broken:
        return SymptomShape.model_validate(spot.value)
    sound = {key: below.value for key, below in spot.items() if key not in broken}
    if "advice" in sound:
        sound["advice"] = AdviceShape.model_validate(sound["advice"])
    return SymptomShape.model_construct(**{"kind": None, "severity": "info"} | sound)


def _value(
    spot: Spot,
    shape: SymptomShape,
    setting: Setting,
    when: Condition,
) -> Symptom:
    """Return the frozen value."""
    advice = shape.advice or AdviceShape()
    return Symptom(
        id=f"{setting.runbook}.{spot.name}",
        runbook=setting.runbook,
        role=setting.role,
        kind=Kind(shape.kind),
        title=text(shape.title),
        severity=Severity[shape.severity.upper()],
        confidence=Confidence(shape.confidence),
        when=when,
        blames=shape.blames,
        standing=shape.standing,
        yields=shape.yields,
        remedy="ladder" if shape.ladder else shape.remedy or "none",
        ladder=shape.ladder,
        start_level=shape.start_level or _first_level(shape, setting),
        advice=Text(advice.en, advice.fr) if advice.en and advice.fr else None,
        advice_by=advice.by,
        advices={name: text(case) for name, case in (advice.cases or {}).items()},
        where=f"{spot.document.file}:{spot.line}",
    )


def _first_level(shape: SymptomShape, setting: Setting) -> int:
    """Return where a ladder begins when the symptom does not say."""
    ladder = setting.ladders.get(shape.ladder or "")
    return min(ladder.levels, default=1) if ladder else 1


# ------------------------------------------------- the rules between the keys


def _relations(spot: Spot, shape: SymptomShape, setting: Setting) -> None:
    """Report keys that do not go together."""
    if shape.kind == "dependency" and not shape.blames:
        spot.misplaced(f"{spot.name!r} is a dependency: say which role it blames")
    if shape.kind == "intrinsic" and shape.blames:
        spot.at("blames").misplaced("an intrinsic symptom is its own: it blames nobody")
    if shape.ladder and shape.remedy:
        spot.at("remedy").misplaced("a ladder and a remedy: only one of them can be")
    if shape.ladder:
        _ladder(spot, shape, setting)
    elif shape.start_level:
        spot.at("start_level").misplaced("a start_level without a ladder")
    if shape.advice:
        _advice(spot.at("advice"), shape.advice)
    if not (shape.ladder or shape.remedy or shape.advice or shape.severity == "info"):
        spot.document.problems.warn(
            spot.document.key(spot.place),
            f"{spot.name!r} names neither a ladder, a remedy nor an advice",
        )


def _ladder(spot: Spot, shape: SymptomShape, setting: Setting) -> None:
    """Report a ladder that is not there, or that has no such level to start at."""
    name = shape.ladder or ""
    ladder = setting.ladders.get(name)
    if name not in setting.ladders and not setting.open_ladders:
        close = nearest(name, setting.ladders)
        spot.at("ladder").wrong(f"ladder {name!r} is not defined{close}")
    elif ladder and shape.start_level and shape.start_level not in ladder.levels:
        levels = ", ".join(str(level) for level in ladder.levels)
        spot.at("start_level").wrong(
            f"ladder {name!r} has no level {shape.start_level} (it has {levels})",
        )
    elif ladder and setting.role in ("host", "stack"):
        _servable(spot.at("ladder"), ladder, shape.start_level or 1, setting)


def _servable(spot: Spot, ladder: Ladder, start: int, setting: Setting) -> None:
    """Report a ladder whose steps need a service where the symptom has none."""
    levels = (steps for number, steps in ladder.levels.items() if number >= start)
    for step in flat(step for steps in levels for step in steps):
        kind = (setting.words.kinds or {}).get(step.name)
        bare = kind is not None and "service" in kind.arguments and not step.args
        if bare or names(step.args) & {"root.service", "root.container"}:
            spot.wrong(
                f"ladder {ladder.name!r} speaks of a service ({step.name}, "
                f"{step.source}), and the role {setting.role} has none",
            )
            return


def _advice(spot: Spot, advice: AdviceShape) -> None:
    """Report an advice that lacks a language, or half of by and cases."""
    for language, other in (("en", "fr"), ("fr", "en")):
        if getattr(advice, other) and not getattr(advice, language):
            spot.misplaced(f"'advice' has no {language!r} text: missing key")
    if (advice.by is None) != (advice.cases is None):
        there = "by" if advice.by else "cases"
        spot.at(there).misplaced("'by' and 'cases' go together")
    if not (advice.en or advice.fr or advice.by or advice.cases):
        spot.wrong("'advice' is empty")


def _against_condition(
    spot: Spot,
    shape: SymptomShape,
    setting: Setting,
    when: Condition,
) -> None:
    """Report what `when` cannot give: slots, the blamed reading, the advice's."""
    fillers = Fillers.of(setting.words.catalog, setting.role, when)
    text_slots(spot.at("title"), fillers)
    text_slots(spot.at("advice"), fillers)
    for case in spot.down("advice", "cases").values():
        text_slots(case, fillers)
    if shape.advice and shape.advice.by:
        reading_of(spot.down("advice", "by"), shape.advice.by, fillers, said="'by'")
    if shape.blames:
        _blames(spot.at("blames"), shape.blames, fillers, setting)


def _blames(spot: Spot, blames: str, fillers: Fillers, setting: Setting) -> None:
    """Report a blame that names neither a role nor a text that names a service."""
    if "." not in blames:
        setting.words.role(spot)
        return
    kind = reading_of(spot, blames, fillers, said="'blames'")
    if kind not in (None, str):
        spot.wrong(f"'blames' needs a reading that names a service, {blames} does not")
