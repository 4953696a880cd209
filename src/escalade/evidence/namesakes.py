"""Containers of other stacks, or of none, that answer to a service's own names."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from escalade.evidence.aliases import names_on
from escalade.evidence.discover import running
from escalade.evidence.names import containers
from escalade.evidence.names import reading_of
from escalade.evidence.names import same_place
from escalade.evidence.parsing import PROJECT
from escalade.evidence.parsing import as_dict
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Seen
from escalade.evidence.probe import Target
from escalade.evidence.probe import View
from escalade.model import Address
from escalade.model import Args
from escalade.model import Reading

__all__ = ["NAMESAKES"]


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record for each network, name and stranger, from the Engine's records."""
    del args, answers
    return Parsed(tuple(_records(target)))


def _records(target: Target) -> Iterator[Reading]:
    """Yield who else bears a name. Two services of one stack may share one on purpose."""
    stack = _stack(target.inspect)
    if stack is None:
        return
    mine = _names(target.inspect)
    for box, inspect in sorted(as_dict(target.facts.get("inspects")).items()):
        if not running(inspect) or _stack(inspect) == stack:
            continue
        theirs = _names(inspect)
        for network in sorted(mine.keys() & theirs.keys()):
            for name in sorted(mine[network] & theirs[network]):
                yield {
                    "network": network,
                    "name": name,
                    "container": box,
                    "stack": _stack(inspect) or "",
                }


def _stack(inspect: Mapping[str, Any]) -> str | None:
    """Return the Compose project of a container, None where it is of none."""
    labels = as_dict(as_dict(inspect.get("Config")).get("Labels"))
    return str(labels[PROJECT]) if labels.get(PROJECT) else None


def _names(inspect: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Return by network the names to which the Engine's name server answers."""
    own = str(inspect.get("Name") or "").lstrip("/")
    return {net: frozenset({own, *names}) for net, names in names_on(inspect).items()}


def _view(seen: Seen, address: Address, args: Args) -> View:
    """Return the strangers, each with whether somebody looks for the name there."""
    del args
    pieces = same_place(seen, "namesakes", address)
    if not pieces:
        return View(unknown="not asked")
    at, piece = address, pieces[0]
    owned = {
        record.get("name")
        for nets in seen.of("networks", host=at.host)
        for record in nets.readings
        if record.get("stack") == at.stack
    }
    asked = _asked(seen, address) if piece.readings else frozenset()
    records = tuple(
        {
            **r,
            "wanted": (r.get("network"), r.get("name")) in asked
            or (r.get("name") == at.service and r.get("network") in owned),
        }
        for r in piece.readings
    )
    return View(records, piece.complete)


def _asked(seen: Seen, address: Address) -> frozenset[tuple[object, object]]:
    """Return (network, name) for each name that the stack's other services ask for."""
    boxes = {
        piece.address.replica: reading_of(piece).get("networks")
        for piece in containers(seen, address)
        if piece.address.service != address.service
    }
    return frozenset(
        (network, record.get(key))
        for probe, key in (("reach", "name"), ("env", "host"))
        for piece in seen.of(probe, host=address.host, stack=address.stack)
        for networks in (boxes.get(piece.address.replica),)
        for record in piece.readings
        for network in (networks if isinstance(networks, tuple) else ())
        if record.get(key)
    )


NAMESAKES = Probe(
    name="namesakes",
    scope="container",
    doc="One record for each running container of another stack (blank: of none) that "
    "answers to a name of this one on a network of both, so that who asks for it gets "
    "either. wanted: another service of the stack uses that name there, or it is the "
    "service's own on a network of its stack.",
    readings={
        "network": str,
        "name": str,
        "container": str,
        "stack": str,
        "wanted": bool,
    },
    needs_running=True,
    parse=_parse,
    view=_view,
)
