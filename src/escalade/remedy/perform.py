"""One action, done on its host: bounded, told as it goes, and proved afterwards.

What counts is the postcondition, not the exit code. Whatever ends an action early ends
its processes on the host too, or says which are left.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from escalade.model import Host
from escalade.model import Truth
from escalade.plans import Action
from escalade.plans import Call
from escalade.plans import Check
from escalade.plans import Did
from escalade.plans import Ended
from escalade.plans import Shell
from escalade.remedy import groups
from escalade.remedy.checks import Asked
from escalade.remedy.checks import Checks
from escalade.remedy.doing import Doing
from escalade.remedy.doing import Done
from escalade.remedy.doing import call
from escalade.remedy.doing import shell
from escalade.remedy.groups import Group
from escalade.transport.base import Transport
from escalade.transport.engine_api import EngineApi

__all__ = ["Performer"]

_UNCLEAR = (Ended.TIMEOUT, Ended.UNREACHABLE)
"""Ends that do not tell whether it happened."""
_PAUSES_S = (0.1, 0.2, 0.3, 0.5)
"""Between two looks at a postcondition; the last one repeats."""
_PLAIN = re.compile(r"[^\w./:@-]")


@dataclass(frozen=True, slots=True)
class _Turn:
    """One performance: what bounds it, and who is told."""

    action: Action
    attempt: int
    until: float
    started: Callable[[str], None]
    say: Callable[[str], None]

    @property
    def left_s(self) -> float:
        """Return the seconds that are left of it."""
        return max(self.until - time.monotonic(), 0.0)


class Performer:
    """Performs the actions of one host (`Call`, `Shell`, and waiting for a check).

    `stop` ends whatever is under way; `redact` takes secrets out of every text; `tag`
    (the run's id) marks the processes of each action. `again` gives a new transport where
    the first one lost its host, to end there what it had started.
    """

    def __init__(
        self,
        host: Host,
        transport: Transport,
        *,
        stop: threading.Event,
        redact: Callable[[str], str],
        tag: str,
        again: Callable[[], Transport] | None = None,
    ) -> None:
        self.host = host
        self._take(transport)
        self._stop = stop
        self._redact = redact
        self._tag = tag
        self._again = again
        self._groups: dict[str, str] = {}
        self._done_here: set[str] = set()

    def close(self) -> None:
        """Close the channels to the Engine, not the transport; never raises."""
        self.engine.close()

    def perform(
        self,
        action: Action,
        attempt: int,
        *,
        timeout_s: float,
        started: Callable[[str], None],
        say: Callable[[str], None],
    ) -> Did:
        """Do one action and wait until its postcondition holds; never raises for a host.

        `timeout_s` bounds all of it, `action.timeout_s` the doing and `settle_s` the wait
        after it. `started` is told the process group as soon as it is known; `say` each
        line of output, without secrets.
        """
        began, clock = time.time(), time.monotonic()
        until = clock + timeout_s
        did = self._performed(_Turn(action, attempt, until, started, say))
        took_s = time.monotonic() - clock
        reason = self._redact(did.reason)
        return replace(did, started=began, took_s=took_s, reason=reason)

    def asked(self, checks: Sequence[Check]) -> Asked:
        """Ask whether a postcondition holds now."""
        return self._checks.ask(checks)

    def settled(self, action: Action, group: str = "") -> Asked:
        """Tell whether an action that was under way has happened; what runs is ended.

        `group` is what was journalled of it; what this performer began itself it knows.
        The processes may work on for the action's timeout, then they are ended. FALSE
        means that it did not happen, or that nothing can tell and nothing runs any more.
        """
        group = group or self._groups.get(action.id, "")
        until = time.monotonic() + action.timeout_s
        while group and self.alive(group):
            if self._stop.is_set() or time.monotonic() >= until:
                break
            self._stop.wait(_PAUSES_S[-1])
        if group and not self.end(group):
            return Asked(Truth.UNKNOWN, "what was started may still run there")
        if not action.after:
            return Asked(Truth.FALSE, "nothing tells whether it happened")
        return self._checks.ask(action.after)

    def alive(self, group: str) -> bool:
        """Whether a journalled group has processes left, or nobody could look."""
        known = Group.read(group)
        return known is not None and not groups.look(self._reached(), known).gone

    def end(self, group: str) -> bool:
        """End what is left of a journalled group; whether it is proved to be gone."""
        known = Group.read(group)
        return known is None or groups.end(self._reached(), known).gone

    def _reached(self) -> Transport:
        """Return a transport that reaches the host: a new one where it was lost."""
        if self._again is not None and not self._transport.open().status.answered:
            self._take(self._again())
        return self._transport

    def _take(self, transport: Transport) -> None:
        """Ask and act through a transport from now on."""
        self._transport = transport
        self.engine = EngineApi(transport)
        self._checks = Checks(self.engine, transport, host=self.host.name)

    # ------------------------------------------------------------------ one turn

    def _performed(self, turn: _Turn) -> Did:
        """Do one action; times are filled in by the caller."""
        action = turn.action
        did = Did(action.id, Ended.DONE, turn.attempt)
        if self._stop.is_set():
            return replace(did, ended=Ended.INTERRUPTED, reason="was not begun")
        asks = action.after and not action.always and action.id not in self._done_here
        if asks and action.do is not None:
            before = self._checks.ask(action.after)
            if before.truth is Truth.TRUE:
                return replace(did, ended=Ended.SKIPPED, reason="it is so already")
        done = self._done(turn)
        did = replace(
            did,
            ended=done.ended,
            code=done.code,
            reason=done.reason,
            output=done.output,
            orphan=self._redact(done.left.orphan(self.host.name)),
        )
        if not action.after or not done.sent:
            return did
        if did.ended is Ended.DONE:
            did = self._waited(turn, did)
        elif did.ended in _UNCLEAR:
            did = self._looked(turn, did)
        if did.ended is Ended.DONE:
            # A further attempt does it once more: that it was done is no news then.
            self._done_here.add(action.id)
        return did

    def _done(self, turn: _Turn) -> Done:
        """Do what the action says, whatever it brings about."""
        action = turn.action
        bound_s = min(action.timeout_s, turn.left_s)

        def started(group: str) -> None:
            self._groups[action.id] = group
            turn.started(group)

        doing = Doing(bound_s, self._stop, started, turn.say, self._redact)
        if action.do is None:
            return Done(Ended.DONE)
        if isinstance(action.do, Call):
            return call(self.engine, action.do, doing)
        if isinstance(action.do, Shell):
            words = f"{self._tag}/{action.id}/{turn.attempt}/"
            tag = _PLAIN.sub("-", words)
            return shell(
                self._transport, action.do, doing, tag=tag, reached=self._reached
            )
        raise TypeError(f"{action.id}: not performed on a host: {action.do}")

    def _waited(self, turn: _Turn, did: Did) -> Did:
        """Wait until the postcondition of what was done holds."""
        waits = turn.action.do is None
        asked, cut = self._poll(turn, turn.action.settle_s)
        if asked.truth is Truth.TRUE:
            return did
        if self._stop.is_set():
            reason = f"stopped while waiting: {asked.reason}"
            return replace(did, ended=Ended.INTERRUPTED, reason=reason)
        if asked.truth is Truth.UNKNOWN:
            reason = f"cannot be seen: {asked.reason}"
            return replace(did, ended=Ended.UNKNOWN, reason=reason)
        ended = Ended.TIMEOUT if (waits or cut) and not asked.lost else Ended.FAILED
        head = "did, but" if not waits else "in vain:" if asked.lost else "not in time:"
        reason = f"{head} {asked.reason}"
        return replace(did, ended=ended, reason=reason)

    def _looked(self, turn: _Turn, did: Did) -> Did:
        """Look whether what ended unclearly has happened all the same.

        The Engine goes on with a call that nobody waits for any more; a command was ended.
        """
        calls = isinstance(turn.action.do, Call)
        self._reached()
        asked, _ = self._poll(turn, turn.action.settle_s if calls else 0.0)
        if asked.truth is not Truth.TRUE:
            return replace(did, reason=f"{did.reason}; {asked.reason}")
        return replace(did, ended=Ended.DONE, reason=f"{did.reason}, but it is done")

    def _poll(self, turn: _Turn, settle_s: float) -> tuple[Asked, bool]:
        """Ask the postcondition until it holds, cannot any more, or for so long.

        It is asked once at least.

        Returns the last answer, and whether the step's own bound cut the wait short.
        """
        pauses = iter(_PAUSES_S)
        ends = time.monotonic() + settle_s
        while True:
            asked = self._checks.ask(turn.action.after)
            pause = next(pauses, _PAUSES_S[-1])
            left = min(ends, turn.until) - time.monotonic()
            over = asked.truth is Truth.TRUE or asked.lost
            if over or left <= 0 or self._stop.is_set():
                return asked, turn.until < ends and not asked.lost
            self._stop.wait(min(pause, left))
