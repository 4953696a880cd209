"""The steps of one level, carried out: conditions, attempts, handlers, write-ahead.

It knows no host: actions are done, seen and journalled by what it is given.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from enum import Enum
from typing import NamedTuple
from typing import Protocol

from escalade.errors import JournalError
from escalade.model import Condition
from escalade.model import Node
from escalade.model import Truth
from escalade.plans import Action
from escalade.plans import Climb
from escalade.plans import Control
from escalade.plans import Did
from escalade.plans import Ended
from escalade.plans import PlannedStep
from escalade.plans import Risk

__all__ = ["Hands", "LevelEnd", "Pace", "Recorder", "Walked", "execute", "pause_s"]

MARGIN_S = 10.0
"""Seconds that an action has beyond its own bounds, to look before and after it."""
_MOST_DOUBLINGS = 30
_UNCLEAR = (Ended.UNKNOWN, Ended.INTERRUPTED, Ended.TIMEOUT, Ended.UNREACHABLE)
"""Ends after which nobody knows how much of an action happened."""
_USED = (Ended.FAILED, Ended.TIMEOUT, Ended.UNREACHABLE)
"""Ends that used up an attempt."""
SAID = {Truth.FALSE: "does not hold", Truth.UNKNOWN: "is not known"}
"""Why a step is left out: what is said of its condition."""


class Recorder(Protocol):
    """The journal of a walk: what is about to happen, then what happened.

    A journal that cannot be written raises JournalError.
    """

    def intent(self, action: Action, attempt: int) -> None:
        """Keep that an action is about to be done; nothing is done before it is kept."""

    def result(self, did: Did) -> None:
        """Keep how an action ended."""

    def registered(self, name: str, did: Did) -> None:
        """Keep how a step ended, under the name that conditions know it by."""


class LevelEnd(Enum):
    """How the steps of a level ended, whatever they cured."""

    WELL = "well"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"
    UNKNOWN = "unknown"


class Walked(NamedTuple):
    """What a walk did, in order, and how it ended; `reason` says why it stopped early."""

    dids: tuple[Did, ...]
    ended: LevelEnd
    reason: str = ""


class Pace(NamedTuple):
    """Time and chance: `sleep` seconds (a stop ends it), `chance` from 0 to 1."""

    sleep: Callable[[float], object]
    chance: Callable[[], float]
    clock: Callable[[], float] = time.monotonic


class Hands(NamedTuple):
    """What touches the world for a walk.

    `perform(action, attempt, timeout_s)` does one action. `settled(action, did)` tells
    whether one that was under way (UNKNOWN), or left something running, has happened;
    nothing of it runs any more once it said FALSE.
    """

    perform: Callable[[Action, int, float], Did]
    settled: Callable[[Action, Did], Truth]


class _End(NamedTuple):
    """How a step ended.

    `once`: not to be attempted again. `final`: no handler takes it over either.
    """

    ended: LevelEnd
    reason: str = ""
    once: bool = False
    final: bool = False

    @property
    def well(self) -> bool:
        """Whether the walk goes on."""
        return self.ended is LevelEnd.WELL


_WELL = _End(LevelEnd.WELL)
_STOPPED = _End(LevelEnd.INTERRUPTED, "stopped", final=True)
_BY_DID = {
    Ended.DONE: LevelEnd.WELL,
    Ended.SKIPPED: LevelEnd.WELL,
    Ended.FAILED: LevelEnd.FAILED,
    Ended.TIMEOUT: LevelEnd.TIMEOUT,
    Ended.UNREACHABLE: LevelEnd.UNREACHABLE,
    Ended.INTERRUPTED: LevelEnd.INTERRUPTED,
    Ended.UNKNOWN: LevelEnd.UNKNOWN,
}


def execute(
    climb: Climb,
    hands: Hands,
    *,
    truth: Callable[[Condition, Node], Truth],
    recorder: Recorder,
    past: Mapping[str, Did],
    stop: threading.Event,
    pace: Pace,
) -> Walked:
    """Carry out the steps of a level, in order.

    `past` holds, by action, how those ended that an earlier controller began: what ended
    well is not repeated. `truth(condition, node)` judges `when` and `until`. A journal
    that cannot keep an intent raises JournalError before anything is done.
    """
    walk = _Walk(hands, truth, recorder, dict(past), stop, pace)
    end = walk.sequence(climb.steps)
    return Walked(tuple(walk.dids), end.ended, end.reason)


def pause_s(control: Control, attempt: int, *, chance: float) -> float:
    """Return the seconds to wait after an attempt (from 1) that did not succeed.

    It doubles up to the cap; `chance` from 0 to 1 spreads it by the jitter's share.
    """
    doubled = control.backoff_s * 2.0 ** min(attempt - 1, _MOST_DOUBLINGS)
    return min(doubled, control.cap_s) * (1 + control.jitter * (2 * chance - 1))


@dataclass(slots=True)
class _Walk:
    """One walk over the steps of a level: what was done so far, and what is past."""

    hands: Hands
    truth: Callable[[Condition, Node], Truth]
    recorder: Recorder
    past: dict[str, Did]
    stop: threading.Event
    pace: Pace
    dids: list[Did] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    broken: bool = False
    """Whether the journal has failed: then nothing more is done."""

    # ------------------------------------------------------------------- steps

    def sequence(
        self,
        steps: Sequence[PlannedStep],
        *,
        deadline: float = math.inf,
        inside: bool = False,
    ) -> _End:
        """Carry out steps until one does not end well; `inside` a group."""
        for step in steps:
            end = self._step(step, deadline, inside=inside)
            if not end.well:
                return end
        return _WELL

    def _step(self, step: PlannedStep, deadline: float, *, inside: bool) -> _End:
        """Carry out one step with its handlers and what always runs after it."""
        if self.stop.is_set():
            return _STOPPED
        if self._skipped(step):
            return _WELL
        end = self._attempts(step, deadline, inside=inside)
        end = self._handled(step, end)
        if step.always and not self.broken and not self.stop.is_set():
            after = self.sequence(step.always)
            end = after if end.well else end
        return end

    def _skipped(self, step: PlannedStep) -> bool:
        """Whether a step is passed over: only a condition that is TRUE lets it act.

        One that had begun before an interruption is not asked again: it may have
        changed the answer itself.
        """
        actions = tuple(_within(step))
        if step.control.when is None or any(a.id in self.past for a in actions):
            return False
        held = self.truth(step.control.when, step.node)
        if held is Truth.TRUE:
            return False
        reason = f"its condition {SAID[held]}"
        for action in actions:
            did = Did(action.id, Ended.SKIPPED, self._next(action), reason=reason)
            self.recorder.result(did)
            self.dids.append(did)
        self._register(step, actions)
        return True

    def _handled(self, step: PlannedStep, end: _End) -> _End:
        """Let the handler of a failure take it over, if there is one.

        It has bounds of its own: the time of what failed may be used up.
        """
        handlers = {
            LevelEnd.FAILED: step.on_failed,
            LevelEnd.UNKNOWN: step.on_failed,
            LevelEnd.UNREACHABLE: step.on_unreachable,
            LevelEnd.TIMEOUT: step.on_timeout,
        }
        chosen = () if end.final else handlers.get(end.ended, ())
        if not chosen:
            return end
        handled = self.sequence(chosen)
        if handled.well:
            return handled
        return handled._replace(reason=f"{end.reason}; its handler: {handled.reason}")

    # ---------------------------------------------------------------- attempts

    def _attempts(self, step: PlannedStep, deadline: float, *, inside: bool) -> _End:
        """Execute a step, and again until it succeeds, as often as it may be."""
        control = step.control
        attempt, end = self._resumed(step) if not inside else (1, _WELL)
        if attempt > control.attempts:
            return end
        while True:
            end = self._attempt(step, deadline)
            if end.well or end.final or end.once or attempt >= control.attempts:
                return end
            wait_s = pause_s(control, attempt, chance=self.pace.chance())
            if self.pace.clock() + wait_s >= deadline:
                return end
            self.pace.sleep(wait_s)
            if self.stop.is_set():
                return _STOPPED
            attempt += 1

    def _resumed(self, step: PlannedStep) -> tuple[int, _End]:
        """Return the attempt to begin with, and how the last one before it ended.

        An attempt that was interrupted, or went well so far, is gone on with.
        """
        attempt, end = 1, _WELL
        for action in step.actions:
            before = self.past.get(action.id)
            if before is None:
                continue
            used = before.ended in _USED
            if used and before.attempt >= attempt:
                end = _End(_BY_DID[before.ended], before.reason)
            attempt = max(attempt, before.attempt + used)
        return attempt, end

    def _attempt(self, step: PlannedStep, deadline: float) -> _End:
        """Execute a step's actions, or a group's steps, once."""
        control = step.control
        if step.trouble:
            return _End(LevelEnd.FAILED, step.trouble, once=True)
        if control.timeout_s is not None:
            deadline = min(deadline, self.pace.clock() + control.timeout_s)
        end = _WELL
        for action in step.actions:
            end = self._act(action, deadline)
            if not end.well:
                break
        if end.well and step.group:
            end = self.sequence(step.group, deadline=deadline, inside=True)
        if not self.broken and not self._register(step, tuple(_within(step))):
            return self._cannot_keep(step.register)
        if end.well and control.until is not None:
            held = self.truth(control.until, step.node)
            if held is not Truth.TRUE:
                reason = f"{step.name}: its `until` {SAID[held]}"
                return _End(LevelEnd.FAILED, reason)
        return end

    def _register(self, step: PlannedStep, actions: Sequence[Action]) -> bool:
        """Keep how a step ended under its name; whether the journal could."""
        ids = {action.id for action in actions}
        last = next((d for d in reversed(self.dids) if d.action in ids), None)
        if step.register and last is not None:
            try:
                self.recorder.registered(step.register, last)
            except JournalError:
                return False
        return True

    # ----------------------------------------------------------------- actions

    def _act(self, action: Action, deadline: float) -> _End:
        """Do one action, unless it is known to be done: intent, doing, result."""
        before = self.past.pop(action.id, None)
        if before is not None:
            self.counts[action.id] = before.attempt
            known = self._known(action, before)
            if known is not None:
                return known
        if self.stop.is_set():
            return _STOPPED
        attempt = self._next(action)
        left_s = deadline - self.pace.clock()
        if left_s <= 0:
            reason = "no time was left for it"
            return self._kept(
                action, Did(action.id, Ended.TIMEOUT, attempt, reason=reason)
            )
        own_s = action.timeout_s + action.settle_s + MARGIN_S
        self.recorder.intent(action, attempt)
        return self._kept(
            action, self.hands.perform(action, attempt, min(left_s, own_s))
        )

    def _next(self, action: Action) -> int:
        """Return the number of an action's next execution."""
        self.counts[action.id] = self.counts.get(action.id, 0) + 1
        return self.counts[action.id]

    def _known(self, action: Action, before: Did) -> _End | None:
        """Return how an action ended before, None where it is to be done (again)."""
        if before.ended.well:
            self.dids.append(before)
            return _WELL
        if action.reads:
            return None
        held = Truth.FALSE
        if before.ended is Ended.UNKNOWN or before.orphan:
            held = self.hands.settled(action, before)
        if held is Truth.TRUE:
            reason = "was done before the interruption"
            did = replace(before, ended=Ended.DONE, reason=reason, orphan="")
            return self._kept(action, did)
        blind = before.ended in _UNCLEAR and _blind(action)
        if held is Truth.FALSE and not blind:
            return None
        reason = "it was under way, and nothing tells whether it happened"
        did = replace(before, ended=Ended.UNKNOWN, reason=reason)
        return self._kept(action, did)._replace(final=True)

    def _kept(self, action: Action, did: Did) -> _End:
        """Keep how an action ended, and return what that means for its step."""
        self.dids.append(did)
        try:
            self.recorder.result(did)
        except JournalError as error:
            return self._cannot_keep(action.id, str(error))
        if did.orphan:
            self.past[action.id] = did
        return _End(
            _BY_DID[did.ended],
            f"{action.step}: {did.reason}" if did.reason else action.step,
            once=did.ended in _UNCLEAR and _blind(action),
            final=did.ended is Ended.INTERRUPTED,
        )

    def _cannot_keep(self, what: str, why: str = "") -> _End:
        """Stop the level: nothing more may be done that nobody could read about."""
        self.broken = True
        reason = f"the journal could not keep how {what} ended"
        return _End(LevelEnd.FAILED, f"{reason}: {why}" if why else reason, final=True)


def _within(step: PlannedStep) -> Iterator[Action]:
    """Yield the actions of a step and of its group, not those of its handlers."""
    yield from step.actions
    for inner in step.group:
        yield from _within(inner)


def _blind(action: Action) -> bool:
    """Whether an action may destroy something and nothing would tell that it did."""
    return action.risk is Risk.DESTRUCTIVE and not action.after
