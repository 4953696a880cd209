"""The networks of its stack on which a container is not found under its service's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from escalade.evidence.parsing import PROJECT
from escalade.evidence.parsing import SERVICE
from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
from escalade.evidence.parsing import texts

__all__ = ["nameless", "names_on"]

BUILT_IN = frozenset({"bridge", "host", "none"})
"""Networks of the Engine itself, where nobody has a name."""


def nameless(inspect: Mapping[str, Any], others: Mapping[str, Any]) -> tuple[str, ...]:
    """Return those networks, by name; none of a container that Compose did not make.

    Compose gives a service its name on each of its networks; whoever connects a
    container by hand may not. A network is the stack's where the container was made on
    it, or where another of the stack (`others`, name to record) bears its own name: one
    that was added by hand, for a monitor say, gives nobody a name.
    """
    service = _label(inspect, SERVICE)
    # The Engine finds a container by its own name, too.
    if not service or str(inspect.get("Name") or "").lstrip("/") == service:
        return ()
    made_on = as_dict(inspect.get("HostConfig")).get("NetworkMode")
    peers = [
        record
        for record in map(as_dict, others.values())
        if _label(record, PROJECT) == _label(inspect, PROJECT)
    ]
    return tuple(
        sorted(
            name
            for name, names in names_on(inspect).items()
            if name not in BUILT_IN
            and names
            and service not in names
            and (name == made_on or any(_bears(peer, name) for peer in peers))
        )
    )


def _label(inspect: Mapping[str, Any], name: str) -> str:
    """Return one of Compose's labels, "" where it is not there."""
    labels = as_dict(as_dict(inspect.get("Config")).get("Labels"))
    return str(labels.get(name) or "")


def names_on(inspect: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    """Return a container's names by network.

    Until version 24 the Engine lists its short id among them, so that none at all
    means that it did not say; since 25 `DNSNames` holds them all.
    """
    nets = as_dict(as_dict(inspect.get("NetworkSettings")).get("Networks"))
    return {
        name: texts([*as_list(net.get("Aliases")), *as_list(net.get("DNSNames"))])
        for name, net in ((name, as_dict(net)) for name, net in nets.items())
    }


def _bears(inspect: Mapping[str, Any], network: str) -> bool:
    """Whether a container is found under its service's name on a network."""
    return _label(inspect, SERVICE) in names_on(inspect).get(network, ())
