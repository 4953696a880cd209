"""The probes `leftovers` and `image_tags`: what could go, and what a tag names."""

from __future__ import annotations

import json

import pytest

from escalade.evidence.image_tags import IMAGE_TAGS
from escalade.evidence.leftovers import LEFTOVERS
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Get
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Target
from escalade.evidence.reply import fetch
from escalade.model import Address
from escalade.model import Status
from escalade.transport.engine_api import Reply

PROJECT, SERVICE = "com.docker.compose.project", "com.docker.compose.service"
ENDED = {"State": {"FinishedAt": "2026-11-24T20:00:00Z"}, "Image": "sha256:1"}
CONTAINERS = [
    {
        "Id": "c" * 64,
        "Names": ["/old"],
        "State": "exited",
        "SizeRw": 7,
        "Created": 1,
        "Labels": {PROJECT: "shop", SERVICE: "db"},
    },
    {"Id": "d" * 64, "Names": ["/web", "/a/b"], "State": "running", "Labels": None},
    {"Id": "e" * 64, "Names": ["/new"], "State": "created", "Created": 5},
]
IMAGES = [
    {
        "Id": "sha256:1",
        "RepoTags": ["b:1", "a:1"],
        "Containers": 0,
        "Size": 9,
        "SharedSize": 4,
    },
    {"Id": "sha256:2", "RepoTags": ["<none>:<none>"], "Containers": 1, "Size": 9},
    {"Id": "sha256:3", "RepoTags": None, "Containers": -1, "Size": -1, "Created": 3},
]
VOLUMES = [
    {
        "Name": "data",
        "Driver": "local",
        "Mountpoint": "/v/data",
        "UsageData": {"RefCount": 0, "Size": 8},
        "CreatedAt": "2026-11-24T20:00:00Z",
    },
    {
        "Name": "far",
        "Driver": "local",
        "Options": {"type": "nfs"},
        "Mountpoint": "/v/far",
    },
]
CACHE = [
    {"ID": "1", "Size": 3, "InUse": False, "Shared": False},
    {"ID": "2", "Size": 3, "InUse": True, "Shared": False},
    {"ID": "3", "Size": 3, "InUse": False, "Shared": True},
]
OLD = {
    "Containers": CONTAINERS,
    "Images": IMAGES,
    "Volumes": VOLUMES,
    "BuildCache": CACHE,
}
NEW = {
    "ContainerUsage": {"Items": CONTAINERS},
    "ImageUsage": {"Items": IMAGES},
    "VolumeUsage": {"Items": VOLUMES},
    "BuildCacheUsage": {"Items": CACHE},
}


def parse(probe: Probe, *answers: Answer) -> Parsed:
    """Return what a probe makes of answers."""
    place = Address("h", None, None, None, probe.name)
    facts = {"inspects": {"old": ENDED, "web": {"Image": "sha256:2"}}}
    parsed = probe.parse(Target(place, facts=facts), (), answers)
    assert all(set(r) == set(probe.readings) for r in parsed.readings)
    return parsed


def ok(value: object) -> Answer:
    """Return an answer that holds JSON."""
    return Answer(Status.OK, json.dumps(value).encode(), 200)


@pytest.mark.parametrize("usage", [OLD, NEW], ids=["1.41", "1.52"])
def test_leftovers_of_old_and_new_engines(usage) -> None:
    """What is in use, how much it takes, and since when nobody needs it."""
    found = {
        (r["kind"], r["name"] or r["id"]): r
        for r in parse(LEFTOVERS, ok(usage)).readings
    }
    assert set(found) == {
        ("container", "old"), ("container", "web"), ("container", "new"),
        ("image", "a:1"), ("image", "sha256:2"), ("image", "sha256:3"),
        ("volume", "data"), ("volume", "far"), ("cache", "1"), ("cache", "2"),
    }  # fmt: skip
    old = found["container", "old"]
    assert (old["in_use"], old["size"], old["stack"], old["service"]) == (
        False, 7, "shop", "db",
    )  # fmt: skip
    assert old["since"] == 1_795_550_400.0
    assert found["container", "web"]["in_use"]
    assert found["container", "new"]["since"] == 5.0
    assert (found["image", "a:1"]["size"], found["image", "a:1"]["in_use"]) == (
        5,
        False,
    )
    assert found["image", "sha256:2"]["in_use"]
    assert found["image", "sha256:3"]["in_use"], "not counted may be in use"
    assert found["volume", "data"]["mountpoint"] == "/v/data"
    assert found["volume", "far"]["mountpoint"] is None
    assert found["volume", "far"]["in_use"], "not counted may be in use"
    assert not found["cache", "1"]["in_use"]


def test_leftovers_that_cannot_be_read() -> None:
    """An Engine that is too slow, and an answer that was cut, say so."""
    late = Answer(Status.TIMEOUT, reason="no answer")
    assert parse(LEFTOVERS, late).status is Status.TIMEOUT
    assert parse(LEFTOVERS, Answer(Status.OK, b'{"Ima', 200)).status is Status.ERROR


def test_tags_of_images() -> None:
    """One record a tag, one for an image without any, and who was made from it."""
    readings = parse(IMAGE_TAGS, ok(IMAGES)).readings
    told = [(r["reference"], r["id"], r["dangling"], r["containers"]) for r in readings]
    assert told == [
        (None, "sha256:2", True, ("web",)),
        (None, "sha256:3", True, ()),
        ("a:1", "sha256:1", False, ("old",)),
        ("b:1", "sha256:1", False, ("old",)),
    ]
    assert parse(IMAGE_TAGS, ok({})).status is Status.ERROR


class Counting:
    """Stands in for an Engine that counts for somebody else so many times."""

    def __init__(self, busy: int, body: bytes) -> None:
        self.busy = busy
        self.body = body
        self.asked = 0

    def get(self, path: str, *, timeout_s: float, limit: int) -> Reply:
        """Refuse while it is busy."""
        self.asked += 1
        if self.asked <= self.busy:
            reason = "500: a disk usage operation is already running"
            return Reply(Status.ERROR, 500, reason=reason)
        return Reply(Status.OK, 200, self.body)


def test_an_engine_that_counts_for_another_is_asked_again() -> None:
    """Two probes need the same count, and it makes one at a time."""
    engine = Counting(2, b"{}")
    answer = fetch(engine, Get("/system/df"), bound_s=5)
    assert (answer.status, engine.asked) == (Status.OK, 3)


def test_an_engine_that_stays_busy_says_so() -> None:
    """Within the question's bound."""
    answer = fetch(Counting(999, b""), Get("/system/df"), bound_s=0.5)
    assert answer.status is Status.ERROR
    assert "already running" in answer.reason
