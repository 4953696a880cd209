"""Which service a container's own log names where it tells of a failure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from math import inf

from escalade.evidence.logscan import words
from escalade.evidence.logview import START_S
from escalade.evidence.names import names_near
from escalade.evidence.names import same_place
from escalade.evidence.probe import Argument
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Seen
from escalade.evidence.probe import View
from escalade.model import Address
from escalade.model import Args
from escalade.model import Reading

__all__ = ["COMPLAINT"]

WITHIN_S = 300.0
"""How far back lines count, unless `within` says otherwise."""
TEXT = 1000
"""Characters of the quoted line: its end, where an exception says what it is."""

Place = tuple[str, int]
_PLACE = re.compile(r"(?<![\w.-])(\w[\w.-]*):(\d{2,5})(?!\w)")


def _view(seen: Seen, address: Address, args: Args) -> View:
    """Return one record for each line that holds a word and names a service."""
    given = dict(args)
    pieces = same_place(seen, "log", address)
    if not pieces or not pieces[0].status.answered:
        return View(unknown=(pieces[0].reason if pieces else "") or "not asked")
    places: tuple[Place, ...] | None = None
    if variable := given.get("variable"):
        places = _places(seen, address, str(variable))
        if places is None:
            return View(unknown="the variables were not read")
    readings = pieces[0].readings
    span = next((r for r in readings if r.get("part") == "span"), {})
    lines = list(_lines(seen, readings, span, given))
    wanted = words(given.get("contains"))
    records = tuple(
        found
        for line in lines
        if any(w in str(line.get("text")) for w in wanted)
        for found in _named(seen, address, line, places)
    )
    return View(records, complete=_covered(span, given))


def _past(seen: Seen, address: Address, service: str, time: object) -> bool:
    """Whether the service that a line names was started again since: it is another now."""
    boxes = seen.of(
        "container", host=address.host, stack=address.stack, service=service
    )
    starts = [r.get("started_at") for box in boxes for r in box.readings[:1]]
    known = [float(s) for s in starts if isinstance(s, (int, float))]
    return isinstance(time, (int, float)) and bool(known) and time < min(known)


def _places(seen: Seen, address: Address, variable: str) -> tuple[Place, ...] | None:
    """Return the place that a variable names, None where variables were not read.

    A port of 0 is any: the variable names none.
    """
    pieces = [p for p in same_place(seen, "env", address) if p.status.answered]
    if not pieces:
        return None
    return tuple(
        (str(record.get("host")), port if isinstance(port, int) else 0)
        for record in pieces[0].readings
        if record.get("variable") == variable and record.get("host")
        for port in (record.get("port"),)
    )


def _lines(
    seen: Seen, readings: Sequence[Reading], span: Reading, given: Mapping[str, object]
) -> Iterator[Reading]:
    """Yield the lines that a question is about, without those of before `newer_than`."""
    start, end = _bounds(seen, span, given)
    lines = [
        (time, record)
        for record in readings
        if record.get("part") in ("head", "tail")
        for time in (record.get("time"),)
        if isinstance(time, (int, float)) and start <= time <= end
    ]
    losses = words(given.get("newer_than"))
    loss = max(
        (t for t, r in lines if any(word in str(r.get("text")) for word in losses)),
        default=float("-inf"),
    )
    yield from (record for time, record in lines if time > loss)


def _bounds(
    seen: Seen, span: Reading, given: Mapping[str, object]
) -> tuple[float, float]:
    """Return between which times lines count, by the log's own clock.

    That is the host's, or when the container ended.
    """
    begun = span.get("run_from")
    if given.get("scope") == "start":
        first = float(begun) if isinstance(begun, (int, float)) else 0.0
        return first, first + START_S
    offset, ended = span.get("offset_s"), span.get("ended_at")
    now = seen.now + (offset if isinstance(offset, (int, float)) else 0.0)
    now = min(now, ended) if isinstance(ended, (int, float)) else now
    within = given.get("within")
    return now - (within if isinstance(within, (int, float)) else WITHIN_S), inf


def _covered(span: Reading, given: Mapping[str, object]) -> bool:
    """Whether the lines in question were read: the last ones always are."""
    if given.get("scope") != "start":
        return True
    tail, head, begun = (span.get(k) for k in ("tail_from", "head_to", "run_from"))
    if tail is None:
        return True
    if not isinstance(head, (int, float)) or not isinstance(begun, (int, float)):
        return False
    return head >= begun + START_S or (isinstance(tail, (int, float)) and head >= tail)


def _named(
    seen: Seen, address: Address, line: Reading, wanted: Sequence[Place] | None
) -> Iterator[Reading]:
    """Yield what a line says of the last place in it that a service of the stack is.

    A trace ends with the exception that ended it. Of a variable's place only what is
    said of that one.
    """
    text = str(line.get("text"))
    names = names_near(seen, address)
    meant = {host for host, _ in wanted or ()}
    places = [
        (name, int(port))
        for name, port in _PLACE.findall(text)
        if name in meant or names.get(name, address.service) != address.service
    ]
    for name, port in places[-1:]:
        if wanted is None or (name, port) in wanted or (name, 0) in wanted:
            yield {
                "service": names.get(name, ""),
                "name": name,
                "port": port,
                "text": text[-TEXT:],
                "time": line.get("time"),
                "past": _past(seen, address, names.get(name, ""), line.get("time")),
            }


COMPLAINT = Probe(
    name="complaint",
    scope="container",
    doc="One record for each recent line of a container's log that contains a word and "
    "names another service of its stack as `name:port`: of several the last, which is "
    "where the exception of a trace stands. past: that service was "
    "started again since. With `variable` only lines about the place "
    "that this variable names, whoever stands behind it.",
    readings={
        "service": str,
        "name": str,
        "port": int,
        "text": str,
        "time": float,
        "past": bool,
    },
    arguments={
        "contains": Argument(str, required=True, many=True),
        "variable": Argument(str),
        "newer_than": Argument(str, many=True),
        "scope": Argument(str, "recent", choices=("recent", "start")),
        "within": Argument(float),
    },
    view_only=frozenset({"contains", "variable", "newer_than", "scope", "within"}),
    derived=True,
    quick=True,
    view=_view,
)
