"""Log streams read in bounded memory; samples are the Engine's own bytes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalade.evidence.logstream import KEPT
from escalade.evidence.logstream import LINE
from escalade.evidence.logstream import first
from escalade.evidence.logstream import last
from escalade.evidence.logstream import read

CASES = Path(__file__).resolve().parent.parent / "cases" / "evidence" / "log"
STAMP = b"2026-11-24T18:18:47.660741802Z "


def sample(name: str) -> bytes:
    """Return a recorded body."""
    return (CASES / f"{name}.bin").read_bytes()


def frame(text: bytes, stream: int = 1) -> bytes:
    """Return a line as the Engine frames it."""
    data = STAMP + text + b"\n"
    return bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


def pieces(body: bytes, size: int) -> Iterator[bytes]:
    """Yield a body in pieces of a size."""
    return iter([body[i : i + size] for i in range(0, len(body), size)])


def texts(body: bytes, *, tty: bool = False) -> list[str]:
    """Return the texts of a body."""
    return [line.text for line in read(body, tty=tty).lines]


def test_both_streams() -> None:
    """Lines carry their stream and their time."""
    one, two = read(sample("two-streams")).lines
    assert (one.stream, one.text) == ("stdout", "out")
    assert (two.stream, two.text) == ("stderr", "err")
    assert one.time == pytest.approx(1795544327.6607418, abs=1e-5)


def test_a_terminal_has_no_frames() -> None:
    """A container with a terminal writes one bare stream with carriage returns."""
    assert texts(sample("tty"), tty=True) == ["one", "two"]


def test_hostile_lines() -> None:
    """Escapes, control characters, broken UTF-8 and endless lines are tamed."""
    found = texts(sample("hostile"))
    assert found[:3] == ["red plain", "bad \ufffd\ufffd utf8", "nul  bell"]
    assert found[3].endswith("[cut]")
    assert len(found[3]) <= LINE + 20
    assert found[4:] == ["cr", "end"]


@pytest.mark.parametrize("name", ["livekit-start", "redis-start", "agent-start"])
@pytest.mark.parametrize("size", [1, 7, 4096])
def test_folds_keep_what_fits(name: str, size: int) -> None:
    """A log that fits its bound is kept whole, however its bytes arrive."""
    body = sample(name)
    whole = texts(body)
    assert len(whole) > 2
    assert texts(last(1_000_000, tty=False)(pieces(body, size))) == whole
    assert texts(first(400, 256_000, tty=False)(pieces(body, size))) == whole


def test_the_newest_lines_are_kept() -> None:
    """Of a log beyond the bound the last lines stay, and it says that it is cut."""
    body = b"".join(frame(b"line %d" % i) for i in range(1000))
    kept = read(last(5000, tty=False)(pieces(body, 999)))
    assert kept.dropped
    assert kept.lines[-1].text == "line 999"
    assert 50 < len(kept.lines) < 150


def test_the_first_lines_are_kept_and_the_stream_stops() -> None:
    """The rest of a long log is not even read."""
    asked = 0

    def stream() -> Iterator[bytes]:
        nonlocal asked
        for i in range(100_000):
            asked += 1
            yield frame(b"line %d" % i)

    kept = read(first(10, 256_000, tty=False)(stream()))
    assert [line.text for line in kept.lines] == [f"line {i}" for i in range(10)]
    assert kept.dropped
    assert asked < 20


def test_a_line_of_ten_megabytes_is_cut() -> None:
    """Neither memory nor the record grows with a line; its neighbours stay."""

    def stream() -> Iterator[bytes]:
        yield frame(b"before")
        for _ in range(640):
            part = STAMP + b"x" * 16_384
            yield b"\x01\0\0\0" + len(part).to_bytes(4, "big") + part
        yield b"\x01\0\0\0\0\0\0\x01\n" + frame(b"after")

    tracemalloc.start()
    kept = last(1_000_000, tty=False)(stream())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000
    before, cut, after = texts(kept)
    assert (before, after) == ("before", "after")
    assert cut.endswith("[cut]")
    assert len(kept) < 3 * KEPT


def test_a_secret_is_not_cut_in_half() -> None:
    """The word in which the cut falls goes whole: half a secret is not recognised."""
    text = b"a " * (LINE // 2 - 10) + b"token=" + b"s" * 100
    (line,) = texts(frame(text))
    assert "ss" not in line
    wide = "\u00e9 ".encode() * (KEPT // 3 - 40) + b"token=" + b"s" * 200
    (line,) = texts(last(1_000, tty=False)(iter([frame(wide)])))
    assert line.endswith("[cut]")
    assert "ss" not in line


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_read(body: bytes, tty: bool) -> None:  # noqa: FBT001
    """Whatever the Engine sends, lines come out and nothing falls."""
    for line in read(body, tty=tty).lines:
        controls = {c for c in line.text if category(c) == "Cc"}
        assert controls <= {"\t"}
    last(100, tty=tty)(iter([body]))
    first(2, 100, tty=tty)(iter([body]))
