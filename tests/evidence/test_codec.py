"""The codec: a snapshot goes to a file and comes back, exactly."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalade.errors import EvidenceError
from escalade.evidence.codec import SCHEMA
from escalade.evidence.codec import dump
from escalade.evidence.codec import load
from escalade.evidence.codec import order
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import HostState
from escalade.model import Snapshot
from escalade.model import Status
from escalade.model import args_of

NUMBERS = st.floats(-(2.0**63), 2.0**63)
TEXTS = st.text(max_size=20)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | NUMBERS
    | TEXTS
    | st.lists(TEXTS, max_size=3).map(tuple)
)
HOSTS = ("", "h", "\u2028é")
ADDRESSES = st.builds(
    Address,
    host=st.sampled_from(HOSTS),
    stack=st.none() | TEXTS,
    service=st.none() | TEXTS,
    replica=st.none() | TEXTS,
    probe=TEXTS,
    args=st.dictionaries(TEXTS, VALUES, max_size=3).map(args_of),
)
PIECES = st.builds(
    Evidence,
    address=ADDRESSES,
    status=st.sampled_from(Status),
    readings=st.lists(st.dictionaries(TEXTS, VALUES, max_size=4), max_size=3).map(
        tuple
    ),
    time=NUMBERS,
    took_s=NUMBERS,
    complete=st.booleans(),
    reason=TEXTS,
)
STATES = st.builds(
    HostState,
    host=st.sampled_from(HOSTS),
    reachable=st.booleans(),
    cause=st.none() | TEXTS,
    detail=TEXTS,
)
SNAPSHOTS = st.builds(
    Snapshot,
    recorded=NUMBERS,
    mode=st.sampled_from(["quick", "full", "deep"]),
    hosts=st.lists(
        STATES, min_size=3, max_size=3, unique_by=lambda state: state.host
    ).map(tuple),
    evidence=st.lists(PIECES, max_size=4, unique_by=lambda one: one.address).map(
        lambda pieces: tuple(sorted(pieces, key=order))
    ),
)


@given(SNAPSHOTS)
def test_round_trip(snapshot: Snapshot) -> None:
    """What is loaded equals what was dumped, types and all, line by line."""
    lines = list(dump(snapshot))
    assert all(len(line.splitlines()) == 1 and line.isascii() for line in lines)
    back = load(lines, "x")
    assert back == snapshot
    assert repr(back) == repr(snapshot)
    assert list(dump(back)) == lines


def piece(name: str) -> Evidence:
    """Return a small piece of evidence."""
    return Evidence(Address("h", "s", name, None, "p"), Status.OK, ({"a": 1},))


GOOD = list(
    dump(Snapshot(1.0, "full", (HostState("h", reachable=True),), (piece("a"),)))
)


def test_the_order_is_fixed() -> None:
    """Two saves of one snapshot are equal, in whatever order it was gathered."""
    one = Snapshot(1.0, "full", (), (piece("b"), piece("a")))
    two = Snapshot(1.0, "full", (), (piece("a"), piece("b")))
    assert list(dump(one)) == list(dump(two))


def test_the_first_line_says_what_it_is() -> None:
    """The schema, the clock that judges, the mode and the hosts stand first."""
    host = HostState("h", reachable=False, cause="refused", detail="d")
    head = json.loads(next(dump(Snapshot(2.5, "deep", (host,), ()))))
    assert head["schema"] == SCHEMA == "escalade.evidence/1"
    assert (head["recorded"], head["mode"]) == (2.5, "deep")
    assert head["hosts"][0]["cause"] == "refused"


def test_unknown_fields_and_blank_lines_are_left_alone() -> None:
    """A later version may write more."""
    record = {**json.loads(GOOD[1]), "later": [1]}
    assert load([GOOD[0], "", json.dumps(record)], "x").evidence == (piece("a"),)


def test_an_older_file_does_not_say_how_long_it_is() -> None:
    """Without a count in its first line, a file is read as far as it goes."""
    assert load(changed(0, pieces="GONE"), "x").evidence == (piece("a"),)


def changed(line: int, **fields: object) -> list[str]:
    """Return a good file with some fields of one line changed (None: removed)."""
    lines = list(GOOD)
    record = {**json.loads(lines[line]), **fields}
    lines[line] = json.dumps({k: v for k, v in record.items() if v != "GONE"})
    return lines


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], "f:1: the file is empty"),
        (["\x00\x01"], "f:1: not JSON"),
        (["[]"], "f:1: a JSON object"),
        (changed(0, schema="other/1"), "f:1: not an evidence file"),
        (changed(0, schema="GONE"), "f:1: not an evidence file"),
        (changed(0, mode="odd"), "f:1: mode cannot be 'odd'"),
        (changed(0, recorded="now"), "f:1: recorded cannot be 'now'"),
        (changed(0, recorded=True), "f:1: recorded cannot be True"),
        (changed(0, hosts=[1]), "f:1: a host cannot be 1"),
        (changed(1, status="odd"), "f:2: 'odd' is not a valid Status"),
        (changed(1, probe="GONE"), "f:2: 'probe' is missing"),
        (changed(1, readings=[[]]), "f:2: a reading cannot be []"),
        (changed(1, readings=[{"a": {}}]), "f:2: a reading cannot hold an object"),
        (changed(1, readings=[{"a": [1]}]), "f:2: an item of a list cannot be 1"),
        (changed(1, host=7), "f:2: host cannot be 7"),
        ([GOOD[0], GOOD[1][:-5]], "f:2: not JSON"),
        (["[" * 100_000], "f:1: not JSON: nested without end"),
        (changed(0, recorded=float("nan")), "f:1: not JSON: NaN"),
        (changed(0, recorded=10**400), "f:1: a number is too large"),
        (changed(1, readings=[{"a": 1e200}]), "f:2: a number is too large"),
        (changed(0, hosts=[]), "f:2: no host of the first line is called 'h'"),
        (changed(0, hosts=2 * json.loads(GOOD[0])["hosts"]), "f:1: a host is named"),
        (GOOD[:1], "f:1: the file was cut: 0 of 1 pieces"),
        ([*GOOD, GOOD[1]], "f:3: the same question was answered before"),
    ],
)
def test_bad_files(lines: list[str], says: str) -> None:
    """A bad line is one clear line: file, number, what is wrong."""
    with pytest.raises(EvidenceError) as error:
        load(lines, "f")
    assert str(error.value).startswith(says)
    assert "\n" not in str(error.value)
