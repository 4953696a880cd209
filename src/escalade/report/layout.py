"""The report as lines, in the order in which people need them."""

from __future__ import annotations

from escalade.model import Diagnosis
from escalade.model import Verdict
from escalade.report import words
from escalade.report.board import MARKS
from escalade.report.board import board
from escalade.report.causes import causes
from escalade.report.closing import gaps
from escalade.report.closing import in_short
from escalade.report.closing import next_commands
from escalade.report.closing import other_gaps
from escalade.report.closing import small_print
from escalade.report.closing import weaknesses
from escalade.report.fleet import blocks
from escalade.report.fleet import is_crowd
from escalade.report.hints import hints
from escalade.report.lines import EMPTY
from escalade.report.lines import Line
from escalade.report.lines import Span
from escalade.report.lines import cut_line
from escalade.report.lines import flow
from escalade.report.lines import line
from escalade.report.lines import span
from escalade.report.look import Look
from escalade.report.parts import weaknesses_of

__all__ = ["layout"]


def layout(diagnosis: Diagnosis, look: Look) -> tuple[Line, ...]:
    """Return the whole report; pure."""
    shown = board(diagnosis, look)
    body = (
        *_headline(diagnosis, look),
        *_lost_hosts(diagnosis, look),
        *((EMPTY, *shown) if shown else ()),
        *causes(diagnosis, look),
        *weaknesses(diagnosis, look),
        *gaps(diagnosis, look),
        *hints(diagnosis, look),
        *small_print(diagnosis, look),
    )
    rows = (*body, *_end(diagnosis, look, len(body)))
    return tuple(cut_line(row, look.width) for row in rows)


def _end(diagnosis: Diagnosis, look: Look, before: int) -> tuple[Line, ...]:
    """Return the last lines: questions left, the next command, what matters again.

    A report longer than the screen leaves its end in view, so the first cause stands
    there once more.
    """
    blocks = [other_gaps(diagnosis, look), next_commands(diagnosis, look)]
    size = before + sum(map(len, blocks))
    if size >= look.height:
        blocks.insert(1, in_short(diagnosis, look))
    told = [block[1:] for block in blocks if block]
    return (EMPTY, *(each for block in told for each in block)) if told else ()


def _headline(diagnosis: Diagnosis, look: Look) -> tuple[Line, ...]:
    """Return the one line that answers "is it well?"."""
    kind, told = _verdict(diagnosis, look)
    text, style = MARKS[kind]
    rest = [part for part in _scope(diagnosis, look) if part]
    body = [*told]
    for part in rest:
        body += [Span(" · ", "dim"), span(part, "dim")]
    return flow(line(span(f"{text} ", style)), tuple(body), look.width)


def _verdict(diagnosis: Diagnosis, look: Look) -> tuple[str, Line]:
    """Return the mark's kind and the words of the verdict."""
    lang = look.lang
    if diagnosis.verdict is Verdict.HEALTHY:
        return "good", line(span(words.HEALTHY.pick(lang), "head"))
    if diagnosis.verdict is Verdict.UNKNOWN:
        return "unknown", _cannot_tell(diagnosis, look)
    found = blocks(diagnosis)
    if found:
        told = [span(words.CAUSES.say(len(found), lang), "head")]
        follow = sum(block.explains for block in found)
        more = words.CONSEQUENCES.say(follow, lang) if follow else ""
        return "bad", line(*told, f", {more}" if more else "")
    weak = weaknesses_of(diagnosis)
    if weak:
        return "weak", line(span(words.WEAK_ONLY.say(len(weak), lang), "head"))
    lost = sum(not host.reachable for host in diagnosis.hosts)
    text = (
        words.HOSTS_LOST.say(lost, lang) if lost else words.FINDINGS_REMAIN.pick(lang)
    )
    return "bad", line(span(text, "head"))


def _cannot_tell(diagnosis: Diagnosis, look: Look) -> Line:
    """Return why there is no verdict."""
    told = span(words.CANNOT_TELL.pick(look.lang), "head")
    colon = " : " if look.lang == "fr" else ": "
    hiding = sum(gap.hides for gap in diagnosis.gaps)
    if hiding:
        return line(told, colon, span(words.MISSING.say(hiding, look.lang)))
    if not diagnosis.services:
        return line(told, colon, span(words.NO_STACK_SHORT.pick(look.lang)))
    return (told,)


def _scope(diagnosis: Diagnosis, look: Look) -> tuple[str, ...]:
    """Return what was looked at, and how long that took."""
    lang = look.lang
    services = {
        (row.node.host, row.node.stack, row.node.service) for row in diagnosis.services
    }
    modes = {"quick": words.QUICK, "deep": words.DEEP}
    mode = modes.get(diagnosis.mode)
    up, count = sum(host.reachable for host in diagnosis.hosts), len(diagnosis.hosts)
    hosts = words.HOSTS.say(count, lang)
    if up < count:
        hosts = words.HOSTS_OF.say(count, lang, up=str(up))
    counted = words.SERVICES.say(len(services), lang)
    return (
        f"{hosts}, {counted}",
        words.seconds(diagnosis.took_s, lang),
        mode.pick(lang) if mode else "",
    )


def _lost_hosts(diagnosis: Diagnosis, look: Look) -> tuple[Line, ...]:
    """Return one line for each host that did not answer, with its reason."""
    out: list[Line] = []
    # In a crowd, the causes name them, all of one kind together.
    hosts = () if is_crowd(diagnosis, look) else diagnosis.hosts
    for host in hosts:
        if host.reachable:
            continue
        told = words.UNREACHED.fill({"host": host.host}).pick(look.lang)
        cause = words.one_of(words.HOST_CAUSES, host.cause, look.lang)
        detail = host.detail if host.detail != host.cause else ""
        body = line(
            span(told, "name"),
            Span(" · " if cause else "", "dim"),
            span(cause),
            span(f" ({detail})" if detail else "", "dim"),
        )
        out += flow(line(span("✗ ", "bad")), body, look.width, most=2)
    return (EMPTY, *out) if out else ()
