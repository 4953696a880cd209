"""The ports of a service: wanted, published, listened on, and what answers there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping
from typing import NamedTuple

from escalade.evidence.names import containers
from escalade.evidence.names import reading_of
from escalade.evidence.names import same_place
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Seen
from escalade.evidence.probe import View
from escalade.model import Address
from escalade.model import Args
from escalade.model import Evidence
from escalade.model import Reading

__all__ = ["PORTS", "Asked", "Table", "asked_of", "listening", "ports_of", "stray_of"]

EPHEMERAL = 32_768
"""Linux gives ports from here on to whoever does not choose one."""
SEVERAL = 2
"""Services that ask for the same port: so many do not all err."""
IN_VAIN = ("refused", "reset", "closed")
"""How a published port answers for one behind which nobody listens."""
_CHECKED = re.compile(r":(\d{2,5})(?!\d)")
Table = Mapping[int, set[bool]]
"""Port to the set of {is it loopback only}."""


class Asked(NamedTuple):
    """Who was refused where, and which ports were reached, over a service's peers."""

    refused: Mapping[int, frozenset[str]]
    reached: frozenset[int]

    @property
    def by_several(self) -> set[int]:
        """Return the ports at which several services were refused."""
        return {port for port, who in self.refused.items() if len(who) >= SEVERAL}


def _view(seen: Seen, address: Address, args: Args) -> View:
    """Return one record for each TCP port that is wanted, published, exposed or asked."""
    del args
    boxes = [p for p in same_place(seen, "container", address) if p.status.answered]
    if not boxes:
        return View(unknown="the container was not read")
    box = reading_of(boxes[0])
    table = listening(same_place(seen, "sockets", address))
    answers = {
        record.get("port"): record
        for piece in same_place(seen, "published", address)
        for record in piece.readings
    }
    asked = asked_of(seen, address)
    stray = stray_of(seen, address, box)
    # Where nothing listens, whoever asks alone may ask for the wrong port.
    ports = ports_of(box) | set(asked.refused) & set(table or ()) | asked.by_several
    records = [
        {
            **_record(port, box, answers.get(port, {}), table),
            "refused": port in asked.refused,
            "asked": _in_vain(port, box, answers.get(port, {}), asked),
            "stray": stray,
        }
        for port in sorted(ports)
    ]
    return View(tuple(records))


def ports_of(box: Reading) -> set[int]:
    """Return the container-side TCP ports of a container's definition."""
    ports: set[int] = set()
    for key in ("published", "wants_published"):
        items = box.get(key)
        for item in items if isinstance(items, tuple) else ():
            inner, _, proto = item.rpartition("->")[2].partition("/")
            if proto in ("", "tcp") and inner.isdigit():
                ports.add(int(inner))
    items = box.get("exposed")
    for item in items if isinstance(items, tuple) else ():
        inner, _, proto = str(item).partition("/")
        if proto in ("", "tcp") and inner.isdigit():
            ports.add(int(inner))
    return ports


def asked_of(seen: Seen, address: Address) -> Asked:
    """Return where other services of the stack asked a service, and how it went."""
    refused: dict[int, set[str]] = {}
    reached: set[int] = set()
    for piece in seen.of("reach", host=address.host, stack=address.stack):
        if piece.address.service == address.service:
            continue
        for record in piece.readings:
            port, outcome = record.get("port"), record.get("outcome")
            if record.get("service") != address.service or not isinstance(port, int):
                continue
            if outcome == "refused":
                refused.setdefault(port, set()).add(str(piece.address.service))
            elif outcome in ("ok", "silent", "closed", "reset"):
                reached.add(port)
    return Asked({p: frozenset(who) for p, who in refused.items()}, frozenset(reached))


def listening(pieces: Iterable[Evidence]) -> Table | None:
    """Return what is listened on in some `sockets` evidence, None if none was read."""
    told = [piece for piece in pieces if piece.status.answered]
    if not told:
        return None
    table: dict[int, set[bool]] = {}
    for record in (r for piece in told for r in piece.readings):
        port = record.get("port")
        if isinstance(port, int):
            table.setdefault(port, set()).add(record.get("loopback") is True)
    return table


def _alone(seen: Seen, address: Address, box: Reading) -> bool:
    """Whether what is listened on in a container's network is all its own."""
    if str(box.get("network_mode") or "").partition(":")[0] in ("host", "container"):
        return False
    ident = str(box.get("id") or "")
    modes = (
        str(reading_of(piece).get("network_mode") or "").partition(":")
        for piece in containers(seen, address)
    )
    return not any(
        kind == "container" and whose and (ident and whose.startswith(ident))
        for kind, _, whose in modes
    )


def stray_of(seen: Seen, address: Address, box: Reading) -> tuple[str, ...] | None:
    """Return the ports that it listens on for others, and that nobody knows of.

    None where that cannot be told: the sockets were not read, or are not its own alone.
    """
    table = listening(same_place(seen, "sockets", address))
    if table is None or not _alone(seen, address, box):
        return None
    known = ports_of(box) | set(_checked(box)) | asked_of(seen, address).reached
    return tuple(
        str(port)
        for port, loops in sorted(table.items())
        if False in loops and port < EPHEMERAL and port not in known
    )


def _checked(box: Reading) -> tuple[int, ...]:
    """Return the ports that a container's health check names."""
    return tuple(map(int, _CHECKED.findall(str(box.get("health_test") or ""))))


def _in_vain(port: int, box: Reading, answer: Reading, asked: Asked) -> bool:
    """Whether somebody who should know asks for a port in vain.

    Several services; or one, the health check or whoever comes from outside, where the
    definition names the port too.
    """
    if port in asked.by_several:
        return True
    failing = box.get("health_exit") not in (None, 0)
    return port in ports_of(box) and (
        port in asked.refused
        or answer.get("outcome") in IN_VAIN
        or (failing and port in _checked(box))
    )


def _record(
    port: int,
    box: Reading,
    answer: Reading,
    table: Table | None,
) -> Reading:
    """Return what is known of one port."""

    def has(key: str) -> bool:
        items = box.get(key)
        found = items if isinstance(items, tuple) else ()
        return any(f"->{port}/tcp" in item for item in found)

    loops = None if table is None else table.get(port, set())
    return {
        "port": port,
        "wanted": has("wants_published"),
        "published": has("published"),
        "outcome": answer.get("outcome"),
        "status": answer.get("status"),
        "host_port": answer.get("host_port"),
        "listening": None if loops is None else bool(loops),
        "loopback_only": None if loops is None else loops == {True},
        "any_listening": None if table is None else bool(table),
    }


PORTS = Probe(
    name="ports",
    scope="container",
    doc="One record for each TCP port that the container publishes or exposes, or that "
    "it listens on while others of the stack are refused: whether it is published, "
    "listened on, and what answered through it. wanted: its definition publishes it. "
    "refused: another service of the stack was, at this port. asked: somebody who should "
    "know asks for it in vain. stray: the ports that it listens on and nobody knows of.",
    readings={
        "port": int,
        "wanted": bool,
        "published": bool,
        "outcome": str,
        "status": int,
        "host_port": int,
        "listening": bool,
        "loopback_only": bool,
        "any_listening": bool,
        "refused": bool,
        "asked": bool,
        "stray": tuple,
    },
    needs_running=True,
    derived=True,
    view=_view,
)
