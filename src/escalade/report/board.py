"""The state board: every service per host and stack, folded where there are many.

The cause must be on the first screen, so a long board shows what is in trouble and
counts what is well.
"""

from __future__ import annotations

from collections.abc import Sequence

from escalade.model import Diagnosis
from escalade.model import ServiceState
from escalade.report import words
from escalade.report.fleet import FLEET
from escalade.report.fleet import healthy
from escalade.report.fleet import is_crowd
from escalade.report.lines import Line
from escalade.report.lines import Span
from escalade.report.lines import columns
from escalade.report.lines import cut_line
from escalade.report.lines import flow
from escalade.report.lines import line
from escalade.report.lines import span
from escalade.report.lines import width_of
from escalade.report.look import Look

__all__ = ["MARKS", "ROWS", "board", "mark"]

ROWS = 10
"""Rows that leave room for the first cause on a screen of 24 lines."""
_GROUPS = 6
_NAMES = 72
_NARROW = 60
_CONTAINER = 4
_HEALTHS = {"unhealthy": "bad", "starting": "warn", "stale": "warn"}

MARKS: dict[str, tuple[str, str]] = {
    "good": ("✓", "good"),
    "bad": ("✗", "bad"),
    "weak": ("!", "warn"),
    "idle": ("-", "dim"),
    "unknown": ("?", "warn"),
}
_VERDICTS = {
    "good": ("ok", "healthy", "info"),
    "bad": ("error", "critical", "root", "failed", "down", "affected", "findings"),
    "weak": ("warning", "weak", "degraded"),
    "idle": ("stopped", "held", "done", "expected", "ignored"),
}
_KINDS = {word: kind for kind, known in _VERDICTS.items() for word in known}

_Group = tuple[str, str | None]


def mark(verdict: str) -> Span:
    """Return the mark of a service's verdict; a word not known is not "well"."""
    text, style = MARKS[_KINDS.get(verdict, "unknown")]
    return Span(text, style)


def board(diagnosis: Diagnosis, look: Look) -> tuple[Line, ...]:
    """Return the board's lines; none where no service was seen.

    In a crowd the causes name what is in trouble: the rest is counted.
    """
    well = healthy(diagnosis) if len(diagnosis.hosts) > FLEET else ()
    if is_crowd(diagnosis, look):
        return tuple(_healthy(well, look))
    groups = _groups(diagnosis.services)
    if look.verbose or len(diagnosis.services) + len(groups) <= ROWS + 2:
        return tuple(
            row
            for group, rows in groups.items()
            for row in (_heading(group), *_rows(rows, look))
        )
    return _folded(groups, frozenset(well), look)


def _groups(services: Sequence[ServiceState]) -> dict[_Group, list[ServiceState]]:
    """Return the rows by host and stack, in the order of their first row."""
    groups: dict[_Group, list[ServiceState]] = {}
    for row in services:
        groups.setdefault((row.node.host, row.node.stack), []).append(row)
    return groups


def _heading(group: _Group) -> Line:
    """Return `host · stack`."""
    return line(span(_name(group), "head"))


def _name(group: _Group) -> str:
    """Return `host · stack`, or the host alone."""
    host, stack = group
    return f"{host} · {stack}" if stack else host


def _rows(rows: Sequence[ServiceState], look: Look) -> list[Line]:
    """Return one line a service, with as many columns as there is room for.

    Container names go first where room is short (they are shown anyway where a
    service has several), then notes; a bad health then stands in for the state.
    """
    names = [row.node.service for row in rows]
    several = len(set(names)) < len(names)
    wide = columns([_cells(row, look) for row in rows])
    if several or _fit(wide, look):
        return _indented(wide, look)
    middle = columns([_without(_cells(row, look), _CONTAINER) for row in rows])
    if _fit(middle, look) or look.width >= _NARROW:
        return _indented(middle, look)
    return _indented(columns([_short(row, look) for row in rows]), look)


def _fit(rows: Sequence[Line], look: Look) -> bool:
    """Return whether all rows fit beside the indent."""
    return all(width_of(row) <= look.width - 2 for row in rows)


def _indented(rows: Sequence[Line], look: Look) -> list[Line]:
    """Return rows set in by two cells and cut to the width."""
    return [cut_line((Span("  "), *row), look.width) for row in rows]


def _without(cells: Sequence[Span], at: int) -> list[Span]:
    """Return the cells with one of them empty."""
    return [*cells[:at], Span(""), *cells[at + 1 :]]


def _short(row: ServiceState, look: Look) -> list[Span]:
    """Return mark, service, and what is wrong in one word."""
    sign, name, state, health, *_ = _cells(row, look)
    return [sign, name, state if health.text in ("", "healthy") else health]


def _cells(row: ServiceState, look: Look) -> list[Span]:
    """Return the cells of one row."""
    health = row.health or ""
    ok = _KINDS.get(row.verdict) == "good"
    missing = "" if row.state == "missing" else words.NO_CONTAINER.pick(look.lang)
    return [
        mark(row.verdict),
        span(row.node.service or row.container or "-", "" if ok else "name"),
        span(
            row.state, "" if ok or row.state == "running" else mark(row.verdict).style
        ),
        span("" if health == "none" else health, _HEALTHS.get(health, "")),
        span(row.container or missing, "dim"),
        span(row.note.pick(look.lang), "dim"),
    ]


def _folded(
    groups: dict[_Group, list[ServiceState]], well: frozenset[str], look: Look
) -> tuple[Line, ...]:
    """Return the rows in trouble, and one line for what is well, hosts or stacks."""
    out: list[Line] = []
    left = ROWS
    quiet: list[tuple[_Group, int]] = []
    hidden: list[ServiceState] = []
    for group, rows in groups.items():
        bad = [row for row in rows if not _well(row)]
        if not bad:
            quiet.append((group, len(rows)))
            continue
        shown, rest = bad[: max(left, 0)], bad[max(left, 0) :]
        left -= len(shown)
        hidden.extend(rest)
        if shown:
            out += [_heading(group), *_rows(shown, look)]
            out += _others([row for row in rows if _well(row)], look)
    out += _hidden(hidden, look)
    if not out:
        return tuple(_quiet(quiet, look))
    hosts = dict.fromkeys(host for (host, _), _ in quiet if host in well)
    others = [each for each in quiet if each[0][0] not in well]
    return (*out, *_counted(others, look), *_healthy(tuple(hosts), look))


def _healthy(hosts: Sequence[str], look: Look) -> list[Line]:
    """Return one line for all hosts without trouble."""
    if not hosts:
        return []
    text = words.HEALTHY_HOSTS.say(len(hosts), look.lang)
    body = line(span(text), " ", span(", ".join(hosts), "dim"))
    return [*flow(line(mark("ok"), " "), body, look.width, most=1)]


def _well(row: ServiceState) -> bool:
    """Return whether a row may be folded."""
    return _KINDS.get(row.verdict) in ("good", "idle")


def _others(rows: Sequence[ServiceState], look: Look) -> list[Line]:
    """Return `✓ 5 ok: a, b, c` for the healthy rest of a stack."""
    if not rows:
        return []
    names = ", ".join(dict.fromkeys(row.node.service or "-" for row in rows))
    text = words.MORE_OK.say(len(rows), look.lang)
    head = line("  ", mark("ok"), "  ")
    body = line(span(text), " ", span(names, "dim"))
    return [*flow(head, body, look.width, most=1)]


def _hidden(rows: Sequence[ServiceState], look: Look) -> list[Line]:
    """Return one line for the rows in trouble that are not shown."""
    if not rows:
        return []
    names = ", ".join(f"{row.node.service} ({row.node.host})" for row in rows[:_NAMES])
    head = line("  ", mark("error"), " ")
    text = words.MORE_ROWS.say(len(rows), look.lang)
    return [*flow(head, line(text, " ", span(names, "dim")), look.width, most=2)]


def _counted(groups: Sequence[tuple[_Group, int]], look: Look) -> list[Line]:
    """Return one line for the stacks without trouble, beside others in trouble."""
    if not groups:
        return []
    text = words.MORE_QUIET.say(len(groups), look.lang)
    alike = len({stack for (_, stack), _ in groups}) == 1
    names = ", ".join(group[0] if alike else _name(group) for group, _ in groups)
    body = line(span(text), " ", span(names, "dim"))
    return [*flow(line(mark("ok"), " "), body, look.width, most=1)]


def _quiet(groups: Sequence[tuple[_Group, int]], look: Look) -> list[Line]:
    """Return one line for each stack without trouble, the last ones counted."""
    most = len(groups) if len(groups) <= _GROUPS else _GROUPS - 1
    out = [
        cut_line(
            line(
                mark("ok"),
                " ",
                *_heading(group),
                "  ",
                span(words.ALL_OK.say(count, look.lang), "dim"),
            ),
            look.width,
        )
        for group, count in groups[:most]
    ]
    if groups[most:]:
        text = words.MORE_GROUPS.say(len(groups) - most, look.lang)
        out.append(line(mark("ok"), " ", span(text, "dim")))
    return out
