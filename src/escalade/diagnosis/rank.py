"""One cause, one finding: consequences folded under their cause, roots in order.

The rules, in the order in which they are asked (docs/diagnosis.md tells them with
examples; they follow Nagios' parents and Alertmanager's inhibition, decided by blame):

- A standing weakness neither explains nor is explained.
- A symptom that blames another service is explained by what is wrong with that
  service. Nothing is known to be wrong there? Then the blamed service is *suspected*,
  unless it was seen to serve somebody else, or one observer blames several: then the
  observer itself is where the fault is.
- A bare state (stopped, unhealthy) is explained by a finding that says why, on the
  same service first, else on something that it depends on and that failed no later.
- Findings that say why are never explained by another service's trouble.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from escalade.diagnosis.graph import Graph
from escalade.diagnosis.match import finding_id
from escalade.model import Confidence
from escalade.model import Finding
from escalade.model import Kind
from escalade.model import Node
from escalade.model import Remedy
from escalade.model import Severity
from escalade.text import Text

__all__ = ["SKEW_S", "rank"]

SKEW_S = 30.0
"""Seconds by which a cause may look younger than what it caused (findings.md 4.3)."""

Served = Callable[[Node, Node], bool]
"""Whether a node (first) was seen to serve somebody other than the second."""


@dataclass(frozen=True, slots=True)
class _Field:
    """The findings by node, with what the rules need to ask."""

    by_node: Mapping[Node, Sequence[Finding]]
    graph: Graph
    served: Served

    def lead(self, node: Node) -> Finding | None:
        """Return the finding of a node that says most about why, None without one."""
        rows = [f for f in self.by_node.get(node, ()) if _active(f)]
        return max(rows, key=_says, default=None)

    def bad(self) -> frozenset[Node]:
        """Return the nodes with an active finding that users would feel."""
        return frozenset(
            node
            for node, rows in self.by_node.items()
            if any(_active(f) and f.severity >= Severity.ERROR for f in rows)
        )


def _active(finding: Finding) -> bool:
    """Whether a finding takes part in explaining."""
    return not finding.standing and finding.severity > Severity.INFO


def _says(finding: Finding) -> tuple[bool, bool, int, float, int, bool, str]:
    """Order the findings of one node by how much they say about why."""
    kinds = {Kind.INTRINSIC: 2, Kind.DEPENDENCY: 1, Kind.CONSEQUENCE: 0}
    return (
        finding.severity >= Severity.ERROR,
        not finding.yields,
        kinds[finding.kind],
        finding.confidence.number,
        int(finding.severity),
        not finding.symptom.startswith("generic."),
        finding.symptom,
    )


def rank(
    findings: Iterable[Finding], graph: Graph, served: Served
) -> tuple[Finding, ...]:
    """Return all findings, each with its cause or as a root, the likeliest root first."""
    rows = list(findings)
    by_node: dict[Node, list[Finding]] = {}
    for finding in rows:
        by_node.setdefault(finding.node, []).append(finding)
    field = _Field(by_node, graph, served)
    causes: dict[str, str] = {}
    suspects: dict[str, Finding] = {}
    for finding in rows:
        cause = _cause(finding, field)
        if isinstance(cause, Node):
            suspect = suspects.setdefault(str(cause), _suspect(cause, finding))
            causes[finding.id] = suspect.id
        elif cause is not None:
            causes[finding.id] = cause.id
    rows += suspects.values()
    return _ordered(rows, _acyclic(causes, {f.id: f for f in rows}))


def _cause(finding: Finding, field: _Field) -> Finding | Node | None:
    """Return what explains a finding: another, a suspected node, or nothing."""
    if not _active(finding):
        return None
    if finding.blames and finding.kind is not Kind.INTRINSIC:
        return _blamed_cause(finding, field)
    own = field.lead(finding.node)
    if own is not None and own.id != finding.id and _says(own) > _says(finding):
        return own
    if finding.yields or finding.kind is Kind.CONSEQUENCE:
        return _upstream(finding, field)
    return None


def _blamed_cause(finding: Finding, field: _Field) -> Finding | Node | None:
    """Return what explains a finding that names others as its cause."""
    leads = [lead for node in finding.blames if (lead := field.lead(node))]
    weight = min(finding.severity, Severity.ERROR)
    leads = [f for f in leads if f.id != finding.id and f.severity >= weight]
    if leads:
        return max(leads, key=_says)
    own = field.lead(finding.node)
    intrinsic = own is not None and own.kind is Kind.INTRINSIC and not own.yields
    if own is not None and own.id != finding.id and intrinsic:
        return own
    upstream = _upstream(finding, field)
    if upstream is not None or finding.kind is Kind.CONSEQUENCE:
        return upstream
    suspects = [n for n in finding.blames if not field.served(n, finding.node)]
    if len(suspects) == 1 and len(finding.blames) == 1:
        return suspects[0]
    return own if own is not None and own.id != finding.id else None


def _upstream(finding: Finding, field: _Field) -> Finding | None:
    """Return the finding on something that this node depends on and that failed first."""
    for node in field.graph.causes(finding.node, field.bad()):
        lead = field.lead(node)
        if lead is not None and _not_later(lead, finding):
            return lead
    return None


def _not_later(cause: Finding, effect: Finding) -> bool:
    """Whether a cause did not begin clearly after its effect."""
    if cause.since is None or effect.since is None:
        return True
    return cause.since <= effect.since + SKEW_S


def _suspect(node: Node, finding: Finding) -> Finding:
    """Return the root of its own that a blamed service without a finding becomes."""
    service = node.service or node.host
    other = finding.node.service or finding.node.host
    title = Text(
        f"{service} is suspected: {other} fails because of it, "
        f"but nothing wrong was seen on {service} itself",
        f"{service} est suspecté : {other} échoue à cause de lui, "
        f"mais rien d'anormal n'a été vu sur {service} lui-même",
    )
    advice = Text(
        f"Read the log of {service} (invoke logs {service}), "
        "then ask again with --deep.",
        f"Lisez le journal de {service} (invoke logs {service}), "
        "puis relancez avec --deep.",
    )
    return Finding(
        id=finding_id("generic.suspected", node),
        symptom="generic.suspected",
        node=node,
        severity=finding.severity,
        confidence=Confidence.LIKELY,
        kind=Kind.INTRINSIC,
        title=title,
        why=finding.why,
        remedy=Remedy(None, None, ("handoff",), advice),
        suspected=True,
    )


def _acyclic(causes: dict[str, str], rows: Mapping[str, Finding]) -> dict[str, str]:
    """Return the causes without loops: in a loop, the finding that says most is free."""
    free = dict(causes)
    for start in causes:
        trail: list[str] = []
        at = start
        while at in free and at not in trail:
            trail.append(at)
            at = free[at]
        if at in trail:
            loop = trail[trail.index(at) :]
            free.pop(max(loop, key=lambda i: _says(rows[i])))
    return free


def _ordered(rows: Sequence[Finding], causes: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return the findings with causes and explained ids, roots first by score."""
    explained: dict[str, list[str]] = {}
    for finding in sorted(rows, key=_says, reverse=True):
        root = finding.id
        while root in causes:
            root = causes[root]
        if root != finding.id:
            explained.setdefault(root, []).append(finding.id)
    full = [
        replace(
            f,
            caused_by=causes.get(f.id),
            explains=tuple(explained.get(f.id, ())),
        )
        for f in rows
    ]
    roots = sorted((f for f in full if f.caused_by is None), key=_order)
    others = sorted((f for f in full if f.caused_by), key=_says, reverse=True)
    return (*roots, *others)


def _order(finding: Finding) -> tuple[bool, float, int, str]:
    """Return the sort key of roots: errors first, then score and severity."""
    score = finding.confidence.number * (
        1 + len(finding.explains) + 0.5 * len(finding.blames)
    )
    if finding.kind is Kind.INTRINSIC:
        score *= 1.5
    return (
        finding.severity < Severity.ERROR,
        -score,
        -int(finding.severity),
        finding.id,
    )
