"""The causes: each with why it is believed, what follows from it, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence

from escalade.model import Cite
from escalade.model import Diagnosis
from escalade.model import Finding
from escalade.model import Node
from escalade.model import Severity
from escalade.report import words
from escalade.report.fleet import Block
from escalade.report.fleet import blocks
from escalade.report.fleet import is_crowd
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
from escalade.report.lines import text_of
from escalade.report.lines import width_of
from escalade.report.look import Look
from escalade.report.parts import action_of
from escalade.report.parts import explained_by
from escalade.report.safe import cells
from escalade.report.safe import cut
from escalade.report.times import clock
from escalade.report.typed import Act
from escalade.report.typed import typed
from escalade.report.typed import where_of
from escalade.text import Text

__all__ = ["causes", "place", "places", "severity_style"]

_EVIDENCE = 3
_CAUSES = 5
_SHORT = 6
_BRIEF = 3
_FOLDED = 3
_EXCERPT = 24
_ADVICE = 4
_TITLE = 3
_END = Span("|")
"""A last cell, so that the one before it is padded; never shown."""
_ACTIONS = {"wait": words.WAIT, "none": words.NOTHING, "handoff": words.HANDOFF}


def causes(diagnosis: Diagnosis, look: Look) -> tuple[Line, ...]:
    """Return the block of every cause, likeliest first; an empty line before each."""
    found = blocks(diagnosis)
    crowd = is_crowd(diagnosis, look)
    whole = len(found) if look.verbose else 1 if crowd else _CAUSES
    out: list[Line] = []
    for at, block in enumerate(found[:whole]):
        out += [EMPTY, *_cause(diagnosis, block, look, at + 1)]
    short = found[whole : whole + _SHORT] if crowd else ()
    out += [EMPTY] if short else []
    for at, block in enumerate(short):
        out += _brief(block, look, whole + at + 1)
    rest = found[whole + len(short) :]
    if rest:
        text = words.MORE_CAUSES.say(len(rest), look.lang)
        titles = words.listed(
            (_title(each).pick(look.lang) for each in rest), look.lang
        )
        out += [
            EMPTY,
            *flow(EMPTY, line(text, " ", span(titles, "dim")), look.width, most=3),
        ]
    return tuple(out)


def severity_style(severity: Severity) -> str:
    """Return the style of a severity's word."""
    return {Severity.WARNING: "warn", Severity.INFO: "dim"}.get(severity, "bad")


def place(node: Node, look: Look) -> str:
    """Return `service on host`, `stack on host` or the host alone."""
    name = node.service or node.stack
    if not name:
        return node.host
    values = {"service": name, "host": node.host}
    return words.ON_HOST.fill(values).pick(look.lang)


def places(nodes: Sequence[Node], look: Look) -> list[str]:
    """Return `service on host, host` for each service of the nodes."""
    hosts: dict[str | None, list[str]] = {}
    for node in dict.fromkeys(nodes):
        hosts.setdefault(node.service or node.stack, []).append(node.host)
    return [
        place(Node(", ".join(names), service=service), look)
        for service, names in hosts.items()
    ]


def _title(block: Block) -> Text:
    """Return a cause's title, without a host where it is told of several."""
    return block.spread.title if block.spread else block.root.title


def _head(block: Block, look: Look, rank: int) -> Line:
    """Return `1  CRITICAL  `."""
    severity = block.root.severity
    word = words.SEVERITIES[severity.word].pick(look.lang).upper()
    return line(span(f"{rank}  ", "head"), span(word, severity_style(severity)), "  ")


def _cause(
    diagnosis: Diagnosis, block: Block, look: Look, rank: int
) -> tuple[Line, ...]:
    """Return the block of one cause."""
    root = block.root
    title = line(span(_title(block).pick(look.lang), "head"))
    pad = Span(" " * 3)
    because = block.spread.because.pick(look.lang) if block.spread else ""
    return (
        *flow(_head(block, look, rank), title, look.width, most=_TITLE),
        *flow((pad,), _where(block, look), look.width, most=_TITLE),
        *(flow((pad,), line(span(because)), look.width) if because else ()),
        *_why(diagnosis, root, look),
        *_hence(root, explained_by(diagnosis, root), look),
        *_do(diagnosis, block, look),
    )


def _brief(block: Block, look: Look, rank: int) -> tuple[Line, ...]:
    """Return a cause in a line or two: its title and its places."""
    where = spread_place(block.spread, look) if block.spread else ""
    because = block.spread.because.pick(look.lang) if block.spread else ""
    parts = [
        span(_title(block).pick(look.lang)),
        span(where or place(block.root.node, look), "name"),
        *([span(because)] if because else []),
    ]
    body = joined(parts, " · ")
    return flow(_head(block, look, rank), body, look.width, most=_BRIEF)


def _where(block: Block, look: Look) -> Line:
    """Return where a cause sits and how sure it is."""
    root, spread = block.root, block.spread
    at = spread_place(spread, look) if spread else place(root.node, look)
    parts = [span(at, "name")]
    if root.node.service and root.node.stack:
        stack = words.STACK.fill({"stack": root.node.stack}).pick(look.lang)
        parts.append(span(stack))
    parts.append(span(words.CLASSES[root.confidence.value].pick(look.lang)))
    if block.explains:
        parts.append(span(words.EXPLAINS.say(block.explains, look.lang)))
    if root.suspected:
        parts.append(span(words.SUSPECTED.pick(look.lang), "warn"))
    return joined(parts, " · ")


def _label(text: str, look: Look) -> Line:
    """Return a label in the left column, padded to the widest of them."""
    labels = (words.WHY, words.HENCE, words.DO)
    width = max(cells(label.pick(look.lang)) for label in labels)
    return line("   ", span(text.ljust(width + 2), "label"))


def _why(diagnosis: Diagnosis, root: Finding, look: Look) -> list[Line]:
    """Return the evidence, one line a piece: probe, target, time, excerpt."""
    most = len(root.why) if look.verbose else _EVIDENCE
    names = _short_names(diagnosis)
    sources = [_source(cite, names, diagnosis.started) for cite in root.why[:most]]
    padded = _aligned(sources)
    out: list[Line] = []
    for at, (source, cite) in enumerate(zip(padded, root.why, strict=False)):
        label = words.WHY.pick(look.lang) if at == 0 else ""
        out += _evidence(_label(label, look), source, cite, look)
    rest = len(root.why) - len(sources)
    if rest:
        text = words.MORE_EVIDENCE.say(rest, look.lang)
        out.append(line(*_label("", look), span(text, "dim")))
    return out


def _short_names(diagnosis: Diagnosis) -> dict[str, str]:
    """Return the service of each container that is its service's only one.

    A service's name is shorter than its container's, and it is what people type.
    """
    seen: dict[Node, list[str]] = {}
    for row in diagnosis.services:
        seen.setdefault(row.node, []).append(row.container or "")
    return {
        containers[0]: node.service
        for node, containers in seen.items()
        if node.service and len(containers) == 1 and containers[0]
    }


def _source(cite: Cite, names: Mapping[str, str], around: float) -> tuple[str, ...]:
    """Return probe, target and time as they are shown."""
    target = names.get(cite.target, cite.target)
    return span(cite.probe).text, span(target).text, clock(cite.time, around)


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Return rows of words as text, set under one another."""
    return [text_of(row) for row in columns([[*map(Span, row)] for row in rows])]


def _evidence(label: Line, source: str, cite: Cite, look: Look) -> Sequence[Line]:
    """Return one piece of evidence; its excerpt goes below where room is short.

    It is cut to one line; in verbose, to a few.
    """
    head = line(*label, span(source, "dim"), "  ")
    above: list[Line] = []
    if look.width - width_of(head) < _EXCERPT:
        above = [cut_line(head, look.width)]
        head = (Span(" " * (width_of(label) + 2)),)
    if look.verbose:
        return (*above, *flow(head, line(span(cite.excerpt)), look.width, most=_ADVICE))
    return (*above, cut_line(line(*head, span(cite.excerpt)), look.width))


def _hence(root: Finding, folded: Sequence[Finding], look: Look) -> list[Line]:
    """Return what follows from a cause, one line a service with its first title."""
    groups: dict[Node, list[Finding]] = {}
    for finding in folded:
        groups.setdefault(finding.node, []).append(finding)
    every = look.verbose or len(groups) <= _FOLDED
    shown = list(groups.items())[: None if every else _FOLDED - 1]
    names = columns([[span(_near(root, node, look)), _END] for node, _ in shown])
    out: list[Line] = []
    for name, (_, found) in zip(names, shown, strict=True):
        label = _label("" if out else words.HENCE.pick(look.lang), look)
        out += _follower((*label, *name[:-2]), found, look)
    rest = len(folded) - sum(len(found) for _, found in shown)
    if rest:
        told = span(words.AND_MORE.say(rest, look.lang), "dim")
        out.append((*_label("", look), told))
    return out


def _near(root: Finding, node: Node, look: Look) -> str:
    """Return the service alone where its host is the root's own."""
    same_host = node.host == root.node.host
    return (node.service if same_host else None) or place(node, look)


def _follower(head: Line, found: Sequence[Finding], look: Look) -> list[Line]:
    """Return a service that suffers with its first title; all of them in verbose."""
    titles = list(dict.fromkeys(each.title.pick(look.lang) for each in found))
    if look.verbose:
        pad = (Span(" " * width_of(head)),)
        rows = [line(span(title, "dim")) for title in titles]
        flowed = [
            flow(pad if at else head, row, look.width) for at, row in enumerate(rows)
        ]
        return [row for each in flowed for row in each]
    more = f" +{len(found) - 1}" if found[1:] else ""
    room = look.width - width_of(head) - len(more)
    title = cut(span(titles[0]).text, room) if room >= _EXCERPT else ""
    return [cut_line((*head, Span(title, "dim"), Span(more, "dim")), look.width)]


def _do(diagnosis: Diagnosis, block: Block, look: Look) -> list[Line]:
    """Return what to do: commands with their level, or that there are none; advice."""
    root = block.root
    remedy, action = root.remedy, action_of(root.remedy)
    rows: list[Line] = []
    if action == "ladder":
        where = where_of(diagnosis, root.node)
        acts = [typed(step, look, where) for step in remedy.steps]
        if block.spread:
            # One command for all hosts that have it; it plans each by itself.
            acts = [Act(f"{look.program} fix {root.symptom}")]
        rows = [line(span(act.text, "cmd" if act.command else "")) for act in acts]
        level = span(_level(remedy.level, look), "dim")
        rows[:1] = [(*rows[0], Span(" · ", "dim"), level)] if rows else [(level,)]
    elif action != "none" or not remedy.advice:
        rows = [line(span(_ACTIONS[action].pick(look.lang)))]
    if remedy.advice:
        rows.append(line(span(remedy.advice.pick(look.lang))))
    most = None if look.verbose else _ADVICE
    out: list[Line] = []
    for at, body in enumerate(rows):
        label = words.DO.pick(look.lang) if at == 0 else ""
        out += flow(_label(label, look), body, look.width, most=most)
    return out


def _level(level: int | None, look: Look) -> str:
    """Return the words for a level."""
    number = level or 1
    text = words.LEVELS.get(number) or words.LEVEL.fill({"n": str(number)})
    return text.pick(look.lang)
