"""The Docker Engine's HTTP API over a host's transport, local or remote alike.

Own and minimal, because start-up is part of the product: the docker SDK costs more to
import than a whole local diagnosis may take, and it cannot ride on an SSH connection
that is already there. No call raises for a host: trouble is a Reply with a status.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

from escalade.model import Status
from escalade.transport.base import EngineSocket
from escalade.transport.base import Transport
from escalade.transport.base import Trouble
from escalade.transport.engine_socket import engine_cause
from escalade.transport.http_wire import GarbledError
from escalade.transport.http_wire import Head
from escalade.transport.http_wire import Wire
from escalade.transport.http_wire import body
from escalade.transport.http_wire import read_head
from escalade.transport.http_wire import request
from escalade.transport.outputs import Kept
from escalade.transport.outputs import drain
from escalade.transport.outputs import one_line
from escalade.transport.sockets import BrokenError
from escalade.transport.sockets import trouble_of

__all__ = ["EngineApi", "Reply"]

CHANNELS = 8
"""Channels to one Engine at once; a transport may ask for fewer."""
FRESH_S = 5.0
"""How long a kept channel may rest before a request that must not be sent twice
no longer trusts it."""

_ERROR_LIMIT = 65_536
_JSON = "application/json"
_FIRST_FAILURE = 400
_BY_CAUSE = {"no-permission": Status.DENIED, "timeout": Status.TIMEOUT}
_BY_CODE = {403: Status.DENIED, 401: Status.DENIED, 404: Status.VANISHED}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the Engine answered, or why it did not.

    `status` is OK, PARTIAL (the body passed the limit and was cut), VANISHED (404),
    DENIED, TIMEOUT, UNREACHABLE (no Engine there) or ERROR. `cause` is one of the
    `engine` probe's words wherever the Engine itself is the trouble. `reason` is one
    line; `code` the HTTP status; `took_s` seconds.
    """

    status: Status
    code: int | None = None
    body: bytes = b""
    reason: str = ""
    truncated: bool = False
    cause: str = ""
    took_s: float = 0.0

    def json(self) -> Any:
        """Return the body read as JSON, None where it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class EngineApi:
    """One Engine, over channels that are kept open and shared by threads."""

    def __init__(self, transport: Transport, *, channels: int | None = None) -> None:
        most = channels or int(getattr(transport, "engine_channels", CHANNELS))
        self._transport = transport
        self._slots = threading.BoundedSemaphore(most)
        self._idle: list[tuple[Wire, float]] = []
        self._lock = threading.Lock()
        self._closed = False

    def get(
        self, path: str, *, timeout_s: float = 5.0, limit: int = 4_000_000
    ) -> Reply:
        """Ask for a path (quoted, with its query); keep `limit` bytes of the body."""
        return self._whole("GET", path, b"", timeout_s=timeout_s, limit=limit)

    def post(
        self,
        path: str,
        content: bytes = b"",
        *,
        timeout_s: float = 5.0,
        limit: int = 4_000_000,
    ) -> Reply:
        """Post JSON (or nothing) to a path. It is never sent twice."""
        return self._whole("POST", path, content, timeout_s=timeout_s, limit=limit)

    def delete(
        self, path: str, *, timeout_s: float = 5.0, limit: int = 4_000_000
    ) -> Reply:
        """Delete what a path (quoted, with its query) names. It is never sent twice."""
        return self._whole("DELETE", path, b"", timeout_s=timeout_s, limit=limit)

    def chunks(
        self, path: str, *, timeout_s: float = 60.0
    ) -> Generator[bytes, None, Reply]:
        """Yield the body of a GET as it comes; return how it ended, without a body.

        A reply that is no success yields nothing. Closing the generator stops it.
        """
        return self._stream("GET", path, b"", timeout_s=timeout_s)

    def close(self) -> None:
        """Close the channels, those at work when they are done; never raises."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for wire, _ in idle:
            wire.channel.close()

    def _whole(
        self, method: str, path: str, content: bytes, *, timeout_s: float, limit: int
    ) -> Reply:
        """Return a reply with its body."""
        started = time.monotonic()
        kept = Kept(limit)
        stream = self._stream(method, path, content, timeout_s=timeout_s)

        def keep(data: bytes) -> None:
            kept.add(data)
            if kept.truncated:
                stream.close()

        reply = drain(stream, keep)
        took_s = time.monotonic() - started
        if kept.truncated:
            cut = f"cut at {limit} bytes"
            reply = Reply(Status.PARTIAL, 200, reason=cut, truncated=True)
        return replace(reply, body=kept.value or reply.body, took_s=took_s)

    def _stream(
        self, method: str, path: str, content: bytes, *, timeout_s: float
    ) -> Generator[bytes, None, Reply]:
        """Make one exchange: yield the body of a success, return how it ended."""
        deadline = time.monotonic() + timeout_s
        data = request(method, path, content, _JSON)
        if not self._slots.acquire(timeout=max(timeout_s, 0)):
            reason = f"all channels to the Engine are busy for {timeout_s:g} s"
            return Reply(Status.TIMEOUT, reason=reason, cause="timeout")
        wire, done = None, False
        try:
            wire, head = self._ask(data, repeatable=method == "GET", deadline=deadline)
            if head.code >= _FIRST_FAILURE:
                reply = _refusal(wire, head)
            else:
                yield from body(wire, head)
                reply = Reply(Status.OK, head.code)
            done = head.reusable and wire.clean
        except (OSError, GarbledError) as error:
            reply = _trouble(error, timeout_s=timeout_s)
        finally:
            self._slots.release()
            if wire is not None:
                self._put_back(wire, reusable=done)
        return reply

    def _ask(
        self, data: bytes, *, repeatable: bool, deadline: float
    ) -> tuple[Wire, Head]:
        """Send a request and read the head of its reply.

        The Engine may have ended a kept channel meanwhile: then a request that
        changes nothing is sent once more, on a new one.
        """
        wire = self._kept(repeatable=repeatable)
        if wire is not None:
            try:
                return wire, _exchange(wire, data, deadline=deadline)
            except ConnectionError:
                if not (repeatable and wire.silent):
                    raise
        wire = self._fresh(deadline)
        return wire, _exchange(wire, data, deadline=deadline)

    def _fresh(self, deadline: float) -> Wire:
        """Return a new channel, or raise what kept it from the Engine."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        channel = self._transport.connect(EngineSocket(), timeout_s=left)
        if isinstance(channel, Trouble):
            raise BrokenError(channel)
        return Wire(channel)

    def _kept(self, *, repeatable: bool) -> Wire | None:
        """Return the channel that was used last, if it may be trusted."""
        with self._lock:
            if not self._idle:
                return None
            wire, since = self._idle.pop()
        if repeatable or time.monotonic() - since < FRESH_S:
            return wire
        wire.channel.close()
        return None

    def _put_back(self, wire: Wire, *, reusable: bool) -> None:
        """Keep a channel for the next request, or close it."""
        with self._lock:
            if reusable and not self._closed:
                self._idle.append((wire, time.monotonic()))
                return
        wire.channel.close()


def _exchange(wire: Wire, data: bytes, *, deadline: float) -> Head:
    """Send a request and read the head; close the channel where that fails."""
    try:
        wire.start(data, deadline=deadline)
        return read_head(wire)
    except BaseException:
        wire.channel.close()
        raise


def _refusal(wire: Wire, head: Head) -> Reply:
    """Return a reply that is no success, with the Engine's own words."""
    kept = Kept(_ERROR_LIMIT)
    for part in body(wire, head):
        kept.add(part)
    try:
        words = json.loads(kept.value)["message"]
    except (ValueError, LookupError, TypeError, RecursionError):
        words = kept.value
    status = _BY_CODE.get(head.code, Status.ERROR)
    reason = f"{head.code}: {one_line(str(words) if words else 'no words')}"
    return Reply(status, head.code, kept.value, reason)


def _trouble(error: OSError | GarbledError, *, timeout_s: float) -> Reply:
    """Return what went wrong on the way as a reply."""
    if isinstance(error, BrokenError):
        cause = engine_cause(error.trouble)
        status = _BY_CAUSE.get(cause, Status.UNREACHABLE)
        return Reply(status, reason=one_line(error.trouble.detail), cause=cause)
    if isinstance(error, GarbledError):
        return Reply(Status.ERROR, reason=one_line(str(error)), cause="error")
    if isinstance(error, TimeoutError):
        reason = f"the Engine did not answer within {timeout_s:g} s"
        return Reply(Status.TIMEOUT, reason=reason, cause="timeout")
    reason = one_line(str(error) or trouble_of(error).outcome)
    return Reply(Status.ERROR, reason=reason, cause="error")
