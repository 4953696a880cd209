"""The `namesakes` probe: strangers that answer to a service's own names."""

from __future__ import annotations

from typing import Any

import pytest

from escalade.evidence.namesakes import NAMESAKES
from escalade.evidence.probe import Target
from escalade.evidence.seen import SeenSnapshot
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Reading
from escalade.model import Snapshot
from escalade.model import Status

NET = "app_default"
AT = Address("h", "app", "db", "app-db-1", "namesakes")


def box(
    name: str, networks: dict[str, Any], stack: str | None = None, *, up: bool = True
) -> dict[str, Any]:
    """Return the Engine's record of a container."""
    return {
        "Name": f"/{name}",
        "State": {"Running": up},
        "Config": {"Labels": stack and {"com.docker.compose.project": stack}},
        "NetworkSettings": {
            "Networks": {
                net: {"Aliases": names if isinstance(names, list) else None}
                | (names if isinstance(names, dict) else {})
                for net, names in networks.items()
            }
        },
    }


DB = box("app-db-1", {NET: ["app-db-1", "db", "store", "a1"]}, "app")


def strangers(*others: dict[str, Any], own: dict[str, Any] = DB) -> list[object]:
    """Return (network, name, container, stack) of each stranger."""
    inspects = {o["Name"].lstrip("/"): o for o in (own, *others)}
    target = Target(AT, own, facts={"inspects": inspects})
    readings = NAMESAKES.parse(target, (), ()).readings
    return [tuple(r.values()) for r in readings]


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (box("decoy", {NET: ["db", "c3"]}), [(NET, "db", "decoy", "")]),
        (box("decoy", {NET: ["store"]}, "b"), [(NET, "store", "decoy", "b")]),
        # Engine 25 and later; and one whose own name it is.
        (box("decoy", {NET: {"DNSNames": ["db"]}}), [(NET, "db", "decoy", "")]),
        (box("db", {NET: []}), [(NET, "db", "db", "")]),
        # Elsewhere, by another name, stopped, or of the same stack.
        (box("decoy", {"b_default": ["db"]}, "b"), []),
        (box("decoy", {NET: ["other"]}), []),
        (box("decoy", {NET: ["db"]}, up=False), []),
        (box("app-db-2", {NET: ["db"]}, "app"), []),
    ],
)
def test_who_else_bears_a_name(other: dict[str, Any], found: list[object]) -> None:
    """On one network, from outside of the stack, and running."""
    assert strangers(other) == found


def test_a_container_of_no_stack_has_no_strangers() -> None:
    """Nobody said what it is to be called."""
    assert strangers(box("b", {NET: ["db"]}), own=box("a", {NET: ["db"]})) == []


def piece(service: str, probe: str, *records: Reading) -> Evidence:
    """Return evidence of one container of the stack."""
    at = Address("h", "app", service, f"app-{service}-1", probe)
    return Evidence(at, Status.OK, records)


@pytest.mark.parametrize(
    ("name", "more", "wanted"),
    [
        # Its own name on a network of its stack.
        ("db", (), True),
        # Two stacks on a network of neither, each with a `db` of its own.
        ("store", (), False),
        ("store", (piece("web", "reach", {"name": "store"}),), True),
        ("store", (piece("web", "env", {"host": "store"}),), True),
        ("store", (piece("db", "env", {"host": "store"}),), False),
        ("store", (piece("far", "env", {"host": "store"}),), False),
    ],
)
def test_who_looks_for_the_name(
    name: str, more: tuple[Evidence, ...], wanted: object
) -> None:
    """Another service of the stack on that network, or anybody on the stack's own."""
    pieces = (
        piece("db", "namesakes", {"network": NET, "name": name, "container": "x"}),
        piece("db", "container", {"networks": (NET,)}),
        piece("web", "container", {"networks": (NET,)}),
        piece("far", "container", {"networks": ("app_back",)}),
        Evidence(
            Address("h", None, None, None, "networks"),
            Status.OK,
            ({"name": NET, "stack": "app"}, {"name": "edge", "stack": None}),
        ),
        *more,
    )
    assert NAMESAKES.view
    seen = SeenSnapshot(Snapshot(0.0, "full", (), pieces), {})
    assert [r["wanted"] for r in NAMESAKES.view(seen, AT, ()).readings] == [wanted]


def test_the_name_on_a_network_of_nobody_is_not_enough() -> None:
    """Somebody must look for it there."""
    pieces = (
        piece("db", "namesakes", {"network": "edge", "name": "db", "container": "x"}),
        piece("db", "container", {"networks": ("edge",)}),
    )
    assert NAMESAKES.view
    seen = SeenSnapshot(Snapshot(0.0, "full", (), pieces), {})
    assert [r["wanted"] for r in NAMESAKES.view(seen, AT, ()).readings] == [False]
    empty = SeenSnapshot(Snapshot(0.0, "full", (), ()), {})
    assert NAMESAKES.view(empty, AT, ()).unknown == "not asked"
