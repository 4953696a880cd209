"""A plan for people: each action as one would type it, its risk, why, how to undo it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from escalade.plans import Action
from escalade.plans import Climb
from escalade.plans import Plan
from escalade.plans import PlannedStep
from escalade.plans import Risk
from escalade.report import fixwords
from escalade.report import words
from escalade.report.causes import place
from escalade.report.conditions import condition_words
from escalade.report.lines import EMPTY
from escalade.report.lines import Line
from escalade.report.lines import Span
from escalade.report.lines import cut_line
from escalade.report.lines import flow
from escalade.report.lines import joined
from escalade.report.lines import line
from escalade.report.lines import span
from escalade.report.look import Look
from escalade.report.safe import cells
from escalade.shapes import shaped
from escalade.text import Text

__all__ = ["plan_lines"]

_PAD = Span(" " * 3)
_STYLES = {Risk.SAFE: "good", Risk.DISRUPTIVE: "warn", Risk.DESTRUCTIVE: "bad"}
_REMEDIES = {"wait": words.WAIT, "none": words.NOTHING, "handoff": words.HANDOFF}
_ROWS = 3
_LONG = 6
_IN = 3
_NARROW = 20
_Part = tuple[int, Action | Line]
"""How far in it stands, and an action or a line."""


def plan_lines(plan: Plan, look: Look) -> tuple[Line, ...]:
    """Return a plan: what for, then each action in the order in which it would run."""
    out: list[Line] = [*_head(plan, look)]
    number = 0
    for climb in plan.climbs:
        out += [EMPTY, *_title(climb, look)]
        for top in climb.steps:
            for part in _step(top, look):
                number += isinstance(part[1], Action)
                out += _told(part, number, look)
        out += _advice(climb, look)
    if look.verbose:
        text = fixwords.DIGEST.fill({"digest": plan.digest}).pick(look.lang)
        out += [EMPTY, line(span(text, "dim"))]
    return tuple(cut_line(row, look.width) for row in out)


def _head(plan: Plan, look: Look) -> tuple[Line, ...]:
    """Return `Plan · 2 actions that change something · risk: safe`."""
    lang = look.lang
    changes = [action for action in plan.actions if not action.reads]
    reads = len(plan.actions) - len(changes)
    parts = [span(fixwords.PLAN.pick(lang), "head")]
    if plan.round > 1:
        parts.append(span(fixwords.ROUND.fill({"n": str(plan.round)}).pick(lang)))
    if not plan.climbs:
        parts.append(span(fixwords.NOTHING_PLANNED.pick(lang)))
    elif changes:
        parts.append(span(fixwords.ACTIONS.say(len(changes), lang)))
    else:
        parts.append(span(fixwords.NO_CHANGE.pick(lang)))
    if reads:
        parts.append(span(fixwords.READS.say(reads, lang)))
    if changes:
        risk = fixwords.RISKS[plan.risk].pick(lang)
        text = fixwords.HIGHEST_RISK.fill({"risk": risk}).pick(lang)
        parts.append(span(text, _STYLES[plan.risk]))
    return flow(EMPTY, joined(parts, " · "), look.width)


def _title(climb: Climb, look: Look) -> tuple[Line, ...]:
    """Return what a climb is for: title, place, level, and why this level."""
    head = line(span(climb.title.pick(look.lang), "head"))
    parts = [span(place(climb.node, look), "name")]
    if climb.node.service and climb.node.stack:
        stack = words.STACK.fill({"stack": climb.node.stack})
        parts.append(span(stack.pick(look.lang)))
    parts.append(span(_level(climb, look)))
    if climb.reason.en:
        parts.append(span(climb.reason.pick(look.lang), "dim"))
    return (
        *flow(EMPTY, head, look.width, most=_ROWS),
        *flow((_PAD,), joined(parts, " · "), look.width, most=_LONG),
    )


def _level(climb: Climb, look: Look) -> str:
    """Return the words for a climb's level, or for what stands in its place."""
    if not climb.finding:
        return fixwords.BY_HAND.pick(look.lang)
    if climb.remedy in _REMEDIES and climb.remedy != "handoff":
        return _REMEDIES[climb.remedy].pick(look.lang)
    text = words.LEVELS.get(climb.level) or words.LEVEL.fill({"n": str(climb.level)})
    return text.pick(look.lang)


def _step(step: PlannedStep, look: Look, depth: int = 0) -> Iterator[_Part]:
    """Yield what a step comes to: actions, and lines that say how they are tied.

    What is done only at times stands further in, under the line that says when.
    """
    if step.trouble:
        text = fixwords.CANNOT.fill({"why": step.trouble}).pick(look.lang)
        yield depth, line(span("✗ ", "bad"), span(step.name, "name"), " ", span(text))
    tied = _ties(step, look) if step.actions or step.group else []
    if tied:
        yield depth, joined([span(step.name, "name"), *tied], " · ")
    within = depth + bool(tied)
    for action in step.actions:
        yield within, action
    for inner in step.group:
        yield from _step(inner, look, within)
    for head, steps in (
        (fixwords.IF_FAILED, step.on_failed),
        (fixwords.IF_UNREACHABLE, step.on_unreachable),
        (fixwords.IF_LATE, step.on_timeout),
        (fixwords.IN_ANY_CASE, step.always),
    ):
        if steps:
            yield depth, line(span(head.pick(look.lang), "label"))
        for inner in steps:
            yield from _step(inner, look, depth + 1)


def _ties(step: PlannedStep, look: Look) -> list[Span]:
    """Return when a step is done, and how often it may be."""
    told: list[Span] = []
    if step.control.when is not None:
        what = condition_words(step.control.when, look.lang)
        told.append(span(fixwords.ONLY_IF.fill({"what": what}).pick(look.lang)))
    if step.control.attempts > 1:
        many = fixwords.ATTEMPTS.fill({"n": str(step.control.attempts)})
        told.append(span(many.pick(look.lang), "dim"))
    return told


def _told(part: _Part, number: int, look: Look) -> tuple[Line, ...]:
    """Return the lines of one part of a step."""
    depth, told = part
    room = max(look.width - _IN * depth, _NARROW)
    near = replace(look, width=room)
    if isinstance(told, Action):
        rows = _action(told, number, near)
    else:
        rows = flow((_PAD,), told, room, most=_ROWS)
    pad = Span(" " * _IN * depth)
    return tuple((pad, *row) for row in rows)


def _action(action: Action, number: int, look: Look) -> tuple[Line, ...]:
    """Return one action: its command, then host, risk, why and undo."""
    head = line("   ", span(f"{number}".rjust(2), "label"), "  ")
    command = span(
        shaped(action.command or action.step), "dim" if action.reads else "cmd"
    )
    if action.reads:
        body = joined([command, span(action.host, "dim")], " · ")
        return flow(head, body, look.width, most=2)
    parts = [
        span(action.host, "name"),
        span(_risk(action).pick(look.lang), _STYLES[action.risk]),
    ]
    out = [*flow(head, (command,), look.width), *_below(joined(parts, " · "), look)]
    if action.why.en:
        out += _labelled(fixwords.WHY, span(action.why.pick(look.lang)), look)
    if action.undo:
        out += _labelled(fixwords.UNDO, span(shaped(action.undo), "cmd"), look)
    return tuple(out)


def _risk(action: Action) -> Text:
    """Return what an action can break; a safe one on no container disturbs nobody."""
    if action.risk is Risk.SAFE and not action.touches:
        return fixwords.DISTURBS_NOBODY
    return fixwords.RISKS_LONG[action.risk]


def _below(body: Line, look: Look) -> tuple[Line, ...]:
    """Return a line under a command."""
    return flow((Span(" " * 7),), body, look.width, most=_ROWS)


def _labelled(label: Text, body: Span, look: Look) -> tuple[Line, ...]:
    """Return a labelled line under a command."""
    labels = (fixwords.WHY, fixwords.UNDO)
    width = max(cells(each.pick(look.lang)) for each in labels)
    text = label.pick(look.lang).ljust(width + 2)
    return flow(line(" " * 7, span(text, "label")), (body,), look.width, most=_LONG)


def _advice(climb: Climb, look: Look) -> tuple[Line, ...]:
    """Return the advice of a climb: the exact edit, where it is one."""
    if climb.advice is None or not climb.advice.en:
        return ()
    text = fixwords.DO.pick(look.lang)
    head = line("   ", span(f"{text}  ", "label"))
    return flow(head, line(span(climb.advice.pick(look.lang))), look.width, most=_LONG)
