"""Services that should be there and have no container: evidence of an absence."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping

from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Reading
from escalade.model import Status

__all__ = ["COMPLETED", "absent"]

COMPLETED = "service_completed_successfully"
_NOTHING: Reading = {
    "state": "missing",
    "running": False,
    "paused": False,
    "restarting": False,
    "oom_killed": False,
    "restart_count": 0,
    "crash_looping": False,
    "failing": False,
    "error": "",
    "health": "none",
    "healthcheck": False,
    "health_missed": False,
    "oneshot": False,
}
"""What is true of a container that is not there; the rest of it is not known."""


def absent(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return `container` evidence with state `missing` for declared services.

    Declared is what a Compose file lists without a profile and with at least one
    replica, and what the inventory names. A stack none of whose services has a
    container is down, not incomplete: the inventory alone can say that it should run.
    A service whose end others wait for is not missing: it ended and was cleaned up.
    """
    pieces = tuple(evidence)
    ends = set(_ends(pieces))
    there = {p.address.node for p in pieces if p.address.probe == "container"}
    declared: dict[tuple[str, str | None, str], dict[str, object]] = {}
    for piece in pieces:
        at = piece.address
        if at.probe == "compose" and piece.status.answered:
            for record in piece.readings:
                key = (at.host, at.stack, str(record.get("service")))
                if _wanted(record) and key not in ends:
                    declared.setdefault(key, {"image": record.get("image")})
        elif at.probe == "expected" and at.service:
            key = (at.host, at.stack, at.service)
            desired = piece.readings[0].get("desired") if piece.readings else None
            declared.setdefault(key, {})["desired"] = desired
    return tuple(
        _missing(key, known)
        for key, known in sorted(declared.items(), key=str)
        if not any((n.host, n.stack, n.service) == key for n in there)
    )


def _ends(pieces: Iterable[Evidence]) -> Iterator[tuple[str, str | None, str]]:
    """Yield the services that others wait for until they end well."""
    for piece in pieces:
        at = piece.address
        if at.probe in ("compose", "container") and piece.status.answered:
            for record in piece.readings:
                depends = record.get("depends")
                for item in depends if isinstance(depends, tuple) else ():
                    service, _, condition = item.partition(":")
                    if condition == COMPLETED:
                        yield at.host, at.stack, service


def _wanted(record: Reading) -> bool:
    """Whether a Compose file wants containers of a service."""
    return not record.get("profiles") and record.get("replicas") != 0


def _missing(key: tuple[str, str | None, str], known: Mapping[str, object]) -> Evidence:
    """Return the evidence of one absence."""
    host, stack, service = key
    desired = known.get("desired") or "running"
    image = known.get("image")
    record: Reading = {
        **_NOTHING,
        "name": service,
        "desired": str(desired),
        "image": None if image is None else str(image),
    }
    return Evidence(
        Address(host, stack, service, None, "container"), Status.OK, (record,)
    )
