"""A container's log: its start and its end, or with --deep all of it searched."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from math import inf
from typing import Any
from typing import NamedTuple

from escalade.evidence.logdriver import may_lack
from escalade.evidence.logdriver import rotates
from escalade.evidence.logscan import Found
from escalade.evidence.logscan import Wish
from escalade.evidence.logscan import found
from escalade.evidence.logscan import scan
from escalade.evidence.logstream import Line
from escalade.evidence.logstream import Lines
from escalade.evidence.logstream import first
from escalade.evidence.logstream import last
from escalade.evidence.logstream import read
from escalade.evidence.logview import AFTER
from escalade.evidence.logview import view
from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import timestamp
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Argument
from escalade.evidence.probe import Get
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Target
from escalade.model import Args
from escalade.model import Reading
from escalade.model import Status

__all__ = ["LOG", "TAIL_LINES"]

TAIL_LINES = 400
QUICK_LINES = 100
TAIL_BYTES = 1_000_000
HEAD_LINES = 400
HEAD_BYTES = 256_000
HEAD_S = 60.0
"""The first minute of a run holds its start markers, or the reason why it has none."""
SLACK_S = 2.0
"""A container's first lines may be older than its StartedAt: the Engine notes the
start after the process runs. A line as soon as that after it is the first."""
TAIL_S, REST_S, DEEP_S = 5.0, 3.0, 110.0


class _Run(NamedTuple):
    """The current run of a container, on the host's clock; None where it never ran."""

    started: float | None
    begins: float | None
    ended: float | None
    tty: bool


def _run(target: Target) -> _Run:
    """Return the run that the log is read for.

    It begins a little before StartedAt, but never before the run before it ended.
    """
    state = as_dict(target.inspect.get("State"))
    started, finished = (timestamp(state.get(k)) for k in ("StartedAt", "FinishedAt"))
    begins = None
    if started is not None:
        before = finished if finished is not None and finished < started else 0.0
        begins = max(before, started - SLACK_S)
    alive = state.get("Running") and not state.get("Restarting")
    tty = bool(as_dict(target.inspect.get("Config")).get("Tty"))
    return _Run(started, begins, None if alive else finished, tty)


def _path(target: Target, query: str) -> str:
    """Return the path of the container's log with times, both streams."""
    box = target.inspect.get("Id")
    return f"/containers/{box}/logs?stdout=1&stderr=1&timestamps=1&{query}"


def _wishes(target: Target) -> tuple[Wish, ...]:
    """Return what a deep scan must look for in this container's log."""
    at = target.address
    return tuple(
        wish
        for place, wish in target.facts.get("wishes", ())
        if place.stack in (None, at.stack) and place.service in (None, at.service)
    )


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask for the last lines; in a deep run for a scan of everything, too."""
    del args
    run = _run(target)
    if run.started is None:
        return ()
    keep = last(TAIL_BYTES * max(1, _asked(target) // TAIL_LINES), tty=run.tty)
    tail = Get(_path(target, f"tail={_asked(target)}"), timeout_s=TAIL_S, fold=keep)
    wishes = _wishes(target)
    if target.facts.get("mode") != "deep" or not wishes:
        return (tail,)
    since = _path(target, f"since={run.begins:.6f}")
    return (tail, Get(since, timeout_s=DEEP_S, fold=scan(wishes)))


def _follow(
    target: Target, args: Args, answers: Sequence[Answer]
) -> tuple[Question, ...]:
    """Ask for the start of the run, unless the last lines reach back to it."""
    del args
    run = _run(target)
    if run.started is None or target.facts.get("mode") == "quick" or not answers:
        return ()
    tail = read(answers[0].body, tty=run.tty)
    if not answers[0].status.answered or _tail_from(target, run, tail) is None:
        return ()
    if _all_there_is(target, tail):
        # The beginning was rotated away: nothing stands before these lines.
        return ()
    query = f"since={run.begins:.6f}&until={run.started + HEAD_S:.6f}"
    keep = first(HEAD_LINES, HEAD_BYTES, tty=run.tty)
    return (Get(_path(target, query), timeout_s=REST_S, fold=keep),)


def _asked(target: Target) -> int:
    """Return how many of the last lines are asked for."""
    said = target.facts.get("tail")
    if isinstance(said, int) and said > 0:
        return said
    return QUICK_LINES if target.facts.get("mode") == "quick" else TAIL_LINES


def _all_there_is(target: Target, tail: Lines) -> bool:
    """Whether the last lines are all that the Engine has."""
    return tail.entries < _asked(target) and not tail.dropped


def _tail_from(target: Target, run: _Run, tail: Lines) -> float | None:
    """Return from when on the last lines were read, None if from the beginning.

    All there is may lack the beginning, where the log's driver rotates.
    """
    every = _all_there_is(target, tail)
    if every and not may_lack(target.inspect, tail):
        return None
    oldest = _oldest(tail)
    if oldest is None or run.started is None or run.begins is None:
        return None
    return (
        None if oldest <= (run.started + SLACK_S if every else run.begins) else oldest
    )


def _oldest(lines: Lines) -> float | None:
    """Return the time of the first line."""
    return next((line.time for line in lines.lines if line.time is not None), None)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return what was read as a span, then head, tail and what a scan found."""
    del args
    run = _run(target)
    if not answers:
        return Parsed((_span(target, run, None, None),))
    if not answers[0].status.answered:
        return _unread(answers[0])
    tail = read(answers[0].body, tty=run.tty)
    tail_from = _tail_from(target, run, tail)
    deep, rest = _split(target, answers[1:])
    head, head_to = _head(target, run, rest)
    begin = [x for x in head.lines if tail_from is None or (x.time or 0.0) < tail_from]
    readings = (
        _span(target, run, tail_from, head_to),
        *(_reading("head", line) for line in begin),
        *(_reading("tail", line) for line in tail.lines),
        *(_scanned(one) for one in deep),
    )
    whole = tail_from is None or (head_to is not None and head_to >= tail_from)
    return _parsed(readings, (*answers, *([] if whole else [None])))


def _parsed(readings: tuple[Reading, ...], answers: Sequence[Answer | None]) -> Parsed:
    """Return the readings with what is missing from them."""
    broken = [a for a in answers if a is not None and a.status is not Status.OK]
    complete = not broken and None not in answers
    reason = "" if complete else "only the start and the end of the log were read"
    if broken:
        reason = broken[0].reason or reason
    status = Status.PARTIAL if broken else Status.OK
    return Parsed(readings, status, complete, reason)


def _unread(answer: Answer) -> Parsed:
    """Return why there is no log; some log drivers cannot be read at all."""
    status = answer.status
    if "does not support reading" in answer.reason:
        status = Status.UNSUPPORTED
    return Parsed(status=status, complete=False, reason=answer.reason)


def _split(
    target: Target, answers: Sequence[Answer]
) -> tuple[tuple[Found, ...], Sequence[Answer]]:
    """Return what a deep scan found, and the answers after it."""
    if target.facts.get("mode") != "deep" or not _wishes(target) or not answers:
        return (), answers
    scanned = answers[0]
    return (found(scanned.body) if scanned.status is Status.OK else ()), answers[1:]


def _head(
    target: Target, run: _Run, answers: Sequence[Answer]
) -> tuple[Lines, float | None]:
    """Return the first lines, and until when they are all there is."""
    if not answers or not answers[0].status.answered or run.started is None:
        return Lines((), dropped=False), None
    head = read(answers[0].body, tty=run.tty)
    times = [line.time for line in head.lines if line.time is not None]
    if rotates(target.inspect) and min(times, default=inf) > run.started + SLACK_S:
        # What was rotated away could stand before the first of these lines.
        return head, None
    if head.dropped or answers[0].status is Status.PARTIAL:
        return head, max(times, default=None)
    return head, min(run.started + HEAD_S, float(target.facts["now"]))


def _span(
    target: Target, run: _Run, tail_from: float | None, head_to: float | None
) -> Reading:
    """Return the record that says what of the log was read."""
    return {
        "part": "span",
        "run_from": run.begins,
        "tail_from": tail_from,
        "head_to": head_to,
        "ended_at": run.ended,
        "offset_s": float(target.facts.get("offset_s") or 0.0),
    }


def _reading(part: str, line: Line) -> Reading:
    """Return one line as a record."""
    return {"part": part, "time": line.time, "stream": line.stream, "text": line.text}


def _scanned(one: Found) -> Reading:
    """Return one result of a deep scan as a record."""
    return {
        "part": "scan",
        "key": one.key,
        "count": one.hits,
        "first": one.first,
        "last": one.last,
        "stream": one.stream,
        "text": one.text,
    }


_VIEWED: Mapping[str, Any] = {
    "contains": Argument(str, many=True),
    "matches": Argument(str),
    "scope": Argument(str, "recent", choices=("recent", "start", "whole")),
    "within": Argument(float),
    "newer_than": Argument(str, many=True),
    "stream": Argument(str, choices=("stdout", "stderr")),
    "run": Argument(str, "current", choices=("current", "any")),
    AFTER: Argument(float),
}

LOG = Probe(
    name="log",
    scope="container",
    doc="What a container's log says: one record with how often and when a line that "
    "contains or matches something was written. A log that was read in part proves "
    "presence, never absence; one whose driver rotates may lack its beginning.",
    readings={
        "count": int,
        "last_ago_s": float,
        "first_ago_s": float,
        "text": str,
        "time": float,
        "stream": str,
        "part": str,
        "key": str,
        "first": float,
        "last": float,
        "run_from": float,
        "tail_from": float,
        "head_to": float,
        "ended_at": float,
        "offset_s": float,
    },
    arguments=_VIEWED,
    view_only=frozenset(_VIEWED),
    always=True,
    quick=True,
    scans=True,
    questions=_questions,
    follow=_follow,
    parse=_parse,
    view=view,
)
