"""Maintenance windows: whether something may be done now, and when it next may. Pure."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from datetime import time
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from escalade.errors import UsageError
from escalade.model import Node
from escalade.plans import Plan
from escalade.plans import Risk
from escalade.schedule.jobs import Cron
from escalade.schedule.jobs import Every
from escalade.schedule.jobs import Guard
from escalade.schedule.jobs import Window
from escalade.schedule.times import next_times
from escalade.text import Text

if TYPE_CHECKING:
    from escalade.inventory.hosts import Inventory

__all__ = ["closed", "closed_for", "ever", "is_open", "named", "opens", "shut"]

_START = datetime(2026, 1, 1, tzinfo=UTC)
_MOMENT = timedelta(seconds=1)
_LOOKS = 500


def closed(
    now: float, stack: str | None, host: str, guards: Iterable[Guard]
) -> Text | None:
    """Return why nothing disruptive may be done to a stack now; None where it may.

    `now` is in epoch seconds. A stack that no guard speaks of is always open; of several
    windows that speak of it, one that is open is enough.
    """
    mine = [guard for guard in guards if _meant(guard, stack, host)]
    moment = datetime.fromtimestamp(now, UTC)
    windows = [window for guard in mine for window in guard.windows]
    if not windows or any(is_open(window, moment) for window in windows):
        return None
    soonest = min(windows, key=lambda window: opens(window, moment))
    where = f"{stack} on {host}" if stack else host
    names = f"{stack} sur {host}" if stack else host
    told = shut(soonest, moment)
    source = mine[0].source
    return Text(f"{where}: {told.en} ({source})", f"{names} : {told.fr} ({source})")


def closed_for(now: float, plan: Plan, guards: Iterable[Guard]) -> Text | None:
    """Return why a plan may not run now: an action of it disrupts what is guarded."""
    known = tuple(guards)
    places = dict.fromkeys(
        Node(action.host, node.stack)
        for action in plan.actions
        if action.risk > Risk.SAFE
        for node in (action.touches or (action.node,))
    )
    for place in places if known else ():
        why = closed(now, place.stack, place.host, known)
        if why is not None:
            return why
    return None


def _meant(guard: Guard, stack: str | None, host: str) -> bool:
    """Whether a guard speaks of a stack on a host; of a host alone where it names none."""
    stacks = not guard.stacks or any(fnmatchcase(stack or "", p) for p in guard.stacks)
    return stacks and (not guard.hosts or host in guard.hosts)


def named(
    guards: Iterable[Guard], inventory: Callable[[], Inventory]
) -> tuple[Guard, ...]:
    """Return guards that name each of their hosts: patterns are those of `--limit`.

    Raises `UsageError` with the place of one that picks nothing: it would hold nothing
    back.
    """
    known = tuple(guards)
    if not any(guard.hosts for guard in known):
        return known
    there = inventory()
    return tuple(_named(guard, there) if guard.hosts else guard for guard in known)


def _named(guard: Guard, inventory: Inventory) -> Guard:
    """Return a guard that names its hosts."""
    from escalade.inventory.patterns import chosen

    try:
        return replace(guard, hosts=chosen(inventory, guard.hosts))
    except UsageError as error:
        raise UsageError(f"{guard.source}: {error}") from error


def is_open(window: Window, moment: datetime) -> bool:
    """Whether a window is open at a moment: by the clocks on the wall of its zone."""
    local = moment.astimezone(ZoneInfo(window.zone))
    minute = local.hour * 60 + local.minute
    today, before = local.weekday(), (local.weekday() - 1) % 7
    if window.start < window.end:
        return today in window.days and window.start <= minute < window.end
    late = today in window.days and minute >= window.start
    early = before in window.days and minute < window.end
    return late or early


def opens(window: Window, moment: datetime) -> datetime:
    """Return when a window that is closed opens next."""
    zone = ZoneInfo(window.zone)
    local = moment.astimezone(zone)
    clock = time(window.start // 60, window.start % 60)
    for day in range(9):
        date = local.date() + timedelta(days=day)
        found = datetime.combine(date, clock, zone)
        if date.weekday() in window.days and found.astimezone(UTC) > moment:
            return found
    return local + timedelta(days=8)


def ever(window: Window, schedule: Cron | Every, *, slack_s: float = 0.0) -> bool:
    """Whether a window is ever open at a schedule's times, or `slack_s` after one.

    Looked for from window to window, over a year of daily times and decades of rare ones.
    """
    slack = timedelta(seconds=slack_s)
    moment = _START
    for _ in range(_LOOKS):
        coming = next_times(schedule, moment, 1)
        if not coming:
            return False
        at = coming[0].astimezone(UTC)
        opening = at if is_open(window, at) else opens(window, at).astimezone(UTC)
        if opening <= at + slack:
            return True
        # The times until it opens are none.
        moment = opening - slack - _MOMENT
    return False


def shut(window: Window, moment: datetime) -> Text:
    """Return that a window is closed, and when it opens."""
    when = opens(window, moment)
    slots = {"when": f"{when:%Y-%m-%d %H:%M} {window.zone}"}
    return _SHUT.fill(slots)


_SHUT = Text(
    "its maintenance window opens at {when}",
    "sa fenêtre de maintenance s'ouvre à {when}",
)
