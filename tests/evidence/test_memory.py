"""The `memory` and `memory_kills` probes: whether a limit kills processes now."""

from __future__ import annotations

import json

import pytest

from escalade.evidence.memory import MEMORY
from escalade.evidence.memory_kills import MEMORY_KILLS
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Get
from escalade.evidence.probe import Target
from escalade.evidence.probe import View
from escalade.evidence.seen import SeenSnapshot
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Reading
from escalade.model import Snapshot
from escalade.model import Status

NOW = 1000.0
MIB = 1024**2
BOX = Address("h", "app", "agent", "app-agent-1", "container")


def view(process: Reading | None, *ages: float, up: float = 900.0) -> View:
    """Return what is known of a container that was killed so many seconds ago."""
    kills: tuple[Reading, ...] = tuple(
        {"container": name, "time": NOW - ago, "ago_s": ago}
        for ago in ages
        for name in ("app-agent-1", "other")
    )
    pieces = [
        Evidence(BOX, Status.OK, ({"started_at": NOW - up},)),
        Evidence(Address("h", None, None, None, "memory_kills"), Status.OK, kills),
    ]
    if process is not None:
        at = Address("h", "app", "agent", "app-agent-1", "process")
        pieces.append(Evidence(at, Status.OK, (process,)))
    assert MEMORY.view
    return MEMORY.view(SeenSnapshot(Snapshot(NOW, "full", (), (*pieces,)), {}), BOX, ())


def read(kills: int | None, ratio: float | None, limit: int | None) -> Reading:
    """Return what the kernel says of a container's memory."""
    return {"oom_kills": kills, "memory_ratio": ratio, "memory_limit": limit}


@pytest.mark.parametrize(
    ("process", "ages", "again"),
    [
        # Twice within five minutes, however much is in use just now.
        (read(2, 0.01, 200 * MIB), (4.0, 90.0), True),
        (read(22, 0.01, 200 * MIB), (4.0, 90.0), True),
        # The Engine has forgotten them: what is in use must tell.
        (read(22, 0.925, 200 * MIB), (), True),
        (read(22, 0.5, 200 * MIB), (), False),
        (read(2, 0.99, 200 * MIB), (), False),
        # One alone, or long ago.
        (read(1, 0.9, 200 * MIB), (4.0,), False),
        (read(3, 0.9, 200 * MIB), (500.0, 600.0, 700.0), False),
        # The limit was the host's own memory.
        (read(9, 0.0, 0), (4.0, 90.0), False),
        (read(None, None, None), (), False),
        (read(0, 0.99, 200 * MIB), (), False),
    ],
)
def test_killed_again_and_again(
    process: Reading, ages: tuple[float, ...], again: object
) -> None:
    """By its own limit, and still."""
    assert [r["again"] for r in view(process, *ages).readings] == [again]


def test_kills_of_an_earlier_run_do_not_count() -> None:
    """The container was started anew since, perhaps with a higher limit."""
    [record] = view(read(1, 0.9, 64 * MIB), 4.0, 90.0, 95.0, up=30.0).readings
    assert (record["recent"], record["again"]) == (1, False)


@pytest.mark.parametrize(
    ("limit", "text"),
    [(200 * MIB, "200 MiB"), (3 * 1024 * MIB // 2, "1.5 GiB"), (512, "512 B"), (0, "")],
)
def test_a_limit_as_people_write_it(limit: int, text: str) -> None:
    """In the units of a Compose file."""
    assert [r["limit"] for r in view(read(1, 0.1, limit)).readings] == [text]


def test_a_container_whose_memory_was_not_read() -> None:
    """It may be killed all the time."""
    assert view(None).unknown == "not asked"


EVENT = {
    "Action": "oom",
    "Actor": {"Attributes": {"name": "app-agent-1"}},
    "time": 995,
    "timeNano": 995_250_000_000,
}


def test_the_engine_tells_when() -> None:
    """It is asked for what it remembers, and not for what is still to come."""
    place = Address("h", None, None, None, "memory_kills")
    target = Target(place, facts={"now": NOW + 0.5})
    [question] = MEMORY_KILLS.questions(target, ())
    assert isinstance(question, Get)
    assert "until=999&" in question.path
    lines = [json.dumps(EVENT), "{}", "", '{"timeNano": 1}', "cut off {"]
    body = "\n".join(lines).encode()
    parsed = MEMORY_KILLS.parse(target, (), [Answer(Status.OK, body, 200)])
    assert parsed.readings == (
        {"container": "app-agent-1", "time": 995.25, "ago_s": 5.2},
    )
    lost = MEMORY_KILLS.parse(target, (), [Answer(Status.DENIED, reason="no")])
    assert (lost.status, lost.reason) == (Status.DENIED, "no")
