"""The JSON that other programs read: `escalade.diagnosis/1`, as docs/json.md has it."""

from __future__ import annotations

import math

from escalade.model import Cite
from escalade.model import Diagnosis
from escalade.model import Finding
from escalade.model import Gap
from escalade.model import HostState
from escalade.model import Remedy
from escalade.model import ServiceState
from escalade.model import Spread
from escalade.report.parts import action_of
from escalade.report.parts import roots_of
from escalade.report.times import rfc3339
from escalade.text import Lang

__all__ = ["SCHEMA", "diagnosis_json", "dumps"]

SCHEMA = "escalade.diagnosis/1"
"""The name and version of the promise; a promised name never changes within it."""


def diagnosis_json(diagnosis: Diagnosis, *, lang: Lang = "en") -> dict[str, object]:
    """Return the diagnosis as one JSON-able object, texts in the asked language."""
    return {
        "schema": SCHEMA,
        "run": diagnosis.run,
        "started": rfc3339(diagnosis.started) or "1970-01-01T00:00:00.000Z",
        "took_s": _finite(diagnosis.took_s),
        "mode": diagnosis.mode,
        "lang": lang,
        "verdict": diagnosis.verdict.value,
        "exit": diagnosis.exit,
        "hosts": [_host(host) for host in diagnosis.hosts],
        "stacks": list(diagnosis.stacks),
        "services": [_service(service, lang) for service in diagnosis.services],
        "roots": [_finding(root, lang) for root in roots_of(diagnosis)],
        "findings": [
            {**_finding(finding, lang), "caused_by": finding.caused_by}
            for finding in diagnosis.findings
        ],
        "gaps": [_gap(gap) for gap in diagnosis.gaps],
        "not_applicable": list(diagnosis.not_applicable),
        "fleet": [_spread(spread, lang) for spread in diagnosis.fleet],
    }


def dumps(diagnosis: Diagnosis, *, lang: Lang = "en") -> str:
    """Return the object as indented text, ASCII only.

    ASCII, so that neither a terminal nor a pipe of any encoding can be upset by what
    a log line holds.
    """
    import json

    return json.dumps(diagnosis_json(diagnosis, lang=lang), indent=2, allow_nan=False)


def _host(state: HostState) -> dict[str, object]:
    """Return a host and whether it answered."""
    return {
        "host": state.host,
        "reachable": state.reachable,
        "cause": state.cause,
        "detail": state.detail,
    }


def _service(row: ServiceState, lang: Lang) -> dict[str, object]:
    """Return a row of the state board."""
    return {
        "host": row.node.host,
        "stack": row.node.stack,
        "service": row.node.service,
        "container": row.container,
        "state": row.state,
        "health": row.health,
        "verdict": row.verdict,
        "role": row.role,
        "note": row.note.pick(lang),
    }


def _finding(finding: Finding, lang: Lang) -> dict[str, object]:
    """Return a finding with its evidence and what to do about it."""
    return {
        "id": finding.id,
        "symptom": finding.symptom,
        "host": finding.node.host,
        "stack": finding.node.stack,
        "service": finding.node.service,
        "severity": finding.severity.word,
        "confidence": finding.confidence.number,
        "class": finding.confidence.value,
        "kind": finding.kind.value,
        "suspected": finding.suspected,
        "standing": finding.standing,
        "title": finding.title.pick(lang),
        "why": [_cite(cite) for cite in finding.why],
        "explains": list(finding.explains),
        "remedy": _remedy(finding.remedy, lang),
    }


def _cite(cite: Cite) -> dict[str, object]:
    """Return a piece of evidence as it is quoted."""
    return {
        "probe": cite.probe,
        "target": cite.target,
        "time": rfc3339(cite.time),
        "excerpt": cite.excerpt,
    }


def _remedy(remedy: Remedy, lang: Lang) -> dict[str, object]:
    """Return what to do; `action` tells a ladder from `wait`, `none` and `handoff`."""
    return {
        "action": action_of(remedy),
        "ladder": remedy.ladder,
        "level": remedy.level,
        "steps": list(remedy.steps),
        "advice": remedy.advice.pick(lang) if remedy.advice else None,
    }


def _spread(spread: Spread, lang: Lang) -> dict[str, object]:
    """Return a root that several hosts have, and what they may share."""
    return {
        "symptom": spread.symptom,
        "service": spread.service,
        "severity": spread.severity.word,
        "title": spread.title.pick(lang),
        "hosts": list(spread.hosts),
        "count": len(spread.hosts),
        "of": spread.of,
        "findings": list(spread.findings),
        "shared": spread.shared or None,
        "because": spread.because.pick(lang) or None,
    }


def _gap(gap: Gap) -> dict[str, object]:
    """Return a question without an answer."""
    return {
        "host": gap.node.host,
        "stack": gap.node.stack,
        "service": gap.node.service,
        "probe": gap.probe,
        "reason": gap.reason,
        "hides": gap.hides,
    }


def _finite(value: float) -> float:
    """Return a number that JSON can carry."""
    return round(value, 3) if math.isfinite(value) else 0.0
