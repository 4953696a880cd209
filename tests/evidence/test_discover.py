"""What runs on a host: the list, the peers, what is expected and what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from escalade.evidence.absent import absent
from escalade.evidence.discover import Listed
from escalade.evidence.discover import listed
from escalade.evidence.discover import peers
from escalade.evidence.discover import stacks
from escalade.evidence.expected import EXPECTED
from escalade.evidence.expected import expected
from escalade.evidence.facts import SCRIPT
from escalade.evidence.facts import read
from escalade.evidence.seen import SeenSnapshot
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Host
from escalade.model import Reading
from escalade.model import Snapshot
from escalade.model import Status
from escalade.transport.local import LocalTransport

COMPOSE = "com.docker.compose."


def record(name: str, **labels: str) -> dict[str, Any]:
    """Return one record of the Engine's list."""
    return {
        "Id": name * 8,
        "Names": [f"/{name}"],
        "Labels": {COMPOSE + key: value for key, value in labels.items()},
    }


def test_the_list() -> None:
    """Names from Compose where it gave some; one-offs of `compose run` are left out."""
    boxes = listed(
        [
            record("web-1", project="shop", service="web"),
            record("alone"),
            record("run-1", project="shop", service="web", oneoff="True"),
            {"Id": "x" * 64, "Names": ["/a/b", "/own"], "Labels": None},
            {"Id": "y" * 64, "Names": None},
        ]
    )
    assert [(b.name, b.service, b.stack) for b in boxes] == [
        ("alone", "alone", None),
        ("own", "own", None),
        ("web-1", "web", "shop"),
        ("y" * 12, "y" * 12, None),
    ]
    assert stacks(boxes) == ("shop",)


@pytest.mark.parametrize(
    "listing",
    [
        None,
        {},
        [record("web"), "garbage"],
        [record("web"), {"Names": ["/no-id"]}],
        [record("web") | {"Id": 5}],
        [record("web") | {"Names": [5]}],
        [record("web") | {"Labels": {COMPOSE + "project": True}}],
    ],
)
def test_a_garbled_list(listing: object) -> None:
    """A list that cannot be read whole is no list: it would hide containers."""
    with pytest.raises(TypeError, match="list of containers"):
        listed(listing)


def test_peers() -> None:
    """Names, addresses and ports under which others can be asked for."""
    web, app, far = (
        Listed(c * 64, n, n, "s")
        for c, n in zip("abc", ("web", "app", "far"), strict=True)
    )
    net = {"IPAddress": "172.18.0.2", "Aliases": ["www", "a" * 12]}
    state = {"Running": True}
    found = peers(
        {
            web: {
                "State": state,
                "Config": {"Hostname": "a" * 12, "ExposedPorts": {"80/tcp": {}, "53/udp": {}}},
                "HostConfig": {"NetworkMode": "s_default", "PortBindings": {"443/tcp": []}},
                "NetworkSettings": {"Networks": {"s_default": net}, "Ports": {"80/tcp": None}},
            },
            app: {"State": {**state, "Restarting": True}, "HostConfig": {"NetworkMode": "container:" + "a" * 64}},
            far: {"State": state, "HostConfig": {"NetworkMode": "host"}},
        }
    )  # fmt: skip
    one, two, three = found
    assert one.names == ("web", "www", "a" * 12)
    assert (one.addresses, one.ports, one.running) == (("172.18.0.2",), (80, 443), True)
    assert (two.addresses, two.running) == (("172.18.0.2",), False)
    assert three.addresses == ("127.0.0.1",)


@pytest.mark.parametrize("level", [False, True])
def test_expected(*, level: bool) -> None:
    """The inventory's word on services: role and whether they should run."""
    said = {"db": {"role": "redis", "desired": "stopped"}, "web": None}
    body: dict[str, Any] = {"services": said} if level else said
    one, two = expected(Host("h", vars={"escalade_stacks": {"shop": body}}))
    assert one.address == Address("h", "shop", "db", None, "expected")
    assert one.readings[0]["role"] == "redis"
    assert one.readings[0]["desired"] == "stopped"
    assert two.readings[0]["desired"] == "running"
    assert expected(Host("h")) == ()
    assert expected(Host("h", vars={"escalade_stacks": "odd"})) == ()


def test_the_view_of_what_is_expected() -> None:
    """A condition sees the inventory's word; a service that it does not name should run."""
    host = Host("h", vars={"escalade_stacks": {"shop": {"db": {"desired": "stopped"}}}})
    seen = SeenSnapshot(Snapshot(0.0, "full", (), expected(host)), {})
    for service, desired in (("db", "stopped"), ("web", "running")):
        place = Address("h", "shop", service, "x-1", "container")
        assert EXPECTED.view is not None
        (record,) = EXPECTED.view(seen, place, ()).readings
        assert record["desired"] == desired


def piece(probe: str, service: str | None, *readings: Reading) -> Evidence:
    """Return a piece of evidence of stack shop."""
    return Evidence(Address("h", "shop", service, None, probe), Status.OK, readings)


def test_absent() -> None:
    """Declared and without a container: missing. Profiles and zero replicas are a no."""
    compose = piece(
        "compose",
        None,
        {"service": "web", "image": "nginx"},
        {"service": "db", "image": "x"},
        {"service": "extra", "profiles": ("debug",)},
        {"service": "none", "replicas": 0},
    )
    said = piece("expected", "late", {"desired": "stopped"})
    found = absent([compose, said, piece("container", "db", {})])
    assert [(p.address.service, p.readings[0]["state"]) for p in found] == [
        ("late", "missing"),
        ("web", "missing"),
    ]
    assert found[0].readings[0]["desired"] == "stopped"
    assert found[1].readings[0]["image"] == "nginx"
    assert absent([]) == ()


def test_what_ended_is_not_absent() -> None:
    """A service that others wait for until it ends was cleaned up after its end."""
    completed = ("migrate:service_completed_successfully", "db:service_started")
    compose = piece(
        "compose",
        None,
        {"service": "migrate"},
        {"service": "db"},
        {"service": "web", "depends": completed},
    )
    found = absent([compose, piece("container", "web", {})])
    assert [p.address.service for p in found] == ["db"]


def test_facts_of_this_host() -> None:
    """The script runs here and tells what this machine is."""
    output = LocalTransport(Host("here")).run(SCRIPT, timeout_s=5)
    facts = read(output.stdout, sent=0.0, came=0.0)
    assert facts["has_timeout"] is True
    assert facts["cgroup"] in (1, 2)
    assert facts["kernel"]
    assert facts["offset_s"] > 1e9


@pytest.mark.parametrize(
    ("now", "offset"),
    [
        ("1000.250000000", 0.0),
        ("1003.500000000", 3.0),
        ("997.500000000", -3.0),
        ("1001", 0.0),
        ("1001.%N", 0.0),
        ("1005.%N", 4.5),
        ("", 0.0),
        ("nan", 0.0),
    ],
)
def test_the_hosts_clock(now: str, offset: float) -> None:
    """A difference within the round trip is none; busybox counts whole seconds."""
    assert read(f"now={now}\n".encode(), sent=1000.0, came=1001.0)["offset_s"] == offset


def test_facts_that_did_not_come() -> None:
    """Nothing said: no right and no tool is assumed."""
    facts = read(b"", sent=0.0, came=0.0)
    assert not any(facts[k] for k in ("root", "has_bash", "has_nsenter", "cgroup"))
