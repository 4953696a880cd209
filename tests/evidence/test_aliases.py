"""On which networks of its stack a container is not found under its service's name."""

from __future__ import annotations

from typing import Any

import pytest

from escalade.evidence.aliases import nameless

NET = "app_default"


def box(service: str, networks: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the Engine's record of a container of Compose, made on `NET`."""
    labels = {
        "com.docker.compose.project": more.get("stack", "app"),
        "com.docker.compose.service": service,
    }
    return {
        "Name": f"/{more.get('name', f'app-{service}-1')}",
        "Config": {"Labels": labels},
        "HostConfig": {"NetworkMode": more.get("made_on", NET)},
        "NetworkSettings": {"Networks": networks},
    }


def on(*aliases: str, dns: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Return a place on a network."""
    return {"Aliases": list(aliases) or None, "DNSNames": dns and list(dns)}


WEB = box("web", {NET: on("app-web-1", "web", "b2")})


@pytest.mark.parametrize(
    ("place", "lost"),
    [
        # Engine 20.10: as Compose connects it, then as `docker network connect` does.
        (on("app-db-1", "db", "a1"), ()),
        (on("a1"), (NET,)),
        # Engine 25 and later: the names stand apart, and the short id with them.
        (on("app-db-1", "db", dns=("app-db-1", "db", "a1")), ()),
        (on(dns=("app-db-1", "a1")), (NET,)),
        # An Engine that names nobody says nothing.
        (on(), ()),
    ],
)
def test_the_name_on_its_own_network(place: Any, lost: tuple[str, ...]) -> None:
    """A container that was connected by hand lacks its service's name."""
    assert nameless(box("db", {NET: place}), {"web": WEB}) == lost
    assert nameless(box("db", {NET: place}), {}) == lost


def test_a_second_network_of_the_stack() -> None:
    """Where another of the stack bears its name, the name is missed."""
    db = box("db", {NET: on("db", "a1"), "app_back": on("a1")})
    api = box("api", {"app_back": on("api", "c3")})
    assert nameless(db, {"web": WEB}) == ()
    assert nameless(db, {"web": WEB, "api": api}) == ("app_back",)
    assert nameless(db, {"api": api | {"Config": {"Labels": {}}}}) == ()


def test_a_network_that_was_added_by_hand_names_nobody() -> None:
    """All of a stack joined to a monitor's network lost nothing."""
    db = box("db", {NET: on("db", "a1"), "monitor": on("a1")})
    web = box("web", {NET: on("web", "b2"), "monitor": on("b2")})
    assert nameless(db, {"web": web}) == ()


def test_who_needs_no_alias() -> None:
    """A container of the service's own name, one of no stack, one on Docker's bridge."""
    assert nameless(box("db", {NET: on("a1")}, name="db"), {"web": WEB}) == ()
    assert nameless({"NetworkSettings": {"Networks": {NET: on("a1")}}}, {}) == ()
    bridge = box("db", {"bridge": on("a1")}, made_on="bridge")
    assert nameless(bridge, {"web": WEB}) == ()
