"""A run that was left open, as the journal knows it: to approve or to resume."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

from escalade.errors import JournalError
from escalade.errors import UsageError
from escalade.report.times import rfc3339
from escalade.tasks.memory import state_of
from escalade.tasks.planfile import order_of
from escalade.text import Text

if TYPE_CHECKING:
    from escalade.climb.gear import Gear
    from escalade.climb.gear import Order
    from escalade.climb.looks import Sight
    from escalade.climb.rounds import Past
    from escalade.journal.events import Event
    from escalade.journal.store import Journal
    from escalade.plans import Plan

__all__ = ["ExpiredError", "Left", "Waiting", "interrupted", "seen_before", "waiting"]


class ExpiredError(UsageError):
    """A plan that nobody approved in time: the answer was no; `text` says so."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True, slots=True)
class Left:
    """What an interrupted run left: its plan, what was done of it, what was asked for.

    `round` is the last one that was planned; without a `plan` nobody permitted it. `seen`
    is the id of the last event that was read.
    """

    run: str
    plan: Plan | None
    past: Past
    order: Order
    place: Mapping[str, Any]
    round: int = 0
    seen: int = 0

    def check(self, rests: Mapping[str, str]) -> None:
        """Refuse to go on where runbooks, package or tasks are not what they were."""
        if self.plan is None:
            return
        for name, was in self.plan.rests.items():
            if name in ("runbooks", "package", "tasks") and rests.get(name) != was:
                raise UsageError(
                    f"run {self.run} cannot be resumed: the {name} changed since it was "
                    "planned; run `fix` anew"
                )


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a run waits with: its plan, what was asked for and where.

    `seen` is the id of the last event that was read.
    """

    run: str
    plan: Plan
    order: Order
    place: Mapping[str, Any]
    seen: int


def waiting(journal: Journal, prefix: str) -> Waiting:
    """Return the plan that a run waits with. Raises `UsageError` where it does not.

    One that came too late is denied for good: `ExpiredError`.
    """
    record = journal.find(prefix)
    events = journal.events(record.id)
    state = state_of(events)
    word = state.word
    if word == "expired":
        until = rfc3339(state.expires or 0.0) or "?"
        why = _EXPIRED.fill({"run": record.id, "until": until})
        journal.event(record.id, "denied", data={"why": why, "by": "policy"})
        raise ExpiredError(why)
    if word != "waiting-approval":
        raise UsageError(f"run {record.id} does not wait for approval: it is {word}")
    plan = _plan(record.id, events)
    if plan is None:
        raise JournalError(f"run {record.id}: its plan is not in the journal")
    order, place = _asked(record.id, events)
    return Waiting(record.id, plan, order, place, events[-1].id)


def interrupted(journal: Journal, prefix: str) -> Left:
    """Return what a run left open. Raises `UsageError` where nothing was."""
    from escalade.climb.rounds import Past
    from escalade.journal.read import groups
    from escalade.journal.read import past

    record = journal.find(prefix)
    if record.kind == "scheduled":
        raise UsageError(
            f"run {record.id} was a job's: run `schedule.run --once JOB` anew"
        )
    events = journal.events(record.id)
    word = state_of(events).word
    if word in ("ended", "waiting-approval", "expired"):
        raise UsageError(f"run {record.id} cannot be resumed: it is {word}")
    if word == "running":
        raise UsageError(f"run {record.id} still runs: nobody else goes on with it")
    order, place = _asked(record.id, events)
    plan = _plan(record.id, events)
    if plan is None or not _permitted(events, plan):
        last = plan.round if plan else 0
        return Left(record.id, None, Past(), order, place, last, seen=events[-1].id)
    return Left(
        record.id,
        plan,
        Past(past(events, plan.round), {g.action: g.group for g in groups(events)}),
        order,
        place,
        seen=events[-1].id,
    )


def _plan(run: str, events: Sequence[Event]) -> Plan | None:
    """Return the last plan of a run, whole and as it was."""
    from escalade.journal.read import last_plan
    from escalade.remedy.digest import intact
    from escalade.remedy.plancodec import load

    data = last_plan(events)
    if data is None:
        return None
    plan = load(data)
    if not intact(plan):
        raise UsageError(
            f"run {run}: a secret stood in its plan, which the journal does not keep: "
            "run `fix` anew"
        )
    return plan


def _permitted(events: Sequence[Event], plan: Plan) -> bool:
    """Whether a plan was approved."""
    return any(
        e.kind == "approved" and e.data.get("digest") == plan.digest for e in events
    )


def _asked(run: str, events: Sequence[Event]) -> tuple[Order, Mapping[str, Any]]:
    """Return what a run was asked for, and where."""
    for event in events:
        order, place = event.data.get("order"), event.data.get("place")
        if isinstance(order, Mapping) and isinstance(place, Mapping):
            return order_of(order), place
    raise UsageError(f"run {run}: it ended before it had looked; run `fix` anew")


def seen_before(gear: Gear) -> Sight:
    """Return what a run saw before it did anything, from its folder."""
    from escalade.climb.entry import BEFORE
    from escalade.evidence.codec import load
    from escalade.model import Run

    path = gear.folder / BEFORE
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            snapshot = load(lines, str(path))
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}") from error
    return gear.watch.sight(snapshot, Run(gear.run, snapshot.recorded, 0.0))


_EXPIRED = Text(
    "denied: run {run} could be approved until {until}; run it anew",
    "refusé : l'exécution {run} pouvait être approuvée jusqu'à {until} ; relancez-la",
)
