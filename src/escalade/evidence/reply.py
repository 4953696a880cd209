"""The Engine's replies as answers to questions."""

from __future__ import annotations

import time
from collections.abc import Generator

from escalade.evidence.probe import Answer
from escalade.evidence.probe import Get
from escalade.model import Status
from escalade.transport.engine_api import EngineApi
from escalade.transport.engine_api import Reply

__all__ = ["as_answer", "fetch"]

FAILED = 500
NOT_IMPLEMENTED = 501
BUSY = "already running"
PAUSE_S = 0.2
"""Seconds between two questions to an Engine that is at work for somebody else."""


def as_answer(reply: Reply) -> Answer:
    """Return a reply as an answer; `outcome` is the Engine's cause, if it has one."""
    status = reply.status
    if reply.code == NOT_IMPLEMENTED:
        status = Status.UNSUPPORTED
    return Answer(
        status,
        reply.body,
        reply.code,
        outcome=reply.cause,
        took_s=reply.took_s,
        reason=reply.reason,
        truncated=reply.truncated,
    )


def _whole(engine: EngineApi, question: Get, timeout_s: float) -> Reply:
    """Return a whole reply; an Engine that works for somebody else is asked again.

    It counts what its disk holds for one at a time, and refuses all others at once.
    """
    until = time.monotonic() + timeout_s
    while True:
        left_s = until - time.monotonic()
        reply = engine.get(question.path, timeout_s=left_s, limit=question.limit)
        busy = reply.code == FAILED and BUSY in reply.reason
        if not busy or until - time.monotonic() <= PAUSE_S:
            return reply
        time.sleep(PAUSE_S)


def fetch(engine: EngineApi, question: Get, *, bound_s: float) -> Answer:
    """Ask the Engine; with a `fold`, read its stream in bounded memory.

    A stream that broke off keeps what came of it, as PARTIAL; one that the fold had
    enough of is whole.
    """
    timeout_s = min(question.timeout_s, bound_s)
    if question.fold is None:
        return as_answer(_whole(engine, question, timeout_s))
    ended: list[Reply] = []

    def stream() -> Generator[bytes, None, None]:
        ended.append((yield from engine.chunks(question.path, timeout_s=timeout_s)))

    started = time.monotonic()
    chunks = stream()
    kept = question.fold(chunks)
    chunks.close()
    took_s = time.monotonic() - started
    if not ended:
        return Answer(Status.OK, kept, took_s=took_s)
    answer = as_answer(ended[0])._replace(took_s=took_s)
    if answer.status is Status.OK:
        return answer._replace(body=kept)
    if kept and answer.code is None:
        return answer._replace(status=Status.PARTIAL, body=kept, truncated=True)
    return answer
