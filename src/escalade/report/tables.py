"""The guide's manual questions, one by one: ps, logs, check, resources, audit.

Each takes evidence that was gathered and returns a sheet: text for people, JSON for
programs. None of them judges; that is what `diagnose` is for.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence

from escalade.model import Diagnosis
from escalade.model import Evidence
from escalade.model import Finding
from escalade.model import Reading
from escalade.model import Snapshot
from escalade.model import Value
from escalade.report import words
from escalade.report.board import MARKS
from escalade.report.causes import place
from escalade.report.causes import severity_style
from escalade.report.columns import DISKS
from escalade.report.columns import DOCKER
from escalade.report.columns import HOSTS
from escalade.report.columns import LOADS
from escalade.report.columns import PS
from escalade.report.lines import Line
from escalade.report.lines import flow
from escalade.report.lines import line
from escalade.report.lines import span
from escalade.report.look import Look
from escalade.report.safe import cells
from escalade.report.sheet import Column
from escalade.report.sheet import Row
from escalade.report.sheet import Sheet
from escalade.report.sheet import Table
from escalade.report.times import rfc3339
from escalade.report.times import time_of_day

__all__ = [
    "answers_well",
    "audit_lines",
    "check_line",
    "check_lines",
    "logs_lines",
    "ps_table",
    "resources_table",
    "unseen",
]

_OPEN = ("ok", "silent")
_GOOD_STATUS = 400
_AUDITED = (
    *("host", "engine", "container", "expected"),
    *("compose", "env", "agreement", "networks", "images", "mounts", "volumes"),
)


def ps_table(snapshot: Snapshot) -> Sheet:
    """Return every container: state, health, since when, restarts, ports."""
    pieces = _of(snapshot, "container")
    rows = [_ps_row(piece, record) for piece in pieces for record in piece.readings]
    rows.sort(key=lambda row: [str(row[key] or "") for key in _PLACE])
    table = Table(
        "containers", _chosen(PS, rows), tuple(rows), empty=words.NO_CONTAINERS
    )
    return Sheet("escalade.ps/1", (table,), missing=_missing(snapshot, pieces))


_PLACE = ("host", "stack", "service", "container")


def _ps_row(piece: Evidence, record: Reading) -> Row:
    """Return the row of one container."""
    at, up = piece.address, bool(record.get("running"))
    return {
        "host": at.host,
        "stack": at.stack,
        "service": at.service,
        "container": at.replica or record.get("name"),
        "state": record.get("state"),
        "health": record.get("health"),
        "exit_code": record.get("exit_code"),
        "oom_killed": record.get("oom_killed"),
        "since_s": record.get("uptime_s" if up else "down_s"),
        "uptime_s": record.get("uptime_s"),
        "down_s": record.get("down_s"),
        "restarts": record.get("restart_count"),
        "ports": record.get("published"),
        "image": record.get("image"),
    }


def resources_table(snapshot: Snapshot) -> Sheet:
    """Return what hosts, disks, Docker and containers use of what they have."""
    asked = (
        ("hosts", HOSTS, "resources", words.HOSTS_TITLE),
        ("disks", DISKS, "disk", words.DISKS_TITLE),
        ("docker", DOCKER, "docker_disk", words.DOCKER_TITLE),
        ("containers", LOADS, "process", words.CONTAINERS_TITLE),
    )
    tables: list[Table] = []
    pieces: list[Evidence] = []
    for name, known, probe, title in asked:
        found = _of(snapshot, probe)
        pieces += found
        rows = tuple(
            {**_place_of(piece), **record}
            for piece in found
            for record in piece.readings
        )
        if rows or name == "hosts":
            shown = known if name == "hosts" else _chosen(known, rows)
            tables.append(Table(name, shown, rows, title, words.NO_RESOURCES))
    missing = _missing(snapshot, pieces)
    return Sheet("escalade.resources/1", tuple(tables), missing=missing)


def logs_lines(
    evidence: Iterable[Evidence], look: Look, *, most: int | None = None
) -> Sheet:
    """Return log lines by time, both streams, whole but harmless.

    `most` keeps the last so many of each container. The head and the tail of a log
    may overlap: a line that is in both is told once.
    """
    pieces = [piece for piece in evidence if piece.address.probe == "log"]
    rows: list[Row] = []
    for piece in pieces:
        # A reading without a text is about the log, not of it.
        said = (record for record in piece.readings if record.get("text") is not None)
        kept = dict.fromkeys(_log_row(piece, record) for record in said)
        rows += [
            dict(row) for row in sorted(kept, key=_log_time)[-most if most else 0 :]
        ]
    rows.sort(key=lambda row: _seconds(row["time"]))
    names = {row["container"]: str(row["service"] or row["container"]) for row in rows}
    size = max(map(cells, names.values()), default=0) if len(names) > 1 else 0
    told = [
        _log_line(row, names[row["container"]].ljust(size) if size else "")
        for row in rows
    ]
    none = [line(span(words.NO_LOGS.pick(look.lang)))] if not rows else []
    records = tuple({**row, "time": rfc3339(_seconds(row["time"]))} for row in rows)
    missing = tuple(_unanswered(pieces))
    return Sheet("escalade.logs/1", (), (*told, *none), records, missing)


def _log_row(piece: Evidence, record: Reading) -> tuple[tuple[str, Value], ...]:
    """Return one line of a log, hashable."""
    said = {key: record.get(key) for key in ("time", "stream", "text")}
    return tuple({**_place_of(piece), **said}.items())


def _log_time(row: tuple[tuple[str, Value], ...]) -> float:
    """Return when a line was written."""
    return _seconds(dict(row)["time"])


def _seconds(value: Value) -> float:
    """Return a time as a number; zero where it is not known."""
    return float(value) if isinstance(value, int | float) else 0.0


def _log_line(row: Row, name: str) -> Line:
    """Return one line as people read it; the text is never cut."""
    head = line(span(time_of_day(_seconds(row["time"])), "dim"), "  ")
    named = line(span(name, "name"), "  ") if name else ()
    return (*head, *named, span(str(row["text"])))


def check_lines(target: str, pieces: Sequence[Evidence], look: Look) -> Sheet:
    """Return whether an address answers, one line a host that was asked."""
    told: list[Line] = []
    records: list[Row] = []
    for piece in pieces:
        told += flow(line(), check_line(target, piece, look), look.width, most=3)
        record = piece.readings[0] if piece.readings else {"outcome": None}
        more = {"target": target, "reason": piece.reason or None}
        records.append({**_place_of(piece), **more, **record})
    return Sheet("escalade.check/1", (), tuple(told), tuple(records))


def answers_well(piece: Evidence) -> bool:
    """Whether an address answered as it should: over HTTP with a status below 400."""
    record = piece.readings[0] if piece.readings else {}
    if piece.address.probe == "http":
        status = record.get("status")
        return isinstance(status, int) and status < _GOOD_STATUS
    return record.get("outcome") in _OPEN


def check_line(target: str, piece: Evidence, look: Look) -> Line:
    """Return whether an address answers, from a piece of `http` or `tcp` evidence."""
    record = piece.readings[0] if piece.readings else {}
    good = answers_well(piece)
    text, style = MARKS["good" if good else "bad" if record else "unknown"]
    told = line(span(f"{text} ", style), span(target, "name"), "  ")
    body = "" if good else str(record.get("body") or "")
    answer = f"{_outcome(record, piece, look)}: {body}" if body else ""
    took = _took(record.get("took_s"), look) if good else ""
    host = words.SEEN_FROM.fill({"host": piece.address.host}).pick(look.lang)
    return line(
        *told,
        answer or _outcome(record, piece, look),
        took,
        span(f" ({host})", "dim"),
    )


def _took(value: Value, look: Look) -> str:
    """Return how long an answer took."""
    if not isinstance(value, int | float):
        return ""
    shown = f"{words.number(value * 1000, look.lang, 0)} ms"
    return " " + words.IN_TIME.fill({"took": shown}).pick(look.lang)


def _outcome(record: Reading, piece: Evidence, look: Look) -> str:
    """Return how the question ended, in words."""
    if not record:
        return piece.reason or piece.status.value
    outcome, status = str(record.get("outcome")), record.get("status")
    if status is not None:
        return words.ANSWERS_CODE.fill({"status": str(status)}).pick(look.lang)
    if piece.address.probe == "tcp" and outcome in _OPEN:
        told = words.ACCEPTS_TLS if record.get("scheme") == "https" else words.ACCEPTS
        return told.pick(look.lang)
    if outcome == "ok":
        return words.NOT_HTTP.pick(look.lang)
    return words.one_of(words.OUTCOMES, outcome, look.lang)


def audit_lines(diagnosis: Diagnosis, look: Look) -> Sheet:
    """Return the weaknesses that were there before any incident, with advice."""
    found = [each for each in diagnosis.findings if each.standing]
    found.sort(key=lambda each: -each.severity)
    told = [row for each in found for row in _weakness(each, look)]
    none = [line(span(words.NO_WEAKNESS.pick(look.lang)))] if not found else []
    records = tuple(_weakness_row(each, look) for each in found)
    missing = tuple(
        (f"{gap.probe} {place(gap.node, look)}", gap.reason)
        for gap in diagnosis.gaps
        if gap.probe in _AUDITED
    )
    return Sheet("escalade.audit/1", (), (*told, *none), records, missing)


def _weakness(finding: Finding, look: Look) -> tuple[Line, ...]:
    """Return a weakness: severity, title, place, and below it what to do."""
    word = words.SEVERITIES[finding.severity.word].pick(look.lang)
    head = line(span(word, severity_style(finding.severity)), "  ")
    title = line(span(finding.title.pick(look.lang)))
    where = span(f" ({place(finding.node, look)})", "dim")
    rows = flow(head, (*title, where), look.width)
    if finding.remedy.advice is None:
        return rows
    advice = line(span(finding.remedy.advice.pick(look.lang), "dim"))
    return (*rows, *flow(line("    "), advice, look.width))


def _weakness_row(finding: Finding, look: Look) -> Row:
    """Return a weakness for JSON."""
    advice = finding.remedy.advice
    return {
        "symptom": finding.symptom,
        "host": finding.node.host,
        "stack": finding.node.stack,
        "service": finding.node.service,
        "severity": finding.severity.word,
        "title": finding.title.pick(look.lang),
        "advice": advice.pick(look.lang) if advice else None,
    }


# -------------------------------------------------------------------- shared


def _of(snapshot: Snapshot, probe: str) -> list[Evidence]:
    """Return the pieces of a probe."""
    return [each for each in snapshot.evidence if each.address.probe == probe]


def _place_of(piece: Evidence) -> Row:
    """Return where a piece of evidence came from."""
    at = piece.address
    return dict(zip(_PLACE, (at.host, at.stack, at.service, at.replica), strict=True))


def _chosen(known: Sequence[Column], rows: Sequence[Row]) -> tuple[Column, ...]:
    """Return the columns without those that say the same place in every row."""
    return tuple(
        each
        for each in known
        if each.key not in ("host", "stack") or len({row[each.key] for row in rows}) > 1
    )


def _unanswered(pieces: Iterable[Evidence]) -> list[tuple[str, str]]:
    """Return what was asked of whom, and why no answer came."""
    return [
        (_asked(each), each.reason or each.status.value)
        for each in pieces
        if not each.status.answered
    ]


def _asked(piece: Evidence) -> str:
    """Return what was asked of whom: `log eloquence-redis-1 (web1)`."""
    at = piece.address
    where = f" ({at.host})" if at.target != at.host else ""
    return f"{at.probe} {at.target}{where}"


def _missing(
    snapshot: Snapshot, pieces: Iterable[Evidence]
) -> tuple[tuple[str, str], ...]:
    """Return hosts that did not answer, then questions without an answer."""
    return (*unseen(snapshot), *_unanswered(pieces))


def unseen(snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    """Return the hosts and Engines that did not answer, each with the reason."""
    lost = [
        (state.host, ": ".join(filter(None, (state.cause, state.detail))))
        for state in snapshot.hosts
        if not state.reachable
    ]
    engines = [
        (piece.address.host, f"Docker Engine: {record.get('cause') or 'error'}")
        for piece in _of(snapshot, "engine")
        for record in piece.readings
        if record.get("reachable") is False
    ]
    return (*lost, *engines)
