"""The pure half of the road: a snapshot and the runbooks in, a diagnosis out."""

from __future__ import annotations

from collections.abc import Mapping

from escalade.diagnosis.board import board
from escalade.diagnosis.fleet import MANY
from escalade.diagnosis.fleet import spreads
from escalade.diagnosis.graph import build
from escalade.diagnosis.judge import Judge
from escalade.diagnosis.match import match
from escalade.diagnosis.rank import rank
from escalade.diagnosis.roles import bind
from escalade.diagnosis.served import served
from escalade.diagnosis.wishes import unfound
from escalade.evidence.probe import Probe
from escalade.evidence.seen import SeenSnapshot
from escalade.model import Diagnosis
from escalade.model import Finding
from escalade.model import Gap
from escalade.model import Run
from escalade.model import Severity
from escalade.model import Snapshot
from escalade.model import Spread
from escalade.model import Verdict
from escalade.runbooks.book import Book

__all__ = ["diagnose"]


def diagnose(
    snapshot: Snapshot, book: Book, catalog: Mapping[str, Probe], run: Run
) -> Diagnosis:
    """Return what a snapshot means: roots, what each explains, gaps, verdict, exit."""
    roles = bind(book.roles, snapshot.evidence)
    seen = SeenSnapshot(snapshot, roles)
    graph = build(snapshot, seen)
    hosts = [state.host for state in snapshot.hosts]
    matches = match(book.runbooks, graph, hosts, Judge(seen, catalog, snapshot.mode))
    findings = rank(
        matches.findings, graph, lambda node, accuser: served(seen, node, accuser)
    )
    boxes = [p for p in snapshot.evidence if p.address.probe == "container"]
    stacks = tuple(sorted({n.stack for n in graph.services if n.stack}))
    gaps = (*unfound(snapshot), *matches.gaps)
    verdict, code = _verdict(findings, gaps, stacks)
    return Diagnosis(
        run=run.id,
        started=run.started,
        took_s=run.took_s,
        mode=snapshot.mode,
        verdict=verdict,
        exit=code,
        hosts=snapshot.hosts,
        services=board(boxes, findings, gaps, roles),
        findings=findings,
        gaps=gaps,
        not_applicable=matches.not_applicable,
        stacks=stacks,
        fleet=_fleet(snapshot, findings, book),
    )


def _fleet(
    snapshot: Snapshot, findings: tuple[Finding, ...], book: Book
) -> tuple[Spread, ...]:
    """Return the roots that several hosts have."""
    if len(snapshot.hosts) < MANY:
        return ()
    titles = {each.id: each.title for each in book.symptoms}
    return spreads(snapshot.hosts, findings, titles)


def _verdict(
    findings: tuple[Finding, ...], gaps: tuple[Gap, ...], stacks: tuple[str, ...]
) -> tuple[Verdict, int]:
    """Return the verdict and exit code: 2 findings, 3 could not tell, 0 healthy."""
    if any(f.severity > Severity.INFO for f in findings):
        return Verdict.FINDINGS, 2
    if any(gap.hides for gap in gaps) or not stacks:
        return Verdict.UNKNOWN, 3
    return Verdict.HEALTHY, 0
