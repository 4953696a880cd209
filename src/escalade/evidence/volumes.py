"""The volumes of a host's Engine, and which of them a container holds."""

from __future__ import annotations

from collections.abc import Sequence

from escalade.evidence.parsing import PROJECT
from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
from escalade.evidence.parsing import json_or_none
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Get
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Target
from escalade.evidence.probe import failed
from escalade.model import Args
from escalade.model import Reading

__all__ = ["VOLUMES"]


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask for the list (sizes would make the Engine walk every volume)."""
    del target, args
    return (Get("/volumes"),)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record a volume, by name."""
    del args
    trouble = failed(answers)
    if trouble is not None:
        return trouble
    listed = as_list(as_dict(json_or_none(answers[0].body)).get("Volumes"))
    held = {
        str(as_dict(mount).get("Name"))
        for inspect in as_dict(target.facts.get("inspects")).values()
        for mount in as_list(inspect.get("Mounts"))
        if as_dict(mount).get("Type") == "volume"
    }
    readings = sorted(
        (_reading(as_dict(volume), held) for volume in listed),
        key=lambda reading: str(reading["name"]),
    )
    return Parsed(tuple(readings))


def _reading(volume: object, held: set[str]) -> Reading:
    """Return one volume."""
    record = as_dict(volume)
    stack = as_dict(record.get("Labels")).get(PROJECT)
    name = str(record.get("Name") or "")
    return {
        "name": name,
        "driver": str(record.get("Driver") or ""),
        "stack": None if stack is None else str(stack),
        "in_use": name in held,
    }


VOLUMES = Probe(
    name="volumes",
    scope="host",
    doc="One record for each volume of the Engine; in_use: some container mounts it.",
    readings={"name": str, "driver": str, "stack": str, "in_use": bool},
    always=True,
    questions=_questions,
    parse=_parse,
)
