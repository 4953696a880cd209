"""The `log` probe: what is asked, what is kept, and the three-valued view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from escalade.evidence.logs import LOG
from escalade.evidence.logs import TAIL_LINES
from escalade.evidence.logscan import Wish
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Get
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Target
from escalade.evidence.probe import View
from escalade.evidence.seen import SeenSnapshot
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Reading
from escalade.model import Snapshot
from escalade.model import Status
from escalade.model import args_of

CASES = Path(__file__).resolve().parent.parent / "cases" / "evidence" / "log"
PLACE = Address("h", "s", "web", "web-1", "log")
START = 1795540000.0
STARTED = "2026-11-24T17:06:40Z"
assert START == 1795540000.0


def stamp(time: float) -> str:
    """Return a time as the Engine writes it."""
    from datetime import UTC
    from datetime import datetime

    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


def body(*lines: tuple[float, str]) -> bytes:
    """Return lines (seconds after the start, text) as the Engine sends them."""
    out = b""
    for second, text in lines:
        data = f"{stamp(START + second)} {text}\n".encode()
        out += b"\x01\0\0\0" + len(data).to_bytes(4, "big") + data
    return out


def target(*, mode: str = "full", now: float = 1000.0, **state: Any) -> Target:
    """Return a container that has run since START."""
    state = {"Running": True, "StartedAt": STARTED, **state}
    facts = {"mode": mode, "now": START + now, "offset_s": 0.0}
    return Target(PLACE, {"Id": "abc", "State": state}, facts=facts)


def answer(*lines: tuple[float, str]) -> Answer:
    """Return an answer that holds lines."""
    return Answer(Status.OK, body(*lines))


def full(first: float, step: float = 1.0, text: str = "x") -> list[tuple[float, str]]:
    """Return as many lines as are asked for, from a second on."""
    return [(first + i * step, text) for i in range(TAIL_LINES)]


# --------------------------------------------------------------------- questions


def test_the_tail_is_asked_first_and_alone() -> None:
    """One question to begin with: the last 400 lines of both streams, with times."""
    (tail,) = LOG.questions(target(), ())
    assert isinstance(tail, Get)
    assert tail.path == ("/containers/abc/logs?stdout=1&stderr=1&timestamps=1&tail=400")


def test_a_short_log_needs_no_head() -> None:
    """Fewer lines than asked for: that is all there is."""
    assert LOG.follow is not None
    assert LOG.follow(target(), (), (answer((1, "a"), (2, "b")),)) == ()


def test_a_tail_that_reaches_the_start_needs_no_head() -> None:
    """Old runs fill the tail: this run's beginning is in it."""
    assert LOG.follow is not None
    assert LOG.follow(target(), (), (answer(*full(-350)),)) == ()


def test_a_long_log_has_its_first_minute_read() -> None:
    """The head begins a little before StartedAt and ends a minute after it."""
    assert LOG.follow is not None
    (head,) = LOG.follow(target(), (), (answer(*full(200)),))
    assert isinstance(head, Get)
    assert f"since={START - 2:.6f}&until={START + 60:.6f}" in head.path


def test_the_head_never_reaches_into_the_run_before() -> None:
    """In a restart loop the slack ends where the run before ended."""
    assert LOG.follow is not None
    box = target(FinishedAt=stamp(START - 0.5))
    (head,) = LOG.follow(box, (), (answer(*full(200)),))
    assert f"since={START - 0.5:.6f}" in head.path


def test_quick_reads_tails_alone() -> None:
    """A quick look asks for fewer lines and never for the head."""
    assert LOG.follow is not None
    (tail,) = LOG.questions(target(mode="quick"), ())
    assert tail.path.endswith("tail=100")
    assert LOG.follow(target(mode="quick"), (), (answer(*full(200)),)) == ()


def test_a_container_that_never_ran_has_no_log() -> None:
    """Nothing is asked, and that is complete."""
    box = target(Running=False, StartedAt="0001-01-01T00:00:00Z")
    assert LOG.questions(box, ()) == ()
    assert LOG.parse(box, (), ()).complete


def test_a_deep_run_scans_for_what_its_runbooks_want() -> None:
    """The scan is asked for beside the tail, for this service's wishes alone."""
    box = target(mode="deep")
    mine, other = (
        Address("h", "s", "web", None, "log"),
        Address("h", "s", "x", None, "log"),
    )
    wishes = ((mine, Wish(("needle",))), (other, Wish(("else",))))
    assert len(LOG.questions(box, ())) == 1
    deep = Target(PLACE, box.inspect, facts={**box.facts, "wishes": wishes})
    _, scan = LOG.questions(deep, ())
    assert isinstance(scan, Get)
    assert f"since={START - 2:.6f}" in scan.path
    assert scan.fold is not None
    assert b"needle" in scan.fold(iter([]))
    assert b"else" not in scan.fold(iter([]))


# ----------------------------------------------------------------------- parsing


def parse(*answers: Answer, **more: Any) -> Parsed:
    """Return what is kept of answers."""
    return LOG.parse(target(**more), (), answers)


def parts(parsed: Parsed) -> list[tuple[object, object]]:
    """Return part and text of each line."""
    return [(r["part"], r["text"]) for r in parsed.readings if "text" in r]


def test_head_and_tail_are_kept_once() -> None:
    """Lines that both hold stand in the tail; the middle is missing and said to be."""
    tail = full(50)
    head = [(1.0, "first"), (49.0, "last"), (50.0, "x")]
    parsed = parse(answer(*tail), answer(*head))
    assert parts(parsed)[:2] == [("head", "first"), ("head", "last")]
    assert len(parts(parsed)) == 2 + TAIL_LINES
    assert parsed.complete
    gap = parse(answer(*full(500)), answer(*head))
    assert not gap.complete
    assert gap.status is Status.OK


def rotating(driver: str = "json-file", **options: str) -> Target:
    """Return a container whose log is kept by a driver with options."""
    named = {name.replace("_", "-"): value for name, value in options.items()}
    kept = {"LogConfig": {"Type": driver, "Config": named}}
    box = target()
    return Target(PLACE, {**box.inspect, "HostConfig": kept}, facts=box.facts)


def test_long_lines_are_several_entries() -> None:
    """The Engine counts pieces of 16 KiB: 400 of them may be 200 lines, and no more."""
    assert LOG.follow is not None
    piece = b"%s %s" % (stamp(START + 200).encode(), b"y" * 16384)
    frame = b"\x01\0\0\0" + len(piece).to_bytes(4, "big") + piece
    whole = Answer(Status.OK, (frame + body((200.0, "end"))) * (TAIL_LINES // 2))
    (head,) = LOG.follow(target(), (), (whole,))
    assert isinstance(head, Get)
    assert not LOG.parse(target(), (), (whole,)).complete
    shown = stamp(START + 200).encode() + b" piece"
    raw = Answer(Status.OK, (shown + shown + b"\n") * (TAIL_LINES // 2))
    box = target()
    screen = Target(PLACE, {**box.inspect, "Config": {"Tty": True}}, facts=box.facts)
    assert not LOG.parse(screen, (), (raw,)).complete


@pytest.mark.parametrize(
    ("box", "first", "whole"),
    [
        (rotating(), 300.0, True),
        (rotating(max_size="-1"), 300.0, True),
        (rotating(max_size="10m"), 300.0, False),
        (rotating(max_size="10m"), 1.5, True),
        (rotating(max_size="10m", max_file="3"), 300.0, True),
        (rotating(max_size="1k", max_file="3"), 300.0, False),
        (rotating("local"), 300.0, True),
        (rotating("local", max_size="2k"), 300.0, False),
        (rotating("journald"), 300.0, False),
    ],
)
def test_a_rotated_log_lacks_its_beginning(
    box: Target,
    first: float,
    whole: bool,  # noqa: FBT001
) -> None:
    """Fewer lines than asked for are the whole run only where none can be lost."""
    assert LOG.follow is not None
    lines = answer(*[(first + i, "x") for i in range(50)])
    parsed = LOG.parse(box, (), (lines,))
    assert parsed.complete is whole
    assert LOG.follow(box, (), (lines,)) == ()
    absent = see(parsed, contains="starting", scope="start")
    assert truth(absent) == (0 if whole else "unknown")


def test_a_rotated_head_proves_no_absence() -> None:
    """The first lines that are left are not the first ones that were written."""
    box = rotating(max_size="10m", max_file="3")
    tail = answer(*full(500))
    late = LOG.parse(box, (), (tail, answer((30, "x"))))
    assert truth(see(late, contains="starting", scope="start")) == "unknown"
    early = LOG.parse(box, (), (tail, answer((1, "x"))))
    assert truth(see(early, contains="starting", scope="start")) == 0


def test_more_lines_may_be_asked_for() -> None:
    """Whoever wants to read a log says how much of it."""
    box = target()
    asked = Target(PLACE, box.inspect, facts={**box.facts, "tail": 2000})
    (tail,) = LOG.questions(asked, ())
    assert isinstance(tail, Get)
    assert tail.path.endswith("tail=2000")
    assert not LOG.parse(asked, (), (answer(*full(200)),)).readings[0]["tail_from"]


def test_a_head_that_did_not_come_leaves_the_tail() -> None:
    """A log that is slow to read from its start is kept in part, and says why."""
    late = Answer(Status.TIMEOUT, reason="no answer within 3 s")
    parsed = parse(answer(*full(500)), late)
    assert (parsed.status, parsed.complete) == (Status.PARTIAL, False)
    assert parsed.reason == "no answer within 3 s"
    assert len(parts(parsed)) == TAIL_LINES


@pytest.mark.parametrize(
    ("came", "status"),
    [
        (Answer(Status.VANISHED, code=404, reason="404: gone"), Status.VANISHED),
        (Answer(Status.TIMEOUT, reason="late"), Status.TIMEOUT),
        (
            Answer(
                Status.ERROR,
                reason="500: configured logging driver does not support reading",
            ),
            Status.UNSUPPORTED,
        ),
    ],
)
def test_a_log_that_cannot_be_read(came: Answer, status: Status) -> None:
    """No log is no evidence; a driver that keeps none is told from trouble."""
    parsed = parse(came)
    assert (parsed.status, parsed.readings, parsed.complete) == (status, (), False)


def test_recorded_logs() -> None:
    """Real starts of LiveKit, Redis and an agent worker hold their markers."""
    for name, marker in (
        ("livekit-start", "starting LiveKit server"),
        ("redis-start", "Ready to accept connections"),
        ("agent-start", "registered worker"),
    ):
        parsed = parse(Answer(Status.OK, (CASES / f"{name}.bin").read_bytes()))
        assert any(marker in str(text) for _, text in parts(parsed)), name
        assert parsed.complete
        assert set().union(*parsed.readings) <= set(LOG.readings)


# -------------------------------------------------------------------------- view


def see(parsed: Parsed, *, now: float = 1000.0, **args: Any) -> View:
    """Return what a condition sees, so many seconds after the start."""
    piece = Evidence(
        PLACE,
        parsed.status,
        parsed.readings,
        START + now,
        0.0,
        parsed.complete,
        parsed.reason,
    )
    seen = SeenSnapshot(Snapshot(START + now, "full", (), (piece,)), {})
    assert LOG.view is not None
    return LOG.view(seen, PLACE, args_of(args))


def truth(view: View, key: str = "count") -> Any:
    """Return a reading of the only record; "unknown" where there is none."""
    if not view.readings:
        assert not view.complete or view.unknown
        return "unknown"
    (record,) = view.readings
    return record.get(key)


WHOLE = parse(
    answer((1, "starting server"), (100, "lost"), (900, "error: lost"), (990, "back"))
)
PART = parse(
    answer(
        *[(600 + i, "tail" if i != 300 else "tail mark") for i in range(TAIL_LINES)]
    ),
    answer((1, "starting server"), (30, "head mark"), (59, "end")),
)


@pytest.mark.parametrize(
    ("args", "count"),
    [
        ({"contains": "lost"}, 2),
        ({"contains": "lost", "within": 120}, 1),
        ({"contains": ["lost", "back"]}, 3),
        ({"contains": "error", "matches": "lo.t$"}, 1),
        ({"matches": "^back$"}, 1),
        ({"contains": "nothing"}, 0),
        ({"contains": "starting", "within": 500}, 0),
        ({"contains": "starting", "scope": "start"}, 1),
        ({"contains": "lost", "scope": "start"}, 0),
        ({"contains": "starting", "scope": "whole"}, 1),
        ({"contains": "starting", "scope": "whole", "within": 10}, 0),
        ({"contains": "lost", "stream": "stderr"}, 0),
        ({"contains": "lost", "newer_than": ["back"]}, 0),
        ({"contains": "lost", "newer_than": ["starting"]}, 2),
        ({"contains": "back", "newer_than": ["lost", "error"]}, 1),
        ({}, 3),
    ],
)
def test_a_log_that_was_read_whole(args: dict[str, Any], count: int) -> None:
    """Everything is known: presence and absence."""
    if isinstance(args.get("contains"), list):
        args = {**args, "contains": tuple(args["contains"])}
    view = see(WHOLE, **args)
    assert view.complete
    assert truth(view) == count


def test_the_record_of_a_hit() -> None:
    """Ages are at the clock that judges; the last line is quoted."""
    (record,) = see(WHOLE, contains="lost").readings
    assert record["last_ago_s"] == 100.0
    assert record["first_ago_s"] == 900.0
    assert record["text"] == "error: lost"
    assert record["time"] == START + 900


@pytest.mark.parametrize(
    ("args", "count"),
    [
        # The tail is complete for recent lines.
        ({"contains": "nothing"}, 0),
        ({"contains": "tail mark"}, 1),
        # A part proves presence ...
        ({"contains": "head mark", "scope": "whole"}, 1),
        # ... never absence.
        ({"contains": "nothing", "scope": "whole"}, "unknown"),
        # The first minute was read.
        ({"contains": "starting", "scope": "start"}, 1),
        ({"contains": "nothing", "scope": "start"}, 0),
        # What is newest in the tail is newest of all.
        ({"contains": "tail mark", "newer_than": "head", "scope": "whole"}, 1),
        ({"contains": "head mark", "newer_than": "tail mark", "scope": "whole"}, 0),
        # Between head and tail a newer line may stand.
        (
            {"contains": "head mark", "newer_than": "starting", "scope": "whole"},
            "unknown",
        ),
        ({"contains": "nothing", "newer_than": "head", "scope": "whole"}, "unknown"),
        ({"contains": "nothing", "newer_than": "head"}, 0),
    ],
)
def test_a_log_that_was_read_in_part(args: dict[str, Any], count: object) -> None:
    """Three values: here, not here, not known."""
    assert truth(see(PART, **args)) == count


def test_a_head_that_was_cut_proves_no_absence() -> None:
    """400 lines in two seconds: the rest of the first minute is not known."""
    head = Answer(Status.OK, body((1, "starting")) + b"\0\0\0\0\0\0\0\x01\n")
    parsed = parse(answer(*full(500)), head)
    assert truth(see(parsed, contains="starting", scope="start")) == 1
    assert truth(see(parsed, contains="nothing", scope="start")) == "unknown"


def test_runs() -> None:
    """Lines of the run before count for `run: any` alone."""
    parsed = parse(answer((-50, "fatal: before"), (1, "starting")))
    assert truth(see(parsed, contains="fatal")) == 0
    assert truth(see(parsed, contains="fatal", run="any", within=0)) == 1
    assert truth(see(parsed, contains="fatal", run="any", scope="whole")) == 1


def test_what_an_ended_container_said_last_is_recent() -> None:
    """The window of a container that ended counts back from its end, not from now."""
    ended = {"Running": False, "FinishedAt": stamp(START + 5)}
    parsed = parse(answer((4, "fatal")), **ended)
    view = see(parsed, now=100_000.0, contains="fatal")
    assert truth(view) == 1
    assert truth(view, "last_ago_s") == 99_996.0


def test_the_hosts_clock_is_not_ours() -> None:
    """A host an hour ahead: its lines are as old as they are there."""
    box = target()
    box = Target(PLACE, box.inspect, facts={**box.facts, "offset_s": 3600.0})
    parsed = LOG.parse(box, (), (answer((4500, "lost")),))
    assert truth(see(parsed, contains="lost"), "last_ago_s") == 100.0


def scanned(**found: Any) -> Reading:
    """Return a result of a deep scan."""
    return {"part": "scan", "stream": "stdout", "text": "t", "first": None, **found}


def test_a_deep_scan_knows_the_whole() -> None:
    """What was searched for is known from the first line to the last."""
    records = (
        *PART.readings,
        scanned(key='[["lost"], null]', count=3, last=START + 500),
        scanned(key='[["back"], null]', count=1, last=START + 550),
        scanned(key='[["never"], null]', count=0, last=None),
    )
    deep = Parsed(records, complete=False)
    assert truth(see(deep, contains="lost", scope="whole")) == 3
    assert truth(see(deep, contains="never", scope="whole")) == 0
    assert truth(see(deep, contains="lost", scope="whole", newer_than="back")) == 0
    assert truth(see(deep, contains="back", scope="whole", newer_than="lost")) == 1
    assert truth(see(deep, contains="back", scope="whole", within=10)) == 0
    assert truth(see(deep, contains="other", scope="whole")) == "unknown"


def test_no_evidence_is_unknown() -> None:
    """A log that was not read, and one that nobody asked for."""
    assert (
        see(Parsed(status=Status.TIMEOUT, reason="late"), contains="x").unknown
        == "late"
    )
    seen = SeenSnapshot(Snapshot(0.0, "full", (), ()), {})
    assert LOG.view is not None
    assert LOG.view(seen, PLACE, ()).unknown
