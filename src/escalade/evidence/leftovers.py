"""What could be cleaned up on a host, one by one, and how much each piece frees."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from escalade.evidence.image_tags import tags_of
from escalade.evidence.parsing import PROJECT
from escalade.evidence.parsing import SERVICE
from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
from escalade.evidence.parsing import json_or_none
from escalade.evidence.parsing import timestamp
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
from escalade.model import Value

__all__ = ["LEFTOVERS"]

ONE_OFF = "com.docker.compose.oneoff"
_LIVE = ("running", "paused", "restarting", "removing")
_BLANK: Mapping[str, Value] = {
    "kind": None,
    "name": None,
    "id": None,
    "tags": (),
    "size": 0,
    "in_use": None,
    "since": None,
    "stack": None,
    "service": None,
    "oneoff": None,
    "mountpoint": None,
}


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask the Engine, which walks all its layers and volumes: seconds, at times."""
    del target, args
    # From API 1.52 on the pieces are told only on demand.
    return (Get("/system/df?verbose=1", timeout_s=6.0),)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record a container, image, volume and build cache entry."""
    del args
    if trouble := failed(answers):
        return trouble
    usage = json_or_none(answers[0].body)
    if not isinstance(usage, Mapping):
        reason = "the Engine's answer is no JSON, or was cut"
        return Parsed(status=Status.ERROR, complete=False, reason=reason)
    readings = [
        *_containers(usage, as_dict(target.facts.get("inspects"))),
        *_images(usage),
        *_volumes(usage),
        *_cache(usage),
    ]
    readings.sort(key=lambda r: (str(r["kind"]), str(r["name"] or ""), str(r["id"])))
    return Parsed(tuple(readings))


def _items(usage: Mapping[str, Any], old: str, new: str) -> list[Mapping[str, Any]]:
    """Return the records of one kind, in the form of old and of new Engines."""
    records = usage.get(old) or as_dict(usage.get(new)).get("Items")
    return [as_dict(record) for record in as_list(records)]


def _size(value: object) -> int:
    """Return a size in bytes, 0 for what the Engine did not count (-1 or null)."""
    return value if isinstance(value, int) and value > 0 else 0


def _containers(
    usage: Mapping[str, Any], inspects: Mapping[str, Any]
) -> Iterator[Reading]:
    """Yield every container; since when it has been idle, where that is known."""
    for box in _items(usage, "Containers", "ContainerUsage"):
        names = [str(n).lstrip("/") for n in as_list(box.get("Names"))] or [""]
        name = min(names, key=lambda n: (n.count("/"), n))
        labels = as_dict(box.get("Labels"))
        state = as_dict(as_dict(inspects.get(name)).get("State"))
        created = whole(box.get("Created"))
        fresh = box.get("State") == "created" and created is not None
        ended = float(created or 0) if fresh else timestamp(state.get("FinishedAt"))
        yield {
            **_BLANK,
            "kind": "container",
            "name": name,
            "id": str(box.get("Id") or "")[:12],
            "size": _size(box.get("SizeRw")),
            "in_use": box.get("State") in _LIVE,
            "since": ended,
            "stack": _label(labels, PROJECT),
            "service": _label(labels, SERVICE),
            "oneoff": str(labels.get(ONE_OFF)).lower() == "true",
        }


def _label(labels: Mapping[str, Any], name: str) -> str | None:
    """Return a label, None where it is not set."""
    return None if labels.get(name) is None else str(labels[name])


def _images(usage: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield every image that has a tag or that nothing is built on."""
    for image in _items(usage, "Images", "ImageUsage"):
        tags = tags_of(image)
        created = whole(image.get("Created"))
        yield {
            **_BLANK,
            "kind": "image",
            "name": tags[0] if tags else None,
            "id": str(image.get("Id") or ""),
            "tags": tags,
            "size": max(0, _size(image.get("Size")) - _size(image.get("SharedSize"))),
            # An Engine that did not count says -1: then it may be in use.
            "in_use": image.get("Containers") != 0,
            "since": None if created is None else float(created),
        }


def _volumes(usage: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield every volume."""
    for volume in _items(usage, "Volumes", "VolumeUsage"):
        data = as_dict(volume.get("UsageData"))
        labels = as_dict(volume.get("Labels"))
        yield {
            **_BLANK,
            "kind": "volume",
            "name": str(volume.get("Name") or ""),
            "size": _size(data.get("Size")),
            "in_use": data.get("RefCount") != 0,
            "since": timestamp(volume.get("CreatedAt")),
            "stack": _label(labels, PROJECT),
            "mountpoint": _mountpoint(volume),
        }


def _mountpoint(volume: Mapping[str, Any]) -> str | None:
    """Return where a volume's files are on the host at all times.

    One with options is mounted only while a container has it.
    """
    own = volume.get("Driver") == "local" and not volume.get("Options")
    return str(volume.get("Mountpoint") or "") or None if own else None


def _cache(usage: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield every entry of the build cache that takes room of its own."""
    for entry in _items(usage, "BuildCache", "BuildCacheUsage"):
        if entry.get("Shared"):
            continue
        yield {
            **_BLANK,
            "kind": "cache",
            "id": str(entry.get("ID") or ""),
            "size": _size(entry.get("Size")),
            "in_use": entry.get("InUse") is not False,
            "since": timestamp(entry.get("LastUsedAt")),
        }


LEFTOVERS = Probe(
    name="leftovers",
    scope="host",
    doc="One record for each container, image, volume and build cache entry of the "
    "Engine (kind), the bytes that it alone takes, whether something uses it, and since "
    "when (a container: stopped; an image: made; a volume: made; cache: last used). mountpoint: where the files of a volume "
    "stand on the host's own disk.",
    readings={
        "kind": str,
        "name": str,
        "id": str,
        "tags": tuple,
        "size": int,
        "in_use": bool,
        "since": float,
        "stack": str,
        "service": str,
        "oneoff": bool,
        "mountpoint": str,
    },
    slow=True,
    questions=_questions,
    parse=_parse,
    headline=("kind", "name", "size"),
)
