"""The probes over the Engine's lists: `engine`, `networks`, `volumes`, `images`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from escalade.evidence.engine import CAUSES
from escalade.evidence.engine import ENGINE
from escalade.evidence.images import IMAGES
from escalade.evidence.networks import NETWORKS
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Get
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Target
from escalade.evidence.volumes import VOLUMES
from escalade.model import Address
from escalade.model import Reading
from escalade.model import Status

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
BOXES = {
    "shop-db-1": {
        "Image": "sha256:1",
        "Config": {"Image": "db:1", "Labels": {PROJECT: "shop", SERVICE: "db"}},
        "NetworkSettings": {"Networks": {"shop_default": {}}},
        "Mounts": [{"Type": "volume", "Name": "shop_data"}, {"Type": "bind"}],
    },
    "alone": {
        "Image": "sha256:9",
        "Config": {"Image": "alone", "Labels": None},
        "NetworkSettings": {"Networks": {}},
        "Mounts": [],
    },
}


def target(probe: Probe, **facts: Any) -> Target:
    """Return the host as a target."""
    place = Address("h", None, None, None, probe.name)
    return Target(place, facts={"inspects": BOXES, **facts})


def parse(probe: Probe, *answers: Answer) -> Parsed:
    """Return what a probe makes of answers."""
    parsed = probe.parse(target(probe), (), answers)
    assert all(set(r) == set(probe.readings) for r in parsed.readings)
    return parsed


def ok(value: object) -> Answer:
    """Return an answer that holds JSON."""
    return Answer(Status.OK, json.dumps(value).encode(), 200)


# ------------------------------------------------------------------------- engine


def engine(*answers: Answer) -> Reading:
    """Return the only record of the engine probe."""
    (record,) = parse(ENGINE, *answers).readings
    return record


VERSION = {"Version": "20.10.24+dfsg1", "ApiVersion": "1.41"}
INFO = {"Driver": "overlay2", "CgroupVersion": "1"}


def test_an_engine_that_answers() -> None:
    """Version, API, driver, cgroup version and how many containers."""
    record = engine(ok([{"Id": "a"}, {"Id": "b"}]), ok(VERSION), ok(INFO))
    assert record == {
        "reachable": True,
        "cause": None,
        "detail": "",
        "version": "20.10.24+dfsg1",
        "api": "1.41",
        "containers": 2,
        "driver": "overlay2",
        "cgroup": 1,
    }


@pytest.mark.parametrize(
    ("listing", "cause"),
    [
        (
            Answer(Status.UNREACHABLE, outcome="not-installed", reason="no"),
            "not-installed",
        ),
        (Answer(Status.UNREACHABLE, outcome="not-running", reason="no"), "not-running"),
        (Answer(Status.DENIED, outcome="no-permission", reason="no"), "no-permission"),
        (Answer(Status.TIMEOUT, outcome="timeout", reason="no"), "timeout"),
        (Answer(Status.TIMEOUT, reason="no"), "timeout"),
        (Answer(Status.DENIED, code=403, reason="no"), "no-permission"),
        (Answer(Status.ERROR, code=500, reason="500: no"), "error"),
        (Answer(Status.OK, b"<html>", 200), "error"),
        (Answer(Status.OK, b'{"a": 1}', 200), "error"),
        (Answer(Status.OK, b'[{"Id": "a"}, 5]', 200), "error"),
        (Answer(Status.OK, b"[" * 100_000, 200), "error"),
    ],
)
def test_an_engine_that_does_not(listing: Answer, cause: str) -> None:
    """Why not is a reading in one of five words, with the system's own beside it."""
    record = engine(listing, Answer(Status.TIMEOUT))
    assert (record["reachable"], record["cause"]) == (False, cause)
    assert cause in CAUSES
    assert record["detail"]
    assert record["containers"] is None


def test_a_quick_look_asks_less() -> None:
    """The list comes first in any mode: everything rests on it."""
    for mode, count in (("quick", 2), ("full", 3)):
        asked = ENGINE.questions(target(ENGINE, mode=mode), ())
        assert len(asked) == count
        assert isinstance(asked[0], Get)
        assert asked[0].path == "/containers/json?all=1"


# -------------------------------------------------------------------------- lists


def test_networks() -> None:
    """Who is on a network is told by the containers, not by the list."""
    listed = [
        {
            "Name": "shop_default",
            "Driver": "bridge",
            "Internal": True,
            "Labels": {PROJECT: "shop"},
            "IPAM": {"Config": [{"Subnet": "172.31.0.0/16"}]},
        },
        {"Name": "none", "Driver": "null", "Labels": None, "IPAM": {"Config": None}},
    ]
    none, shop = parse(NETWORKS, ok(listed)).readings
    assert shop == {
        "name": "shop_default",
        "driver": "bridge",
        "stack": "shop",
        "internal": True,
        "subnet": "172.31.0.0/16",
        "containers": ("shop-db-1",),
    }
    assert (none["subnet"], none["stack"], none["containers"]) == (None, None, ())


def test_volumes() -> None:
    """A volume is in use where a container mounts it."""
    listed = {
        "Volumes": [
            {"Name": "shop_old", "Driver": "local", "Labels": {PROJECT: "shop"}},
            {"Name": "shop_data", "Driver": "local", "Labels": None},
        ]
    }
    data, old = parse(VOLUMES, ok(listed)).readings
    assert (data["name"], data["in_use"], data["stack"]) == ("shop_data", True, None)
    assert (old["name"], old["in_use"], old["stack"]) == ("shop_old", False, "shop")


def test_images() -> None:
    """Gone, current, or overtaken by a newer build of the same tag."""
    listed = [
        {"Id": "sha256:1", "RepoTags": ["<none>:<none>"], "Created": 5, "Size": 7},
        {"Id": "sha256:2", "RepoTags": ["db:1"], "Created": 6, "Size": 8},
    ]
    alone, db = parse(IMAGES, ok(listed)).readings
    assert (db["service"], db["stack"], db["container"]) == ("db", "shop", "shop-db-1")
    assert (db["present"], db["current"]) == (True, False)
    assert (db["created_at"], db["size"]) == (5.0, 7)
    assert (alone["service"], alone["present"], alone["current"]) == (
        "alone",
        False,
        None,
    )
    listed[0]["RepoTags"] = ["alone:latest"]
    listed[0]["Id"] = "sha256:9"
    assert parse(IMAGES, ok(listed)).readings[0]["current"] is True


@pytest.mark.parametrize("probe", [NETWORKS, VOLUMES, IMAGES])
def test_no_answer(probe: Probe) -> None:
    """Trouble is passed on; what is no list gives no records."""
    parsed = parse(probe, Answer(Status.TIMEOUT, reason="late"))
    assert (parsed.status, parsed.reason) == (Status.TIMEOUT, "late")
    assert parse(probe, Answer(Status.OK, b"garbage")).readings == ()
    assert len(probe.questions(target(probe), ())) == 1
