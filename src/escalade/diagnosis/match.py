"""Symptoms held against evidence: findings where they hold, gaps where they are open."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from itertools import product

from escalade.diagnosis.graph import Graph
from escalade.diagnosis.judge import Judge
from escalade.diagnosis.judge import Judgement
from escalade.diagnosis.spoken import spoken
from escalade.evidence.logs import LOG
from escalade.model import Finding
from escalade.model import Gap
from escalade.model import Ladder
from escalade.model import Node
from escalade.model import Remedy
from escalade.model import Runbook
from escalade.model import Severity
from escalade.model import Symptom
from escalade.model import Truth
from escalade.text import Text

__all__ = ["Matches", "finding_id", "match", "subjects"]


@dataclass(frozen=True, slots=True)
class Matches:
    """What all runbooks came to."""

    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    not_applicable: tuple[str, ...]


def finding_id(symptom: str, node: Node) -> str:
    """Return the stable id of a symptom at a node."""
    words = (symptom, node.host, node.stack or "", node.service or "")
    return hashlib.blake2b(
        "\0".join(words).encode("utf-8", "replace"), digest_size=6
    ).hexdigest()


def subjects(role: str, graph: Graph, hosts: Sequence[str], judge: Judge) -> list[Node]:
    """Return the nodes that a runbook of a role speaks of."""
    if role == "host":
        return [Node(host) for host in hosts]
    if role == "stack":
        return list(graph.stacks)
    if role == "any":
        return list(graph.services)
    return [
        node
        for node in graph.services
        if node.service in judge.seen.role(node.host, node.stack or "", role)
    ]


def match(
    runbooks: Iterable[Runbook], graph: Graph, hosts: Sequence[str], judge: Judge
) -> Matches:
    """Judge every symptom of every runbook wherever it applies."""
    findings: list[Finding] = []
    gaps: dict[tuple[Node, str, str], bool] = {}
    idle: list[str] = []
    for runbook in runbooks:
        places = subjects(runbook.role, graph, hosts, judge)
        if not places and runbook.role not in ("any", "stack"):
            idle.append(runbook.name)
        for symptom, node in product(runbook.symptoms, places):
            found = judge.judge(symptom.when, node)
            if found.truth is Truth.TRUE:
                findings += _findings(symptom, node, found, (runbook, judge))
            elif found.truth is Truth.UNKNOWN:
                for probe, reason in found.unknown:
                    hides = symptom.severity >= Severity.ERROR
                    key = (node, probe, reason)
                    gaps[key] = gaps.get(key, False) or hides
    rows = (Gap(*key, hides) for key, hides in gaps.items())
    return Matches(tuple(findings), tuple(rows), tuple(idle))


def _findings(
    symptom: Symptom, node: Node, found: Judgement, context: tuple[Runbook, Judge]
) -> list[Finding]:
    """Return the finding of a symptom that held; none where it speaks of the past."""
    finding = _finding(symptom, node, found, context)
    if not finding.blames:
        return [finding]
    now = tuple(n for n in finding.blames if not _started_since(n, found, context[1]))
    return [replace(finding, blames=now)] if now else []


def _started_since(node: Node, found: Judgement, judge: Judge) -> bool:
    """Whether a blamed service was started after all that a log says against it."""
    told = [cite.time for cite in found.cites if cite.probe == LOG.name]
    starts = [
        float(start)
        for box in judge.seen.of(
            "container", host=node.host, stack=node.stack, service=node.service
        )
        for start in [(box.readings or ({},))[0].get("started_at")]
        if isinstance(start, (int, float))
    ]
    return bool(told) and bool(starts) and max(told) < min(starts)


def _finding(
    symptom: Symptom, node: Node, found: Judgement, context: tuple[Runbook, Judge]
) -> Finding:
    """Return the finding of a symptom that held."""
    runbook, judge = context
    words = {name: ", ".join(values) for name, values in found.captured.items()}
    words |= {"service": node.service or "", "host": node.host}
    return Finding(
        id=finding_id(symptom.id, node),
        symptom=symptom.id,
        node=node,
        severity=symptom.severity,
        confidence=symptom.confidence,
        kind=symptom.kind,
        title=symptom.title.fill(words),
        why=found.cites,
        remedy=_remedy(symptom, runbook, node, words),
        blames=_blamed(symptom, node, found, judge),
        since=_since(node, judge),
        standing=symptom.standing,
        yields=symptom.yields,
        replicas=_replicas(symptom, node, judge),
    )


def _replicas(symptom: Symptom, node: Node, judge: Judge) -> tuple[str, ...]:
    """Return the containers of a service of which a symptom is true by themselves."""
    if node.service is None:
        return ()
    boxes = judge.seen.of(
        "container", host=node.host, stack=node.stack, service=node.service
    )
    names = [name for box in boxes if (name := box.address.replica)]
    if len(names) < 2:  # noqa: PLR2004 (one is true of itself)
        return tuple(names)
    alone = ((name, replace(judge, only=(node, name))) for name in names)
    return tuple(
        name for name, one in alone if one.judge(symptom.when, node).truth is Truth.TRUE
    )


def _blamed(
    symptom: Symptom, node: Node, found: Judgement, judge: Judge
) -> tuple[Node, ...]:
    """Return the services that a symptom blames: of a role, or named by a reading."""
    if symptom.blames is None:
        return ()
    if "." in symptom.blames:
        services = found.captured.get(symptom.blames, ())
    else:
        services = judge.seen.role(node.host, node.stack or "", symptom.blames)
    return tuple(Node(node.host, node.stack, s) for s in services if s != node.service)


def _since(node: Node, judge: Judge) -> float | None:
    """Return when the service last ended, None while it runs."""
    if node.service is None:
        return None
    ends = [
        piece.readings[0].get("finished_at")
        for piece in judge.seen.of(
            "container", host=node.host, stack=node.stack, service=node.service
        )
        if piece.readings and piece.readings[0].get("state") in ("exited", "dead")
    ]
    known = [float(t) for t in ends if isinstance(t, (int, float)) and t > 0]
    return max(known, default=None)


def _remedy(
    symptom: Symptom, runbook: Runbook, node: Node, words: Mapping[str, str]
) -> Remedy:
    """Return what to do: the ladder from its start level, or advice alone."""
    advice = _advice(symptom, words)
    ladder = runbook.ladders.get(symptom.ladder or "")
    if symptom.remedy != "ladder" or ladder is None:
        return Remedy(None, None, (symptom.remedy,), advice)
    level = _level(ladder, symptom.start_level)
    steps = spoken(ladder.levels.get(level, ()), node, symptom.id)
    return Remedy(ladder.name, level, steps, advice)


def _level(ladder: Ladder, start: int) -> int:
    """Return the lowest level of a ladder that is not below where it begins."""
    return min((n for n in ladder.levels if n >= start), default=start)


def _advice(symptom: Symptom, words: Mapping[str, str]) -> Text | None:
    """Return the advice for what was read, its slots filled."""
    text = symptom.advice
    if symptom.advice_by is not None:
        text = symptom.advices.get(words.get(symptom.advice_by, ""), text)
    return None if text is None else text.fill(dict(words))
