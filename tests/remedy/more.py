"""What the tests of rebuild, rollback and cleanup share: evidence made by hand, and real."""

from __future__ import annotations

import time

from escalade.evidence.gather import GatherOptions
from escalade.evidence.gather import gather
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Host
from escalade.model import Snapshot
from escalade.model import Status
from escalade.remedy.scene import Scene
from escalade.transport.local import LocalTransport
from tests.remedy.scenes import HOST
from tests.remedy.scenes import added
from tests.remedy.scenes import scene_of
from tests.remedy.scenes import snapshot

BLANK = {
    "kind": None,
    "name": None,
    "id": None,
    "tags": (),
    "size": 0,
    "in_use": False,
    "since": None,
    "stack": None,
    "service": None,
    "oneoff": False,
    "mountpoint": None,
}


def piece(probe: str, *readings: dict, status: Status = Status.OK, reason: str = ""):
    """Return what a probe saw of the host."""
    place = Address(HOST, None, None, None, probe)
    return Evidence(place, status, readings, complete=not reason, reason=reason)


def tag(reference: str | None, identity: str) -> dict:
    """Return one record of `image_tags`."""
    return {
        "reference": reference,
        "id": identity,
        "created_at": 1.0,
        "size": 10,
        "dangling": reference is None,
        "containers": (),
    }


def leftover(kind: str, **more: object) -> dict:
    """Return one record of `leftovers`: idle, unless it says otherwise."""
    return {**BLANK, "kind": kind, **more}


def healthy(*pieces: Evidence) -> Scene:
    """Return the scene of the healthy stack, with more evidence."""
    return scene_of(added(snapshot("healthy"), *pieces))


def look(stack: str, *asks: str) -> Scene:
    """Return the scene of a stack that runs here; `asks` are more probes of the host."""
    host = Host(HOST)

    def wanted(seen: tuple[Evidence, ...]) -> tuple[Address, ...]:
        return tuple(Address(HOST, None, None, None, probe) for probe in asks)

    options = GatherOptions(stacks=(stack,) if stack else (), deadline_s=30.0)
    found = gather(host, LocalTransport(host), wanted=wanted, options=options)
    seen = Snapshot(time.time(), "full", (found.state,), found.evidence)
    return scene_of(seen)
