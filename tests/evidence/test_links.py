"""The `links` and `ports` probes: what others see of a service, joined with its own."""

from __future__ import annotations

import pytest

from escalade.evidence.links import LINKS
from escalade.evidence.ports import PORTS
from escalade.evidence.seen import SeenSnapshot
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Reading
from escalade.model import Snapshot
from escalade.model import Status

NETWORKS = ("app_back", "app_front")
EDGE: Reading = {"name": "db", "service": "db", "port": 5432, "outcome": "dns"}


def piece(service: str, probe: str, *records: Reading, number: int = 1) -> Evidence:
    """Return evidence of one container."""
    at = Address("h", "app", service, f"app-{service}-{number}", probe)
    return Evidence(at, Status.OK, records)


def seen(*pieces: Evidence) -> SeenSnapshot:
    """Return a snapshot of some evidence."""
    return SeenSnapshot(Snapshot(0.0, "full", (), pieces), {})


def box(service: str, *, number: int = 1, **more: tuple[str, ...]) -> Evidence:
    """Return a running container on both networks."""
    record = {"state": "running", "networks": NETWORKS, **more}
    return piece(service, "container", record, number=number)


def named(*databases: Evidence, edge: Reading = EDGE) -> object:
    """Return whether `db` bears the name that `web` asks for."""
    web = box("web")
    place = web.address
    snapshot = seen(web, *databases, piece("web", "reach", edge))
    assert LINKS.view
    (record,) = LINKS.view(snapshot, place, ()).readings
    return record["named"]


def test_a_name_is_lost_where_two_meet() -> None:
    """On every network that they share; one network or one replica is enough."""
    assert named(box("db")) is True
    assert named(box("db", nameless=())) is True
    assert named(box("db", nameless=NETWORKS)) is False
    assert named(box("db", nameless=("app_back",))) is True
    assert named(box("db", networks=("app_back",), nameless=("app_back",))) is False
    second = box("db", number=2, nameless=())
    assert named(box("db", nameless=NETWORKS), second) is True


def test_another_name_than_the_services() -> None:
    """What is asked for by a container's name does not need the service's."""
    edge = {**EDGE, "name": "app-db-1"}
    assert named(box("db", nameless=NETWORKS), edge=edge) is True


@pytest.mark.parametrize(
    ("edge", "ports"),
    [
        # Refused at a port on which it listens: on localhost alone.
        ({"outcome": "refused"}, {5432: (True, True)}),
        ({"outcome": "ok"}, {}),
        # A wrong port is the asker's mistake.
        ({"outcome": "refused", "port": 5433}, {}),
        ({"outcome": "refused", "service": "cache"}, {}),
    ],
)
def test_a_port_that_others_are_refused_at(
    edge: Reading, ports: dict[int, tuple[bool, bool]]
) -> None:
    """It is told of without being published or exposed."""
    sockets = piece("db", "sockets", {"port": 5432, "loopback": True})
    snapshot = seen(box("db"), sockets, piece("web", "reach", {**EDGE, **edge}))
    assert PORTS.view
    records = PORTS.view(snapshot, sockets.address, ()).readings
    assert {r["port"]: (r["refused"], r["loopback_only"]) for r in records} == ports


def test_its_own_refusals_are_not_others() -> None:
    """A service that refuses itself refuses nobody else."""
    own = piece("db", "reach", {**EDGE, "outcome": "refused"})
    sockets = piece("db", "sockets", {"port": 5432, "loopback": True})
    assert PORTS.view
    assert PORTS.view(seen(box("db"), sockets, own), sockets.address, ()).readings == ()


def sockets(service: str, *ports: int, loopback: bool = False) -> Evidence:
    """Return what a service listens on."""
    records: list[Reading] = [{"port": p, "loopback": loopback} for p in ports]
    return piece(service, "sockets", *records)


def wrong(*pieces: Evidence, port: int = 2701) -> object:
    """Return whether `web` asks `db` at a port that is its own mistake."""
    edge = {**EDGE, "outcome": "refused", "port": port}
    snapshot = seen(box("web"), piece("web", "reach", edge), *pieces)
    assert LINKS.view
    at = Address("h", "app", "web", "app-web-1", "reach")
    (record,) = LINKS.view(snapshot, at, ()).readings
    return record["elsewhere"]


def test_a_port_of_nobody_is_the_askers_mistake() -> None:
    """Unless it is the other's definition, or several ask and it listens astray."""
    other = piece("api", "reach", {**EDGE, "outcome": "refused", "port": 2701})
    known = box("db", exposed=("2700/tcp",))
    assert wrong(box("db"), sockets("db", 2700)) is True
    assert wrong(box("db")) is None
    assert wrong(box("db"), sockets("db")) is False
    assert wrong(box("db"), sockets("db", 2700, loopback=True)) is False
    assert wrong(box("db"), sockets("db", 2701, loopback=True)) is False
    assert wrong(box("db", exposed=("2701/tcp",)), sockets("db", 2700)) is False
    assert wrong(box("db"), sockets("db", 2700), box("api"), other) is False
    assert wrong(known, sockets("db", 2700), box("api"), other) is True


@pytest.mark.parametrize(
    ("more", "ports", "stray"),
    [
        ({}, (9000,), ("9000",)),
        ({"exposed": ("9000/tcp",)}, (9000,), ()),
        ({"health_test": "CMD curl -f http://localhost:9000/"}, (9000,), ()),
        # One that the kernel chose is nobody's address.
        ({}, (40_000,), ()),
        # What another reaches is known.
        ({}, (5432,), ()),
        # What is listened on there may be another's.
        ({"network_mode": "host"}, (9000,), None),
    ],
)
def test_ports_that_nobody_knows_of(
    more: dict[str, object], ports: tuple[int, ...], stray: tuple[str, ...] | None
) -> None:
    """Neither its definition, nor its check, nor whoever reaches it."""
    definition = ("8080/tcp", *more.pop("exposed", ()))  # type: ignore[misc]
    at = box("db", exposed=definition, **more)  # type: ignore[arg-type]
    edge = {**EDGE, "outcome": "ok"}
    snapshot = seen(at, sockets("db", *ports), piece("web", "reach", edge))
    assert PORTS.view
    assert {r["stray"] for r in PORTS.view(snapshot, at.address, ()).readings} == {
        stray
    }
    pod = piece("pod", "container", {"network_mode": "container:abc123"})
    owner = box("db", exposed=definition, **more, id="abc")  # type: ignore[arg-type]
    shared = seen(owner, pod, sockets("db", *ports))
    assert {r["stray"] for r in PORTS.view(shared, at.address, ()).readings} == {None}
