"""A snapshot looked up by address."""

from __future__ import annotations

from escalade.evidence.seen import SeenSnapshot
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Node
from escalade.model import Snapshot
from escalade.model import Status
from escalade.model import args_of


def piece(service: str | None, replica: str | None, **args: int) -> Evidence:
    """Return a piece of evidence of stack s on host h."""
    return Evidence(Address("h", "s", service, replica, "p", args_of(args)), Status.OK)


PIECES = (
    piece("a", "a-1"),
    piece("a", "a-2"),
    piece("b", "b-1", port=1),
    piece(None, None),
)
SEEN = SeenSnapshot(
    Snapshot(7.0, "full", (), PIECES),
    {
        Node("h", "s", "b"): "redis",
        Node("h", "s", "a"): "redis",
        Node("h", None, "c"): "x",
    },
)


def test_none_means_whatever_it_is() -> None:
    """Every part of an address that is left out is open."""
    assert SEEN.of("p", host="h") == list(PIECES)
    assert SEEN.of("p", host="h", service="a") == list(PIECES[:2])
    assert SEEN.of("p", host="h", replica="a-2") == [PIECES[1]]
    assert SEEN.of("p", host="h", stack="other") == []
    assert SEEN.of("q", host="h") == SEEN.of("p", host="i") == []


def test_arguments_are_compared_as_a_whole() -> None:
    """No arguments are not any arguments."""
    assert SEEN.of("p", host="h", service="b", args=(("port", 1),)) == [PIECES[2]]
    assert SEEN.of("p", host="h", service="b", args=()) == []


def test_roles() -> None:
    """The services of a role, by name; none where nobody plays it."""
    assert SEEN.role("h", "s", "redis") == ("a", "b")
    assert SEEN.role("h", "", "x") == ("c",)
    assert SEEN.role("h", "s", "llm") == ()


def test_the_clock_that_judges_is_the_recorded_one() -> None:
    """Saved evidence is judged at the time it was recorded."""
    assert SEEN.now == 7.0
