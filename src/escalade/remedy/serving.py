"""Whether a container serves anybody: no only where evidence proves it.

What nobody asked, or could not ask, is no proof, and a health check alone is none: it
counts where somebody asked, too, and nobody was served.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence

from escalade.evidence.probe import Seen
from escalade.model import Evidence
from escalade.model import Reading
from escalade.remedy.boxes import Box
from escalade.text import Text

__all__ = ["MISSING", "idle", "serving"]

MISSING = Text("{service} has no container", "{service} n'a pas de conteneur")
STOPPED = Text("{service} is not running", "{service} ne tourne pas")
PAUSED = Text("{service} is paused", "{service} est en pause")
LOOPING = Text("{service} keeps restarting", "{service} redémarre sans cesse")
FROZEN = Text(
    "the processes of {service} are stopped by a signal",
    "les processus de {service} sont arrêtés par un signal",
)
ALONE = Text("{service} is on no network", "{service} n'est sur aucun réseau")
ORPHAN = Text(
    "the network that {service} shares is gone",
    "le réseau que {service} partage n'existe plus",
)
STALE = Text(
    "the network that {service} shares was begun anew without it",
    "le réseau que {service} partage a été recommencé sans lui",
)
SICK = Text(
    "{service} fails its health check and answers nobody",
    "{service} échoue à son contrôle de santé et ne répond à personne",
)
SILENT = Text(
    "{service} answers on none of its ports",
    "{service} ne répond sur aucun de ses ports",
)
FAILED = 500
"""HTTP codes from here on say that the caller was not served."""
MUTE = frozenset({"silent", "refused", "timeout", "no-route", "unreachable"})
"""Nobody is there, or nobody who speaks."""
HOST_ASKS = ("published", "http", "redis")
"""Probes that ask a container from its host."""
ENDED = frozenset({"closed", "reset"})
"""Docker's proxy ends so where nobody listens behind it; some servers do, too."""


def idle(seen: Seen, box: Box, *, owner: Box | None) -> Text | None:
    """Return why a container serves nobody, None where it may serve.

    `owner` is the container whose network namespace it lives in, if it does.
    """
    if not box.known:
        return None
    text = _state(box) or _network(box, owner) or _answers(seen, box)
    return text and text.fill({"service": box.node.service or box.name})


def serving(seen: Seen, box: Box) -> bool:
    """Whether somebody was seen to get an answer from a container."""
    return any(_served(record) for record in _outcomes(seen, box))


def _state(box: Box) -> Text | None:
    """Return what the Engine and the kernel say of its life."""
    if box.paused:
        return PAUSED
    if box.restarting or box.readings.get("crash_looping") is True:
        return LOOPING
    if not box.running:
        return STOPPED
    return FROZEN if box.frozen else None


def _network(box: Box, owner: Box | None) -> Text | None:
    """Return whether nobody can reach it, whatever it does."""
    if box.readings.get("on_network") is False:
        return ALONE
    if owner is None or not owner.known:
        return None
    if not owner.running:
        return ORPHAN
    return STALE if box.readings.get("network_stale") is True else None


def _answers(seen: Seen, box: Box) -> Text | None:
    """Return whether all who asked it went without an answer."""
    outcomes = list(_outcomes(seen, box))
    if any(_served(record) for record in outcomes):
        return None
    own = _ports(box)
    if box.health == "unhealthy" and any(_in_vain(record, own) for record in outcomes):
        return SICK
    said = {str(r.get("outcome")) for r in outcomes if r.get("port") in own}
    return SILENT if said & MUTE and said <= MUTE | ENDED else None


def _in_vain(record: Reading, own: frozenset[int]) -> bool:
    """Whether a record tells of somebody who asked at a port of its, and in vain.

    An answer counts so, too: one that a caller can use was looked for before.
    """
    fits = not own or record.get("port", min(own)) in own
    return fits and record.get("outcome") in MUTE | ENDED | {"ok"}


def _served(record: Reading) -> bool:
    """Whether a record tells of an answer that a caller can use."""
    status = record.get("status")
    failed = isinstance(status, int) and status >= FAILED
    return record.get("outcome") == "ok" and not failed


def _ports(box: Box) -> frozenset[int]:
    """Return the ports that it is known to have; a caller may ask at a wrong one."""
    items: list[str] = []
    for key in ("exposed", "published", "wants_published"):
        value = box.readings.get(key)
        items += value if isinstance(value, tuple) else ()
    inner = (item.rpartition("->")[2].partition("/")[0] for item in items)
    return frozenset(int(port) for port in inner if port.isdigit())


def _outcomes(seen: Seen, box: Box) -> Iterator[Reading]:
    """Yield what came of each question to it, from the host and from its peers.

    A server of a protocol of its own served whatever it said, errors too.
    """
    at = box.node
    for piece in (p for probe in HOST_ASKS for p in _asked(seen, probe, box)):
        port = dict(piece.address.args)  # the probe `http` has it as an argument
        yield from ({**port, **record} for record in piece.readings)
    for piece in seen.of("reach", host=at.host, stack=at.stack):
        if piece.address.service != at.service:
            for record in piece.readings:
                if record.get("service") == at.service:
                    yield record


def _asked(seen: Seen, probe: str, box: Box) -> Sequence[Evidence]:
    """Return what a probe of a container saw of this one."""
    at = box.node
    return seen.of(
        probe, host=at.host, stack=at.stack, service=at.service, replica=box.name
    )
