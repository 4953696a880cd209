"""The images that containers were made from: still there, how old, and still current."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from escalade.evidence.parsing import PROJECT
from escalade.evidence.parsing import SERVICE
from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
from escalade.evidence.parsing import json_or_none
from escalade.evidence.parsing import whole
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Get
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Target
from escalade.evidence.probe import failed
from escalade.model import Args
from escalade.model import Reading
from escalade.model import Status

__all__ = ["IMAGES"]


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask for all images, those that only others are built on, too."""
    del target, args
    return (Get("/images/json?all=1"),)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record a container: the image that it was made from."""
    del args
    trouble = failed(answers)
    if trouble is not None:
        return trouble
    listed = json_or_none(answers[0].body)
    if not isinstance(listed, list):
        return Parsed(status=Status.ERROR, complete=False, reason="not a list")
    images = {str(image.get("Id")): image for image in map(as_dict, listed)}
    tags = {
        str(tag): identity
        for identity, image in images.items()
        for tag in as_list(image.get("RepoTags"))
    }
    boxes = sorted(as_dict(target.facts.get("inspects")).items())
    return Parsed(tuple(_reading(name, box, images, tags) for name, box in boxes))


def _reading(
    name: str,
    inspect: Mapping[str, Any],
    images: Mapping[str, Mapping[str, Any]],
    tags: Mapping[str, str],
) -> Reading:
    """Return the image of one container."""
    config = as_dict(inspect.get("Config"))
    labels = as_dict(config.get("Labels"))
    identity = str(inspect.get("Image") or "")
    wanted = str(config.get("Image") or "")
    image = images.get(identity, {})
    created = whole(image.get("Created"))
    holder = tags.get(wanted) or tags.get(f"{wanted}:latest")
    return {
        "container": name,
        "service": str(labels.get(SERVICE) or name),
        "stack": None if PROJECT not in labels else str(labels[PROJECT]),
        "image": wanted,
        "present": bool(image),
        "current": None if holder is None else holder == identity,
        "created_at": None if created is None else float(created),
        "size": whole(image.get("Size")),
    }


IMAGES = Probe(
    name="images",
    scope="host",
    doc="One record for each container: whether its image is still there, and whether "
    "the tag still names it (current is False after a rebuild without recreating).",
    readings={
        "container": str,
        "service": str,
        "stack": str,
        "image": str,
        "present": bool,
        "current": bool,
        "created_at": float,
        "size": int,
    },
    always=True,
    questions=_questions,
    parse=_parse,
)
