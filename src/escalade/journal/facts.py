"""What each event keeps: nouns to JSON-able facts, and the few that come back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence

from escalade.model import Diagnosis
from escalade.model import Node
from escalade.plans import Action
from escalade.plans import Climb
from escalade.plans import Did
from escalade.plans import Ended
from escalade.plans import Plan
from escalade.plans import Verified

__all__ = [
    "diagnosed",
    "did_of",
    "intended",
    "items",
    "node_of",
    "number",
    "place_of",
    "planned",
    "resulted",
    "verified",
    "whole",
    "word",
]

Facts = dict[str, object]


def place_of(node: Node) -> list[str | None]:
    """Return a node as JSON has it: host, stack, service."""
    return [node.host, node.stack, node.service]


def diagnosed(diagnosis: Diagnosis, *, round: int = 1) -> Facts:  # noqa: A002 -- the plan's own word
    """Return what the journal keeps of a diagnosis: enough to compare it with others."""
    roots = {finding.id for finding in diagnosis.roots}
    return {
        "round": round,
        "verdict": diagnosis.verdict.value,
        "exit": diagnosis.exit,
        "took_s": round_to_ms(diagnosis.took_s),
        "hosts": [
            {"host": host.host, "reachable": host.reachable, "cause": host.cause}
            for host in diagnosis.hosts
        ],
        "services": [
            {
                "at": place_of(row.node),
                "state": row.state,
                "health": row.health,
                "verdict": row.verdict,
            }
            for row in diagnosis.services
        ],
        "findings": [
            {
                "id": finding.id,
                "symptom": finding.symptom,
                "at": place_of(finding.node),
                "severity": finding.severity.word,
                "root": finding.id in roots,
                "caused_by": finding.caused_by,
                "title": finding.title,
            }
            for finding in diagnosis.findings
            if not finding.standing
        ],
        "gaps": [
            {"at": place_of(gap.node), "probe": gap.probe, "reason": gap.reason}
            for gap in diagnosis.gaps
            if gap.hides
        ],
    }


def round_to_ms(seconds: float) -> float:
    """Return a duration as people and programs read it."""
    return round(seconds, 3)


def planned(
    plan: Plan, data: Mapping[str, object], *, expires: float | None = None
) -> Facts:
    """Return what the journal keeps of a plan; `data` is `remedy.plancodec.dump(plan)`.

    `expires` (epoch seconds) is set where it waits for approval: until then.
    """
    writes = [action for action in plan.actions if not action.reads]
    return {
        "round": plan.round,
        "digest": plan.digest,
        "risk": plan.risk,
        "level": max((climb.level for climb in plan.climbs), default=0),
        "actions": len(plan.actions),
        "writes": len(writes),
        "expires": expires,
        "plan": data,
    }


def intended(climb: Climb, action: Action, *, round: int, attempt: int) -> Facts:  # noqa: A002 -- the plan's own word
    """Return what is written before an action runs."""
    return {
        **_of_climb(round, climb),
        "step": action.step,
        "attempt": attempt,
        "writes": not action.reads,
        "touches": bool(action.touches),
        "command": action.command,
        "risk": action.risk,
        "why": action.why,
        "undo": action.undo,
    }


def resulted(did: Did, *, round: int, climb: str) -> Facts:  # noqa: A002 -- the plan's own word
    """Return what is written after an action ran."""
    return {
        "round": round,
        "climb": climb,
        "ended": did.ended,
        "attempt": did.attempt,
        "started": did.started,
        "took_s": round_to_ms(did.took_s),
        "code": did.code,
        "reason": did.reason,
        "output": did.output,
        "kept": did.kept,
        "orphan": did.orphan,
    }


def verified(climb: Climb, found: Verified, *, round: int) -> Facts:  # noqa: A002 -- the plan's own word
    """Return what is written when a level was verified."""
    return {
        **_of_climb(round, climb),
        "outcome": found.outcome,
        "reason": found.reason,
        "new": found.new,
    }


def _of_climb(round: int, climb: Climb) -> Facts:  # noqa: A002 -- the plan's own word
    """Return which level of which finding an event belongs to."""
    return {
        "round": round,
        "climb": climb.id,
        "finding": climb.finding,
        "symptom": climb.symptom,
        "level": climb.level,
        "at": place_of(climb.node),
    }


# -------------------------------------------------------------- and back


def did_of(action: str, data: Mapping[str, object]) -> Did:
    """Return how an action ended, as `resulted` wrote it."""
    known = {ended.value: ended for ended in Ended}
    kept = data.get("kept")
    return Did(
        action=action,
        ended=known.get(word(data.get("ended")), Ended.UNKNOWN),
        attempt=whole(data.get("attempt")) or 1,
        started=number(data.get("started")) or 0.0,
        took_s=number(data.get("took_s")) or 0.0,
        code=whole(data.get("code")),
        reason=word(data.get("reason")),
        output=word(data.get("output")),
        kept=tuple(map(str, kept)) if isinstance(kept, list) else (),
        orphan=word(data.get("orphan")),
    )


def node_of(value: object) -> Node | None:
    """Return the node that `place_of` wrote; None for anything else."""
    if not isinstance(value, list) or len(value) != len(Node.__match_args__):
        return None
    host, stack, service = (None if part is None else str(part) for part in value)
    return Node(host, stack, service) if host else None


def items(value: object) -> Sequence[Mapping[str, object]]:
    """Return a list's objects; nothing where there is no list."""
    if not isinstance(value, list):
        return ()
    return [item for item in value if isinstance(item, Mapping)]


def word(value: object) -> str:
    """Return a text; empty where there is none."""
    return value if isinstance(value, str) else ""


def number(value: object) -> float | None:
    """Return a number of any kind; None where there is none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]


def whole(value: object) -> int | None:
    """Return a whole number; None where there is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
