"""Readers of what the Engine knows: containers, images, volumes, networks, logs."""

from __future__ import annotations

import json
from collections.abc import Generator
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from escalade.evidence.container import CONTAINER
from escalade.evidence.logs import SLACK_S
from escalade.evidence.parsing import PROJECT
from escalade.evidence.parsing import SERVICE
from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
from escalade.evidence.parsing import texts
from escalade.evidence.parsing import timestamp
from escalade.evidence.probe import Target
from escalade.model import Address
from escalade.model import Reading
from escalade.model import Status
from escalade.remedy.reads import Place
from escalade.remedy.reads import Records
from escalade.remedy.reads import UnansweredError
from escalade.remedy.reads import get
from escalade.remedy.reads import missing
from escalade.remedy.reads import quoted
from escalade.transport.engine_api import Reply
from escalade.transport.frames import docker_logs
from escalade.transport.frames import log_lines

__all__ = ["container", "image", "log", "network", "service", "volume"]

LOG_S = 5.0
"""Seconds that reading a log may take: 200 MB take the Engine ten."""
_ONEOFF = "com.docker.compose.oneoff"


def container(place: Place, target: tuple[str, ...]) -> Records:
    """Read one container: the readings of the probe `container`, and `exists`."""
    (name,) = target
    inspect = get(place, f"/containers/{quoted(name)}/json")
    return missing(name) if inspect is None else Records((_reading(place, inspect),))


def service(place: Place, target: tuple[str, ...]) -> Records:
    """Read every container of a Compose service; one-off containers do not count."""
    stack, name = target
    labels = [f"{PROJECT}={stack}", f"{SERVICE}={name}"]
    filters = quote(json.dumps({"label": labels}), safe="")
    listed = as_list(get(place, f"/containers/json?all=true&filters={filters}"))
    boxes = [as_dict(box) for box in listed]
    ids = [str(box.get("Id")) for box in boxes if not _oneoff(box)]
    found = [get(place, f"/containers/{quoted(identity)}/json") for identity in ids]
    readings = [_reading(place, inspect) for inspect in found if inspect is not None]
    return Records(tuple(readings)) if readings else missing(name)


def _oneoff(box: Mapping[str, Any]) -> bool:
    """Whether a container came from `docker compose run`."""
    return str(as_dict(box.get("Labels")).get(_ONEOFF)).lower() == "true"


def _reading(place: Place, inspect: Mapping[str, Any]) -> Reading:
    """Return the probe's own record of a container."""
    labels = as_dict(as_dict(inspect.get("Config")).get("Labels"))
    name = str(inspect.get("Name") or "").lstrip("/")
    stack = labels.get(PROJECT)
    address = Address(
        host=place.host,
        stack=None if stack is None else str(stack),
        service=str(labels.get(SERVICE) or name),
        replica=name,
        probe=CONTAINER.name,
    )
    asked = Target(address, inspect, facts={"now": place.now()})
    (record,) = CONTAINER.parse(asked, (), ()).readings
    return {**record, "exists": True}


def image(place: Place, target: tuple[str, ...]) -> Records:
    """Read one image by reference or id."""
    (reference,) = target
    found = get(place, f"/images/{quote(reference, safe='/:@')}/json")
    if found is None:
        return missing(reference)
    record: Reading = {
        "name": reference,
        "exists": True,
        "id": str(found.get("Id") or ""),
        "created_at": timestamp(found.get("Created")),
    }
    return Records((record,))


def volume(place: Place, target: tuple[str, ...]) -> Records:
    """Read whether a volume is there."""
    (name,) = target
    if get(place, f"/volumes/{quoted(name)}") is None:
        return missing(name)
    return Records(({"name": name, "exists": True},))


def network(place: Place, target: tuple[str, ...]) -> Records:
    """Read whether a network is there, and a container on it with its aliases."""
    name, box = target
    if get(place, f"/networks/{quoted(name)}") is None:
        return missing(name)
    inspect = as_dict(get(place, f"/containers/{quoted(box)}/json"))
    joined = as_dict(as_dict(inspect.get("NetworkSettings")).get("Networks")).get(name)
    record: Reading = {
        "name": name,
        "exists": True,
        "connected": joined is not None,
        "aliases": texts(as_list(as_dict(joined).get("Aliases"))),
    }
    return Records((record,))


def log(place: Place, target: tuple[str, ...]) -> Records:
    """Count the lines since the container's start that hold a text."""
    name, text = target
    inspect = get(place, f"/containers/{quoted(name)}/json")
    if inspect is None:
        return missing(name)
    tty = bool(as_dict(inspect.get("Config")).get("Tty"))
    since = _since(as_dict(inspect.get("State")))
    where = f"/containers/{quoted(name)}/logs?stdout=1&stderr=1{since}"
    stream = place.engine.chunks(where, timeout_s=LOG_S)
    ended: list[Reply] = []
    lines = log_lines(docker_logs(_noting(stream, ended), tty=tty))
    count = sum(text.encode() in line.text for line in lines)
    whole = ended[0].status is Status.OK
    if not (whole or count):
        raise UnansweredError(ended[0].reason)
    return Records(({"name": name, "exists": True, "count": count},), whole=whole)


def _since(state: Mapping[str, Any]) -> str:
    """Return the part of a query that leaves out the lines of earlier runs.

    The Engine notes the start a little after the first lines may have come.
    """
    started, finished = (timestamp(state.get(k)) for k in ("StartedAt", "FinishedAt"))
    if started is None:
        return ""
    before = finished if finished is not None and finished < started else 0.0
    return f"&since={max(before, started - SLACK_S):.6f}"


def _noting(
    stream: Generator[bytes, None, Reply], ended: list[Reply]
) -> Iterator[bytes]:
    """Yield what a stream yields, and keep how it ended."""
    ended.append((yield from stream))
