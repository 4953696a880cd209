"""The networks that a container should be on, by which names, and which it is not on."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass

from escalade.model import Node
from escalade.model import Reading
from escalade.remedy.boxes import Box
from escalade.remedy.scene import Scene

__all__ = ["Link", "lacking"]

BUILT_IN = ("", "bridge", "default", "host", "none")
"""Network modes that name no network of a stack."""


@dataclass(frozen=True, slots=True)
class Link:
    """A container's place on a network: the Engine's name, aliases, a fixed address.

    `nameless` is True where it is on the network, but under no name of its service.
    """

    network: str
    aliases: tuple[str, ...]
    address: str = ""
    nameless: bool = False


def lacking(scene: Scene, box: Box) -> tuple[Link, ...]:
    """Return the links that a container should have and has not, by network."""
    record = scene.declared(box.node)
    found = _declared(scene, box.node, record) if record else _guessed(scene, box)
    return tuple(
        Link(link.network, link.aliases, link.address, nameless=there)
        for link in sorted(found, key=lambda link: link.network)
        for there in (link.network in box.networks,)
        if not there or not _named(box, link.network)
    )


def _named(box: Box, network: str) -> bool:
    """Whether peers find a container on a network by its service's name.

    As far as is known: older evidence tells the names of all networks as one.
    """
    nameless = box.readings.get("nameless")
    if isinstance(nameless, tuple):
        return network not in nameless
    aliases = box.readings.get("aliases")
    return not isinstance(aliases, tuple) or box.node.service in (*aliases, box.name)


def _declared(scene: Scene, node: Node, record: Reading) -> Iterator[Link]:
    """Yield the links that the Compose files want."""
    aliases, addresses = _pairs(record, "aliases"), _pairs(record, "fixed_addresses")
    named = _pairs(record, "network_names")
    keys = record.get("networks")
    known = {str(r.get("name")) for r in scene.records("networks")}
    for key in keys if isinstance(keys, tuple) else ():
        usual = f"{node.stack}_{key}"
        name = next(iter(named.get(key, ())), usual if usual in known else key)
        names = (str(node.service), *aliases.get(key, ()))
        address = next(iter(addresses.get(key, ())), "")
        yield Link(name, tuple(dict.fromkeys(names)), address)


def _pairs(record: Reading, name: str) -> Mapping[str, tuple[str, ...]]:
    """Return `network:value` items as values by network."""
    found: dict[str, tuple[str, ...]] = {}
    items = record.get(name)
    for item in items if isinstance(items, tuple) else ():
        key, _, value = item.partition(":")
        found[key] = (*found.get(key, ()), value)
    return found


def _guessed(scene: Scene, box: Box) -> Iterator[Link]:
    """Yield the links of a container whose files are not known.

    It was made on a network, whose name its mode keeps; else those count on which all
    others of its stack are.
    """
    names: set[str] = set()
    if box.network_mode not in BUILT_IN and ":" not in box.network_mode:
        names = {box.network_mode}
    elif box.network_mode in ("", "default") and box.node.stack:
        others = [
            set(other.networks)
            for node in scene.services(box.node.stack)
            for other in scene.boxes(node)
            if node != box.node and other.networks
        ]
        names = set.intersection(*others) if others else set()
    for name in names:
        yield Link(name, (str(box.node.service),))
