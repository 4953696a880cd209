"""The Engine's log frames, cut anywhere."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from escalade.transport.frames import Frame
from escalade.transport.frames import LogLine
from escalade.transport.frames import docker_logs
from escalade.transport.frames import log_lines

STREAMS = ("stdin", "stdout", "stderr", "system")


def framed(stream: int, payload: bytes) -> bytes:
    return struct.pack(">B3xI", stream, len(payload)) + payload


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """Return the data in pieces of the given sizes, the rest as the last."""
    pieces = []
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]
    return [*pieces, data]


def by_stream(frames: list[Frame]) -> dict[str, bytes]:
    said: dict[str, bytes] = {}
    for stream, data in frames:
        said[stream] = said.get(stream, b"") + data
    return said


messages = st.lists(st.tuples(st.integers(0, 3), st.binary(max_size=40)), max_size=12)
sizes = st.lists(st.integers(0, 30), max_size=20)


@given(messages, sizes)
def test_cuts_change_nothing(
    written: list[tuple[int, bytes]], sizes: list[int]
) -> None:
    """Each stream's bytes come out whole, however the connection cut them."""
    data = b"".join(framed(stream, payload) for stream, payload in written)
    expected: dict[str, bytes] = {}
    for stream, payload in written:
        if payload:
            name = STREAMS[stream]
            expected[name] = expected.get(name, b"") + payload
    assert by_stream(list(docker_logs(cut(data, sizes)))) == expected


@given(messages, sizes, st.integers(1, 60))
def test_a_stream_that_breaks_off_yields_what_came(
    written: list[tuple[int, bytes]], sizes: list[int], lost: int
) -> None:
    """A torn end never raises and never invents bytes."""
    data = b"".join(framed(stream, payload) for stream, payload in written)
    whole = by_stream(list(docker_logs([data])))
    torn = by_stream(list(docker_logs(cut(data[:-lost], sizes))))
    for stream, said in torn.items():
        assert whole[stream].startswith(said)


@given(st.binary(max_size=200), sizes)
def test_any_bytes_are_taken(data: bytes, sizes: list[int]) -> None:
    """Garbage is no error, and no more comes out than went in."""
    said = by_stream(list(docker_logs(cut(data, sizes))))
    assert sum(map(len, said.values())) <= len(data)


@given(st.binary(max_size=100), sizes)
def test_a_terminal_has_no_frames(data: bytes, sizes: list[int]) -> None:
    """With a TTY every byte is stdout, whatever it looks like."""
    said = by_stream(list(docker_logs(cut(data, sizes), tty=True)))
    assert said.get("stdout", b"") == data


def test_a_terminal_is_recognised() -> None:
    """Text where a header should be is passed on as it is."""
    assert list(docker_logs([b"hello\n"])) == [Frame("stdout", b"hello\n")]
    assert by_stream(list(docker_logs([b"plain text, ", b"no frames\n"]))) == {
        "stdout": b"plain text, no frames\n"
    }


def test_frames_of_both_streams_keep_their_order() -> None:
    """Neighbours of one stream are joined; others are not reordered."""
    data = framed(1, b"a\n") + framed(1, b"b\n") + framed(2, b"c\n") + framed(1, b"d\n")
    assert list(docker_logs([data])) == [
        Frame("stdout", b"a\nb\n"),
        Frame("stderr", b"c\n"),
        Frame("stdout", b"d\n"),
    ]


def test_a_length_that_lies_holds_nothing_back() -> None:
    """A frame that claims 4 GB is yielded as it comes, not collected."""
    header = struct.pack(">B3xI", 1, 0xFFFF_FFFF)
    frames = docker_logs(iter([header + b"a" * 10, b"b" * 10]))
    assert next(frames) == Frame("stdout", b"a" * 10)
    assert next(frames) == Frame("stdout", b"b" * 10)


def test_lines_are_put_together_for_each_stream() -> None:
    """A line may come in many frames, with the other stream's in between."""
    frames = [Frame("stdout", b"he"), Frame("stderr", b"no\n"), Frame("stdout", b"y\n")]
    assert list(log_lines(frames)) == [
        LogLine("stderr", b"no", cut=False),
        LogLine("stdout", b"hey", cut=False),
    ]


def test_a_line_without_end_is_kept_to_its_limit() -> None:
    """Ten megabytes on one line cost the limit, and it says that it is cut."""
    frames = [Frame("stdout", b"x" * 100_000)] * 100 + [Frame("stdout", b"\nnext\n")]
    assert list(log_lines(frames, limit=8)) == [
        LogLine("stdout", b"x" * 8, cut=True),
        LogLine("stdout", b"next", cut=False),
    ]


def test_the_last_line_without_its_end_is_cut() -> None:
    """What the stream broke off is there, and marked."""
    assert list(log_lines([Frame("stdout", b"whole\nhal")])) == [
        LogLine("stdout", b"whole", cut=False),
        LogLine("stdout", b"hal", cut=True),
    ]


@given(st.lists(st.binary(max_size=12), max_size=8), sizes, st.integers(0, 6))
def test_lines_do_not_depend_on_cuts(
    texts: list[bytes], sizes: list[int], limit: int
) -> None:
    """The same lines come out of any cut of the same bytes."""
    data = b"\n".join(texts)
    whole = list(log_lines([Frame("stdout", data)], limit=limit))
    pieces = [Frame("stdout", piece) for piece in cut(data, sizes)]
    assert list(log_lines(pieces, limit=limit)) == whole
