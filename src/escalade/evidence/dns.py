"""Whether the names that a container uses for others resolve, and to them."""

from __future__ import annotations

from escalade.evidence.names import same_place
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Seen
from escalade.evidence.probe import View
from escalade.model import Address
from escalade.model import Args
from escalade.model import Reading
from escalade.model import Value

__all__ = ["DNS"]


def _view(seen: Seen, address: Address, args: Args) -> View:
    """Return one record for each name, from what `reach` saw of it."""
    del args
    pieces = same_place(seen, "reach", address)
    if not pieces:
        return View(unknown="not asked")
    piece = pieces[0]
    if not piece.status.answered:
        return View(unknown=piece.reason or piece.status.value)
    records = {
        record.get("name"): _record(record)
        for record in piece.readings
        if record.get("self") is False and _is_name(record.get("name"))
    }
    return View(tuple(records.values()), piece.complete)


def _is_name(host: Value) -> bool:
    """Whether a host is a name and not an address."""
    text = str(host)
    return ":" not in text and not text.replace(".", "").isdigit()


def _record(record: Reading) -> Reading:
    """Return what an edge says of its name."""
    outcome = record.get("outcome")
    return {
        "name": record.get("name"),
        "service": record.get("service"),
        "resolved": None if outcome is None else outcome != "dns",
        "ip": record.get("ip"),
        "correct": record.get("correct"),
    }


DNS = Probe(
    name="dns",
    scope="container",
    doc="One record for each name that the container's variables use for another "
    "container: whether it resolves inside, and to one that bears it.",
    readings={
        "name": str,
        "service": str,
        "resolved": bool,
        "ip": str,
        "correct": bool,
    },
    derived=True,
    needs_running=True,
    view=_view,
)
