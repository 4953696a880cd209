"""The `extra_hosts` probe: names of the stack that a hosts file gives to others."""

from __future__ import annotations

from typing import Any

import pytest

from escalade.evidence.extra_hosts import EXTRA_HOSTS
from escalade.evidence.probe import Peer
from escalade.evidence.probe import Target
from escalade.evidence.seen import SeenSnapshot
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Reading
from escalade.model import Snapshot
from escalade.model import Status

AT = Address("h", "app", "web", "app-web-1", "extra_hosts")
REACH = Address("h", "app", "web", "app-web-1", "reach")


def box(mode: str = "app_default", **host: Any) -> dict[str, Any]:
    """Return the Engine's record of a container of the stack."""
    return {
        "Config": {"Labels": {"com.docker.compose.project": "app"}},
        "HostConfig": {"NetworkMode": mode, **host},
        "NetworkSettings": {"Networks": {"app_default": {"Gateway": "172.18.0.1"}}},
    }


def read(
    entry: str, *, mode: str = "app_default", published: bool = True, up: bool = True
) -> tuple[Reading, ...]:
    """Return what is read of a container beside `db`, which has 172.18.0.2."""
    addresses = ("172.18.0.2",) if up else ()
    db = Peer("db", "app-db-1", ("db", "store", "app-db-1"), addresses, (5432,), up)
    record = box(PortBindings={"5432/tcp": [{}]} if published else {})
    web = box(mode, ExtraHosts=[entry])
    facts = {"inspects": {"app-web-1": web, "app-db-1": record}}
    return EXTRA_HOSTS.parse(Target(AT, web, (db,), facts), (), ()).readings


@pytest.mark.parametrize(
    ("entry", "right"),
    [
        ("db:10.9.9.9", [False]),
        ("db=10.9.9.9", [False]),
        ("store:10.9.9.9", [False]),
        ("db:172.18.0.2", [True]),
        ("db:[fd00::1]", [False]),
        # By the port that it publishes on the host.
        ("db:host-gateway", [True]),
        ("db:172.18.0.1", [True]),
        ("db:127.0.0.1", [False]),
        # Nobody of the stack.
        ("mail:10.9.9.9", []),
        ("db", []),
    ],
)
def test_where_an_entry_leads(entry: str, right: list[bool]) -> None:
    """To a service of its name, to the host, or elsewhere."""
    assert [r["right"] for r in read(entry)] == right


def test_the_host_is_right_for_a_published_service_alone() -> None:
    """And loopback is the host's only in the host's own network."""
    assert [r["right"] for r in read("db:host-gateway", published=False)] == [False]
    assert [r["right"] for r in read("db:127.0.0.1", mode="host")] == [True]


def test_a_service_without_an_address_says_nothing() -> None:
    """Whatever the entry says may be the address that it will have."""
    assert read("db:10.9.9.9", up=False) == ()


@pytest.mark.parametrize(
    ("reach", "fails"),
    [
        ([{"outcome": "timeout", "scheme": "tcp"}], True),
        ([{"outcome": None, "scheme": "tcp"}], True),
        ([{"outcome": "ok", "scheme": "tcp"}], False),
        ([{"outcome": "ok", "scheme": "redis", "reply": "+PONG"}], False),
        ([{"outcome": "ok", "scheme": "redis", "reply": "HTTP/1.1 400"}], True),
        ([{"outcome": "ok", "scheme": "ws", "status": 426}], False),
        ([{"outcome": "ok", "scheme": "http", "status": 502}], True),
        # Of two ports one that answers is enough.
        ([{"outcome": "ok", "scheme": "tcp"}, {"outcome": "refused"}], False),
        # Nobody asks.
        ([], False),
    ],
)
def test_whether_somebody_answers_there(reach: list[Reading], fails: object) -> None:
    """A proxy that stands for the service is meant so; a gateway's refusal is not."""
    edges = tuple({"name": "db", **edge} for edge in reach)
    other: Reading = {"name": "mail", "outcome": "ok", "scheme": "tcp"}
    pieces = (
        Evidence(AT, Status.OK, ({"name": "db", "right": False},)),
        Evidence(REACH, Status.OK, (*edges, other)),
    )
    seen = SeenSnapshot(Snapshot(0.0, "full", (), pieces), {})
    assert EXTRA_HOSTS.view
    assert [r["fails"] for r in EXTRA_HOSTS.view(seen, AT, ()).readings] == [fails]
    empty = SeenSnapshot(Snapshot(0.0, "full", (), ()), {})
    assert EXTRA_HOSTS.view(empty, AT, ()).unknown == "not asked"


@pytest.mark.parametrize(
    ("text", "fails"),
    [
        ("ERROR cannot use ws://db:5432: 404", True),
        ("connected to db:5432", False),
        ("ERROR cannot use ws://mail:25: 404", False),
    ],
)
def test_what_the_log_says_outweighs_that_somebody_answers(
    text: str, fails: object
) -> None:
    """Whoever it is, the container cannot work with it."""
    line: Reading = {"part": "tail", "time": 99.0, "text": text}
    log = Address("h", "app", "web", "app-web-1", "log")
    boxes = [
        Evidence(
            Address("h", "app", name, f"app-{name}-1", "container"), Status.OK, ({},)
        )
        for name in ("web", "db")
    ]
    pieces = (
        *boxes,
        Evidence(AT, Status.OK, ({"name": "db", "right": False},)),
        Evidence(REACH, Status.OK, ({"name": "db", "outcome": "ok", "scheme": "tcp"},)),
        Evidence(log, Status.OK, ({"part": "span"}, line)),
    )
    seen = SeenSnapshot(Snapshot(100.0, "full", (), pieces), {})
    assert EXTRA_HOSTS.view
    assert [r["fails"] for r in EXTRA_HOSTS.view(seen, AT, ()).readings] == [fails]
