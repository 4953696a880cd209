"""What came of a level, by looks that are newer than its actions.

One look says what is so now; the outcome is final when three in a row say the same and
nothing under way could still change it (docs/verification.md has the rules in words).
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from escalade.diagnosis.board import DONE
from escalade.diagnosis.wanted import asks
from escalade.model import Diagnosis
from escalade.model import Finding
from escalade.model import Gap
from escalade.model import Node
from escalade.model import ServiceState
from escalade.model import Severity
from escalade.model import Symptom
from escalade.model import Truth
from escalade.plans import Climb
from escalade.plans import Outcome
from escalade.plans import Verified
from escalade.plans import flat
from escalade.text import NO_TEXT
from escalade.text import Text

__all__ = [
    "GOOD_LOOKS",
    "PATIENCE_S",
    "STEADY_S",
    "Look",
    "echoes",
    "ripe_s",
    "touched",
    "verify",
]

GOOD_LOOKS = 3
"""Consecutive looks that must agree (findings.md 4.6)."""
STEADY_S = 5.0
"""Seconds after an action before which a start says nothing: what fails at its start
mostly does so within them."""
PATIENCE_S = 30.0
"""Seconds that a touched service and its neighbours get to come back by themselves;
twice as many while a health check is starting (in a crash loop it always is)."""
_MOST = 3
"""Findings named in one sentence."""
_LOGS = ("log", "complaint")
"""Probes that quote a line as it was written, with its time."""
_ALWAYS = ("container", "engine", "host")
"""Probes without which nothing is known of a service."""


class Look(NamedTuple):
    """One fresh diagnosis after the actions; `truths` are of `climb.verify`, in order.

    `silent` are the containers whose logs alone told of the finding, and say nothing now;
    `at_work` those of tasks that others wait for and that have not ended.
    """

    diagnosis: Diagnosis
    truths: tuple[Truth, ...] = ()
    silent: tuple[str, ...] = ()
    at_work: tuple[str, ...] = ()


class _Said(NamedTuple):
    """What one look says: `open` where the next one may well say something else."""

    outcome: Outcome
    reason: Text = NO_TEXT
    new: tuple[str, ...] = ()
    open: bool = False
    unheard: bool = False


def ripe_s(symptom: Symptom) -> float:
    """Return the seconds of uptime that a symptom itself asks of its service.

    Before them it never holds, so its absence tells nothing.
    """
    return max(
        (
            float(one.value)
            for ask in asks(symptom.when)
            for one in (ask.expect if ask.probe == "container" else ())
            if one.reading == "uptime_s"
            and one.op in ("ge", "gt")
            and isinstance(one.value, int | float)
        ),
        default=0.0,
    )


def touched(climb: Climb) -> tuple[Node, ...]:
    """Return the services whose containers a climb's actions start, stop or replace."""
    steps = (inner for step in climb.steps for inner in flat(step))
    nodes = (node for step in steps for a in step.actions for node in a.touches)
    return tuple(dict.fromkeys(nodes))


def verify(
    climb: Climb, before: Diagnosis, looks: Sequence[Look], *, since: float = 0.0
) -> Verified:
    """Return the outcome of a climb; `again` where a further look may change it.

    Looks that began before `since` (epoch seconds: the end of the last action) count
    for nothing. An outcome with `again` is what is known so far; it is never `CURED`.
    """
    fresh = [look for look in looks if look.diagnosis.started >= since][-GOOD_LOOKS:]
    if not fresh:
        return Verified(climb.id, Outcome.UNKNOWN, _NOT_SEEN, again=True)
    said = [_said(climb, before, look, since) for look in fresh]
    last = said[-1]
    agree = len(said) == GOOD_LOOKS and len({one.outcome for one in said}) == 1
    again = not agree or last.open
    if last.outcome is Outcome.CURED and again:
        good = sum(one.outcome is Outcome.CURED for one in said)
        reason = _GOOD_SO_FAR.fill({"n": str(good), "of": str(GOOD_LOOKS)})
        return Verified(climb.id, Outcome.UNKNOWN, reason, again=True)
    return Verified(
        climb.id,
        last.outcome,
        last.reason,
        last.new,
        again=again,
        unheard=last.unheard,
    )


def _said(climb: Climb, before: Diagnosis, look: Look, since: float) -> _Said:
    """Return what one look says of a climb."""
    now = look.diagnosis
    lost = next((h for h in now.hosts if h.host == climb.node.host), None)
    if lost is not None and not lost.reachable:
        reason = _LOST.fill({"host": climb.node.host, "why": lost.detail or "-"})
        return _Said(Outcome.UNKNOWN, reason)
    acted = touched(climb)
    age_s = now.started - since
    early = bool(acted) and age_s < PATIENCE_S
    starting = _starting(now, (climb.node, *acted))
    new = _worse(climb, before, now, frozenset(acted))
    if new:
        reason = _told(_WORSE, new.values())
        return _Said(Outcome.WORSE, reason, tuple(new), open=early)
    left = _left(climb, before, now)
    if left is not None:
        reason = _told(_STILL, [_named(left)])
        late = bool(acted) and bool(starting) and age_s < 2 * PATIENCE_S
        return _Said(Outcome.PERSISTS, reason, open=early or late)
    if look.at_work:
        reason = _AT_WORK.fill({"who": ", ".join(look.at_work)})
        return _Said(Outcome.UNKNOWN, reason, open=True, unheard=True)
    if starting:
        reason = _STARTING.fill({"what": ", ".join(starting)})
        return _Said(Outcome.UNKNOWN, reason, open=True)
    gap = _hiding(climb, before, now)
    return _proved(look, gap, early=early) or _aged(climb, look, age_s, acted)


def _proved(look: Look, gap: Gap | None, *, early: bool) -> _Said | None:
    """Return what speaks against a cure although the finding is gone; None: nothing."""
    if gap is not None:
        reason = _HIDDEN.fill({"probe": gap.probe, "why": gap.reason})
        return _Said(Outcome.UNKNOWN, reason, open=early)
    if Truth.FALSE in look.truths:
        return _Said(Outcome.PERSISTS, _UNPROVED, open=early)
    if Truth.UNKNOWN in look.truths:
        return _Said(Outcome.UNKNOWN, _UNASKED, open=early)
    if look.silent and not look.truths:
        reason = _UNHEARD.fill({"who": ", ".join(look.silent)})
        return _Said(Outcome.UNKNOWN, reason, open=early, unheard=True)
    return None


def _aged(climb: Climb, look: Look, age_s: float, acted: Sequence[Node]) -> _Said:
    """Return cured, or that it is too early to say so.

    Conditions that hold are proof of their own: only absence needs time to tell.
    """
    proven = bool(look.truths)
    due_s = max(0.0 if proven else climb.ripe_s, STEADY_S) if acted else 0.0
    if age_s < due_s:
        reason = _EARLY.fill({"s": f"{due_s:g}"})
        return _Said(Outcome.UNKNOWN, reason, open=True)
    return _Said(Outcome.CURED)


# --------------------------------------------------------------- what is left


def _bad(diagnosis: Diagnosis) -> Iterator[Finding]:
    """Yield what users would feel, weaknesses of old left out."""
    for finding in diagnosis.findings:
        if finding.severity >= Severity.ERROR and not finding.standing:
            yield finding


def _left(climb: Climb, before: Diagnosis, now: Diagnosis) -> Finding | None:
    """Return what is still wrong at a climb's place; None where nothing is.

    The finding itself, or another that came in its place; the other roots that were
    there before have climbs of their own.
    """
    if not climb.finding:
        return None
    for finding in now.findings:
        if finding.id == climb.finding:
            return finding
    others = {f.id for f in before.roots if f.id != climb.finding}
    instead = (f for f in _bad(now) if f.node == climb.node and f.id not in others)
    return next((f for f in instead if not echoes(f, before, {climb.finding})), None)


def echoes(finding: Finding, before: Diagnosis, cured: Collection[str]) -> bool:
    """Whether a suspicion only repeats what logs said before, and a cured root explained.

    `cured` are the ids of roots; a line that was written since makes it news. What was
    seen at a service itself is never an echo: it may be stuck in what it told once.
    """
    causes = {f.id: f.caused_by for f in before.findings}
    told = {
        cite
        for f in before.findings
        if not set(cured).isdisjoint(_chain(f.id, causes))
        for cite in f.why
        if cite.probe in _LOGS
    }
    return finding.suspected and bool(finding.why) and told.issuperset(finding.why)


def _worse(
    climb: Climb, before: Diagnosis, now: Diagnosis, acted: frozenset[Node]
) -> Mapping[str, Text]:
    """Return what is wrong now beside the climb and was not before: name to words.

    What suffered before still may: it has a climb of its own in the next round.
    """
    known = {f.node for f in _bad(before)} | {climb.node}
    causes = {f.id: f.caused_by for f in now.findings}
    new: dict[str, Text] = {}
    for finding in _bad(now):
        ours = _near(climb.node, finding.node) and finding.node not in known
        if ours and climb.finding not in _chain(finding.id, causes):
            new[finding.id] = _named(finding)
    # A step called by hand means what it does to its services.
    told = {f.node for f in _bad(now)} | known | (set() if climb.finding else acted)
    was = {_key(row): row for row in before.services}
    for row in now.services:
        old = was.get(_key(row))
        near = _near(climb.node, row.node) and row.node not in told
        if old and near and _well(old) and not _well(row):
            word = f"{row.container or row.node}: {row.health or row.state}"
            new[str(row.node)] = Text(word, word)
    return new


def _near(place: Node, other: Node) -> bool:
    """Whether a place is in the same stack as another, or the host of both."""
    return place.host == other.host and other.stack in (place.stack, None)


def _chain(finding: str, causes: Mapping[str, str | None]) -> tuple[str, ...]:
    """Return the ids that explain a finding, itself first."""
    trail: list[str] = []
    at: str | None = finding
    while at is not None and at not in trail:
        trail.append(at)
        at = causes.get(at)
    return tuple(trail)


def _key(row: ServiceState) -> tuple[Node, str | None]:
    """Return what a row of the board is known by."""
    return row.node, row.container


def _well(row: ServiceState) -> bool:
    """Whether a container runs and its health check, if any, does not fail.

    A task that ended well is as it should be, too.
    """
    return row.note == DONE or (
        row.state == "running" and row.health not in ("unhealthy", "stale")
    )


def _starting(now: Diagnosis, nodes: Sequence[Node]) -> list[str]:
    """Return the containers of some services whose health check has not said yet."""
    return [
        row.container or str(row.node)
        for row in now.services
        if row.node in nodes and row.health == "starting"
    ]


def _hiding(climb: Climb, before: Diagnosis, now: Diagnosis) -> Gap | None:
    """Return a gap at the climb's place that could hide its finding."""
    cites = (f.why for f in before.findings if f.id == climb.finding)
    probes = {*_ALWAYS, *(cite.probe for why in cites for cite in why)}
    at = climb.node
    places = (at, Node(at.host, at.stack), Node(at.host))
    for gap in now.gaps:
        if gap.hides and gap.node in places and gap.probe in probes:
            return gap
    return None


# ----------------------------------------------------------------- in words

_NOT_SEEN = Text(
    "no look is newer than the actions yet",
    "aucun examen n'est encore plus récent que les actions",
)
_GOOD_SO_FAR = Text(
    "well in {n} of {of} looks so far", "bien dans {n} examens sur {of} jusqu'ici"
)
_LOST = Text("{host} cannot be reached: {why}", "{host} est injoignable : {why}")
_WORSE = Text("new since the actions: {what}", "nouveau depuis les actions : {what}")
_STILL = Text("still there: {what}", "toujours là : {what}")
_STARTING = Text("still starting: {what}", "démarre encore : {what}")
_HIDDEN = Text(
    "the probe {probe} has no answer that could tell: {why}",
    "la sonde {probe} n'a pas de réponse qui le dirait : {why}",
)
_UNPROVED = Text(
    "the finding is gone, but a condition of the ladder's verification does not hold",
    "le constat a disparu, mais une condition de vérification de l'échelle n'est pas remplie",
)
_UNASKED = Text(
    "the finding is gone, but a condition of the ladder's verification has no answer",
    "le constat a disparu, mais une condition de vérification de l'échelle est sans réponse",
)
_UNHEARD = Text(
    "the log of {who} told of it and has nothing new: it takes a call to know",
    "le journal de {who} l'a signalé et ne dit rien de nouveau : il faut un appel pour savoir",
)
_AT_WORK = Text(
    "{who} has not ended yet: only its end tells",
    "{who} n'est pas encore terminé : seule sa fin le dira",
)
_EARLY = Text(
    "too early to tell: it could show again within {s} s of the action",
    "trop tôt pour conclure : cela pourrait revenir dans les {s} s après l'action",
)


def _named(finding: Finding) -> Text:
    """Return a finding and its place in words."""
    name, host = finding.node.service or finding.node.stack, finding.node.host
    if not name:
        return Text(f"{finding.title.en} ({host})", f"{finding.title.fr} ({host})")
    return Text(
        f"{finding.title.en} ({name} on {host})",
        f"{finding.title.fr} ({name} sur {host})",
    )


def _told(frame: Text, items: Iterable[Text]) -> Text:
    """Return a sentence with the first of some items in it, the rest counted."""
    every = list(items)
    more = f" +{len(every) - _MOST}" if len(every) > _MOST else ""
    en = "; ".join(item.en for item in every[:_MOST]) + more
    fr = " ; ".join(item.fr for item in every[:_MOST]) + more
    return Text(
        frame.fill({"what": en}).en,
        frame.fill({"what": fr}).fr,
    )
