"""The state board: one row for each container, with the verdict on its service."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

from escalade.model import Evidence
from escalade.model import Finding
from escalade.model import Gap
from escalade.model import Node
from escalade.model import Reading
from escalade.model import ServiceState
from escalade.model import Severity
from escalade.text import Text

__all__ = ["DONE", "board"]

DONE = Text("one-shot, ended well", "tâche unique, bien terminée")
HELD = Text("meant to be stopped", "arrêt voulu")
EXIT = Text("exit {n}", "code {n}")
RESTART = Text("{n} restart", "{n} relance")
RESTARTS = Text("{n} restarts", "{n} relances")


def board(
    boxes: Iterable[Evidence],
    findings: Sequence[Finding],
    gaps: Sequence[Gap],
    roles: Mapping[Node, str],
) -> tuple[ServiceState, ...]:
    """Return the rows, by host, stack and service."""
    worst: dict[Node, Severity] = {}
    for finding in findings:
        known = worst.get(finding.node, Severity.INFO)
        worst[finding.node] = max(known, finding.severity)
    hidden = {gap.node for gap in gaps if gap.hides}
    rows = [_row(piece, worst, hidden, roles) for piece in boxes]
    return tuple(sorted(rows, key=lambda row: (str(row.node.stack or "~"), str(row))))


def _row(
    piece: Evidence,
    worst: Mapping[Node, Severity],
    hidden: set[Node],
    roles: Mapping[Node, str],
) -> ServiceState:
    """Return the row of one container."""
    node = piece.address.node
    record = piece.readings[0] if piece.readings else {}
    severity = worst.get(node, Severity.INFO)
    verdict = "unknown" if node in hidden or not record else "ok"
    if severity > Severity.INFO:
        verdict = severity.word
    health = record.get("health") if record.get("running") else None
    return ServiceState(
        node=node,
        container=piece.address.replica,
        state=str(record.get("state") or "unknown"),
        health=None if health in (None, "none") else str(health),
        verdict=verdict,
        role=roles.get(node),
        note=_note(record),
        files=_files(record),
        folder=str(record.get("working_dir") or ""),
    )


def _note(record: Reading) -> Text:
    """Return what a row says beyond state and health."""
    code, restarts = record.get("exit_code"), record.get("restart_count")
    if record.get("oneshot"):
        return DONE
    if record.get("desired") == "stopped":
        return HELD
    words: list[Text] = []
    if record.get("state") in ("exited", "dead", "restarting") and code is not None:
        words.append(EXIT.fill({"n": str(code)}))
    if isinstance(restarts, int) and restarts:
        words.append((RESTARTS if restarts > 1 else RESTART).fill({"n": str(restarts)}))
    return Text(
        *(", ".join(word.pick(lang) for word in words) for lang in ("en", "fr"))
    )


def _files(record: Reading) -> tuple[str, ...]:
    """Return the Compose files that a container's own labels name."""
    said = str(record.get("config_files") or "")
    return tuple(file.strip() for file in said.split(",") if file.strip())
