"""Whether a service was seen to serve: what acquits it when another blames it."""

from __future__ import annotations

from escalade.evidence.probe import Seen
from escalade.model import Node

__all__ = ["served"]


def served(seen: Seen, node: Node, accuser: Node) -> bool:
    """Whether somebody other than the accuser got an answer from a service.

    Somebody is another service in its own network, or the host by a published port.
    """
    for piece in seen.of("reach", host=node.host, stack=node.stack):
        if piece.address.service in (accuser.service, node.service):
            continue
        if any(
            r.get("service") == node.service and r.get("outcome") == "ok"
            for r in piece.readings
        ):
            return True
    published = seen.of(
        "published", host=node.host, stack=node.stack, service=node.service
    )
    return any(r.get("outcome") == "ok" for p in published for r in p.readings)
