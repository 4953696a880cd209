"""What comes after the causes: weaknesses, gaps, and the next command to type."""

from __future__ import annotations

from collections.abc import Sequence

from escalade.model import Diagnosis
from escalade.model import Finding
from escalade.model import Gap
from escalade.model import Node
from escalade.model import Verdict
from escalade.report import words
from escalade.report.causes import place
from escalade.report.causes import places
from escalade.report.causes import severity_style
from escalade.report.fleet import blocks
from escalade.report.fleet import spread_place
from escalade.report.lines import EMPTY
from escalade.report.lines import Line
from escalade.report.lines import Span
from escalade.report.lines import columns
from escalade.report.lines import cut_line
from escalade.report.lines import flow
from escalade.report.lines import joined
from escalade.report.lines import line
from escalade.report.lines import span
from escalade.report.lines import width_of
from escalade.report.look import Look
from escalade.report.parts import notes_of
from escalade.report.parts import weaknesses_of
from escalade.report.times import rfc3339

__all__ = [
    "gaps",
    "in_short",
    "next_commands",
    "other_gaps",
    "small_print",
    "weaknesses",
]

_WEAKNESSES = 3
_GAPS = 5
_REASON = 28
_END = Span("|")
"""A last column, so that the one before it is padded; never shown."""


def weaknesses(diagnosis: Diagnosis, look: Look) -> tuple[Line, ...]:
    """Return what was weak before any incident, one line each, and notes counted."""
    out: list[Line] = []
    weak, notes = weaknesses_of(diagnosis), notes_of(diagnosis)
    if weak:
        out += [EMPTY, line(span(words.WEAKNESSES.say(len(weak), look.lang), "head"))]
        out += _listed(weak, look, most=_WEAKNESSES)
    if notes:
        out += [EMPTY, line(span(words.NOTES.say(len(notes), look.lang), "dim"))]
        out += _listed(notes, look, most=0)
    return tuple(out)


def _listed(found: Sequence[Finding], look: Look, *, most: int) -> list[Line]:
    """Return findings with the same title in one line, the rest counted."""
    titles: dict[str, list[Finding]] = {}
    for each in found:
        titles.setdefault(each.title.pick(look.lang), []).append(each)
    shown = list(titles.items())[: None if look.verbose else most]
    out: list[Line] = []
    for title, group in shown:
        names = words.listed(places([each.node for each in group], look), look.lang)
        style = severity_style(group[0].severity)
        head = line("  ", span("!", style), " ")
        body = line(span(title), span(f" ({names})", "dim"))
        out += flow(head, body, look.width, most=2)
    rest = len(titles) - len(shown)
    if rest and most:
        out.append(line("    ", span(words.AND_MORE.say(rest, look.lang), "dim")))
    return out


def gaps(diagnosis: Diagnosis, look: Look) -> tuple[Line, ...]:
    """Return the questions without an answer that could hide an error."""
    hiding = [gap for gap in diagnosis.gaps if gap.hides]
    if not hiding:
        return ()
    text = words.HIDING_GAPS.say(len(hiding), look.lang)
    head = flow(line(span("? ", "warn")), line(span(text)), look.width)
    return (EMPTY, *head, *_questions(diagnosis, hiding, look))


def other_gaps(diagnosis: Diagnosis, look: Look) -> tuple[Line, ...]:
    """Return how many other questions have no answer; in verbose, which."""
    others = [gap for gap in diagnosis.gaps if not gap.hides]
    if not others:
        return ()
    text = words.OTHER_GAPS.say(len(others), look.lang)
    more = _questions(diagnosis, others, look) if look.verbose else []
    return (EMPTY, cut_line(line(span(text, "dim")), look.width), *more)


def _questions(diagnosis: Diagnosis, found: Sequence[Gap], look: Look) -> list[Line]:
    """Return gaps with the same probe and reason in one line."""
    groups: dict[tuple[str, str], list[Node]] = {}
    for gap in found:
        groups.setdefault((gap.probe, gap.reason), []).append(gap.node)
    shown = list(groups.items())[: None if look.verbose else _GAPS]
    alone = len(diagnosis.hosts) == 1
    heads = columns(
        [
            [span(probe, "name"), span(_folded(nodes, look, alone=alone)), _END]
            for (probe, _), nodes in shown
        ],
    )
    out: list[Line] = []
    for head, ((_, reason), _nodes) in zip(heads, shown, strict=True):
        out += _question((Span("  "), *head[:-2]), span(reason, "dim"), look)
    rest = len(groups) - len(shown)
    if rest:
        out.append(line("  ", span(words.AND_MORE.say(rest, look.lang), "dim")))
    return out


def _question(head: Line, reason: Span, look: Look) -> Sequence[Line]:
    """Return one question and its reason, beside it or (narrow) below it."""
    if look.width - width_of(head) >= _REASON:
        return flow(head, (reason,), look.width, most=2)
    below = flow(line("    "), (reason,), look.width, most=2)
    return [cut_line(head, look.width), *below]


def _folded(nodes: Sequence[Node], look: Look, *, alone: bool) -> str:
    """Return the first place, and how many more there are."""
    first, *rest = dict.fromkeys(nodes)
    name = (first.service or first.stack) if alone else None
    text = name or place(first, look)
    more = words.AND_MORE.say(len(rest), look.lang)
    return f"{text}, {more}" if rest else text


def small_print(diagnosis: Diagnosis, look: Look) -> tuple[Line, ...]:
    """Return what only the curious ask for: runbooks without object, the run itself."""
    if not look.verbose:
        return ()
    out: list[Line] = [EMPTY]
    if diagnosis.not_applicable:
        text = words.NOT_APPLICABLE.pick(look.lang)
        names = ", ".join(diagnosis.not_applicable)
        out += flow(EMPTY, line(span(f"{text} {names}", "dim")), look.width)
    values = {
        "run": diagnosis.run,
        "started": rfc3339(diagnosis.started) or "-",
        "took": words.seconds(diagnosis.took_s, look.lang),
    }
    told = words.RUN_LINE.fill(values).pick(look.lang)
    return (*out, *flow(EMPTY, line(span(told, "dim")), look.width))


def in_short(diagnosis: Diagnosis, look: Look) -> tuple[Line, ...]:
    """Return the first cause again, for the end of a report longer than a screen."""
    found = blocks(diagnosis)
    if not found:
        return ()
    root, spread = found[0].root, found[0].spread
    title = (spread.title if spread else root.title).pick(look.lang)
    where = spread_place(spread, look) if spread else place(root.node, look)
    text = f"{title} ({where})"
    more = words.AND_MORE.say(len(found) - 1, look.lang) if found[1:] else ""
    head = line(span(words.IN_SHORT.pick(look.lang), "head"), " ")
    body = line(span(text, "bad"), span(f" {more}" if more else "", "dim"))
    return (EMPTY, *flow(head, body, look.width, most=2))


def next_commands(diagnosis: Diagnosis, look: Look) -> tuple[Line, ...]:
    """Return the commands that tell more: on one line, or one a line where narrow."""
    offers = _offers(diagnosis) if look.live else []
    if not offers:
        return ()
    head = line(span(words.NEXT.pick(look.lang), "head"), " ")
    told = [span(f"{look.program} {offer}", "cmd") for offer in offers]
    whole = (*head, *joined(told, "  ·  "))
    if width_of(whole) <= look.width:
        return (EMPTY, whole)
    return (EMPTY, head, *(cut_line(line("  ", each), look.width) for each in told))


def _offers(diagnosis: Diagnosis) -> list[str]:
    """Return at most two commands: what acts on a cause, and what could tell more."""
    offers: list[str] = []
    found = blocks(diagnosis)
    node = found[0].root.node if found else None
    roots = [r for r in diagnosis.roots if not r.standing]
    if any(root.remedy.ladder for root in roots):
        offers.append("fix")
    if node and node.service:
        offers.append(f"logs {node.service}{_limits(diagnosis, node)}")
    unsure = diagnosis.verdict is Verdict.UNKNOWN or any(
        g.hides for g in diagnosis.gaps
    )
    if diagnosis.services and (found or unsure) and diagnosis.mode != "deep":
        offers.append("diagnose" if diagnosis.mode == "quick" else "diagnose --deep")
    return offers[:2]


def _limits(diagnosis: Diagnosis, node: Node) -> str:
    """Return the flags that single out a host and a stack where there are several."""
    hosts = {host.host for host in diagnosis.hosts}
    stacks = {
        row.node.stack for row in diagnosis.services if row.node.host == node.host
    }
    flags = f" --limit {node.host}" if len(hosts) > 1 else ""
    return flags + (f" --stack {node.stack}" if len(stacks) > 1 and node.stack else "")
