"""A whole log searched as it streams."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest

from escalade.evidence.logscan import Found
from escalade.evidence.logscan import Wish
from escalade.evidence.logscan import _literal
from escalade.evidence.logscan import found
from escalade.evidence.logscan import scan
from escalade.evidence.logscan import wishes


def line(text: str, second: int = 0, stream: int = 1) -> bytes:
    """Return a line as the Engine frames it, at a second of one minute."""
    data = f"2026-11-24T18:18:{second:02}.660741802Z {text}\n".encode()
    return bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


AT_0 = 1795544280.660741


def search(body: bytes, *looked_for: Wish, size: int = 5000) -> list[Found]:
    """Return what a scan finds in a body that comes in pieces."""
    parts = iter([body[i : i + size] for i in range(0, len(body), size)])
    return list(found(scan(looked_for)(parts)))


@pytest.mark.parametrize("size", [1, 50, 10_000_000])
def test_first_last_and_count(size: int) -> None:
    """A literal is counted by lines; the first time and the last line are kept."""
    body = (
        line("start") + line("needle needle", 1) + line("x", 2) + line("a needle", 3, 2)
    )
    (one, none) = search(body, Wish(("needle",)), Wish(("nothing",)), size=size)
    assert one.hits == 2
    assert one.first == pytest.approx(AT_0 + 1, abs=1e-3)
    assert one.last == pytest.approx(AT_0 + 3, abs=1e-3)
    assert (one.stream, one.text) == ("stderr", "a needle")
    assert (none.hits, none.first, none.text) == (0, None, "")


def test_any_of_several_literals() -> None:
    """A line that holds two of them counts once."""
    body = line("one") + line("two") + line("one two") + line("three")
    (both,) = search(body, Wish(("one", "two")))
    assert (both.hits, both.text) == (3, "one two")


@pytest.mark.parametrize(
    "wish",
    [
        Wish(("error",), r"status\": ?401.*/rtc"),
        Wish((), r"error .*status\": ?401.*/rtc"),
        Wish((), r"(status|code)\": ?401.*/rtc"),
    ],
)
def test_patterns(wish: Wish) -> None:
    """A pattern is held against the line's own text, with and without literals."""
    body = line('error {"status": 401, "path": "/rtc"}') + line('error {"status": 401}')
    body += line("/rtc")
    (one,) = search(body, wish)
    assert one.hits == 1


@pytest.mark.parametrize("length", [10 - 31, 266 - 31, 2570 - 31, 2560 - 31])
def test_a_line_end_inside_a_header(length: int) -> None:
    """A frame whose length is written with a byte 10 has its stream read right."""
    text = "needle".ljust(max(length - 1, 6), "x")
    (one,) = search(
        line("before") + line(text, 5, 2) + line("after"), Wish(("needle",))
    )
    assert (one.hits, one.stream) == (1, "stderr")
    assert one.last == pytest.approx(AT_0 + 5, abs=1e-3)


def test_a_literal_over_a_seam() -> None:
    """The Engine breaks a line at 16 KiB; a word that falls there is found."""
    stamp = b"2026-11-24T18:18:01.660741802Z "
    first, second = stamp + b"x" * 16_381 + b"nee", stamp + b"dle end\n"
    body = b"".join(
        b"\x01\0\0\0" + len(part).to_bytes(4, "big") + part for part in (first, second)
    )
    (one,) = search(line("before") + body + line("after"), Wish(("needle",)))
    assert one.hits == 1


def test_memory_is_bounded_by_the_block() -> None:
    """Fifty megabytes pass in a few; so does one line of fifty."""

    def lines() -> Iterator[bytes]:
        block = line("an ordinary line of a log") * 1000
        for _ in range(700):
            yield block
        yield line("needle")

    def one_line() -> Iterator[bytes]:
        for _ in range(800):
            yield b"x" * 65_536
        yield b"needle"

    for stream in (lines, one_line):
        tracemalloc.start()
        (one,) = found(scan([Wish(("needle",))])(stream()))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert one.hits == 1
        assert peak < 10_000_000


def test_a_terminal_log() -> None:
    """Lines without frames are found with their times."""
    body = b"2026-11-24T18:18:07.420542905Z a needle\r\n"
    (one,) = search(body, Wish(("needle",)))
    assert (one.text.strip(), one.stream) == ("a needle", "stdout")
    assert one.last == pytest.approx(AT_0 + 6.76, abs=0.01)


def test_nothing_came() -> None:
    """An empty stream has no hits, an empty body no results."""
    (one,) = search(b"", Wish(("x",)))
    assert one.hits == 0
    assert found(b"") == ()


def test_wishes_of_a_question() -> None:
    """What a condition compares is what must be looked for."""
    asked = {"contains": ("a", "b"), "newer_than": "c", "within": 5, "matches": "d"}
    assert wishes(asked) == (Wish(("a", "b"), "d"), Wish(("c",)))
    assert wishes({"contains": "a"}) == (Wish(("a",)),)
    assert wishes({}) == ()


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        ("401, message=", "401, message="),
        (r"error \d+ in the room", " in the room"),
        (r"\"status\": ?401.*path", '"status":'),
        ("abc?d", "ab"),
        ("a|bcd", ""),
        ("(?i)abc", ""),
        ("[abc]def", ""),
        (r"x{2,3}yy", ""),
        ("a(bc)?d", ""),
        (r"a\.b+c", "a.b"),
    ],
)
def test_literals_of_patterns(pattern: str, literal: str) -> None:
    """A text that every match must hold is found, or none is claimed."""
    assert _literal(pattern) == literal
