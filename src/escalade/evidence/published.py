"""What answers on a container's published ports, asked from the host's side.

A TCP connect proves nothing there: Docker's proxy accepts even when nobody listens
behind it. So each port is spoken to.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from escalade.evidence.httptext import complete
from escalade.evidence.httptext import greeting
from escalade.evidence.httptext import request
from escalade.evidence.httptext import status_and_body
from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
from escalade.evidence.parsing import whole
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Dial
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Target
from escalade.model import Args
from escalade.model import Reading
from escalade.model import Status

__all__ = ["PUBLISHED"]

_ANY = ("", "0.0.0.0", "::")  # noqa: S104 (what Docker writes, not what we bind)


class _Door(NamedTuple):
    """One published TCP port."""

    host_ip: str
    host_port: int
    port: int


def _doors(target: Target) -> tuple[_Door, ...]:
    """Return the published TCP ports, each once: IPv4 and IPv6 are one door."""
    ports = as_dict(as_dict(target.inspect.get("NetworkSettings")).get("Ports"))
    found = {
        (door.port, door.host_port): door
        for inner, bindings in ports.items()
        for binding in reversed(as_list(bindings))
        for door in _door(inner, as_dict(binding))
    }
    return tuple(found[key] for key in sorted(found))


def _door(inner: str, binding: object) -> Iterator[_Door]:
    """Yield the door of one binding, none for UDP."""
    number, _, proto = inner.partition("/")
    port, outer = whole(number), whole(as_dict(binding).get("HostPort"))
    if proto in ("tcp", "") and port and outer:
        ip = str(as_dict(binding).get("HostIp") or "")
        yield _Door("127.0.0.1" if ip in _ANY else ip, outer, port)


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Speak to every published port."""
    del args
    image = str(as_dict(target.inspect.get("Config")).get("Image") or "")
    return tuple(_dial(door, greeting(image, door.port)) for door in _doors(target))


def _dial(door: _Door, said: bytes | None) -> Dial:
    """Return the conversation with one port: HTTP unless it is known to speak another."""
    if said is None:
        said = request(door.host_ip, door.host_port)
    return Dial(door.host_ip, door.host_port, said, done=complete)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record for each published port."""
    del args
    pairs = list(zip(_doors(target), answers, strict=False))
    readings = tuple(_reading(door, a) for door, a in pairs if a.status is Status.OK)
    missing = [a for _, a in pairs if a.status is not Status.OK]
    if not missing:
        return Parsed(readings)
    status = Status.PARTIAL if readings else missing[0].status
    return Parsed(readings, status, complete=False, reason=missing[0].reason)


def _reading(door: _Door, answer: Answer) -> Reading:
    """Return what one port said."""
    code, text = status_and_body(answer.body)
    return {
        "host_ip": door.host_ip,
        "host_port": door.host_port,
        "port": door.port,
        "outcome": answer.outcome,
        "status": code,
        "body": text,
        "took_s": round(answer.took_s, 3),
    }


PUBLISHED = Probe(
    name="published",
    scope="container",
    doc="One record for each published TCP port: what answered there from the host's "
    "side. outcome: ok, silent, closed, reset, refused, timeout, no-route ...",
    readings={
        "host_ip": str,
        "host_port": int,
        "port": int,
        "outcome": str,
        "status": int,
        "body": str,
        "took_s": float,
    },
    always=True,
    quick=True,
    needs_running=True,
    questions=_questions,
    parse=_parse,
)
