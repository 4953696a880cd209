"""What runs on a host: the Engine's list and records, as addresses, targets and peers.

Pure readers. The Engine's own records hold secrets: they stay in memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any
from typing import NamedTuple

from escalade.evidence.parsing import PROJECT
from escalade.evidence.parsing import SERVICE
from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
from escalade.evidence.parsing import texts
from escalade.evidence.parsing import whole
from escalade.evidence.probe import Peer
from escalade.evidence.record import LISTED
from escalade.evidence.record import flaw
from escalade.model import Address
from escalade.model import Args

__all__ = [
    "LIST",
    "Listed",
    "address",
    "inspect_path",
    "listed",
    "peers",
    "running",
    "stacks",
]

LIST = "/containers/json?all=1"
"""The Engine's list of all containers, running or not."""
ONE_OFF = "com.docker.compose.oneoff"


class Listed(NamedTuple):
    """One container of the list: `service` is its name where Compose gave none."""

    id: str
    name: str
    service: str
    stack: str | None


def listed(records: object) -> tuple[Listed, ...]:
    """Return the containers of the list, by name; `compose run` one-offs are left out.

    Raises TypeError for what is no list of containers: what of it cannot be read
    would be containers that nobody sees.
    """
    if not isinstance(records, list):
        raise TypeError("the answer is no list of containers")
    found = []
    for number, record in enumerate(records):
        wrong = flaw(record, LISTED) or ("" if record.get("Id") else "Id")
        if wrong:
            raise TypeError(f"the list of containers is garbled ({wrong} of {number})")
        labels = as_dict(record.get("Labels"))
        if str(labels.get(ONE_OFF)).lower() == "true":
            continue
        names = as_list(record.get("Names")) or [str(record["Id"])[:12]]
        # A link adds `/other/alias`; the container's own name has one slash.
        own = min((str(n) for n in names), key=lambda n: (n.count("/"), n))
        name = own.lstrip("/")
        stack = labels.get(PROJECT) or None
        service = (labels.get(SERVICE) if stack else None) or name
        found.append(Listed(str(record["Id"]), name, str(service), stack))
    return tuple(sorted(found, key=lambda one: one.name))


def stacks(boxes: Iterable[Listed]) -> tuple[str, ...]:
    """Return the names of the stacks among containers."""
    return tuple(sorted({box.stack for box in boxes if box.stack}))


def address(host: str, box: Listed, probe: str, args: Args = ()) -> Address:
    """Return the address of a probe's question to a container."""
    return Address(host, box.stack, box.service, box.name, probe, args)


def inspect_path(box: Listed) -> str:
    """Return the path of the Engine's own record of a container."""
    return f"/containers/{box.id}/json"


def running(inspect: Mapping[str, Any]) -> bool:
    """Whether a container has a live process (a paused one has)."""
    state = as_dict(inspect.get("State"))
    return bool(state.get("Running")) and not state.get("Restarting")


def _addresses(
    inspect: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]]
) -> tuple[str, ...]:
    """Return where a container is reached from the host.

    One that shares another's network namespace is reached there; one in the host's
    own is reached on loopback.
    """
    mode = str(as_dict(inspect.get("HostConfig")).get("NetworkMode", ""))
    if mode == "host":
        return ("127.0.0.1",)
    kind, _, other = mode.partition(":")
    if kind == "container" and other in by_id and by_id[other] is not inspect:
        inspect = by_id[other]
    nets = as_dict(as_dict(inspect.get("NetworkSettings")).get("Networks"))
    return texts(as_dict(net).get("IPAddress") for net in nets.values())


def _names(box: Listed, inspect: Mapping[str, Any]) -> tuple[str, ...]:
    """Return every name under which a container can be asked for."""
    nets = as_dict(as_dict(inspect.get("NetworkSettings")).get("Networks"))
    aliases = [a for net in nets.values() for a in as_list(as_dict(net).get("Aliases"))]
    hostname = as_dict(inspect.get("Config")).get("Hostname")
    return texts((box.service, box.name, *aliases, box.id[:12], hostname))


def _ports(inspect: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the TCP ports that a container's definition names."""
    keys: dict[str, None] = dict.fromkeys(
        as_dict(as_dict(inspect.get("Config")).get("ExposedPorts"))
    )
    keys |= dict.fromkeys(
        as_dict(as_dict(inspect.get("HostConfig")).get("PortBindings"))
    )
    keys |= dict.fromkeys(as_dict(as_dict(inspect.get("NetworkSettings")).get("Ports")))
    split = (key.partition("/") for key in keys)
    ports = (whole(port) for port, _, proto in split if proto in ("tcp", ""))
    return tuple(sorted({port for port in ports if port is not None}))


def peers(inspects: Mapping[Listed, Mapping[str, Any]]) -> tuple[Peer, ...]:
    """Return all containers of a host as the questions of others need to know them."""
    by_id = {box.id: inspect for box, inspect in inspects.items()}
    return tuple(
        Peer(
            service=box.service,
            replica=box.name,
            names=_names(box, inspect),
            addresses=_addresses(inspect, by_id),
            ports=_ports(inspect),
            running=running(inspect),
            paused=as_dict(inspect.get("State")).get("Paused") is True,
        )
        for box, inspect in inspects.items()
    )
