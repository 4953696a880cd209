"""A container's memory limit, and whether it kills the container's processes now."""

from __future__ import annotations

from collections.abc import Sequence

from escalade.evidence.names import reading_of
from escalade.evidence.names import same_place
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Seen
from escalade.evidence.probe import View
from escalade.model import Address
from escalade.model import Args
from escalade.model import Reading

__all__ = ["MEMORY"]

RECENT_S = 300.0
"""Kills that are older say nothing of now."""
AGAIN = 2
"""Kills within that time that are no single mishap."""
OFTEN, TIGHT = 3, 0.85
"""Kills since the start, and the share of the limit in use beside them, from which they
go on, where the Engine does not remember when they were. Rarely is more in use where the
kernel kills: whoever is killed frees what it had."""
STEP = 1024
UNITS = ("B", "KiB", "MiB", "GiB")


def _view(seen: Seen, address: Address, args: Args) -> View:
    """Return one record, from the container's cgroup and the Engine's memory of kills."""
    del args
    pieces = same_place(seen, "process", address)
    if not pieces or not pieces[0].status.answered:
        return View(unknown=(pieces[0].reason if pieces else "") or "not asked")
    process = reading_of(pieces[0])
    kills, limit = _whole(process.get("oom_kills")), process.get("memory_limit")
    ratio = process.get("memory_ratio")
    recent = _recent(seen, address, kills)
    limited = isinstance(limit, int) and limit > 0
    again = (recent or 0) >= AGAIN or (
        recent != 0
        and kills >= OFTEN
        and isinstance(ratio, (int, float))
        and ratio >= TIGHT
    )
    record: Reading = {
        "limit": _size(limit) if isinstance(limit, int) and limited else "",
        "kills": process.get("oom_kills"),
        "recent": recent,
        "ratio": ratio,
        "again": limited and kills > 0 and again,
    }
    return View((record,))


def _recent(seen: Seen, address: Address, kills: int) -> int | None:
    """Return how many kills of the container's present run are recent.

    None where all that the Engine remembers is not all that there were, and none of it
    is recent: then the others may be.
    """
    times = _ages(seen, address)
    fresh = sum(ago <= RECENT_S for ago in times)
    return fresh if fresh or len(times) >= kills else None


def _ages(seen: Seen, address: Address) -> Sequence[float]:
    """Return how long ago the kills were that the Engine remembers of this run."""
    boxes = same_place(seen, "container", address)
    began = reading_of(boxes[0]).get("started_at") if boxes else None
    since = began if isinstance(began, (int, float)) else 0.0
    return [
        ago
        for piece in seen.of("memory_kills", host=address.host)
        for record in piece.readings
        for ago, time in ((record.get("ago_s"), record.get("time")),)
        if record.get("container") == address.replica
        and isinstance(ago, (int, float))
        and isinstance(time, (int, float))
        and time >= since
    ]


def _whole(value: object) -> int:
    """Return a count, 0 where it is not known."""
    return value if isinstance(value, int) else 0


def _size(count: int) -> str:
    """Return bytes as Compose's files name them: `200 MiB`."""
    size, unit = float(count), UNITS[0]
    for larger in UNITS[1:]:
        if size < STEP:
            break
        size, unit = size / STEP, larger
    return f"{size:.4g} {unit}"


MEMORY = Probe(
    name="memory",
    scope="container",
    doc="The container's memory limit (blank: none), how often the kernel killed a "
    "process in it since its start, and how often within five minutes (not known where "
    "the Engine has forgotten). again: it has a limit, and is killed for it now.",
    readings={
        "limit": str,
        "kills": int,
        "recent": int,
        "ratio": float,
        "again": bool,
    },
    needs_running=True,
    derived=True,
    view=_view,
)
