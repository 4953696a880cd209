"""The `complaint` probe: whom a container's own log names where it tells of a failure."""

from __future__ import annotations

import pytest

from escalade.evidence.complaint import COMPLAINT
from escalade.evidence.probe import View
from escalade.evidence.seen import SeenSnapshot
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Reading
from escalade.model import Snapshot
from escalade.model import Status
from escalade.model import args_of

NOW = 1000.0
WORD = "unhandled"


def piece(service: str, probe: str, *records: Reading) -> Evidence:
    """Return evidence of one container."""
    at = Address("h", "app", service, f"app-{service}-1", probe)
    return Evidence(at, Status.OK, records)


def asked(*log: Evidence, llm: Reading | None = None) -> View:
    """Return what the log of `agent` complains of, beside `llm` and `redis`."""
    boxes = [
        piece(name, "container", (llm or {}) if name == "llm" else {})
        for name in ("agent", "llm", "redis")
    ]
    seen = SeenSnapshot(Snapshot(NOW, "full", (), (*boxes, *log)), {})
    assert COMPLAINT.view
    return COMPLAINT.view(seen, boxes[0].address, args_of({"contains": WORD}))


def told(text: str, *, ago: float = 1.0, **span: float) -> list[tuple[object, object]]:
    """Return service and port of each complaint in a log of one line."""
    line: Reading = {"part": "tail", "time": NOW - ago, "text": text}
    view = asked(piece("agent", "log", {"part": "span", **span}, line))
    assert not view.unknown
    return [(r["service"], r["port"]) for r in view.readings]


@pytest.mark.parametrize(("ago", "word"), [(5, "past"), (50, "now")])
def test_a_line_of_before_the_start_of_whom_it_names(ago: float, word: str) -> None:
    """That service is another now: the line is told, and that it is past."""
    line: Reading = {"part": "tail", "time": NOW - 9, "text": "unhandled llm:8001"}
    log = piece("agent", "log", {"part": "span"}, line)
    (record,) = asked(log, llm={"started_at": NOW - ago}).readings
    assert (record["service"], record["past"]) == ("llm", word == "past")


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("unhandled: Cannot connect to host llm:8001 ssl:default", [("llm", 8001)]),
        ("unhandled: 503, url='http://llm:8001/v1/chat'", [("llm", 8001)]),
        ("unhandled: 503, url='http://app-llm-1:8001/v1'", [("llm", 8001)]),
        # The exception that ended it stands last.
        ("unhandled\\nredis:6379 closed\\nno answer of llm:8001", [("llm", 8001)]),
        ("unhandled: KeyError in agent.py:12, seen at agent:8081", []),
        ("unhandled: Cannot connect to host example.org:443", []),
        ("unhandled: my-llm:8001, llm.example.org:8001", []),
        ("Cannot connect to host llm:8001", []),
    ],
)
def test_the_last_service_that_a_line_names(
    text: str, places: list[tuple[object, object]]
) -> None:
    """By any of its names, with a port; others than the stack's do not count."""
    assert told(text) == places


def test_what_is_old_does_not_count() -> None:
    """Five minutes by the host's clock, or before the end of the container."""
    text = "unhandled: llm:8001"
    assert told(text, ago=301) == []
    assert told(text, ago=301, ended_at=NOW - 300) == [("llm", 8001)]
    assert told(text, ago=301, offset_s=-10.0) == [("llm", 8001)]


def test_a_log_that_was_not_read_is_unknown() -> None:
    """It may hold the complaint."""
    assert asked().unknown == "not asked"
    at = Address("h", "app", "agent", "app-agent-1", "log")
    lost = Evidence(at, Status.DENIED, reason="no log driver", complete=False)
    assert asked(lost).unknown == "no log driver"


def of_variable(*lines: tuple[float, str], **span: float | None) -> View:
    """Return what a log says of the place that URL names, in its first minute or not."""
    env: Reading = {"variable": "URL", "host": "llm", "port": 8001}
    said = tuple({"part": "tail", "time": t, "text": text} for t, text in lines)
    pieces = (
        piece("agent", "container", {}),
        piece("llm", "container", {}),
        piece("agent", "env", env),
        piece("agent", "log", {"part": "span", **span}, *said),
    )
    seen = SeenSnapshot(Snapshot(NOW, "full", (), pieces), {})
    scope = "start" if span else "recent"
    given = {"contains": WORD, "variable": "URL", "newer_than": "up", "scope": scope}
    assert COMPLAINT.view
    return COMPLAINT.view(seen, pieces[0].address, args_of(given))


def test_a_variables_place_alone() -> None:
    """Its host at its port, and nothing from before it was reached."""
    line = (NOW - 9, "unhandled: llm:8001")
    assert len(of_variable(line).readings) == 1
    assert of_variable((NOW - 9, "unhandled: llm:8002")).readings == ()
    assert of_variable(line, (NOW - 5, "up")).readings == ()
    assert len(of_variable((NOW - 12, "up"), line).readings) == 1


def test_the_first_minute() -> None:
    """What was not read of it may hold the line."""
    line = (110.0, "unhandled: llm:8001")
    whole = of_variable(line, run_from=100.0, head_to=160.0, tail_from=900.0)
    assert (len(whole.readings), whole.complete) == (1, True)
    assert of_variable((161.0, line[1]), run_from=100.0).readings == ()
    assert of_variable(line, run_from=100.0, tail_from=900.0).complete is False
    cut = of_variable(line, run_from=100.0, head_to=120.0, tail_from=900.0)
    assert (len(cut.readings), cut.complete) == (1, False)


def test_variables_that_were_not_read_are_unknown() -> None:
    """Nobody knows then which place is meant."""
    log = piece("agent", "log", {"part": "span"})
    seen = SeenSnapshot(Snapshot(NOW, "full", (), (log,)), {})
    assert COMPLAINT.view
    given = args_of({"contains": WORD, "variable": "URL"})
    assert COMPLAINT.view(seen, log.address, given).unknown
