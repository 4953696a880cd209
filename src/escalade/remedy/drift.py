"""Why a restart is not enough: what a container is made of has changed since."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence

from escalade.evidence.probe import Seen
from escalade.model import Node
from escalade.model import Reading
from escalade.remedy.boxes import Box
from escalade.remedy.project import Project
from escalade.text import Text

__all__ = ["REPLACED", "drift_known", "drifted", "settled"]

IMAGE = Text(
    "the image of {service} was rebuilt since its container was made",
    "l'image de {service} a été reconstruite depuis la création de son conteneur",
)
DEFINITION = Text(
    "the definition or environment of {service} changed since its container was made",
    "la définition ou l'environnement de {service} a changé depuis la création de son "
    "conteneur",
)

REPLACED = Text(
    "the container whose network {service} shares was replaced",
    "le conteneur dont {service} partage le réseau a été remplacé",
)


def drifted(
    seen: Seen, node: Node, boxes: Sequence[Box], project: Project | None
) -> Text | None:
    """Return what changed, None where nothing did and where that is not known."""
    named = {box.name for box in boxes}
    values = {"service": str(node.service)}
    for record in _records(seen, node):
        if record.get("container") not in named:
            continue
        tag, mine = record.get("tag_id"), record.get("image_id")
        if tag and mine and tag != mine:
            return IMAGE.fill(values)
        if _definition(record, project) is True:
            return DEFINITION.fill(values)
    for piece in seen.of("images", host=node.host):
        for record in piece.readings:
            if record.get("container") in named and record.get("current") is False:
                return IMAGE.fill(values)
    return None


def drift_known(
    seen: Seen, node: Node, boxes: Sequence[Box], project: Project | None
) -> bool:
    """Whether it is known of every container that nothing changed, or that it did."""
    told = {
        record.get("container"): _definition(record, project)
        for record in _records(seen, node)
    }
    return all(told.get(box.name) is not None for box in boxes)


def settled(seen: Seen, node: Node, boxes: Sequence[Box]) -> bool:
    """Whether Compose itself would leave a service's containers as they are."""
    told = {r.get("container"): r for r in _records(seen, node)}
    records = [told.get(box.name) for box in boxes]
    return bool(records) and all(
        r is not None
        and r.get("exact") is True
        and r.get("tag_id") == r.get("image_id")
        for r in records
    )


def _records(seen: Seen, node: Node) -> Iterator[Reading]:
    """Yield what the probe `drift` saw of a service's containers."""
    for piece in seen.of("drift", host=node.host, stack=node.stack):
        yield from (r for r in piece.readings if r.get("service") == node.service)


def _definition(record: Reading, project: Project | None) -> bool | None:
    """Whether the definition changed; None where the two hashes cannot be compared.

    Variables that only the shell of the first `up` knew, and another release of Compose,
    change the hash, too.
    """
    one, other = record.get("config_hash"), record.get("declared_hash")
    if not one or not other:
        return None
    if one == other:
        return False
    made, now = record.get("made_by"), record.get("compose_version")
    same_tool = not made or not now or made == now
    return True if same_tool and not (project and project.unset) else None
