"""The images of a host by their tags: what can be taken back, and what a tag names."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

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

__all__ = ["IMAGE_TAGS", "tags_of"]

NONE = "<none>"


def tags_of(image: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the tags of one image of the Engine's list, in order."""
    tags = (str(tag) for tag in as_list(image.get("RepoTags")))
    return tuple(sorted(tag for tag in tags if not tag.startswith(NONE)))


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask for the images that have a tag, or that nothing is built on."""
    del target, args
    return (Get("/images/json"),)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record a tag, and one for each image without any."""
    del args
    if trouble := failed(answers):
        return trouble
    listed = json_or_none(answers[0].body)
    if not isinstance(listed, list):
        return Parsed(status=Status.ERROR, complete=False, reason="not a list")
    users: dict[str, list[str]] = {}
    for name, box in sorted(as_dict(target.facts.get("inspects")).items()):
        users.setdefault(str(as_dict(box).get("Image")), []).append(name)
    readings = [
        _reading(image, tag, users)
        for image in map(as_dict, listed)
        for tag in tags_of(image) or (None,)
    ]
    readings.sort(key=lambda r: (str(r["reference"] or ""), str(r["id"])))
    return Parsed(tuple(readings), complete=not answers[0].truncated)


def _reading(
    image: Mapping[str, Any], tag: str | None, users: Mapping[str, Sequence[str]]
) -> Reading:
    """Return one tag of an image."""
    identity = str(image.get("Id") or "")
    created = whole(image.get("Created"))
    return {
        "reference": tag,
        "id": identity,
        "created_at": None if created is None else float(created),
        "size": whole(image.get("Size")),
        "dangling": tag is None,
        "containers": tuple(users.get(identity, ())),
    }


IMAGE_TAGS = Probe(
    name="image_tags",
    scope="host",
    doc="One record for each tag of the host's images (reference is `repository:tag`), "
    "and one without a reference for each dangling image; containers are those made "
    "from it, running or not.",
    readings={
        "reference": str,
        "id": str,
        "created_at": float,
        "size": int,
        "dangling": bool,
        "containers": tuple,
    },
    questions=_questions,
    parse=_parse,
    headline=("reference", "id"),
)
