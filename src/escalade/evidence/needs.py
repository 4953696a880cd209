"""What a service needs: declared by Compose or named in its variables."""

from __future__ import annotations

from escalade.evidence.names import containers
from escalade.evidence.names import names_near
from escalade.evidence.names import reading_of
from escalade.evidence.probe import Argument
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Seen
from escalade.evidence.probe import View
from escalade.model import Address
from escalade.model import Args
from escalade.model import Evidence
from escalade.model import Reading
from escalade.model import Value

__all__ = ["NEEDS", "needed", "shared"]


def needed(
    seen: Seen, address: Address, pieces: tuple[Evidence, ...]
) -> dict[str, str]:
    """Return the services that this one needs, and how that is known.

    `named` in a variable tells of traffic; `declared` alone may be for order only.
    """
    names = names_near(seen, address)
    found: dict[str, str] = {}
    for env in seen.of(
        "env", host=address.host, stack=address.stack, service=address.service
    ):
        for record in env.readings:
            service = names.get(str(record.get("host") or ""))
            if service and service != address.service:
                found[service] = "named"
    for piece in pieces:
        if piece.address.service == address.service:
            for service in _conditions(piece):
                found.setdefault(service, "declared")
    return found


def _conditions(piece: Evidence) -> dict[str, str]:
    """Return `depends_on` of one container: service to condition."""
    depends = reading_of(piece).get("depends")
    if not isinstance(depends, tuple):
        return {}
    pairs = (item.partition(":") for item in depends)
    return {name: condition or "service_started" for name, _, condition in pairs}


def _view(seen: Seen, address: Address, args: Args) -> View:
    """Return one record for each service that this one needs."""
    pieces = containers(seen, address)
    wanted = dict(args).get("role")
    own = [p for p in pieces if p.address.service == address.service]
    conditions = {k: v for p in own for k, v in _conditions(p).items()}
    records = [
        _record(service, how, (conditions.get(service), own), pieces)
        for service, how in sorted(needed(seen, address, pieces).items())
        if wanted is None
        or service in seen.role(address.host, address.stack or "", str(wanted))
    ]
    return View(tuple(records))


def _record(
    service: str,
    how: str,
    mine: tuple[str | None, list[Evidence]],
    pieces: tuple[Evidence, ...],
) -> Reading:
    """Return what is known of one needed service, as seen from the one that needs."""
    condition, own = mine
    theirs = [reading_of(p) for p in pieces if p.address.service == service]
    states = {str(r.get("state")) for r in theirs}
    healths = {str(r.get("health")) for r in theirs}
    return {
        "service": service,
        "how": how,
        "condition": condition or "none",
        "running": "running" in states,
        "state": ",".join(sorted(states)),
        "health": ",".join(sorted(healths)),
        "healthcheck": any(r.get("healthcheck") is True for r in theirs),
        "shared_network": shared([reading_of(p) for p in own], theirs),
    }


def shared(mine: list[Reading], theirs: list[Reading]) -> bool | None:
    """Return whether two services have a network in common; None if not known."""
    one, other = _networks(mine), _networks(theirs)
    if one is None or other is None:
        return None
    return bool(one & other)


def _networks(records: list[Reading]) -> frozenset[str] | None:
    """Return all networks of a service's running containers.

    None when none runs, or one of them lives in another's or the host's network.
    """
    networks: set[str] = set()
    alive = [r for r in records if r.get("state") in ("running", "paused")]
    if not alive:
        return None
    for record in alive:
        mode: Value = record.get("network_mode")
        if isinstance(mode, str) and mode.startswith(("container:", "host", "none")):
            return None
        found = record.get("networks")
        networks |= set(found) if isinstance(found, tuple) else set()
    return frozenset(networks)


NEEDS = Probe(
    name="needs",
    scope="container",
    doc="One record for each service that this one needs, declared in Compose "
    "(`depends_on`) or named in its variables.",
    readings={
        "service": str,
        "how": str,
        "condition": str,
        "running": bool,
        "state": str,
        "health": str,
        "healthcheck": bool,
        "shared_network": bool,
    },
    arguments={"role": Argument(str)},
    view_only=frozenset({"role"}),
    quick=True,
    derived=True,
    view=_view,
)
