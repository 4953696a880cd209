"""Names of the stack that a container's own hosts file gives to others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Sequence

from escalade.evidence.complaint import COMPLAINT
from escalade.evidence.edges import kind_of
from escalade.evidence.edges import near
from escalade.evidence.names import same_place
from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Peer
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Seen
from escalade.evidence.probe import Target
from escalade.evidence.probe import View
from escalade.model import Address
from escalade.model import Args
from escalade.model import Reading
from escalade.model import args_of

__all__ = ["EXTRA_HOSTS"]

_ENTRY = re.compile(r"([^:=]+)[:=]\[?([^\]]+)\]?")
_WRONG = ("rror", "RROR", "xception", "efused", "ailed", "imed out")
"""Parts of words with which programs tell that something did not go well."""
GATEWAY = "host-gateway"
REFUSED, OWN = 400, (401, 404, 426)
"""Statuses of HTTP from which nobody was served, but those of a server that is right."""


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record for each entry that names a service which runs in the stack."""
    del args, answers
    return Parsed(tuple(_records(target)))


def _records(target: Target) -> Iterator[Reading]:
    """Yield the entries; a service that has no address now could have any."""
    host = as_dict(target.inspect.get("HostConfig"))
    for entry in as_list(host.get("ExtraHosts")):
        found = _ENTRY.fullmatch(str(entry))
        if found is None:
            continue
        bearers = [peer for peer in near(target) if found[1] in peer.names]
        theirs = tuple(sorted({a for peer in bearers for a in peer.addresses}))
        if theirs:
            yield {
                "name": found[1],
                "address": found[2],
                "service": bearers[0].service,
                "right": found[2] in (*theirs, *_host(target, bearers)),
                "addresses": theirs,
            }


def _host(target: Target, bearers: Sequence[Peer]) -> tuple[str, ...]:
    """Return how a container reaches its host, where one of the bearers is published."""
    records = as_dict(target.facts.get("inspects"))
    boxes = (as_dict(records.get(peer.replica)) for peer in bearers)
    if not any(as_dict(box.get("HostConfig")).get("PortBindings") for box in boxes):
        return ()
    settings = as_dict(target.inspect.get("NetworkSettings"))
    nets = as_dict(settings.get("Networks")).values()
    gateways = (str(as_dict(net).get("Gateway")) for net in nets)
    mode = as_dict(target.inspect.get("HostConfig")).get("NetworkMode")
    own = ("127.0.0.1", "::1") if mode == "host" else ()
    return (GATEWAY, *own, *gateways)


def _view(seen: Seen, address: Address, args: Args) -> View:
    """Return the entries, each with what came of asking for its name."""
    del args
    pieces = same_place(seen, "extra_hosts", address)
    if not pieces:
        return View(unknown="not asked")
    answers: dict[object, set[bool]] = {}
    for piece in same_place(seen, "reach", address):
        for record in piece.readings:
            answers.setdefault(record.get("name"), set()).add(_answered(record))
    told = _complained_of(seen, address)
    records = (
        {**r, "fails": name in told or answers.get(name) == {False}}
        for r in pieces[0].readings
        for name in (r.get("name"),)
    )
    return View(tuple(records), pieces[0].complete)


def _complained_of(seen: Seen, address: Address) -> frozenset[object]:
    """Return the names that the container's own log complains of, whoever answers there."""
    view = COMPLAINT.view
    asked = args_of({"contains": _WRONG})
    found = view(seen, address, asked).readings if view else ()
    return frozenset(record.get("name") for record in found)


def _answered(record: Reading) -> bool:
    """Whether somebody answered as the one who is meant would, as far as can be told.

    A gateway on the way may take connections for any address, and refuses what it is
    told in HTTP.
    """
    if record.get("outcome") != "ok":
        return False
    kind, status = kind_of(str(record.get("scheme"))), record.get("status")
    if kind == "redis":
        return str(record.get("reply"))[:1] in ("+", "-")
    if kind == "http" and isinstance(status, int):
        return 0 < status < REFUSED or status in OWN
    return True


EXTRA_HOSTS = Probe(
    name="extra_hosts",
    scope="container",
    doc="One record for each entry of the container's `extra_hosts` whose name another "
    "service of its stack bears, and that service's addresses. right: the address is one "
    "of those, or the host's. fails: the container asks for that name and nobody "
    "answers as it would, or its log complains of it.",
    readings={
        "name": str,
        "address": str,
        "service": str,
        "right": bool,
        "addresses": tuple,
        "fails": bool,
    },
    needs_running=True,
    parse=_parse,
    view=_view,
)
