"""A login shell that does not do what it is told has a word of its own: `shell`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalade.model import Status
from escalade.transport.base import Output
from escalade.transport.greeting import WORD
from escalade.transport.greeting import heard
from escalade.transport.outputs import Ending
from escalade.transport.outputs import Pieces
from escalade.transport.outputs import collect

JUDGED: list[Output | None] = []


def told(*parts: bytes | tuple[bool, bytes], ending: Ending) -> Output:
    """Return what a line that greets comes to."""

    def pieces() -> Pieces:
        for part in parts:
            yield part if isinstance(part, tuple) else (False, part)
        return ending

    JUDGED.clear()
    ran = heard(pieces(), "web1", JUDGED.append)
    return collect(ran, timeout_s=9, limit=1_000_000)


@given(st.binary(max_size=40), st.lists(st.integers(0, 60), max_size=5))
def test_a_shell_that_is_well_is_not_heard(data: bytes, cuts: list[int]) -> None:
    """The word is taken away wherever the stream is cut, and nothing else is."""
    whole = WORD + data
    places = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
    parts = [whole[a:b] for a, b in pairwise(places)]
    output = told(*parts, ending=Ending(3))
    assert (output.status, output.code, output.stdout) == (Status.OK, 3, data)
    assert JUDGED == [None]


def test_a_profile_that_prints() -> None:
    """What it says first is quoted."""
    output = told(b"Welcome", b"!\n" + WORD + b"x", ending=Ending(0))
    assert (output.status, output.cause) == (Status.UNREACHABLE, "shell")
    assert "prints before our command: Welcome!" in output.reason
    assert [broken.reason for broken in JUDGED if broken] == [output.reason]


@pytest.mark.parametrize(
    ("parts", "code", "words"),
    [
        ((b"This account is currently not available.\n",), 1, "not available"),
        (((True, b"LC_ALL=C: Command not found.\n"),), 1, "Command not found"),
        ((b"licence expired\n",), 3, "ended with 3"),
        ((), 0, "nothing"),
    ],
)
def test_a_shell_that_ends(parts: Any, code: int, words: str) -> None:
    """No shell, a foreign one, a profile that exits: it ended before our command."""
    output = told(*parts, ending=Ending(code))
    assert output.cause == "shell"
    assert words in output.reason


@pytest.mark.parametrize(
    ("parts", "ending"),
    [
        ((), Ending(expired=True)),
        ((), Ending()),
        ((), Ending(124)),
        (((True, b"sh: timeout: not found"),), Ending(127)),
        ((), Ending(output=Output(Status.UNREACHABLE, cause="closed"))),
    ],
)
def test_what_tells_nothing_of_the_shell(parts: Any, ending: Ending) -> None:
    """Out of time, without `timeout`, or lost: nothing is held against the shell."""
    assert told(*parts, ending=ending).cause != "shell"
    assert JUDGED == []


def test_endless_noise_is_not_kept() -> None:
    """A profile that prints for ever is given up early."""

    def noise() -> Iterator[bytes]:
        for _ in range(10_000):
            yield b"x" * 100

    output = told(*noise(), ending=Ending(0))
    assert output.cause == "shell"
    assert len(output.reason) < 200


@pytest.mark.ssh
@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("noshell", "not available"),
        ("chatty", "Welcome to the fleet"),
        ("ender", "licence expired"),
    ],
)
def test_real_shells_that_are_not_well(ways: Any, user: str, words: str) -> None:
    """Cause `shell` for every way to run something, and from then on for `open`."""
    ways.write("web1", f"User {user}")
    transport = ways.transport("web1")
    assert transport.open().status is Status.OK
    output = transport.run("echo hello", timeout_s=5)
    assert (output.status, output.cause) == (Status.UNREACHABLE, "shell")
    assert words in output.reason
    assert transport.open().cause == "shell"
    assert transport.put("/tmp/x", b"x").cause == "shell"
    assert list(transport.stream("echo hello", timeout_s=5)) == []
