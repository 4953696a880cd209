"""A service's links to others, joined with what is known of the other end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from escalade.evidence.names import containers
from escalade.evidence.names import names_near
from escalade.evidence.names import reading_of
from escalade.evidence.names import same_place
from escalade.evidence.needs import shared
from escalade.evidence.ports import asked_of
from escalade.evidence.ports import listening
from escalade.evidence.ports import ports_of
from escalade.evidence.ports import stray_of
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
    records = tuple(
        _record(_meant(seen, address, r), own, boxes) for r in piece.readings
    )
    full = tuple({**r, **_elsewhere(seen, address, r, boxes)} for r in records)
    return View(full, piece.complete)


def _meant(seen: Seen, address: Address, record: Reading) -> Reading:
    """Return a link with the service that an unresolved name means.

    One that has no container has no name on any network, and yet is no stranger:
    `declared` is True where the Compose files, or what others depend on, name it.
    """
    name = str(record.get("name") or "")
    lost = record.get("outcome") == "dns" and record.get("self") is not True
    service = None
    if lost and not record.get("service"):
        near = names_near(seen, address)
        service = near.get(name) or _declared(seen, address).get(name)
    if service is None:
        return {**record, "declared": False}
    return {**record, "declared": True, "service": service}


def _declared(seen: Seen, address: Address) -> Mapping[str, str]:
    """Return name to service, of all services that somebody speaks of."""
    found: dict[str, str] = {}
    for box in containers(seen, address):
        for item in _texts(reading_of(box), "depends"):
            name = item.partition(":")[0]
            found[name] = name
    for piece in seen.of("compose", host=address.host, stack=address.stack):
        for record in piece.readings:
            service = str(record.get("service"))
            for alias in _texts(record, "aliases"):
                found.setdefault(alias.partition(":")[2], service)
            found[service] = service
    return found


def _elsewhere(
    seen: Seen, address: Address, record: Reading, boxes: tuple[Evidence, ...]
) -> Reading:
    """Return whether the other end listens on other ports alone, and on which.

    Where its definition names the port, or several services ask for it while it listens
    where nobody asks, the other end is where the fault is.
    """
    service, port = record.get("service"), record.get("port")
    if record.get("outcome") != "refused" or not isinstance(service, str):
        return {"elsewhere": False}
    at = replace(address, service=service, replica=None)
    table = listening(seen.of("sockets", host=at.host, stack=at.stack, service=service))
    if table is None:
        return {"elsewhere": None}
    theirs = [reading_of(p) for p in boxes if p.address.service == service]
    listens = tuple(str(p) for p, loops in sorted(table.items()) if False in loops)
    named = any(port in ports_of(box) for box in theirs)
    several = port in asked_of(seen, at).by_several
    moved = several and any(stray_of(seen, at, box) for box in theirs)
    other = port not in table and record.get("correct") is not False
    return {
        "elsewhere": bool(listens) and other and not named and not moved,
        "listens": listens,
    }


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
        "named": _named(record, own, theirs),
        "settled": _settled(best) if theirs else True,
    }


def _named(record: Reading, own: list[Reading], theirs: list[Reading]) -> bool:
    """Whether whom it asks for by its service's name bears it where the two meet.

    One of several containers is enough. A name that is declared alone nobody bears.
    """
    if record.get("declared") is True:
        return False
    if not theirs or record.get("name") != record.get("service"):
        return True
    here = {network for box in own for network in _texts(box, "networks")}
    return any(
        not lost or here & set(_texts(box, "networks")) - lost
        for box in theirs
        for lost in (set(_texts(box, "nameless")),)
    )


def _texts(box: Reading, name: str) -> tuple[str, ...]:
    """Return a reading of several texts, none where it is not known."""
    found = box.get(name)
    return found if isinstance(found, tuple) else ()


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
    "with the state of the other end; `settled` is False while that still starts, "
    "`named` where it lost the name by which it is asked for. declared: no container "
    "bears the name, but the Compose files or another's dependencies do. elsewhere: the "
    "other end listens on other ports (`listens`), and nothing says that it should here.",
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
        "declared": bool,
        "elsewhere": bool,
        "listens": tuple,
        "target_state": str,
        "target_health": str,
        "shared_network": bool,
        "named": bool,
        "settled": bool,
    },
    derived=True,
    needs_running=True,
    view=_view,
)
