"""A plan for people: each action as one would type it, its risk, why, how to undo it."""

from __future__ import annotations

from collections.abc import Iterator

from escalade.plans import Action
from escalade.plans import Climb
from escalade.plans import Plan
from escalade.plans import PlannedStep
from escalade.plans import Risk
from escalade.report import fixwords
from escalade.report import words
from escalade.report.causes import place
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


def plan_lines(plan: Plan, look: Look) -> tuple[Line, ...]:
    """Return a plan: what for, then each action in the order in which it would run."""
    out: list[Line] = [*_head(plan, look)]
    number = 0
    for climb in plan.climbs:
        out += [EMPTY, *_title(climb, look)]
        for top in climb.steps:
            for told in _step(top, look, None):
                number += isinstance(told, Action)
                out += _told(told, number, look)
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


def _step(step: PlannedStep, look: Look, when: Text | None) -> Iterator[Action | Line]:
    """Yield what a step comes to: actions, and lines that say how they are tied."""
    if when is not None:
        yield line(span(when.pick(look.lang), "label"))
    if step.trouble:
        text = fixwords.CANNOT.fill({"why": step.trouble}).pick(look.lang)
        yield line(span("✗ ", "bad"), span(step.name, "name"), " ", span(text))
    if step.control.attempts > 1 and (step.actions or step.group):
        many = fixwords.ATTEMPTS.fill({"n": str(step.control.attempts)})
        yield line(span(step.name, "name"), " · ", span(many.pick(look.lang), "dim"))
    yield from step.actions
    for inner in step.group:
        yield from _step(inner, look, None)
    failed = (*step.on_failed, *step.on_unreachable, *step.on_timeout)
    for at, inner in enumerate(failed):
        yield from _step(inner, look, None if at else fixwords.IF_FAILED)
    for at, inner in enumerate(step.always):
        yield from _step(inner, look, None if at else fixwords.IN_ANY_CASE)


def _told(told: Action | Line, number: int, look: Look) -> tuple[Line, ...]:
    """Return the lines of one part of a step."""
    if isinstance(told, Action):
        return _action(told, number, look)
    return flow((_PAD,), told, look.width, most=_ROWS)


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
        span(fixwords.RISKS_LONG[action.risk].pick(look.lang), _STYLES[action.risk]),
    ]
    out = [*flow(head, (command,), look.width), *_below(joined(parts, " · "), look)]
    if action.why.en:
        out += _labelled(fixwords.WHY, span(action.why.pick(look.lang)), look)
    if action.undo:
        out += _labelled(fixwords.UNDO, span(shaped(action.undo), "cmd"), look)
    return tuple(out)


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
