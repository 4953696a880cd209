"""reconnect: a container joins the networks of its stack again, under its names."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from escalade.model import Comparison
from escalade.model import Node
from escalade.plans import Action
from escalade.plans import Call
from escalade.plans import Check
from escalade.plans import Risk
from escalade.remedy.acts import SERVICE
from escalade.remedy.acts import SERVICE_HELP
from escalade.remedy.acts import narrowed
from escalade.remedy.acts import targets
from escalade.remedy.boxes import Box
from escalade.remedy.gates import SETTLE_S
from escalade.remedy.nets import Link
from escalade.remedy.nets import lacking
from escalade.remedy.pausing import begun_again
from escalade.remedy.scene import Scene
from escalade.remedy.step import Arguments
from escalade.remedy.step import CannotError
from escalade.remedy.step import StepKind
from escalade.text import Text

__all__ = ["RECONNECT"]

OFF = Text(
    "{box} is not on {network}, where its stack reaches it",
    "{box} n'est pas sur {network}, où sa pile l'atteint",
)
NAMELESS = Text(
    "{box} is on {network}, but nobody finds it there as {service}",
    "{box} est sur {network}, mais personne ne l'y trouve sous le nom {service}",
)


def _actions(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield a connection for each network that a container should be on and is not."""
    scene = narrowed(scene, node, args)
    nodes = scene.ordered(targets(scene, node, args))
    boxes = [box for each in nodes for box in scene.boxes(each)]
    found = [(box, link) for box in boxes for link in lacking(scene, box)]
    if not found:
        raise CannotError(_nothing(scene, nodes, boxes))
    _exist(scene, found)
    for box, link in found:
        if link.nameless:
            yield _disconnected(scene, box, link)
        yield _connected(scene, box, link)
    yield from begun_again(scene, {box.node for box, _ in found}, RECONNECT.name)


def _nothing(scene: Scene, nodes: tuple[Node, ...], boxes: list[Box]) -> str:
    """Return why there is nothing to connect."""
    named = ", ".join(str(node.service) for node in nodes)
    if not boxes:
        return f"{scene.host}: {named} has no container (bring it up)"
    networks = sorted({network for box in boxes for network in box.networks})
    there = f" ({', '.join(networks)})" if networks else ""
    return f"{scene.host}: {named} lacks no network that is known{there}"


def _exist(scene: Scene, found: list[tuple[Box, Link]]) -> None:
    """Raise `CannotError` for a network that the Engine has not."""
    known = {str(record.get("name")) for record in scene.records("networks")}
    for box, link in found:
        if known and link.network not in known:
            raise CannotError(
                f"{scene.host}: the network {link.network} of {box.name} is gone "
                "(up makes it again)"
            )


def _path(link: Link, verb: str) -> str:
    """Return the path of a request about a network."""
    from urllib.parse import quote

    return f"/networks/{quote(link.network, safe='')}/{verb}"


def _connected(scene: Scene, box: Box, link: Link) -> Action:
    """Return the connection of a container to a network."""
    words = [word for alias in link.aliases for word in ("--alias", alias)]
    words += ["--ip", link.address] if link.address else []
    place: dict[str, object] = {"Aliases": list(link.aliases)}
    if link.address:
        place["IPAMConfig"] = {"IPv4Address": link.address}
    texts = {"box": box.name, "network": link.network, "service": str(box.node.service)}
    return Action(
        host=scene.host,
        step=RECONNECT.name,
        node=box.node,
        do=Call(
            "POST",
            _path(link, "connect"),
            json.dumps({"Container": box.name, "EndpointConfig": place}),
        ),
        command=shlex.join(
            ("docker", "network", "connect", *words, link.network, box.name)
        ),
        risk=Risk.SAFE,
        why=(NAMELESS if link.nameless else OFF).fill(texts),
        undo=shlex.join(("docker", "network", "disconnect", link.network, box.name)),
        after=(
            Check(
                "network",
                (link.network, box.name),
                (
                    Comparison("connected", "eq", value=True),
                    Comparison("aliases", "contains", str(box.node.service)),
                ),
            ),
        ),
        settle_s=SETTLE_S,
    )


def _disconnected(scene: Scene, box: Box, link: Link) -> Action:
    """Return the end of a connection that bears no name: a new one will."""
    body = json.dumps({"Container": box.name})
    texts = {"box": box.name, "network": link.network, "service": str(box.node.service)}
    return Action(
        host=scene.host,
        step=RECONNECT.name,
        node=box.node,
        do=Call("POST", _path(link, "disconnect"), body),
        command=shlex.join(("docker", "network", "disconnect", link.network, box.name)),
        risk=scene.box_risk(box),
        why=NAMELESS.fill(texts),
        undo=shlex.join(("docker", "network", "connect", link.network, box.name)),
        after=(
            Check(
                "network",
                (link.network, box.name),
                (Comparison("connected", "eq", value=False),),
            ),
        ),
        settle_s=SETTLE_S,
    )


RECONNECT = StepKind(
    name="reconnect",
    doc="Connect a service to the networks of its stack that it is not on.",
    actions=_actions,
    arguments={"service": SERVICE},
    help={"service": SERVICE_HELP},
    positional=("service",),
    timeout_s=60.0,
)
