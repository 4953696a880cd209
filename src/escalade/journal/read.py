"""What follows from events: where a run stands, what was done, what counts. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace

from escalade.journal.events import Event
from escalade.journal.events import Group
from escalade.journal.events import Process
from escalade.journal.events import RunState
from escalade.journal.facts import did_of
from escalade.journal.facts import items
from escalade.journal.facts import node_of
from escalade.journal.facts import number
from escalade.journal.facts import whole
from escalade.journal.facts import word
from escalade.model import Node
from escalade.model import Severity
from escalade.plans import Attempt
from escalade.plans import Did
from escalade.plans import Ended
from escalade.plans import Outcome

__all__ = [
    "attempts",
    "groups",
    "holds",
    "last_plan",
    "past",
    "process_of",
    "state",
    "states",
]


def process_of(events: Sequence[Event]) -> Process | None:
    """Return the process that last carried a run out."""
    for event in reversed(events):
        told = event.data.get("process") if event.kind == "started" else None
        if isinstance(told, Mapping):
            names = ("host", "boot", "space", "born")
            return Process(
                pid=whole(told.get("pid")) or 0, **{n: word(told.get(n)) for n in names}
            )
    return None


def state(events: Sequence[Event], *, now: float, alive: bool | None) -> RunState:
    """Return where a run stands.

    `alive` says whether the process of `process_of` still lives, None where that cannot
    be told. A plan that waits for approval does so without any process.
    """
    waits = _waiting(events)
    if waits is not None:
        named = "waiting-approval" if now < waits else "expired"
        return replace(_end(events), word=named, expires=waits)
    last = max((e.id for e in events if e.kind == "started"), default=-1)
    ended = [e for e in events if e.kind == "ended" and e.id > last]
    if ended:
        return replace(_end(ended), word="ended", ended=ended[-1].time)
    if alive is False:
        return RunState("interrupted")
    return RunState("running", sure=alive is not None)


def _waiting(events: Sequence[Event]) -> float | None:
    """Return until when a plan may be approved; None where none waits."""
    until = None
    for event in events:
        if event.kind == "planned":
            until = number(event.data.get("expires"))
        elif event.kind in ("approved", "denied", "intent"):
            until = None
    return until


def _end(events: Sequence[Event]) -> RunState:
    """Return how a run ended last, as its own words have it."""
    for event in reversed(events):
        if event.kind == "ended":
            data = event.data
            level, code = whole(data.get("level")), whole(data.get("exit"))
            outcome = word(data.get("outcome"))
            return RunState("ended", code, outcome, level, ended=event.time)
    return RunState("running")


def past(events: Sequence[Event], round: int) -> tuple[Did, ...]:  # noqa: A002 -- the plan's own word
    """Return how the actions of a round ended, each execution, in order.

    An intent without a result is `UNKNOWN`: it may have happened or not. They come last;
    one that was followed by another of the same action did not happen.
    """
    ended: list[Did] = []
    begun: dict[str, Did] = {}
    for event in events:
        if event.kind not in ("intent", "result") or not event.action:
            continue
        if (whole(event.data.get("round")) or 1) != round:
            continue
        begun.pop(event.action, None)
        if event.kind == "result":
            ended.append(did_of(event.action, event.data))
        else:
            attempt = whole(event.data.get("attempt")) or 1
            begun[event.action] = Did(
                event.action, Ended.UNKNOWN, attempt, started=event.time
            )
    return (*ended, *begun.values())


def last_plan(events: Sequence[Event]) -> Mapping[str, object] | None:
    """Return the plan that was made last, as data (`remedy.plancodec` reads it)."""
    for event in reversed(events):
        plan = event.data.get("plan") if event.kind == "planned" else None
        if isinstance(plan, Mapping):
            return plan
    return None


def groups(events: Sequence[Event]) -> tuple[Group, ...]:
    """Return the process groups on hosts whose actions have no result yet."""
    found: dict[tuple[int, str], Group] = {}
    for event in events:
        key = (whole(event.data.get("round")) or 1, event.action)
        if event.kind == "group" and event.node:
            found[key] = Group(
                event.action, event.node.host, word(event.data.get("group")), event.time
            )
        elif event.kind == "result":
            found.pop(key, None)
    return tuple(found.values())


def holds(events: Sequence[Event]) -> frozenset[Node]:
    """Return what is held: held, and not freed since."""
    found: set[Node] = set()
    for event in events:
        if event.node and event.kind == "held":
            found.add(event.node)
        elif event.node and event.kind == "unheld":
            found.discard(event.node)
    return frozenset(found)


# ------------------------------------------------------- what budgets count


def attempts(events: Sequence[Event]) -> tuple[Attempt, ...]:
    """Return the levels that changed something, by time; a reset forgives those before.

    One attempt is one climb of one round of one run; a step called by hand is one where
    it touched a service.
    """
    found: dict[tuple[str, int, str], Attempt] = {}
    for event in events:
        key = (event.run, whole(event.data.get("round")) or 1, word_of(event, "climb"))
        if event.kind == "budget-reset":
            found = {k: a for k, a in found.items() if not _forgiven(a, event)}
        elif event.kind == "intent" and _counts(event):
            known = found.get(key) or _attempt(event)
            found[key] = replace(known, ended=event.time)
        elif event.kind == "verified" and key in found:
            outcome = _outcome(event.data.get("outcome"))
            found[key] = replace(found[key], outcome=outcome, ended=event.time)
    return tuple(sorted(found.values(), key=lambda attempt: attempt.time))


def _counts(intent: Event) -> bool:
    """Whether an intent makes its climb an attempt: it changes what users may notice.

    A tag or a command of a step by hand does not. An earlier version did not say.
    """
    data = intent.data
    by_hand = (whole(data.get("level")) or 0) == 0
    return bool(data.get("writes")) and not (by_hand and data.get("touches") is False)


def word_of(event: Event, name: str) -> str:
    """Return a text among an event's facts."""
    return word(event.data.get(name))


def _attempt(event: Event) -> Attempt:
    """Return the attempt that an intent begins."""
    return Attempt(
        time=event.time,
        node=node_of(event.data.get("at")) or event.node or Node(""),
        fingerprint=word_of(event, "finding"),
        symptom=word_of(event, "symptom"),
        level=whole(event.data.get("level")) or 0,
        run=event.run,
    )


def _outcome(value: object) -> Outcome:
    """Return an outcome by its word; one that nobody knows is unknown."""
    known = {outcome.value: outcome for outcome in Outcome}
    return known.get(word(value), Outcome.UNKNOWN)


def _forgiven(attempt: Attempt, reset: Event) -> bool:
    """Whether a reset is about an attempt: what it does not say, it says of all."""
    at, data = attempt.node, reset.data
    pairs = (("host", at.host), ("stack", at.stack), ("service", at.service))
    return all(word(data.get(name)) in ("", mine) for name, mine in pairs)


# ------------------------------------------------------ what flapping counts


def states(
    events: Sequence[Event], node: Node, symptom: str
) -> tuple[tuple[float, bool], ...]:
    """Return when a node was seen without (True) or with (False) a symptom.

    A diagnosis that could not look there says nothing.
    """
    return tuple(
        (event.time, good)
        for event in events
        if event.kind == "diagnosed"
        and (good := _good(event, node, symptom)) is not None
    )


def _good(event: Event, node: Node, symptom: str) -> bool | None:
    """Return whether a diagnosis saw a node well; None where it could not tell."""
    here = [
        f for f in items(event.data.get("findings")) if node_of(f.get("at")) == node
    ]
    if any(_is_it(finding, symptom) for finding in here):
        return False
    hidden = {node_of(gap.get("at")) for gap in items(event.data.get("gaps"))}
    if node in hidden or node not in set(_seen(event)):
        return None
    return True


def _seen(event: Event) -> Iterator[Node]:
    """Yield every place that a diagnosis looked at."""
    for row in items(event.data.get("services")):
        at = node_of(row.get("at"))
        if at:
            yield from (at, Node(at.host, at.stack), Node(at.host))
    for row in items(event.data.get("hosts")):
        if row.get("reachable"):
            yield Node(word(row.get("host")))


def _is_it(finding: Mapping[str, object], symptom: str) -> bool:
    """Whether a finding is the symptom asked for, or an error where none is named."""
    if symptom:
        return finding.get("symptom") == symptom
    grave = {s.word for s in Severity if s >= Severity.ERROR}
    return word(finding.get("severity")) in grave
