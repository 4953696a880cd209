"""How often a remedy may run: per finding and level, per service, per stack. Pure.

A repair that did not help twice will not help the third time, and each one costs users
something: then the ladder climbs, or a person takes over.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime

from escalade.model import Node
from escalade.plans import Attempt
from escalade.plans import Outcome
from escalade.text import Text

__all__ = ["NUMBERS", "Ask", "Budget", "Refusal", "allowed"]


@dataclass(frozen=True, slots=True)
class Budget:
    """The numbers; durations in seconds.

    `per_level` attempts at one finding and level, `first_wait_s` after the first and twice
    as long after each further one, up to `longest_wait_s`; forgotten after `healthy_s`
    without the finding, or after `forget_s` whatever happened. `per_service` in
    `service_s`, `per_stack` in `stack_s`.
    """

    per_level: int = 2
    first_wait_s: float = 10.0
    longest_wait_s: float = 300.0
    healthy_s: float = 600.0
    forget_s: float = 86_400.0
    per_service: int = 3
    service_s: float = 900.0
    per_stack: int = 5
    stack_s: float = 600.0


NUMBERS = Budget()


@dataclass(frozen=True, slots=True)
class Ask:
    """What is about to be carried out: a level for a finding at a node."""

    node: Node
    fingerprint: str
    level: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not now.

    `rule` is level, service, stack or wait; `again` when it would be allowed (epoch
    seconds), None where time alone does not allow it. `history` is one line an attempt.
    """

    rule: str
    why: Text
    history: tuple[Text, ...]
    again: float | None


LEVEL = Text(
    "level {level} was tried {n} times and {symptom} is there again: it is allowed after "
    "{healthy} min without it, or after `{reset}`",
    "le niveau {level} a été tenté {n} fois et {symptom} est encore là : il sera permis "
    "après {healthy} min sans lui, ou après `{reset}`",
)
SERVICE = Text(
    "{service} was repaired {n} times in {window} min: the next time is at {again}, or "
    "after `{reset}`",
    "{service} a été réparé {n} fois en {window} min : la prochaine fois sera à {again}, "
    "ou après `{reset}`",
)
STACK = Text(
    "the stack {stack} was repaired {n} times in {window} min: the next time is at "
    "{again}, or after `{reset}`",
    "la pile {stack} a été réparée {n} fois en {window} min : la prochaine fois sera à "
    "{again}, ou après `{reset}`",
)
WAIT = Text(
    "level {level} was tried {ago} s ago: the next attempt is at {again}",
    "le niveau {level} a été tenté il y a {ago} s : prochaine tentative à {again}",
)
LINE = Text(
    "{time}  {service}: level {level}, {outcome}{run}",
    "{time}  {service} : niveau {level}, {outcome}{run}",
)
OUTCOMES = {
    Outcome.CURED: Text("cured", "guéri"),
    Outcome.PERSISTS: Text("it persists", "le défaut persiste"),
    Outcome.WORSE: Text("worse", "pire"),
    Outcome.UNKNOWN: Text("outcome unknown", "issue inconnue"),
}


def allowed(
    attempts: Sequence[Attempt],
    ask: Ask,
    *,
    now: float,
    numbers: Budget = NUMBERS,
    states: Sequence[tuple[float, bool]] = (),
) -> Refusal | None:
    """Return why a level may not be carried out now; None where it may.

    `attempts` are the journal's, resets taken into account; `states` are when the place was
    seen without (True) or with (False) the symptom. Of several reasons the one that
    lasts longest is told.
    """
    found = [a for a in attempts if now - numbers.forget_s < a.time <= now]
    found.sort(key=lambda attempt: attempt.time)
    reasons = (
        _by_level(found, ask, now, numbers, states),
        _by_service(found, ask, now, numbers),
        _by_stack(found, ask, now, numbers),
    )
    told = [reason for reason in reasons if reason is not None]
    return max(
        told, key=lambda r: math.inf if r.again is None else r.again, default=None
    )


# --------------------------------------------------------- finding and level


def _by_level(
    attempts: Sequence[Attempt],
    ask: Ask,
    now: float,
    numbers: Budget,
    states: Sequence[tuple[float, bool]],
) -> Refusal | None:
    """Return why the finding's level is used up, or has to wait."""
    mine = [
        a
        for a in attempts
        if (a.node, a.fingerprint) == (ask.node, ask.fingerprint) and a.fingerprint
    ]
    since = _healthy_until(mine, states, now, numbers.healthy_s)
    mine = [a for a in mine if a.level == ask.level and a.time > since]
    if not mine:
        return None
    slots = {
        "level": str(ask.level),
        "n": str(len(mine)),
        "symptom": mine[-1].symptom or ask.fingerprint,
        "reset": _reset(ask.node.service),
        "healthy": f"{numbers.healthy_s / 60:g}",
    }
    if len(mine) >= numbers.per_level:
        return Refusal("level", LEVEL.fill(slots), _lines(mine), None)
    wait_s = min(numbers.first_wait_s * 2 ** (len(mine) - 1), numbers.longest_wait_s)
    last = max(mine[-1].time, mine[-1].ended)
    again = last + wait_s
    if now >= again:
        return None
    slots |= {"ago": f"{max(now - last, 0):.0f}", "again": _clock(again)}
    return Refusal("wait", WAIT.fill(slots), _lines(mine), again)


def _healthy_until(
    attempts: Sequence[Attempt],
    states: Sequence[tuple[float, bool]],
    now: float,
    healthy_s: float,
) -> float:
    """Return until when all is forgotten: the end of the last stretch of health.

    A stretch begins with a good look or a cure, and ends with a bad look or an attempt.
    """
    marks = [
        *states,
        *((a.time, False) for a in attempts),
        *((a.ended, True) for a in attempts if a.outcome is Outcome.CURED and a.ended),
    ]
    until = 0.0
    good: float | None = None
    for time, is_good in (*sorted(marks), (now, False)):
        if is_good:
            good = time if good is None else good
        else:
            if good is not None and time - good >= healthy_s:
                until = good
            good = None
    return until


# --------------------------------------------------------- service and stack


def _by_service(
    attempts: Sequence[Attempt], ask: Ask, now: float, numbers: Budget
) -> Refusal | None:
    """Return why the service was repaired often enough."""
    if ask.node.service is None:
        return None
    mine = [a for a in attempts if a.node == ask.node]
    slots = {"service": ask.node.service, "reset": _reset(ask.node.service)}
    return _window(
        mine,
        (numbers.per_service, numbers.service_s),
        now,
        Refusal("service", SERVICE.fill(slots), (), None),
    )


def _by_stack(
    attempts: Sequence[Attempt], ask: Ask, now: float, numbers: Budget
) -> Refusal | None:
    """Return why the stack was repaired often enough."""
    if ask.node.stack is None:
        return None
    place = (ask.node.host, ask.node.stack)
    mine = [a for a in attempts if (a.node.host, a.node.stack) == place]
    slots = {"stack": ask.node.stack, "reset": _reset(None)}
    return _window(
        mine,
        (numbers.per_stack, numbers.stack_s),
        now,
        Refusal("stack", STACK.fill(slots), (), None),
    )


def _window(
    attempts: Sequence[Attempt], bound: tuple[int, float], now: float, refusal: Refusal
) -> Refusal | None:
    """Return the refusal where so many attempts are within so many seconds."""
    most, window_s = bound
    mine = [a for a in attempts if now - a.time < window_s]
    if len(mine) < most:
        return None
    again = mine[-most].time + window_s
    slots = {
        "n": str(len(mine)),
        "window": f"{window_s / 60:g}",
        "again": _clock(again),
    }
    return Refusal(refusal.rule, refusal.why.fill(slots), _lines(mine), again)


# -------------------------------------------------------------------- words


def _reset(service: str | None) -> str:
    """Return the command that lets a service, or all, be repaired again."""
    return f"invoke budget.reset {service or ''}".rstrip()


def _lines(attempts: Sequence[Attempt]) -> tuple[Text, ...]:
    """Return what was done before, one line an attempt."""
    return tuple(_line(attempt) for attempt in attempts)


def _line(attempt: Attempt) -> Text:
    """Return one attempt as people read it."""
    outcome = OUTCOMES[attempt.outcome]
    name = attempt.node.service or attempt.node.stack
    slots = {
        "time": _clock(attempt.time),
        "service": f"{name} ({attempt.node.host})" if name else attempt.node.host,
        "level": str(attempt.level),
        "run": f" ({attempt.run})" if attempt.run else "",
    }
    en = LINE.fill({**slots, "outcome": outcome.en}).en
    return Text(en, LINE.fill({**slots, "outcome": outcome.fr}).fr)


def _clock(seconds: float) -> str:
    """Return a time of day in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%SZ")
