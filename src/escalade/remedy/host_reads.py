"""Readers of what a host itself sees: ports, HTTP answers, paths."""

from __future__ import annotations

from escalade.evidence.dial import converse
from escalade.evidence.httptext import complete
from escalade.evidence.httptext import request
from escalade.evidence.httptext import status_and_body
from escalade.evidence.parsing import whole
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Dial
from escalade.model import Reading
from escalade.model import Status
from escalade.remedy.reads import ASK_S
from escalade.remedy.reads import Place
from escalade.remedy.reads import Records
from escalade.remedy.reads import UnansweredError
from escalade.remedy.reads import missing
from escalade.transport.base import Command
from escalade.transport.base import Transport

__all__ = ["http", "path", "tcp"]

_CONNECTED = ("ok", "silent", "closed")
_PATH = """
p=%s
if [ -e "$p" ] || [ -L "$p" ]; then echo "size=$(stat -Lc %%s -- "$p")"; exit; fi
d=$(dirname -- "$p")
while [ ! -e "$d" ] && [ "$d" != / ] && [ "$d" != . ]; do d=$(dirname -- "$d"); done
if [ ! -d "$d" ] || [ -x "$d" ]; then echo gone; else echo closed; fi
"""
"""Below a folder that may not be searched, a path is not known to be missing."""


def tcp(place: Place, target: tuple[str, ...]) -> Records:
    """Read whether a port accepts a connection from the host."""
    host, port = target
    answer = _talk(place.transport, Dial(host, int(port), limit=0))
    outcome = "ok" if answer.outcome in _CONNECTED else answer.outcome
    return Records(({"name": f"{host}:{port}", "exists": True, "outcome": outcome},))


def http(place: Place, target: tuple[str, ...]) -> Records:
    """Read what a GET from the host brings."""
    host, port, where = target
    said = request(host, int(port), where)
    question = Dial(host, int(port), said, limit=65_536, done=complete)
    answer = _talk(place.transport, question)
    record: Reading = {
        "name": f"http://{host}:{port}{where}",
        "exists": True,
        "outcome": answer.outcome,
        "status": status_and_body(answer.body)[0],
    }
    return Records((record,))


def _talk(transport: Transport, question: Dial) -> Answer:
    """Return how a conversation went; raise UnansweredError where none could be held."""
    reached = transport.open()
    if reached.status is not Status.OK:
        raise UnansweredError(reached.reason)
    answer = converse(transport, question, bound_s=ASK_S)
    if answer.status is not Status.OK:
        raise UnansweredError(answer.reason or answer.outcome)
    if transport.open().status is not Status.OK:
        raise UnansweredError("the connection to the host ended")
    return answer


def path(place: Place, target: tuple[str, ...]) -> Records:
    """Read whether a path is there, and its size in bytes."""
    (name,) = target
    output = place.transport.run(Command(_PATH, (name,)).line, timeout_s=ASK_S)
    said = output.stdout.decode("ascii", "replace").strip()
    if output.status is not Status.OK:
        raise UnansweredError(output.reason)
    if said == "gone":
        return missing(name)
    key, _, size = said.partition("=")
    if key != "size":
        raise UnansweredError("a folder above it may not be searched")
    return Records(({"name": name, "exists": True, "size": whole(size)},))
