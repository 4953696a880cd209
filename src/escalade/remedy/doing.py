"""The doing itself: a request to the Engine, or a shell line with all that it starts."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace
from typing import NamedTuple

from escalade.model import Status
from escalade.plans import Call
from escalade.plans import Ended
from escalade.plans import Shell
from escalade.remedy.apart import Apart
from escalade.remedy.groups import NOTHING
from escalade.remedy.groups import Group
from escalade.remedy.groups import Left
from escalade.remedy.groups import end
from escalade.remedy.groups import tagged
from escalade.remedy.output import Head
from escalade.remedy.output import Lines
from escalade.transport.base import BELT_S
from escalade.transport.base import Output
from escalade.transport.base import Transport
from escalade.transport.engine_api import EngineApi
from escalade.transport.engine_api import Reply
from escalade.transport.outputs import one_line

__all__ = ["Doing", "Done", "call", "shell"]

_GRACE_S = 1.0
"""Seconds beyond a bound that its own answer may take to come."""
_SUCCESS = range(200, 300)
_BY_STATUS = {
    Status.TIMEOUT: Ended.TIMEOUT,
    Status.UNREACHABLE: Ended.UNREACHABLE,
}
_STREAM = b'"errorDetail"'
"""What the Engine says in mid-stream of a pull or build that failed after its 200."""


class Doing(NamedTuple):
    """What bounds a doing (seconds, and a stop), and who is told of it."""

    bound_s: float
    stop: threading.Event
    started: Callable[[str], None]
    say: Callable[[str], None]
    redact: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Done:
    """How a doing ended, before anybody looked at what it brought about.

    `sent` is False where nothing can have happened: the host was not reached. `left`
    is what still runs there of a line that was ended.
    """

    ended: Ended
    code: int | None = None
    reason: str = ""
    output: str = ""
    sent: bool = True
    left: Left = NOTHING


# ------------------------------------------------------------ a request to the Engine


def call(engine: EngineApi, what: Call, doing: Doing) -> Done:
    """Send one request; a stop does not wait for its answer."""
    asking = Apart.call(lambda: _answer(engine, what, doing.bound_s))
    until = time.monotonic() + doing.bound_s + _GRACE_S
    for _ in asking.pieces(doing.stop, until=until):
        pass
    if asking.ended:
        return _told(asking.result, what, doing)
    asking.drop()
    if doing.stop.is_set():
        return Done(Ended.INTERRUPTED, reason="stopped; the Engine may go on with it")
    return Done(Ended.TIMEOUT, reason=f"no answer within {round(doing.bound_s, 2):g} s")


def _answer(engine: EngineApi, what: Call, bound_s: float) -> Reply:
    """Send a request by its method."""
    if what.method == "DELETE":
        return engine.delete(what.path, timeout_s=bound_s)
    if what.method == "POST":
        return engine.post(what.path, what.body.encode(), timeout_s=bound_s)
    return Reply(Status.UNSUPPORTED, reason=f"no such method: {what.method}")


def _told(reply: Reply, what: Call, doing: Doing) -> Done:
    """Return what an answer means."""
    if reply.code in _SUCCESS or reply.code in what.fine:
        trouble = _trouble(reply.body)
        said = doing.redact(one_line(reply.body, 1000)) if reply.body else ""
        if trouble:
            return Done(Ended.FAILED, reply.code, trouble, said)
        return Done(Ended.DONE, reply.code, output=said)
    if reply.code is not None or reply.status in (Status.DENIED, Status.UNSUPPORTED):
        return Done(Ended.FAILED, reply.code, reply.reason)
    if reply.status is Status.TIMEOUT:
        return Done(Ended.TIMEOUT, reason=reply.reason)
    never = reply.status is Status.UNREACHABLE
    return Done(Ended.UNREACHABLE, reason=reply.reason, sent=not never)


def _trouble(body: bytes) -> str:
    """Return what went wrong in mid-stream, "" where nothing did."""
    for line in body.splitlines() if _STREAM in body else ():
        try:
            return one_line(str(json.loads(line)["errorDetail"]["message"]))
        except (ValueError, LookupError, TypeError):
            continue
    return ""


# --------------------------------------------------------------------- a shell line


def shell(
    transport: Transport,
    what: Shell,
    doing: Doing,
    *,
    tag: str,
    reached: Callable[[], Transport],
) -> Done:
    """Run a line, telling what it writes; a stop is noticed even while it is silent.

    What did not end by itself is ended on the host, with all that it started: over
    `reached`, a transport that need not be the one that lost the host.
    """
    opening = Apart.call(transport.open)
    for _ in opening.pieces(doing.stop, until=time.monotonic() + doing.bound_s):
        pass
    if not opening.ended:
        return _late(doing, sent=False)
    if opening.result.status is not Status.OK:
        return _concluded(opening.result, last="", begun=False)
    return _Line(transport, what, doing, tag=tag).done(reached)


class _Line:
    """One shell line under way on its host."""

    def __init__(
        self, transport: Transport, what: Shell, doing: Doing, *, tag: str
    ) -> None:
        self._doing = doing
        self._tag = tag
        self._head = Head()
        self._lines = Lines(doing.redact, doing.say)
        line = tagged(what.line, tag)
        # Ended from here while its parents live, so that all of it is found; the bound
        # over there is for a controller that is gone.
        bound_s = doing.bound_s + BELT_S
        self._running = Apart(_streamed(transport, line, bound_s))

    def done(self, reached: Callable[[], Transport]) -> Done:
        """Wait for the end, the bound or the stop; end what was cut short."""
        try:
            self._read(self._doing.stop, self._doing.bound_s)
            done = self._how()
        except Exception as error:
            # Who is told could not take it: a journal on a full disk.
            done = Done(Ended.INTERRUPTED, reason=f"stopped: {error}")
        if done.code is None and done.sent:
            done = replace(done, left=self._end(reached))
        self._running.drop()
        return replace(done, output=self._lines.finish())

    def _read(self, stop: threading.Event, for_s: float) -> None:
        """Tell what comes, and the process group as soon as it is known."""
        for piece in self._running.pieces(stop, until=time.monotonic() + for_s):
            known = self._head.number
            self._lines.feed(self._head.without(piece))
            if known is None and self._head.number is not None:
                self._doing.started(str(Group(self._head.number, self._tag)))

    def _how(self) -> Done:
        """Return how it ended."""
        if not self._running.ended:
            return _late(self._doing)
        self._lines.feed(self._head.rest)
        begun = self._head.number is not None
        return _concluded(self._running.result, last=self._lines.last, begun=begun)

    def _end(self, reached: Callable[[], Transport]) -> Left:
        """End all that it started, and return what is left of it."""
        never = threading.Event()
        if self._head.number is None:
            with suppress(Exception):
                self._read(never, _GRACE_S)
        left = end(reached(), Group(self._head.number or 0, self._tag))
        with suppress(Exception):
            self._read(never, _GRACE_S)
        return left


def _streamed(
    transport: Transport, line: str, bound_s: float
) -> Generator[bytes, None, Output]:
    """Yield what a line writes; return how it ended."""
    stream = transport.stream(line, timeout_s=bound_s)
    return (yield from stream)


def _late(doing: Doing, *, sent: bool = True) -> Done:
    """Return the end of what had to be left."""
    if doing.stop.is_set():
        return Done(Ended.INTERRUPTED, reason="stopped", sent=sent)
    return Done(
        Ended.TIMEOUT, reason=f"no end within {round(doing.bound_s, 2):g} s", sent=sent
    )


def _concluded(output: Output, *, last: str, begun: bool = True) -> Done:
    """Return what the end of a command means; `last` is the last line it wrote."""
    if output.status is Status.OK and output.code is not None:
        if output.code == 0:
            return Done(Ended.DONE, 0)
        words = f"exit {output.code}: {one_line(last)}" if last else ""
        return Done(Ended.FAILED, output.code, words or f"exit {output.code}")
    ended = _BY_STATUS.get(output.status, Ended.FAILED)
    return Done(ended, reason=output.reason or output.status.value, sent=begun)
