"""Whether a service was seen to serve: what acquits it when another blames it."""

from __future__ import annotations

from escalade.evidence.probe import Seen
from escalade.model import Node
from escalade.model import Reading

__all__ = ["served"]

FAILURES = (500, 502, 503, 504)
"""Statuses of an HTTP answer by which a server says that it fails itself."""


def served(seen: Seen, node: Node, accuser: Node) -> bool:
    """Whether somebody other than the accuser got an answer from a service.

    Somebody is another service in its own network, or the host by a published port.
    """
    if _meant_to_stop(seen, node):
        return True
    asked = _ports(seen, node, accuser)
    for piece in seen.of("reach", host=node.host, stack=node.stack):
        if piece.address.service in (accuser.service, node.service):
            continue
        if any(
            r.get("service") == node.service
            and _served(r)
            and (not asked or r.get("port") in asked)
            for r in piece.readings
        ):
            return True
    published = seen.of(
        "published", host=node.host, stack=node.stack, service=node.service
    )
    return any(
        _served(r) and (not asked or r.get("port") in asked)
        for p in published
        for r in p.readings
    )


def _served(record: Reading) -> bool:
    """Whether an answer is a service: the server's own failure is a connection alone."""
    return record.get("outcome") == "ok" and record.get("status") not in FAILURES


def _ports(seen: Seen, node: Node, accuser: Node) -> frozenset[object]:
    """Return the ports on which the accuser itself got no answer, as far as asked."""
    return frozenset(
        r.get("port")
        for piece in seen.of(
            "reach", host=accuser.host, stack=accuser.stack, service=accuser.service
        )
        for r in piece.readings
        if r.get("service") == node.service and not _served(r)
    )


def _meant_to_stop(seen: Seen, node: Node) -> bool:
    """Whether a service is not expected to run: it is not to blame for being away."""
    boxes = seen.of("container", host=node.host, stack=node.stack, service=node.service)
    return any(r.get("desired") == "stopped" for p in boxes for r in p.readings)
