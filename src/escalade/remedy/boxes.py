"""The containers of a host as steps need them: one value each, from what was read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field

from escalade.evidence.probe import Seen
from escalade.model import Evidence
from escalade.model import Node
from escalade.model import Reading

__all__ = ["GRACE_S", "Box", "boxes_of", "labels_of", "newest_of"]

GRACE_S = 10.0
"""Seconds between TERM and KILL where nobody says: the Engine's own default."""


@dataclass(frozen=True, slots=True)
class Box:
    """One container, as the snapshot saw it.

    `health` is the probe `container`'s word (healthy, unhealthy, starting, stale, none);
    `started_at` is epoch seconds of the host's clock, None where it never started;
    `number` counts a service's replicas from 1; `frozen` is True where all its processes
    are stopped by a signal. `known` is False where its record could not be read: then
    nothing else here is sure. `readings` is that whole record.
    """

    node: Node
    name: str
    id: str = ""
    state: str = ""
    running: bool = False
    paused: bool = False
    restarting: bool = False
    frozen: bool = False
    health: str = "none"
    healthcheck: bool = False
    started_at: float | None = None
    image: str = ""
    image_id: str = ""
    networks: tuple[str, ...] = ()
    network_mode: str = ""
    number: int = 1
    known: bool = True
    readings: Reading = field(default_factory=dict)

    @property
    def grace_s(self) -> float:
        """Return the seconds that it may take to stop before it is killed."""
        said = self.readings.get("stop_grace_s")
        return float(said) if isinstance(said, int | float) else GRACE_S

    @property
    def oneshot(self) -> bool:
        """Whether it ended well and was meant to end."""
        return self.readings.get("oneshot") is True


def boxes_of(seen: Seen, host: str) -> dict[Node, tuple[Box, ...]]:
    """Return the containers of a host by their service, in order of their numbers."""
    found: dict[Node, list[Box]] = {}
    for piece in seen.of("container", host=host):
        if piece.address.replica is not None:
            frozen = _frozen(seen, piece)
            found.setdefault(piece.address.node, []).append(_box(piece, frozen=frozen))
    return {
        node: tuple(sorted(boxes, key=lambda box: (box.number, box.name)))
        for node, boxes in found.items()
    }


def _box(piece: Evidence, *, frozen: bool) -> Box:
    """Return one container; where its record is missing, its name alone is known."""
    node, name = piece.address.node, str(piece.address.replica)
    if not piece.readings:
        return Box(node, name, running=True, known=False)
    record = piece.readings[0]
    started, number = record.get("started_at"), record.get("number")
    nets = record.get("networks")
    return Box(
        node=node,
        name=name,
        id=str(record.get("id") or ""),
        state=str(record.get("state") or ""),
        running=record.get("running") is True,
        paused=record.get("paused") is True,
        restarting=record.get("restarting") is True,
        frozen=frozen,
        health=str(record.get("health") or "none"),
        healthcheck=record.get("healthcheck") is True,
        started_at=float(started) if isinstance(started, int | float) else None,
        image=str(record.get("image") or ""),
        image_id=str(record.get("image_id") or ""),
        networks=nets if isinstance(nets, tuple) else (),
        network_mode=str(record.get("network_mode") or ""),
        number=number if isinstance(number, int) else 1,
        readings=record,
    )


def _frozen(seen: Seen, piece: Evidence) -> bool:
    """Whether the processes of a container are stopped by a signal."""
    at = piece.address
    looked = seen.of(
        "process",
        host=at.host,
        stack=at.stack,
        service=at.service,
        replica=at.replica,
    )
    return any(r.get("stopped") is True for p in looked for r in p.readings)


def newest_of(boxes: Iterable[Box]) -> Box | None:
    """Return the container that was made last of those that name their Compose files."""
    told = [box for box in boxes if box.readings.get("config_files")]
    return max(
        told, key=lambda box: _number(box.readings.get("created_at")), default=None
    )


def labels_of(box: Box | None, name: str) -> tuple[str, ...]:
    """Return the paths that a label of Compose lists."""
    said = str(box.readings.get(name) or "") if box else ""
    return tuple(part for part in said.split(",") if part)


def _number(value: object) -> float:
    """Return a time; what is not known was long ago."""
    return float(value) if isinstance(value, int | float) else 0.0
