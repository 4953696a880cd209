"""The ports of a service: wanted, published, listened on, and what answers there."""

from __future__ import annotations

from escalade.evidence.names import reading_of
from escalade.evidence.names import same_place
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Seen
from escalade.evidence.probe import View
from escalade.model import Address
from escalade.model import Args
from escalade.model import Reading

__all__ = ["PORTS"]


def _view(seen: Seen, address: Address, args: Args) -> View:
    """Return one record for each TCP port that is wanted, published or exposed."""
    del args
    boxes = [p for p in same_place(seen, "container", address) if p.status.answered]
    if not boxes:
        return View(unknown="the container was not read")
    box = reading_of(boxes[0])
    listening = _listening(seen, address)
    answers = {
        record.get("port"): record
        for piece in same_place(seen, "published", address)
        for record in piece.readings
    }
    records = [
        _record(port, box, answers.get(port, {}), listening)
        for port in sorted(_wanted(box))
    ]
    return View(tuple(records))


def _wanted(box: Reading) -> set[int]:
    """Return the container-side TCP ports of a container's definition."""
    ports: set[int] = set()
    for key in ("published", "wants_published"):
        items = box.get(key)
        for item in items if isinstance(items, tuple) else ():
            inner, _, proto = item.rpartition("->")[2].partition("/")
            if proto in ("", "tcp") and inner.isdigit():
                ports.add(int(inner))
    items = box.get("exposed")
    for item in items if isinstance(items, tuple) else ():
        inner, _, proto = str(item).partition("/")
        if proto in ("", "tcp") and inner.isdigit():
            ports.add(int(inner))
    return ports


def _listening(seen: Seen, address: Address) -> dict[object, set[bool]] | None:
    """Return port to the set of {is it loopback only}, None if sockets were not read."""
    pieces = [p for p in same_place(seen, "sockets", address) if p.status.answered]
    if not pieces:
        return None
    table: dict[object, set[bool]] = {}
    for record in pieces[0].readings:
        table.setdefault(record.get("port"), set()).add(record.get("loopback") is True)
    return table


def _record(
    port: int,
    box: Reading,
    answer: Reading,
    listening: dict[object, set[bool]] | None,
) -> Reading:
    """Return what is known of one port."""

    def has(key: str) -> bool:
        items = box.get(key)
        found = items if isinstance(items, tuple) else ()
        return any(f"->{port}/tcp" in item for item in found)

    loops = None if listening is None else listening.get(port, set())
    return {
        "port": port,
        "wanted": has("wants_published"),
        "published": has("published"),
        "outcome": answer.get("outcome"),
        "status": answer.get("status"),
        "host_port": answer.get("host_port"),
        "listening": None if loops is None else bool(loops),
        "loopback_only": None if loops is None else loops == {True},
        "any_listening": None if listening is None else bool(listening),
    }


PORTS = Probe(
    name="ports",
    scope="container",
    doc="One record for each TCP port that the container publishes or exposes: "
    "whether it is published, listened on, and what answered through it.",
    readings={
        "port": int,
        "wanted": bool,
        "published": bool,
        "outcome": str,
        "status": int,
        "host_port": int,
        "listening": bool,
        "loopback_only": bool,
        "any_listening": bool,
    },
    needs_running=True,
    derived=True,
    view=_view,
)
