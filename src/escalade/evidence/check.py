"""Whether one address answers, as seen from a host: the guide's `curl -f`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from escalade.errors import UsageError
from escalade.evidence.dial import converse
from escalade.evidence.probe import Dial
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Reading
from escalade.model import Status
from escalade.transport.base import Transport

__all__ = ["CheckTarget", "check", "parse_target"]

WAIT_S = 5.0
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_URL = re.compile(
    r"(?:(?P<scheme>[a-z]+)://)?(?P<host>\[[0-9a-fA-F:]+\]|[^/:\s]+)"
    r"(?::(?P<port>\d+))?(?P<path>/\S*)?",
)


@dataclass(frozen=True, slots=True)
class CheckTarget:
    """An address to ask: with a path it is asked over HTTP, without by TCP alone."""

    host: str
    port: int
    path: str | None


def parse_target(text: str) -> CheckTarget:
    """Return the address in `http://HOST[:PORT][/PATH]` or `HOST:PORT`."""
    fits = _URL.fullmatch(text)
    scheme = fits["scheme"] if fits else None
    if fits is None or scheme not in (None, "http", "tcp"):
        raise UsageError(f"check {text}: expected http://HOST[:PORT]/PATH or HOST:PORT")
    port = int(fits["port"] or (80 if scheme == "http" else 0))
    if not 0 < port < 65_536:  # noqa: PLR2004 (TCP's range)
        raise UsageError(f"check {text}: expected a port from 1 to 65535")
    path = (fits["path"] or "/") if scheme == "http" or fits["path"] else None
    return CheckTarget(fits["host"].strip("[]"), port, path)


def check(
    host: str, transport: Transport, target: CheckTarget, *, now: float
) -> Evidence:
    """Ask from a host and return what answered; never raises for a host."""
    address = Address(host, None, None, None, "tcp" if target.path is None else "http")
    opened = transport.open()
    if not opened.status.answered:
        return Evidence(address, opened.status, time=now, reason=opened.reason)
    answer = converse(transport, _dial(target), bound_s=2 * WAIT_S)
    status = _STATUS.match(answer.body)
    record: Reading = {
        "outcome": answer.outcome,
        "status": int(status[1]) if status else None,
        "body": answer.body.partition(b"\r\n\r\n")[2][:200].decode(errors="replace"),
        "took_s": answer.took_s,
    }
    if answer.outcome and answer.status is not Status.DENIED:
        return Evidence(address, Status.OK, (record,), time=now)
    return Evidence(address, answer.status, time=now, reason=answer.reason)


def _dial(target: CheckTarget) -> Dial:
    """Return the conversation that tells whether a target answers."""
    if target.path is None:
        return Dial(target.host, target.port, timeout_s=1.0)
    lines = (
        f"GET {target.path} HTTP/1.1",
        f"Host: {target.host}:{target.port}",
        "User-Agent: escalade",
        "Connection: close",
    )
    send = ("\r\n".join(lines) + "\r\n\r\n").encode()
    return Dial(target.host, target.port, send=send, timeout_s=WAIT_S)
