"""A service's links to others, joined with what is known of the other end."""

from __future__ import annotations

from escalade.evidence.names import containers
from escalade.evidence.names import reading_of
from escalade.evidence.names import same_place
from escalade.evidence.needs import shared
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Seen
from escalade.evidence.probe import View
from escalade.model import Address
from escalade.model import Args
from escalade.model import Evidence
from escalade.model import Reading

__all__ = ["LINKS", "SETTLE_S"]

SETTLE_S = 120.0
"""Seconds after its start in which a service without a health check may still refuse:
a large JVM or a migration takes that long."""


def _view(seen: Seen, address: Address, args: Args) -> View:
    """Return the records of `reach`, each with the state of the other end."""
    del args
    pieces = same_place(seen, "reach", address)
    if not pieces:
        return View(unknown="not asked")
    piece = pieces[0]
    if not piece.status.answered:
        return View(unknown=piece.reason or piece.status.value)
    boxes = containers(seen, address)
    own = [reading_of(p) for p in boxes if p.address.service == address.service]
    records = tuple(_record(r, own, boxes) for r in piece.readings)
    return View(records, piece.complete)


def _record(
    record: Reading, own: list[Reading], boxes: tuple[Evidence, ...]
) -> Reading:
    """Return one link with what is known of its other end."""
    theirs = [
        reading_of(p) for p in boxes if p.address.service == record.get("service")
    ]
    best = max(theirs, key=_uptime, default={})
    return {
        **record,
        "known": bool(theirs),
        "target_state": best.get("state"),
        "target_health": best.get("health"),
        "shared_network": shared(own, theirs) if theirs else None,
        "settled": _settled(best) if theirs else True,
    }


def _uptime(record: Reading) -> float:
    """Return how long a container has run; 0 when it does not."""
    value = record.get("uptime_s")
    return float(value) if isinstance(value, (int, float)) else 0.0


def _settled(record: Reading) -> bool:
    """Whether a container that refuses has no start-up left to excuse it."""
    if record.get("state") != "running":
        return True
    if record.get("health") == "starting":
        return False
    return record.get("health") == "healthy" or _uptime(record) >= SETTLE_S


LINKS = Probe(
    name="links",
    scope="container",
    doc="One record for each link to another service, as `reach` saw it from inside, "
    "with the state of the other end; `settled` is False while that still starts.",
    readings={
        "variable": str,
        "name": str,
        "service": str,
        "port": int,
        "scheme": str,
        "ip": str,
        "outcome": str,
        "status": int,
        "reply": str,
        "self": bool,
        "known": bool,
        "target_state": str,
        "target_health": str,
        "shared_network": bool,
        "settled": bool,
    },
    derived=True,
    needs_running=True,
    view=_view,
)
