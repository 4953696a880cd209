"""Whether one address answers, as seen from a host: the guide's `curl -f`."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from escalade.errors import UsageError
from escalade.evidence.dial import converse
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Dial
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Reading
from escalade.model import Status
from escalade.transport.base import Tcp
from escalade.transport.base import Transport
from escalade.transport.base import Trouble

__all__ = ["CheckTarget", "check", "parse_target"]

WAIT_S = 5.0
HEAR_S = 1.0
"""Seconds in which a peer that hangs up at once has done so."""
_PORTS = {"http": 80, "https": 443}
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_URL = re.compile(
    r"(?:(?P<scheme>[A-Za-z]+)://)?(?P<host>\[[0-9a-fA-F:]+\]|[^/:\s]+)"
    r"(?::(?P<port>\d+))?(?P<path>/\S*)?",
)


@dataclass(frozen=True, slots=True)
class CheckTarget:
    """An address to ask: with a path it is asked over HTTP, without by TCP alone.

    `tls`: whoever is there speaks TLS, which we do not: TCP alone is asked, too.
    """

    host: str
    port: int
    path: str | None
    tls: bool = False


def parse_target(text: str) -> CheckTarget:
    """Return the address in `http://HOST[:PORT][/PATH]`, `https://...` or `HOST:PORT`."""
    fits = _URL.fullmatch(text)
    scheme = (fits["scheme"] or "").lower() if fits else ""
    if fits is None or scheme not in ("", "tcp", *_PORTS):
        raise UsageError(f"check {text}: expected http://HOST[:PORT]/PATH or HOST:PORT")
    port = int(fits["port"] or _PORTS.get(scheme, 0))
    if not 0 < port < 65_536:  # noqa: PLR2004 (TCP's range)
        raise UsageError(f"check {text}: expected a port from 1 to 65535")
    tls = scheme == "https"
    web = scheme == "http" or (fits["path"] and not tls)
    path = (fits["path"] or "/") if web else None
    return CheckTarget(fits["host"].strip("[]"), port, path, tls)


def check(
    host: str, transport: Transport, target: CheckTarget, *, now: float
) -> Evidence:
    """Ask from a host and return what answered; never raises for a host."""
    address = Address(host, None, None, None, "tcp" if target.path is None else "http")
    opened = transport.open()
    if not opened.status.answered:
        return Evidence(address, opened.status, time=now, reason=opened.reason)
    answer = (
        _knock(transport, target)
        if target.path is None
        else converse(transport, _dial(target, target.path), bound_s=2 * WAIT_S)
    )
    status = _STATUS.match(answer.body)
    record: Reading = {
        "outcome": answer.outcome,
        "status": int(status[1]) if status else None,
        "body": answer.body.partition(b"\r\n\r\n")[2][:200].decode(errors="replace"),
        # A silent one was waited for in vain; a port is judged by its connect alone.
        "took_s": answer.took_s if target.path is None or answer.body else None,
        **({"scheme": "https"} if target.tls else {}),
    }
    if answer.outcome and answer.status is not Status.DENIED:
        return Evidence(address, Status.OK, (record,), time=now)
    return Evidence(address, answer.status, time=now, reason=answer.reason)


def _knock(transport: Transport, target: CheckTarget) -> Answer:
    """Connect, and hear whether the peer hangs up at once; `took_s` is the connect.

    A port that Docker publishes accepts even where nothing listens behind it.
    """
    start = time.monotonic()
    made = transport.connect(Tcp(target.host, target.port), timeout_s=WAIT_S)
    took_s = time.monotonic() - start
    if isinstance(made, Trouble):
        status = Status.DENIED if made.outcome == "denied" else Status.OK
        return Answer(status, outcome=made.outcome, took_s=took_s, reason=made.detail)
    try:
        outcome = "ok" if made.recv(64, HEAR_S) else "closed"
    except TimeoutError:
        outcome = "silent"
    except ConnectionError:
        outcome = "reset"
    except OSError:
        outcome = "closed"
    finally:
        made.close()
    return Answer(Status.OK, outcome=outcome, took_s=took_s)


def _dial(target: CheckTarget, path: str) -> Dial:
    """Return the conversation that tells whether a target answers over HTTP."""
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {target.host}:{target.port}",
        "User-Agent: escalade",
        "Connection: close",
    )
    send = ("\r\n".join(lines) + "\r\n\r\n").encode()
    return Dial(target.host, target.port, send=send, timeout_s=WAIT_S)
