"""Whether those whose logs told of a finding have spoken since: silence is no cure.

A caller's log says that a service failed it. The service is restarted, the caller calls
nobody for a while, and nothing new stands in its log: then nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable

from escalade.climb.looks import Sight
from escalade.evidence.logs import LOG
from escalade.model import Diagnosis
from escalade.model import Evidence
from escalade.plans import Climb

__all__ = ["silent"]


def silent(sight: Sight, climb: Climb, before: Diagnosis) -> tuple[str, ...]:
    """Return who alone told of a climb's finding and has written nothing since.

    By name of their containers; none where something else was seen of the finding, one of
    them spoke, or the service was not started again (then their old words still count).
    """
    finding = next((f for f in before.findings if f.id == climb.finding), None)
    if finding is None or not finding.why:
        return ()
    if any(cite.probe != LOG.name for cite in finding.why):
        return ()
    told = {cite.target for cite in finding.why}
    at = climb.node
    logs = [
        piece
        for piece in sight.snapshot.evidence
        if piece.address.probe == LOG.name
        and (piece.address.host, piece.address.stack) == (at.host, at.stack)
        and piece.address.target in told
    ]
    began = _began(sight, climb)
    if began is None or any(p.address.service == at.service for p in logs):
        return ()
    return () if _newest(logs) > began else tuple(sorted(told))


def _began(sight: Sight, climb: Climb) -> float | None:
    """Return when the climb's service was started, on its host's clock."""
    boxes = sight.scenes[climb.node.host].boxes(climb.node)
    starts = [box.started_at for box in boxes if box.started_at is not None]
    return min(starts, default=None)


def _newest(logs: Iterable[Evidence]) -> float:
    """Return the time of the last line of some logs; 0 where none has one."""
    times = (record.get("time") for piece in logs for record in piece.readings)
    return max((float(t) for t in times if isinstance(t, int | float)), default=0.0)
