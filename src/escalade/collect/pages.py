"""Evidence of a snapshot as texts that people read: logs, network, resources. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import replace

from escalade.model import Evidence
from escalade.model import Node
from escalade.model import Reading
from escalade.model import Snapshot
from escalade.model import Value
from escalade.report.look import Look
from escalade.report.sheet import Column
from escalade.report.sheet import Row
from escalade.report.sheet import Sheet
from escalade.report.sheet import Table
from escalade.report.tables import logs_lines
from escalade.report.tables import ps_table
from escalade.report.tables import resources_table
from escalade.text import Lang
from escalade.text import Text

__all__ = ["last_lines", "logs_page", "network_page", "part_of", "resources_page"]


def _code(value: Value, lang: Lang) -> str:
    """Return an HTTP status; nothing where none came."""
    del lang
    return str(value) if value else ""


_NETWORKS = (
    Column("name", Text("network", "réseau")),
    Column("driver", Text("driver", "pilote")),
    Column("subnet", Text("subnet", "sous-réseau")),
    Column("internal", Text("internal", "interne")),
    Column("containers", Text("containers", "conteneurs")),
)
_PORTS = (
    Column("container", Text("container", "conteneur")),
    Column("host_ip", Text("on", "sur")),
    Column("host_port", Text("port", "port")),
    Column("port", Text("inside", "dedans")),
    Column("outcome", Text("answer", "réponse")),
    Column("status", Text("status", "statut"), _code),
    Column("body", Text("said", "a dit")),
)
_EDGES = (
    Column("container", Text("from", "de")),
    Column("variable", Text("by", "par")),
    Column("name", Text("to", "vers")),
    Column("port", Text("port", "port")),
    Column("ip", Text("resolves to", "résolu en")),
    Column("correct", Text("its address", "son adresse")),
    Column("outcome", Text("answer", "réponse")),
    Column("status", Text("status", "statut"), _code),
)
_TITLES = {
    "networks": Text("Networks", "Réseaux"),
    "published": Text(
        "Published ports, as seen from the host", "Ports publiés, vus depuis l'hôte"
    ),
    "reach": Text(
        "Who calls whom, as seen from inside", "Qui appelle qui, vu de l'intérieur"
    ),
}
_NOTHING = {
    "networks": Text("No network was seen.", "Aucun réseau n'a été vu."),
    "published": Text("No port is published.", "Aucun port n'est publié."),
    "reach": Text("Nobody calls anybody.", "Personne n'appelle personne."),
}


def _look(lang: Lang) -> Look:
    """Return how a file looks: no colour, no cell cut."""
    return Look(lang=lang, width=140, live=False, whole=True)


def part_of(snapshot: Snapshot, node: Node) -> Snapshot:
    """Return what a snapshot saw of a place: a service, a stack, or a whole host.

    The host's own evidence belongs to each of its places.
    """
    pieces = tuple(p for p in snapshot.evidence if _within(p, node))
    hosts = tuple(h for h in snapshot.hosts if h.host == node.host)
    return replace(snapshot, hosts=hosts, evidence=pieces)


def _within(piece: Evidence, node: Node) -> bool:
    """Whether a piece of evidence speaks of a place."""
    at = piece.address
    if at.host != node.host:
        return False
    if node.service is not None:
        near = node.stack is None or at.stack in (None, node.stack)
        mine = at.service in (None, node.service) or at.replica == node.service
        return near and mine
    return node.stack is None or at.stack in (None, node.stack)


def logs_page(snapshot: Snapshot, node: Node, lines: int, lang: Lang) -> str:
    """Return the last lines of each container of a place, by time."""
    seen = part_of(snapshot, node).evidence
    pieces = [p for p in seen if p.address.probe == "log"]
    look = _look(lang)
    return logs_lines(pieces, look, most=lines).text(look)


def last_lines(snapshot: Snapshot, node: Node, most: int) -> tuple[str, ...]:
    """Return the last lines that a service wrote, `most` of each of its containers.

    None for a place that is no service, or that wrote nothing.
    """
    seen = part_of(snapshot, node).evidence if node.service else ()
    wrote = any(r.get("text") for p in _of(seen, "log") for r in p.readings)
    return tuple(logs_page(snapshot, node, most, "en").splitlines()) if wrote else ()


def resources_page(snapshot: Snapshot, node: Node, lang: Lang) -> str:
    """Return what the host, its disks, Docker and its containers use, and the board."""
    seen, look = part_of(snapshot, Node(node.host)), _look(lang)
    return f"{resources_table(seen).text(look)}\n{ps_table(seen).text(look)}"


def network_page(snapshot: Snapshot, node: Node, lang: Lang) -> str:
    """Return networks, published ports and who reaches whom in a stack."""
    stack = Node(node.host, node.stack)
    seen = part_of(snapshot, stack).evidence
    boxes = {str(p.address.replica) for p in seen if p.address.replica}
    everywhere = node.stack is None
    nets = [
        record
        for piece in _of(seen, "networks")
        for record in piece.readings
        if everywhere or record.get("stack") == node.stack or _on(record, boxes)
    ]
    rows = {
        "networks": tuple(nets),
        "published": tuple(_rows(_of(seen, "published"))),
        "reach": tuple(r for r in _rows(_of(seen, "reach")) if not r.get("self")),
    }
    heads = {"networks": _NETWORKS, "published": _PORTS, "reach": _EDGES}
    tables = tuple(
        Table(name, heads[name], rows[name], _TITLES[name], _NOTHING[name])
        for name in rows
    )
    asked = (piece for name in rows for piece in _of(seen, name))
    sheet = Sheet("escalade.network/1", tables, missing=tuple(_unanswered(asked)))
    return sheet.text(_look(lang))


def _of(pieces: Iterable[Evidence], probe: str) -> list[Evidence]:
    """Return the pieces of one probe."""
    return [piece for piece in pieces if piece.address.probe == probe]


def _on(network: Reading, boxes: set[str]) -> bool:
    """Whether one of the containers is on a network."""
    members: Value = network.get("containers")
    return isinstance(members, tuple) and not boxes.isdisjoint(members)


def _rows(pieces: Iterable[Evidence]) -> Iterator[Row]:
    """Yield the records of pieces with the container that they are about."""
    for piece in pieces:
        for record in piece.readings:
            yield {"container": piece.address.replica, **record}


def _unanswered(pieces: Iterable[Evidence]) -> Iterator[tuple[str, str]]:
    """Yield what was asked and not answered, or only in part."""
    for piece in pieces:
        if piece.reason or not piece.status.answered:
            name = f"{piece.address.probe} {piece.address.target}"
            yield name, piece.reason or piece.status.value
