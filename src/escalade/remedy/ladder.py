"""What follows a verified level: done, the next level with its reason, or hand-off."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from escalade.model import Ladder
from escalade.plans import Climb
from escalade.plans import Outcome
from escalade.plans import Verified
from escalade.plans import flat
from escalade.runbooks.book import Book
from escalade.text import NO_TEXT
from escalade.text import Text

__all__ = ["LAST", "Escalation", "Go", "ladder_of", "next_level"]

LAST = 3
"""The level that hands off: nothing is above it."""


class Go(Enum):
    """Where it goes from here."""

    DONE = "done"
    CLIMB = "climb"
    HAND_OFF = "handoff"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Escalation:
    """What comes next for one climb.

    `CLIMB`: `level` is the next one (put it into `Wish.levels[climb.finding]`, `reason`
    into `Wish.reasons`). `HAND_OFF`: no level is left. `STOP`: there is nothing to climb
    (wait, nothing to run, a step called by hand, nobody who could tell whether it helped),
    or the next level was not allowed.
    """

    climb: str
    finding: str
    go: Go
    level: int
    reason: Text = NO_TEXT


def ladder_of(climb: Climb, book: Book) -> Ladder | None:
    """Return the ladder that a climb is on; None where it is on none."""
    name = climb.symptom.partition(".")[0]
    for runbook in book.runbooks:
        if runbook.name == name and climb.ladder is not None:
            return runbook.ladders.get(climb.ladder)
    return None


def next_level(
    climb: Climb,
    verified: Verified,
    book: Book,
    *,
    max_level: int = LAST,
    refused: Text | None = None,
) -> Escalation:
    """Return what follows a climb that was verified, or held by a brake.

    `refused` says which brake (budget, flapping) held the level: then it counts as
    ended. A ladder without a hand-off of its own gets one: level 3 always comes before
    nobody cares.
    """
    go, level, reason = _way(climb, verified, book, refused)
    if go in (Go.CLIMB, Go.HAND_OFF) and level > max_level:
        go, level = Go.STOP, climb.level
        reason = _joined(reason, _CAPPED.fill({"n": str(max_level)}))
    return Escalation(climb.id, climb.finding, go, level, reason)


def _way(
    climb: Climb, verified: Verified, book: Book, refused: Text | None
) -> tuple[Go, int, Text]:
    """Return where it goes, to which level, and why."""
    if verified.outcome is Outcome.CURED and refused is None:
        return Go.DONE, climb.level, verified.reason
    if climb.remedy in ("wait", "none") or not climb.finding:
        return Go.STOP, climb.level, verified.reason
    if verified.unheard:
        # It may well be cured: what is more invasive waits until somebody knows.
        return Go.STOP, climb.level, _why(climb, verified, refused)
    why = _why(climb, verified, refused)
    if climb.level >= LAST:
        return Go.HAND_OFF, climb.level, why
    ladder = ladder_of(climb, book)
    levels = ladder.levels if ladder else ()
    above = min((n for n in levels if n > climb.level), default=LAST)
    return Go.CLIMB, above, why


def _why(climb: Climb, verified: Verified, refused: Text | None) -> Text:
    """Return why a level is left, naming what still fails."""
    if refused is not None:
        frame = _REFUSED
        told = refused
    elif not any(s.actions for top in climb.steps for s in flat(top)):
        # Nothing of it ran: its own reason says why.
        return verified.reason
    else:
        frame = _FRAMES[verified.outcome]
        told = verified.reason
    head = frame.fill({"n": str(climb.level)})
    return _joined(head, told) if told.en else head


def _joined(head: Text, tail: Text) -> Text:
    """Return two sentences as one, the second after a colon."""
    if not head.en:
        return tail
    return Text(f"{head.en}: {tail.en}", f"{head.fr} : {tail.fr}")


_REFUSED = Text("level {n} was held", "le niveau {n} a été retenu")
_FRAMES = {
    Outcome.CURED: Text("level {n} cured it", "le niveau {n} l'a guéri"),
    Outcome.PERSISTS: Text(
        "level {n} did not cure it", "le niveau {n} ne l'a pas guéri"
    ),
    Outcome.WORSE: Text(
        "level {n} made it worse", "le niveau {n} a aggravé les choses"
    ),
    Outcome.UNKNOWN: Text(
        "nobody can tell whether level {n} cured it",
        "impossible de dire si le niveau {n} l'a guéri",
    ),
}
_CAPPED = Text(
    "level {n} is the highest that was allowed", "le niveau {n} est le plus haut permis"
)
