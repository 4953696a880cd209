"""One TCP conversation from a host, and in one word how it ended."""

from __future__ import annotations

import errno
import time

from escalade.evidence.probe import Answer
from escalade.evidence.probe import Dial
from escalade.model import Status
from escalade.transport.base import Channel
from escalade.transport.base import Tcp
from escalade.transport.base import Transport
from escalade.transport.base import Trouble

__all__ = ["converse"]

_BROKEN = (errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED)
_NOT_ASKED = {"denied": Status.DENIED, "missing": Status.UNSUPPORTED}
"""Troubles that say nothing of the port: the way there is closed to us."""


def converse(transport: Transport, question: Dial, *, bound_s: float) -> Answer:
    """Connect, send, read; a port that refuses is an answer like any other.

    `bound_s` bounds the whole; `question.timeout_s` bounds the connect and each wait.
    """
    start = time.monotonic()
    wait = min(question.timeout_s, bound_s)
    made = transport.connect(Tcp(question.host, question.port), timeout_s=wait)
    if isinstance(made, Trouble):
        status = _NOT_ASKED.get(made.outcome, Status.OK)
        took = time.monotonic() - start
        return Answer(status, outcome=made.outcome, took_s=took, reason=made.detail)
    ends = start + min(bound_s, 2 * question.timeout_s)
    try:
        body, outcome = _read(made, question, ends)
    finally:
        made.close()
    return Answer(
        Status.OK,
        body,
        outcome=outcome,
        took_s=time.monotonic() - start,
        truncated=len(body) >= question.limit,
    )


def _read(channel: Channel, question: Dial, ends: float) -> tuple[bytes, str]:
    """Return what the peer said, and ok, silent, closed or reset."""
    body = b""
    last = "silent"
    try:
        if question.send:
            channel.send(question.send, question.timeout_s)
        while len(body) < question.limit and not _enough(body, question):
            wait = min(question.timeout_s, ends - time.monotonic())
            if wait <= 0:
                break
            piece = channel.recv(min(65_536, question.limit - len(body)), wait)
            if not piece:
                last = "closed"
                break
            body += piece
    except TimeoutError:
        pass
    except OSError as error:
        last = "reset" if error.errno in _BROKEN else "closed"
    return body, "ok" if body else last


def _enough(body: bytes, question: Dial) -> bool:
    """Whether what came is all that was asked for."""
    if question.until and question.until in body:
        return True
    return question.done is not None and bool(body) and question.done(body)
