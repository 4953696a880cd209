"""What a condition sees of a log: one record, three-valued.

A part of a log proves presence, never absence: what was not read could hold the line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from typing import NamedTuple

from escalade.evidence.logscan import wish_key
from escalade.evidence.logscan import words
from escalade.evidence.probe import Seen
from escalade.evidence.probe import View
from escalade.model import Address
from escalade.model import Args
from escalade.model import Evidence
from escalade.model import Reading

__all__ = ["AFTER", "RECENT_S", "view"]

AFTER = "after"
"""An argument that the road adds to a question put to another role: when the service
that asks was started (epoch seconds). What was said of it before is not about it now."""
RECENT_S = 900.0
"""What `scope: recent` looks at unless `within` says otherwise: a quarter of an hour."""
START_S = 60.0
"""What `scope: start` looks at: the first minute of the run."""
TEXT = 1000
"""Characters of the quoted line."""


class _Span(NamedTuple):
    """What of a log was read: the record that stands before its lines."""

    run_from: float | None
    tail_from: float | None
    head_to: float | None
    ended_at: float | None
    offset_s: float

    @property
    def whole(self) -> bool:
        """Whether head and tail meet: the run was read from its beginning."""
        if self.tail_from is None:
            return True
        return self.head_to is not None and self.head_to >= self.tail_from


class _Wanted(NamedTuple):
    """The arguments of one question, their defaults in place."""

    contains: tuple[str, ...]
    matches: str | None
    newer_than: tuple[str, ...]
    scope: str
    within: float
    stream: str | None
    run: str
    after: float


def _wanted(args: Args) -> _Wanted:
    """Return what is asked. A limit in time is the rule for recent lines alone."""
    given = dict(args)
    scope = str(given.get("scope") or "recent")
    within = given.get("within")
    default = RECENT_S if scope == "recent" else 0.0
    return _Wanted(
        contains=words(given.get("contains")),
        matches=None if given.get("matches") is None else str(given["matches"]),
        newer_than=words(given.get("newer_than")),
        scope=scope,
        within=float(within) if isinstance(within, (int, float)) else default,
        stream=None if given.get("stream") is None else str(given["stream"]),
        run=str(given.get("run") or "current"),
        after=_number(given.get(AFTER)) or 0.0,
    )


def view(seen: Seen, address: Address, args: Args) -> View:
    """Return one record: how often, and the last time, what was asked for stands there.

    `last_ago_s` and `first_ago_s` are ages at the clock that judges.
    """
    at = address
    pieces = seen.of(
        "log", host=at.host, stack=at.stack, service=at.service, replica=at.replica
    )
    if not pieces:
        return View(unknown="not asked")
    piece = pieces[0]
    if not piece.status.answered:
        return View(unknown=piece.reason or piece.status.value)
    span = _span(piece)
    now = seen.now + span.offset_s
    wanted = _wanted(args)
    deep = _deep(piece, wanted, span, now) if wanted.scope == "whole" else None
    return deep or _shallow(piece, wanted, span, now)


def _number(value: object) -> float | None:
    """Return a reading as a number."""
    return float(value) if isinstance(value, (int, float)) else None


def _span(piece: Evidence) -> _Span:
    """Return what was read."""
    record = next((r for r in piece.readings if r.get("part") == "span"), {})
    return _Span(
        run_from=_number(record.get("run_from")),
        tail_from=_number(record.get("tail_from")),
        head_to=_number(record.get("head_to")),
        ended_at=_number(record.get("ended_at")),
        offset_s=_number(record.get("offset_s")) or 0.0,
    )


def _time(record: Reading) -> float:
    """Return when a line was written; one without a time is as old as can be."""
    return _number(record.get("time")) or 0.0


def _fits(wanted: _Wanted) -> Callable[[Reading], bool]:
    """Return the test for a line: a literal first, it is the cheaper one."""
    pattern = re.compile(wanted.matches) if wanted.matches else None

    def fits(record: Reading) -> bool:
        text = str(record.get("text") or "")
        if wanted.contains and not any(word in text for word in wanted.contains):
            return False
        if wanted.stream and record.get("stream") != wanted.stream:
            return False
        return pattern is None or pattern.search(text) is not None

    return fits


def _shallow(piece: Evidence, wanted: _Wanted, span: _Span, now: float) -> View:
    """Return the view over the lines that were kept: head and tail."""
    kept = [r for r in piece.readings if r.get("part") in ("head", "tail")]
    lines = _in_scope(kept, wanted, span, now)
    hits = list(filter(_fits(wanted), lines))
    known = _covered(wanted, span)
    if wanted.newer_than:
        losses = list(filter(_has(wanted.newer_than), lines))
        loss = max(map(_time, losses), default=-1.0)
        hits = [r for r in hits if _time(r) > loss]
        newest = max([loss, *map(_time, hits)])
        sure = span.whole or (span.tail_from is not None and newest >= span.tail_from)
        if hits and not sure:
            return View(complete=False)
        known = known or sure
    if not hits and not known:
        return View(complete=False)
    return View((_record(hits, now),), complete=known)


def _has(words: Sequence[str]) -> Callable[[Reading], bool]:
    """Return the test for a line that holds any of these words."""
    return lambda record: any(word in str(record.get("text")) for word in words)


def _in_scope(
    lines: Sequence[Reading], wanted: _Wanted, span: _Span, now: float
) -> list[Reading]:
    """Return the lines that a question is about.

    The clock of a container that ended stands at its end: what it said last is what
    is recent about it.
    """
    start = 0.0 if wanted.run == "any" else span.run_from or 0.0
    start = max(start, wanted.after)
    end = float("inf")
    if wanted.scope == "start" and span.run_from is not None:
        start, end = span.run_from, span.run_from + START_S
    if wanted.within > 0:
        here = now if span.ended_at is None else min(now, span.ended_at)
        start = max(start, here - wanted.within)
    return [r for r in lines if start <= _time(r) <= end]


def _covered(wanted: _Wanted, span: _Span) -> bool:
    """Whether all lines that a question is about were read.

    The tail is all there is to `recent`: 400 lines, or the time asked for.
    """
    if wanted.scope == "recent" or span.whole:
        return True
    if wanted.scope == "start":
        reached = span.head_to or 0.0
        return span.run_from is not None and reached >= span.run_from + START_S
    return False


def _record(hits: Iterable[Reading], now: float) -> Reading:
    """Return the record of what was found."""
    lines = sorted(hits, key=_time)
    if not lines:
        return {"count": 0}
    first, last = lines[0], lines[-1]
    return {
        "count": len(lines),
        "last_ago_s": _ago(last, now),
        "first_ago_s": _ago(first, now),
        "text": str(last.get("text") or "")[:TEXT],
        "time": last.get("time"),
        "stream": last.get("stream"),
    }


def _ago(record: Reading, now: float) -> float | None:
    """Return the age of a line in seconds."""
    time = _number(record.get("time"))
    return None if time is None else round(max(0.0, now - time), 1)


def _deep(piece: Evidence, wanted: _Wanted, span: _Span, now: float) -> View | None:
    """Return the view over a scan of the whole log, None where it was not scanned for."""
    scans = {r.get("key"): r for r in piece.readings if r.get("part") == "scan"}
    hit = scans.get(wish_key(wanted.contains, wanted.matches))
    if hit is None or wanted.stream or wanted.run == "any" or wanted.after:
        return None
    last = _number(hit.get("last"))
    if wanted.newer_than:
        lost = scans.get(wish_key(wanted.newer_than, None))
        if lost is None:
            return None
        loss = _number(lost.get("last"))
        if last is not None and loss is not None and loss >= last:
            return View(({"count": 0},))
    here = now if span.ended_at is None else min(now, span.ended_at)
    old = wanted.within > 0 and last is not None and last < here - wanted.within
    if old or not hit.get("count"):
        return View(({"count": 0},))
    first = {"time": hit.get("first")}
    record = {
        "count": hit.get("count"),
        "last_ago_s": _ago({"time": hit.get("last")}, now),
        "first_ago_s": _ago(first, now),
        "text": str(hit.get("text") or "")[:TEXT],
        "time": hit.get("last"),
        "stream": hit.get("stream"),
    }
    return View((record,))
