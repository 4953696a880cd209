"""One run as it went: who, what, when and why on each line, commands as they were."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import TYPE_CHECKING

from escalade.report import words
from escalade.report.history import OUTCOMES
from escalade.report.history import STATES
from escalade.report.history import date_and_time
from escalade.report.history import run_row
from escalade.report.lines import EMPTY
from escalade.report.lines import Line
from escalade.report.lines import flow
from escalade.report.lines import line
from escalade.report.lines import span
from escalade.report.look import Look
from escalade.report.times import clock
from escalade.report.times import rfc3339
from escalade.report.times import time_of_day
from escalade.text import Lang
from escalade.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from escalade.journal.events import Event
    from escalade.journal.events import RunRecord
    from escalade.journal.events import RunState

__all__ = ["run_json", "run_lines"]

Told = Iterator[tuple[str, str]]
"""Texts with their styles: the first stands behind the label, the others below it."""

LABELS = {
    "started": Text("started", "début"),
    "diagnosed": Text("diagnosed", "diagnostic"),
    "planned": Text("planned", "plan"),
    "approved": Text("approved", "approuvé"),
    "denied": Text("denied", "refusé"),
    "locked": Text("locked", "verrouillé"),
    "busy": Text("busy", "occupé"),
    "saved": Text("saved", "sauvegardé"),
    "intent": Text("does", "exécute"),
    "group": Text("runs as", "tourne sous"),
    "result": Text("result", "résultat"),
    "verified": Text("verified", "vérifié"),
    "escalated": Text("climbs", "escalade"),
    "handed-off": Text("handed off", "transmis"),
    "held": Text("held", "retenu"),
    "unheld": Text("freed", "libéré"),
    "budget-reset": Text("budget reset", "budget remis"),
    "ended": Text("ended", "fin"),
}
ENDED = {
    "done": Text("done", "fait"),
    "skipped": Text("skipped", "sauté"),
    "failed": Text("failed", "échec"),
    "timeout": Text("took too long", "trop long"),
    "unreachable": Text("host not reachable", "hôte injoignable"),
    "interrupted": Text("interrupted", "interrompu"),
    "unknown": Text("nobody knows", "inconnu"),
}
SKIPS = {
    "it is so already": Text("it was so already", "c'était déjà le cas"),
    "its condition does not hold": Text(
        "its condition did not hold", "sa condition n'était pas remplie"
    ),
    "its condition is not known": Text(
        "nobody knew whether its condition held",
        "nul ne savait si sa condition était remplie",
    ),
}
BY_HAND = {
    "cured": Text("done", "fait"),
    "persists": Text("not done", "pas fait"),
}
RISKS = {
    "safe": Text("safe", "sans risque"),
    "disruptive": Text("disruptive", "perturbant"),
    "destructive": Text("destructive", "destructif"),
}
VERDICTS = {
    "healthy": Text("healthy", "tout va bien"),
    "findings": Text("findings", "des constats"),
    "unknown": Text("could not tell", "impossible de conclure"),
}
DECIDERS = {
    "policy": Text("by policy", "d'après la règle"),
    "digest": Text("the facts have changed", "les faits ont changé"),
}
HEAD = Text("Run {run}", "Exécution {run}")
BY = Text("{kind}, by {who} on {host}, {time}", "{kind}, par {who} sur {host}, {time}")
STANDS = Text("state:", "état :")
COMMAND = Text("command:", "commande :")
REASON = Text("why:", "pourquoi :")
EXIT = Text("exit {n}", "code {n}")
LEVEL = Text("level {n}", "niveau {n}")
LEVEL_TO = Text("to level {n}", "au niveau {n}")
UNTIL = Text("waits for approval until {time}", "attend une approbation jusqu'à {time}")
UNSURE = Text(
    "only {host} can tell whether it still runs",
    "seul {host} peut dire si elle tourne encore",
)
ACTIONS = words.Count(
    Text("{n} action", "{n} action"), Text("{n} actions", "{n} actions")
)
ATTEMPT = Text("attempt {n}", "tentative {n}")
UNDO = Text("undo: {command}", "pour annuler : {command}")
ORPHAN = Text("still running on the host: {what}", "tourne encore sur l'hôte : {what}")
GOES_ON = Text("goes on", "reprise")
ALL = Text("everything", "tout")
TIMELINE = Text("What happened", "Ce qui s'est passé")
NOTHING = Text("No event.", "Aucun événement.")
_LAST_LINES = 5
WAITS = "waiting-approval"


def run_lines(
    record: RunRecord, state: RunState, events: Sequence[Event], look: Look
) -> tuple[Line, ...]:
    """Return a run for people."""
    lang = look.lang
    rows: list[Line] = [line(span(HEAD.fill({"run": record.id}).pick(lang), "head"))]
    slots = {
        "kind": record.kind,
        "who": record.who,
        "host": record.controller,
        "time": date_and_time(record.started),
    }
    rows.append(line("  ", BY.fill(slots).pick(lang)))
    for label, text in (
        (REASON, record.why),
        (COMMAND, record.command),
        (STANDS, _stands(record, state, lang)),
    ):
        if text:
            head = line("  ", span(label.pick(lang), "label"), " ")
            rows += flow(head, line(text), look.width)
    rows += [EMPTY, line(span(TIMELINE.pick(lang), "head"))]
    size = max((len(_label(event, lang)) for event in events), default=0)
    for event in events:
        rows += _told(event, record.started, size, look)
    return (*rows, *((line(NOTHING.pick(lang)),) if not events else ()))


def _stands(record: RunRecord, state: RunState, lang: Lang) -> str:
    """Return where a run stands, in words."""
    told = [words.one_of(STATES, state.word, lang)]
    if state.expires:
        until = UNTIL.fill({"time": time_of_day(state.expires)}).pick(lang)
        told = [until] if state.word == WAITS else told
    if state.outcome:
        told.append(words.one_of(OUTCOMES, state.outcome, lang))
    if state.level is not None:
        told.append(LEVEL.fill({"n": str(state.level)}).pick(lang))
    if state.exit is not None:
        told.append(EXIT.fill({"n": str(state.exit)}).pick(lang))
    if state.ended:
        told.append(words.seconds(state.ended - record.started, lang))
    if not state.sure:
        told.append(UNSURE.fill({"host": record.controller}).pick(lang))
    return ", ".join(told)


def _label(event: Event, lang: Lang) -> str:
    """Return what an event is called."""
    return words.one_of(LABELS, event.kind, lang)


def _told(event: Event, around: float, size: int, look: Look) -> Iterator[Line]:
    """Yield the lines of one event."""
    teller = _TELLERS.get(event.kind, _anything)
    told = [pair for pair in teller(event, look.lang) if pair[0]] or [("", "")]
    label = _label(event, look.lang).ljust(size)
    moment = span(clock(event.time, around), "dim")
    head = line("  ", moment, "  ", span(label, "label"), "  ")
    text, style = told[0]
    yield from flow(head, line(span(text, style)), look.width)
    for text, style in told[1:]:
        pad = line(" " * (len("".join(part.text for part in head))))
        yield from flow(pad, line(span(text, style)), look.width)


# -------------------------------------------------------- what each one says


def _said(value: object, lang: Lang) -> str:
    """Return a text of an event: in two languages, or as it is."""
    if isinstance(value, Mapping) and {"en", "fr"} <= value.keys():
        return str(value[lang])
    if isinstance(value, list):
        return ", ".join(_said(item, lang) for item in value)
    return "" if value is None or isinstance(value, Mapping) else str(value)


def _place(event: Event) -> str:
    """Return where an event was: `redis (web1)`."""
    node = event.node
    if node is None:
        return ""
    name = node.service or node.stack
    return f"{name} ({node.host})" if name else node.host


def _joined(*parts: str) -> str:
    """Return what there is of some parts."""
    return ", ".join(part for part in parts if part)


def _anything(event: Event, lang: Lang) -> Told:
    """Tell the place, the names and the reason of an event."""
    data = event.data
    by = _said(data.get("by") or data.get("who"), lang)
    named = (_said(data.get(key), lang) for key in ("names", "files", "holder"))
    yield _joined(_place(event), words.one_of(DECIDERS, by, lang), *named), ""
    yield _said(data.get("reason") or data.get("why"), lang), "dim"


def _started(event: Event, lang: Lang) -> Told:
    """Tell who began, or went on."""
    process = event.data.get("process")
    host = _said(process.get("host"), lang) if isinstance(process, Mapping) else ""
    again = GOES_ON.pick(lang) if event.data.get("again") else ""
    yield _joined(again, _said(event.data.get("who"), lang), host), ""
    yield _said(event.data.get("command"), lang), "cmd"
    yield _said(event.data.get("why"), lang), "dim"


def _diagnosed(event: Event, lang: Lang) -> Told:
    """Tell the roots, or the verdict where there is none."""
    found = event.data.get("findings")
    roots = [
        f"{_said(f.get('title'), lang)} ({_said(_at(f), lang)})"
        for f in (found if isinstance(found, list) else ())
        if isinstance(f, Mapping) and f.get("root")
    ]
    verdict = words.one_of(VERDICTS, _said(event.data.get("verdict"), lang), lang)
    for text in roots or [verdict]:
        yield text, ""


def _at(finding: Mapping[str, object]) -> str:
    """Return where a finding sits: its service and host."""
    at = finding.get("at")
    host, stack, service = at if isinstance(at, list) and len(at) == 3 else ("",) * 3  # noqa: PLR2004
    name = service or stack
    return f"{name}, {host}" if name else str(host)


def _planned(event: Event, lang: Lang) -> Told:
    """Tell level, count, risk and digest of a plan, and each of its commands."""
    data = event.data
    count, level, until = data.get("actions"), data.get("level"), data.get("expires")
    yield (
        _joined(
            LEVEL.fill({"n": str(level)}).pick(lang) if level else "",
            ACTIONS.say(count, lang) if isinstance(count, int) else "",
            words.one_of(RISKS, _said(data.get("risk"), lang), lang),
            _said(data.get("digest"), lang)[:12],
        ),
        "",
    )
    if isinstance(until, int | float):
        yield UNTIL.fill({"time": time_of_day(until)}).pick(lang), "warn"
    for action in _actions(data.get("plan")):
        risk = words.one_of(RISKS, str(action.get("risk") or "safe"), lang)
        yield f"{action.get('command')} ({action.get('host')}, {risk})", "cmd"


def _actions(value: object) -> Iterator[Mapping[str, object]]:
    """Yield the actions of a plan's data, in order, wherever they are nested."""
    if isinstance(value, list):
        for item in value:
            yield from _actions(item)
    elif isinstance(value, Mapping):
        if "command" in value and "host" in value:
            yield value
            return
        for key in ("climbs", "steps", "actions", "group", *_HANDLERS):
            yield from _actions(value.get(key))


_HANDLERS = ("on_failed", "on_unreachable", "on_timeout", "always")


def _intent(event: Event, lang: Lang) -> Told:
    """Tell the command that is about to run, its risk, why, and what takes it back."""
    data = event.data
    attempt = data.get("attempt")
    risk = words.one_of(RISKS, _said(data.get("risk"), lang), lang)
    again = isinstance(attempt, int) and attempt > 1
    yield _said(data.get("command"), lang) or _said(data.get("step"), lang), "cmd"
    yield (
        _joined(
            _place(event),
            risk,
            ATTEMPT.fill({"n": str(attempt)}).pick(lang) if again else "",
            _said(data.get("why"), lang),
        ),
        "dim",
    )
    undo = _said(data.get("undo"), lang)
    yield (UNDO.fill({"command": undo}).pick(lang) if undo else ""), "dim"


def _result(event: Event, lang: Lang) -> Told:
    """Tell how an action ended, and the end of what it wrote."""
    data = event.data
    ended = _said(data.get("ended"), lang)
    took, code = data.get("took_s"), data.get("code")
    fine = ended in ("done", "skipped")
    yield (
        _joined(
            words.one_of(ENDED, ended, lang),
            words.seconds(took, lang) if isinstance(took, int | float) and took else "",
            EXIT.fill({"n": str(code)}).pick(lang) if code and not fine else "",
            _because(data, lang),
            _said(data.get("kept"), lang),
        ),
        "good" if fine else "bad",
    )
    orphan = _said(data.get("orphan"), lang)
    yield (ORPHAN.fill({"what": orphan}).pick(lang) if orphan else ""), "bad"
    for text in _said(data.get("output"), lang).splitlines()[-_LAST_LINES:]:
        yield text, "dim"


def _because(data: Mapping[str, object], lang: Lang) -> str:
    """Return why an action ended as it did."""
    reason = _said(data.get("reason"), lang)
    known = SKIPS.get(reason) if data.get("ended") == "skipped" else None
    return known.pick(lang) if known else reason


def _verified(event: Event, lang: Lang) -> Told:
    """Tell the outcome of a level, or of a step called by hand, which cures nothing."""
    outcome = _said(event.data.get("outcome"), lang)
    level = event.data.get("level")
    by_hand = event.data.get("finding") == ""
    named = BY_HAND if by_hand else OUTCOMES
    yield (
        _joined(
            _place(event),
            LEVEL.fill({"n": str(level)}).pick(lang) if level else "",
            words.one_of(named, outcome, lang),
        ),
        "good" if outcome == "cured" else "bad",
    )
    yield _said(event.data.get("reason"), lang), "dim"


def _escalated(event: Event, lang: Lang) -> Told:
    """Tell where the ladder climbs to, and why."""
    level = event.data.get("level")
    to = LEVEL_TO.fill({"n": str(level)}).pick(lang) if level else ""
    yield _joined(_place(event), to), ""
    yield _said(event.data.get("reason"), lang), "dim"


def _group(event: Event, lang: Lang) -> Told:
    """Tell the process group of an action on its host."""
    host = event.node.host if event.node else ""
    yield _joined(_said(event.data.get("group"), lang), host), "dim"


def _reset(event: Event, lang: Lang) -> Told:
    """Tell whose attempts no longer count."""
    names = (_said(event.data.get(key), lang) for key in ("service", "stack", "host"))
    yield _joined(*names) or ALL.pick(lang), ""


def _end(event: Event, lang: Lang) -> Told:
    """Tell how a run ended."""
    data = event.data
    code = data.get("exit")
    yield (
        _joined(
            words.one_of(STATES, WAITS, lang) if data.get("waiting") else "",
            words.one_of(OUTCOMES, _said(data.get("outcome"), lang), lang),
            EXIT.fill({"n": str(code)}).pick(lang) if code is not None else "",
        ),
        "",
    )
    yield _said(data.get("reason") or data.get("refused"), lang), "dim"


_TELLERS: Mapping[str, Callable[[Event, Lang], Told]] = {
    "started": _started,
    "diagnosed": _diagnosed,
    "planned": _planned,
    "intent": _intent,
    "group": _group,
    "result": _result,
    "verified": _verified,
    "escalated": _escalated,
    "budget-reset": _reset,
    "ended": _end,
}


# ------------------------------------------------------------- for programs


def run_json(
    record: RunRecord, state: RunState, events: Sequence[Event]
) -> dict[str, object]:
    """Return a run as one object: `escalade.run/1`, each event with all that it keeps."""
    return {
        "schema": "escalade.run/1",
        **run_row(record, state, events),
        "events": [_event_json(event) for event in events],
    }


def _event_json(event: Event) -> dict[str, object]:
    """Return one event."""
    node = event.node
    return {
        "time": rfc3339(event.time),
        "kind": event.kind,
        "host": node.host if node else None,
        "stack": node.stack if node else None,
        "service": node.service if node else None,
        "action": event.action or None,
        "redacted": event.redacted,
        "data": event.data,
    }
