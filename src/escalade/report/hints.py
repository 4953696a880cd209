"""What to say where there is nothing to diagnose: no Engine, or no stack."""

from __future__ import annotations

from collections.abc import Sequence

from escalade.model import Diagnosis
from escalade.report import words
from escalade.report.lines import EMPTY
from escalade.report.lines import Line
from escalade.report.lines import columns
from escalade.report.lines import cut_line
from escalade.report.lines import flow
from escalade.report.lines import line
from escalade.report.lines import span
from escalade.report.lines import width_of
from escalade.report.look import Look
from escalade.text import NO_TEXT
from escalade.text import Text

__all__ = ["ENGINE_SYMPTOM", "hints"]

ENGINE_SYMPTOM = "host.docker-engine-unreachable"


def hints(diagnosis: Diagnosis, look: Look) -> tuple[Line, ...]:
    """Return the lines that a report without anything to look at ends with."""
    lost = [f for f in diagnosis.findings if f.symptom == ENGINE_SYMPTOM]
    told = any("demo.up" in (f.remedy.advice or NO_TEXT).en for f in lost)
    if lost and not told and not diagnosis.services and look.live:
        return (EMPTY, *_ways_to_see(look))
    answered = any(host.reachable for host in diagnosis.hosts)
    # A stack asked for by name that is nowhere: the gap names those that are there.
    named = any(gap.probe == "host" and gap.node.stack for gap in diagnosis.gaps)
    if not lost and not named and answered and not diagnosis.services:
        return (EMPTY, *_no_stack(diagnosis.stacks, look))
    return ()


def _no_stack(projects: Sequence[str], look: Look) -> tuple[Line, ...]:
    """Return what to say when there is no stack to look at.

    `projects` are the Compose projects that can be seen.
    """
    out = [*flow(EMPTY, line(span(words.NO_STACK.pick(look.lang))), look.width)]
    if projects:
        text = words.PROJECTS.pick(look.lang)
        names = span(", ".join(projects), "name")
        out += flow(EMPTY, line(span(text), " ", names), look.width)
        way = (f"{look.program} diagnose --stack {projects[0]}", words.WAY_STACK)
        return (*out, *_ways([way], look))
    return (
        *out,
        *flow(EMPTY, line(span(words.NO_PROJECTS.pick(look.lang))), look.width),
        EMPTY,
        *_ways_to_see(look),
    )


def _ways_to_see(look: Look) -> tuple[Line, ...]:
    """Return the two ways to see the product at work without a stack of one's own."""
    inv = "./inv" if look.program == "invoke" else look.program
    ways = [
        (f"{inv} demo.up", words.WAY_DEMO),
        (f"{inv} diagnose --from CASE", words.WAY_CASE),
    ]
    out = [*flow(EMPTY, line(span(words.SEE_IT_WORK.pick(look.lang))), look.width)]
    out += _ways(ways, look)
    return tuple(out)


def _ways(ways: Sequence[tuple[str, Text]], look: Look) -> list[Line]:
    """Return commands with what each is for, beside it or (narrow) left out."""
    rows = [
        [span(f"  {command}", "cmd"), span(text.pick(look.lang), "dim")]
        for command, text in ways
    ]
    lines = columns(rows)
    if all(width_of(row) <= look.width for row in lines):
        return lines
    return [cut_line(row, look.width) for row in columns([row[:1] for row in rows])]
