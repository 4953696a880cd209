"""The steps of one level, carried out: conditions, attempts, handlers, write-ahead.

It knows no host: actions are done, seen and journalled by what it is given.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
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
from escalade.remedy.replay import LEFT_OUT
from escalade.remedy.replay import SAID
from escalade.remedy.replay import UNMET
from escalade.remedy.replay import Replay

__all__ = [
    "SAID",
    "Hands",
    "LevelEnd",
    "Pace",
    "Recorder",
    "Walked",
    "execute",
    "pause_s",
]

MARGIN_S = 10.0
"""Seconds that an action has beyond its own bounds, to look before and after it."""
_MOST_DOUBLINGS = 30
_UNCLEAR = (Ended.UNKNOWN, Ended.INTERRUPTED, Ended.TIMEOUT, Ended.UNREACHABLE)
"""Ends after which nobody knows how much of an action happened."""
_OPEN = (Ended.UNKNOWN, Ended.INTERRUPTED)
"""Ends of what was under way when a controller ended."""


class Recorder(Protocol):
    """The journal of a walk: what is about to happen, then what happened.

    A journal that cannot be written raises JournalError.
    """

    def intent(self, action: Action, attempt: int) -> None:
        """Keep that an action is about to be done; nothing is done before it is kept."""

    def result(self, did: Did) -> None:
        """Keep how an action ended."""

    def registered(self, name: str, did: Did) -> None:
        """Keep how a step ended, under the name that conditions know it by.

        `did` is its last action's, but for `ended`, which is the step's own.
        """


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
    past: Iterable[Did],
    stop: threading.Event,
    pace: Pace,
) -> Walked:
    """Carry out the steps of a level, in order.

    `past` holds, in order, how actions ended that an earlier controller began: none of
    them is repeated but by a further attempt. `truth(condition, node)` judges `when` and `until`. A journal
    that cannot keep an intent raises JournalError before anything is done.
    """
    replay = Replay(climb.steps, past)
    walk = _Walk(hands, truth, recorder, replay, stop, pace, dict(replay.counts))
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
    """One walk over the steps of a level: what was done so far, and what is past.

    `orphans` are actions by id that left something running, or may have.
    """

    hands: Hands
    truth: Callable[[Condition, Node], Truth]
    recorder: Recorder
    replay: Replay
    stop: threading.Event
    pace: Pace
    counts: dict[str, int]
    dids: list[Did] = field(default_factory=list)
    orphans: dict[str, Did] = field(default_factory=dict)
    broken: bool = False
    """Whether the journal has failed: then nothing more is done."""

    # ------------------------------------------------------------------- steps

    def sequence(
        self, steps: Sequence[PlannedStep], *, deadline: float = math.inf
    ) -> _End:
        """Carry out steps until one does not end well."""
        for step in steps:
            end = self._step(step, deadline)
            if not end.well:
                return end
        return _WELL

    def _step(self, step: PlannedStep, deadline: float) -> _End:
        """Carry out one step with its handlers and what always runs after it."""
        if self.stop.is_set():
            return _STOPPED
        if self._skipped(step):
            return _WELL
        end = self._attempts(step, deadline)
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
        when, actions = step.control.when, tuple(_within(step))
        begun = Truth.TRUE if when is None else self.replay.begun(actions)
        held = begun
        if when is not None and begun is Truth.UNKNOWN:
            held = self.truth(when, step.node)
        if held is Truth.TRUE:
            return False
        since = len(self.dids)
        for action in actions:
            did = self.replay.take(action)
            if did is None:
                reason = LEFT_OUT[held]
                did = Did(action.id, Ended.SKIPPED, self._next(action), reason=reason)
                self.recorder.result(did)
            self.dids.append(did)
        self._registered(step, _WELL, since)
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

    def _attempts(self, step: PlannedStep, deadline: float) -> _End:
        """Execute a step, and again until it succeeds, as often as it may be."""
        attempt, since = 1, len(self.dids)
        while True:
            end = self._attempt(step, deadline, since)
            over = attempt >= step.control.attempts
            if end.well or end.final or end.once or over:
                return end
            if not self._again(step, attempt, deadline):
                return _STOPPED if self.stop.is_set() else end
            attempt += 1

    def _again(self, step: PlannedStep, attempt: int, deadline: float) -> bool:
        """Whether there is a further attempt; the pause before it is over then."""
        if not self.replay.over:
            return self.replay.next_in(tuple(_within(step)))
        wait_s = pause_s(step.control, attempt, chance=self.pace.chance())
        if self.pace.clock() + wait_s >= deadline:
            return False
        self.pace.sleep(wait_s)
        return not self.stop.is_set()

    def _attempt(self, step: PlannedStep, deadline: float, since: int) -> _End:
        """Execute a step's actions, or a group's steps, once.

        `since` counts what was done before the step's first attempt.
        """
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
            end = self.sequence(step.group, deadline=deadline)
        end = self._registered(step, end, since)
        if end.well and control.until is not None:
            end = self._until(step, control.until, since)
            end = end if end.well else self._registered(step, end, since)
        return end

    def _until(self, step: PlannedStep, until: Condition, since: int) -> _End:
        """Return whether an attempt that did all it should has succeeded.

        That it has not is kept as an end of its last action: reports tell it, and it
        counts after an interruption.
        """
        done = self._done(step, since)
        last = done[-1] if done else None
        if last is not None and not self.replay.over:
            told = self.replay.unmet(last)
            if told is None:
                return _WELL
            self.dids.append(told)
            return _End(LevelEnd.FAILED, f"{step.name}: {told.reason}")
        held = self.truth(until, step.node)
        if held is Truth.TRUE:
            return _WELL
        reason = UNMET[held]
        if last is not None:
            # What was so already did not fail, and was not touched.
            ended = last.ended if last.ended is Ended.SKIPPED else Ended.FAILED
            kept = self._kept(
                next(a for a in _within(step) if a.id == last.action),
                Did(last.action, ended, last.attempt, last.started, reason=reason),
            )
            if kept.final:
                return kept
        return _End(LevelEnd.FAILED, f"{step.name}: {reason}")

    def _registered(self, step: PlannedStep, end: _End, since: int) -> _End:
        """Return a step's end, kept under its name; another where it cannot be kept.

        One that ended well was done if anything of it was.
        """
        done = self._done(step, since)
        if not step.register or not done or self.broken:
            return end
        ended = Ended(end.ended.value) if not end.well else Ended.DONE
        if end.well and all(did.ended is Ended.SKIPPED for did in done):
            ended = Ended.SKIPPED
        try:
            self.recorder.registered(step.register, replace(done[-1], ended=ended))
        except JournalError:
            return self._cannot_keep(step.register)
        return end

    def _done(self, step: PlannedStep, since: int) -> tuple[Did, ...]:
        """Return how a step's own actions ended, in all its attempts."""
        ids = {action.id for action in _within(step)}
        own = (did for did in self.dids[since:] if did.action in ids)
        return tuple(did for did in own if did.reason not in UNMET.values())

    # ----------------------------------------------------------------- actions

    def _act(self, action: Action, deadline: float) -> _End:
        """Do one action, unless it is known to be done: intent, doing, result."""
        before = self.replay.take(action)
        if before and (before.ended not in _OPEN or not self.replay.over):
            return self._noted(action, before)
        before = before or self.orphans.pop(action.id, None)
        if before is not None:
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
        end = self._noted(action, did)
        try:
            self.recorder.result(did)
        except JournalError as error:
            return self._cannot_keep(action.id, str(error))
        return end

    def _noted(self, action: Action, did: Did) -> _End:
        """Return what an action's end means for its step."""
        self.dids.append(did)
        self.orphans.pop(action.id, None)
        if did.orphan:
            self.orphans[action.id] = did
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
