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

NOT_IMPLEMENTED = 501


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


def fetch(engine: EngineApi, question: Get, *, bound_s: float) -> Answer:
    """Ask the Engine; with a `fold`, read its stream in bounded memory.

    A stream that broke off keeps what came of it, as PARTIAL; one that the fold had
    enough of is whole.
    """
    timeout_s = min(question.timeout_s, bound_s)
    if question.fold is None:
        return as_answer(
            engine.get(question.path, timeout_s=timeout_s, limit=question.limit)
        )
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
