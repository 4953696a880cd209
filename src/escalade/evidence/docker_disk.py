"""What Docker itself keeps on the disk, and how much of it nobody uses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
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

__all__ = ["DOCKER_DISK"]

SUMMARIES = {
    "images_size": "ImageUsage",
    "containers_size": "ContainerUsage",
    "volumes_size": "VolumeUsage",
    "cache_size": "BuildCacheUsage",
}


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask the Engine, which walks all its layers for the answer: seconds, at times."""
    del target, args
    return (Get("/system/df", timeout_s=4.0),)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record."""
    del target, args
    if trouble := failed(answers):
        return trouble
    try:
        usage = as_dict(json.loads(answers[0].body))
    except ValueError:
        reason = "the Engine's answer is no JSON, or was cut"
        return Parsed(status=Status.ERROR, complete=False, reason=reason)
    record = _summary(usage) if "ImageUsage" in usage else _counted(usage)
    return Parsed((record,))


def _summary(usage: Mapping[str, Any]) -> Reading:
    """Return what API 1.52 and later sum up themselves."""
    parts = {name: as_dict(usage.get(key)) for name, key in SUMMARIES.items()}
    sizes = {name: _int(part.get("TotalSize")) for name, part in parts.items()}
    reclaimable = sum(_int(part.get("Reclaimable")) for part in parts.values())
    return {**sizes, "reclaimable": reclaimable}


def _counted(usage: Mapping[str, Any]) -> Reading:
    """Return the sums over the items that older versions list."""
    images = _items(usage, "Images")
    boxes = _items(usage, "Containers")
    volumes = [as_dict(v.get("UsageData")) for v in _items(usage, "Volumes")]
    cache = [c for c in _items(usage, "BuildCache") if not c.get("Shared")]
    return {
        "images_size": _int(usage.get("LayersSize")),
        "containers_size": _sum(boxes, "SizeRw"),
        "volumes_size": _sum(volumes, "Size"),
        "cache_size": _sum(cache, "Size"),
        "reclaimable": _idle_images(images)
        + _sum([b for b in boxes if not _runs(b)], "SizeRw")
        + _sum([v for v in volumes if v.get("RefCount") == 0], "Size")
        + _sum([c for c in cache if not c.get("InUse")], "Size"),
    }


def _items(usage: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Return the records under a key."""
    return [as_dict(item) for item in as_list(usage.get(key))]


def _int(value: object) -> int:
    """Return a size, 0 for what the Engine did not count (-1 or null)."""
    return value if isinstance(value, int) and value > 0 else 0


def _sum(items: Sequence[Mapping[str, Any]], key: str) -> int:
    """Return the sum of sizes in bytes."""
    return sum(_int(item.get(key)) for item in items)


def _idle_images(images: Sequence[Mapping[str, Any]]) -> int:
    """Return what images without a container hold alone."""
    idle = [image for image in images if image.get("Containers") == 0]
    return max(0, _sum(idle, "Size") - _sum(idle, "SharedSize"))


def _runs(box: Mapping[str, Any]) -> bool:
    """Whether a container of the list is in use."""
    return box.get("State") in ("running", "paused", "restarting")


DOCKER_DISK = Probe(
    name="docker_disk",
    scope="host",
    doc="Bytes that Docker's images, containers, volumes and build cache take, and "
    "how many of them nothing uses.",
    readings={
        "images_size": int,
        "containers_size": int,
        "volumes_size": int,
        "cache_size": int,
        "reclaimable": int,
    },
    slow=True,
    questions=_questions,
    parse=_parse,
    headline=("images_size", "reclaimable"),
)
