"""How an earlier step ended, as the conditions of later ones see it."""

from __future__ import annotations

import pytest

from escalade.evidence.registered import REGISTERED
from escalade.evidence.registered import piece
from escalade.evidence.seen import SeenSnapshot
from escalade.model import HostState
from escalade.model import Snapshot
from escalade.model import args_of
from escalade.plans import Did
from escalade.plans import Ended


def seen(*pieces):
    """Return a snapshot of one host with these pieces."""
    return SeenSnapshot(
        Snapshot(9.0, "full", (HostState("web1", reachable=True),), pieces), {}
    )


def record(name, *pieces):
    """Return what a condition about a name reads."""
    address = pieces[0].address
    view = REGISTERED.view(seen(*pieces), address, args_of({"name": name}))
    return view.readings


def test_a_condition_reads_the_step_that_it_names() -> None:
    """Each name has its own record; a name nobody used has none."""
    one = piece("web1", "one", [Did("a", Ended.DONE, code=0, output="all fine")])
    two = piece("web1", "two", [Did("b", Ended.FAILED, 3, code=7)])
    (first,) = record("one", one, two)
    (second,) = record("two", one, two)
    assert (first["ended"], first["code"], first["output"]) == ("done", 0, "all fine")
    assert (second["ended"], second["code"], second["attempts"]) == ("failed", 7, 3)
    assert record("three", one, two) == ()


@pytest.mark.parametrize(
    ("ends", "ended"),
    [
        ([], "skipped"),
        ([Ended.SKIPPED, Ended.SKIPPED], "skipped"),
        ([Ended.SKIPPED, Ended.DONE], "done"),
        ([Ended.DONE, Ended.TIMEOUT], "timeout"),
        ([Ended.DONE, Ended.UNREACHABLE], "unreachable"),
    ],
)
def test_a_step_ended_as_its_worst_action(ends, ended) -> None:
    """One that failed is what counts; a step with nothing to do was skipped."""
    kept = piece("web1", "x", [Did(str(n), end) for n, end in enumerate(ends)])
    assert kept.readings[0]["ended"] == ended


def test_it_took_from_the_first_start_to_the_last_end() -> None:
    """Seconds, as the clock of the controller saw them."""
    done = [
        Did("a", Ended.DONE, started=100.0, took_s=1.5),
        Did("b", Ended.DONE, started=103.0, took_s=2.0),
    ]
    kept = piece("web1", "x", done)
    assert (kept.readings[0]["took_s"], kept.time) == (5.0, 105.0)
