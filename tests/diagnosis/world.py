"""Small worlds for the pure tests: containers and what probes saw of them."""

from __future__ import annotations

from escalade.diagnosis.graph import Graph
from escalade.evidence.seen import SeenSnapshot
from escalade.model import Address
from escalade.model import Confidence
from escalade.model import Evidence
from escalade.model import Finding
from escalade.model import HostState
from escalade.model import Kind
from escalade.model import Node
from escalade.model import Remedy
from escalade.model import Severity
from escalade.model import Snapshot
from escalade.model import Status
from escalade.text import Text

HOST, STACK = "here", "app"


def node(service: str) -> Node:
    return Node(HOST, STACK, service)


def piece(probe: str, service: str, *readings, **more) -> Evidence:
    address = Address(HOST, STACK, service, f"app-{service}-1", probe)
    return Evidence(
        address, more.pop("status", Status.OK), readings, time=100.0, **more
    )


def box(service: str, **readings) -> Evidence:
    record = {"state": "running", "desired": "running", "oneshot": False, **readings}
    return piece("container", service, record)


def snapshot(*pieces: Evidence, mode: str = "full") -> Snapshot:
    return Snapshot(100.0, mode, (HostState(HOST, reachable=True),), pieces)


def seen(*pieces: Evidence, roles=None) -> SeenSnapshot:
    bound = {node(s): r for s, r in (roles or {}).items()}
    return SeenSnapshot(snapshot(*pieces), bound)


def finding(symptom: str, service: str | None, **more) -> Finding:
    more.setdefault("kind", Kind.INTRINSIC)
    more.setdefault("severity", Severity.ERROR)
    more.setdefault("confidence", Confidence.PROVEN)
    place = node(service) if service else Node(HOST)
    blames = tuple(node(s) for s in more.pop("blames", ()))
    return Finding(
        id=f"{symptom}@{service}",
        symptom=symptom,
        node=place,
        title=Text(symptom, symptom),
        why=(),
        remedy=Remedy(None, None, (), None),
        blames=blames,
        **more,
    )


def graph(**needs: tuple[str, ...]) -> Graph:
    names = dict.fromkeys([*needs, *(n for many in needs.values() for n in many)])
    edges = {
        node(n): frozenset({Node(HOST), *(node(m) for m in needs.get(n, ()))})
        for n in names
    }
    return Graph(tuple(edges), edges)
