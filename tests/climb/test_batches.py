"""Rolling: batches hold every host once, and the brake fails closed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalade.climb.batches import batches
from escalade.climb.batches import host_end
from escalade.climb.batches import stopped
from escalade.climb.rolling import Rolling
from escalade.climb.rolling import parse
from escalade.errors import UsageError
from escalade.plans import Ended
from escalade.plans import Outcome

SIX = ("a", "b", "c", "d", "e", "f")
BAD = (
    Ended.FAILED,
    Ended.TIMEOUT,
    Ended.UNREACHABLE,
    Ended.INTERRUPTED,
    Ended.UNKNOWN,
)


def sizes(count: int, *serial: str, **more: object) -> list[int]:
    hosts = [f"h{n}" for n in range(count)]
    return [len(each) for each in batches(hosts, Rolling(serial=serial, **more))]


# --------------------------------------------------------------------- reading


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, Rolling()),
        ({"serial": None, "max_failed": "", "canary": ""}, Rolling()),
        ({"serial": [1, "25%"]}, Rolling(serial=("1", "25%"))),
        ({"serial": "1, 25%"}, Rolling(serial=("1", "25%"))),
        ({"serial": ["1", "5,10%"]}, Rolling(serial=("1", "5", "10%"))),
        ({"serial": 3}, Rolling(serial=("3",))),
        ({"max_failed": 0}, Rolling(max_failed="0")),
        ({"max_failed": "12.5%"}, Rolling(max_failed="12.5%")),
        ({"soak": 30}, Rolling(soak_s=30)),
        ({"soak": "1m30s"}, Rolling(soak_s=90)),
        ({"soak": "500ms"}, Rolling(soak_s=0.5)),
        ({"order": "shuffle:7"}, Rolling(order="shuffle:7")),
        ({"run_once": True}, Rolling(run_once=True)),
        ({"run_once": "no"}, Rolling()),
        ({"canary": " web1 "}, Rolling(canary="web1")),
    ],
)
def test_what_is_said(said, expected):
    """A flag's text and a runbook's YAML mean the same."""
    assert parse(said) == expected


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"serial": 0}, "serial: expected a number of hosts from 1"),
        ({"serial": "0%"}, "not '0%'"),
        ({"serial": "101%"}, "not '101%'"),
        ({"serial": [1, ""]}, "not ''"),
        ({"serial": "1,,2"}, "not ''"),
        ({"serial": True}, "not ''"),
        ({"serial": "-1"}, "not '-1'"),
        ({"serial": "1.5"}, "not '1.5'"),
        ({"serial": "\u0663"}, "serial: expected"),
        ({"max_failed": "-1"}, "max_failed: expected a number of hosts from 0"),
        ({"max_failed": "200%"}, "not '200%'"),
        ({"max_failed": "some"}, "not 'some'"),
        ({"max_failed": False}, "max_failed"),
        ({"soak": "soon"}, "soak: expected seconds or a duration"),
        ({"soak": "-3"}, "soak"),
        ({"soak": "25h"}, "up to a day"),
        ({"order": "sort"}, "did you mean 'sorted'?"),
        ({"order": "shuffle:"}, "shuffle:SEED"),
        ({"order": "reverse:2"}, "order: expected one of"),
        ({"run_once": "perhaps"}, "run_once: expected true or false"),
        ({"seriel": 1}, "did you mean 'serial'?"),
    ],
)
def test_what_cannot_work(said, words):
    """A wrong word is one clear line that names it."""
    with pytest.raises(UsageError) as error:
        parse(said)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


# --------------------------------------------------------------------- batches


@pytest.mark.parametrize(
    ("count", "serial", "expected"),
    [
        (6, (), [6]),
        (0, (), []),
        (0, ("1",), []),
        (6, ("1",), [1, 1, 1, 1, 1, 1]),
        (6, ("1", "2"), [1, 2, 2, 1]),
        (6, ("1", "50%"), [1, 3, 2]),
        (10, ("1", "25%"), [1, 3, 3, 3]),
        (10, ("30%",), [3, 3, 3, 1]),
        (3, ("1%",), [1, 1, 1]),
        (10, ("100%",), [10]),
        (2, ("5",), [2]),
        # As floats, 7 % of 100 is above 7.
        (100, ("7%",), [7] * 14 + [2]),
    ],
)
def test_sizes(count, serial, expected):
    """The last size repeats; a share counts all hosts and is rounded up."""
    assert sizes(count, *serial) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("inventory", ("c", "a", "b")),
        ("reverse", ("b", "a", "c")),
        ("sorted", ("a", "b", "c")),
    ],
)
def test_orders(order, expected):
    """The order is the inventory's, its reverse, or by name."""
    assert batches(("c", "a", "b"), Rolling(order=order)) == (expected,)


def test_a_shuffle_is_the_same_for_the_same_seed():
    """The run's id makes a shuffle, or the seed that was named."""
    named = Rolling(order="shuffle:x")
    assert batches(SIX, named, seed="1") == batches(SIX, named, seed="2")
    many = {batches(SIX, Rolling(order="shuffle"), seed=str(n)) for n in range(20)}
    assert len(many) > 5


def test_the_canary_goes_first_and_alone():
    """A canary is a batch of its own; the sizes begin after it."""
    rolling = Rolling(serial=("2",), canary="c")
    assert batches(SIX, rolling) == (("c",), ("a", "b"), ("d", "e"), ("f",))


def test_a_canary_that_is_not_there():
    """A canary that is not among the hosts is refused, with the nearest name."""
    with pytest.raises(UsageError, match="did you mean 'web10'"):
        batches(("web10", "db"), Rolling(canary="web100"))


def test_a_canary_with_nothing_to_do():
    """A canary that is a host of the run, and needs nothing, is no batch."""
    rolling = Rolling(canary="z")
    assert batches(("a", "b"), rolling, among=("a", "b", "z")) == (("a", "b"),)


@pytest.mark.parametrize(
    ("more", "expected"),
    [({}, "a"), ({"order": "reverse"}, "f"), ({"canary": "d"}, "d")],
)
def test_run_once_takes_the_first_host(more, expected):
    """`run_once` is one host: the canary, else the first in order."""
    assert batches(SIX, Rolling(run_once=True, serial=("3",), **more)) == ((expected,),)


NAMES = st.lists(st.text("abcdefgh", min_size=1, max_size=3), max_size=40)
SERIAL = st.lists(
    st.one_of(
        st.integers(1, 50).map(str),
        st.integers(1, 100).map(lambda n: f"{n}%"),
    ),
    max_size=4,
).map(tuple)
ORDER = st.sampled_from(("inventory", "reverse", "sorted", "shuffle", "shuffle:1"))


@given(hosts=NAMES, serial=SERIAL, order=ORDER, data=st.data())
def test_every_host_is_in_exactly_one_batch(hosts, serial, order, data):
    """Whatever is asked for, no host is left out, twice there, or in an empty batch."""
    canary = data.draw(st.sampled_from([None, *hosts]))
    rolling = Rolling(serial=serial, order=order, canary=canary)
    found = batches(hosts, rolling, seed="run")
    told = [host for batch in found for host in batch]
    assert sorted(told) == sorted(set(hosts))
    assert all(found)
    assert canary is None or found[0] == (canary,)


# ----------------------------------------------------------------------- brake


@pytest.mark.parametrize("end", BAD)
def test_everything_that_is_not_well_counts(end):
    """Failed, unreachable, timed out, interrupted and unknown stop alike."""
    assert stopped(Rolling(), {"a": Ended.DONE, "b": end}, 6) is not None


def test_a_failed_and_an_unreachable_host_stop_together():
    """Where Ansible counts one of these two and goes on, both count here."""
    ends = {"a": Ended.FAILED, "b": Ended.UNREACHABLE}
    assert stopped(Rolling(serial=("2",), max_failed="1"), ends, 6) is not None


@pytest.mark.parametrize("end", [Ended.DONE, Ended.SKIPPED])
def test_what_is_well_does_not_count(end):
    """Done, or nothing to do, is well."""
    assert stopped(Rolling(), {"a": end}, 6) is None


@pytest.mark.parametrize(
    ("most", "total", "bad", "stops"),
    [
        ("0", 6, 0, False),
        ("0", 6, 1, True),
        ("2", 6, 2, False),
        ("2", 6, 3, True),
        ("25%", 8, 2, False),
        ("25%", 8, 3, True),
        ("25%", 6, 1, False),
        ("25%", 6, 2, True),
        ("0%", 6, 1, True),
        ("7%", 100, 7, False),
        ("7%", 100, 8, True),
        ("100%", 6, 6, False),
    ],
)
def test_how_many_may_fail(most, total, bad, stops):
    """The brake holds above the number, or above the share of all hosts."""
    ends = {f"h{n}": Ended.FAILED for n in range(bad)} | {"w": Ended.DONE}
    assert (stopped(Rolling(max_failed=most), ends, total) is not None) is stops


def test_a_host_without_a_result_counts():
    """A host that had its turn and tells nothing is unknown: the brake fails closed."""
    text = stopped(Rolling(), {"a": Ended.DONE}, 6, tried=("a", "b"))
    assert text is not None
    assert "b (not known)" in text.en
    assert "b (inconnu)" in text.fr


def test_a_canary_stops_all():
    """A canary that did not come out well stops the run, however many may fail."""
    rolling = Rolling(canary="c", max_failed="100%")
    text = stopped(rolling, {"c": Ended.TIMEOUT}, 6)
    assert text is not None
    assert "canary" in text.en
    assert "c (pas fini à temps)" in text.fr


def test_the_reason_names_the_hosts():
    """The sentence says how many, how many may, and which; the rest is counted."""
    ends = {f"h{n}": Ended.FAILED for n in range(10)}
    text = stopped(Rolling(max_failed="25%"), ends, 12)
    assert text is not None
    assert "10 hosts of 12" in text.en
    assert "25% may" in text.en
    assert text.en.endswith("h7 (failed), +2")


@given(
    ends=st.lists(st.sampled_from(Ended), max_size=30),
    most=st.one_of(
        st.integers(0, 30).map(str), st.integers(0, 100).map(lambda n: f"{n}%")
    ),
)
def test_more_trouble_never_lets_more_through(ends, most):
    """A brake that holds still holds when one more host fails."""
    rolling = Rolling(max_failed=most)
    results = {f"h{n}": end for n, end in enumerate(ends)}
    if stopped(rolling, results, 40) is not None:
        assert stopped(rolling, {**results, "more": Ended.UNKNOWN}, 40) is not None


@pytest.mark.parametrize(
    ("ends", "outcomes", "expected"),
    [
        ((), (), Ended.DONE),
        ((Ended.DONE, Ended.SKIPPED), (), Ended.DONE),
        ((Ended.DONE, Ended.FAILED), (), Ended.FAILED),
        ((Ended.FAILED, Ended.DONE), (Outcome.CURED,), Ended.DONE),
        ((Ended.DONE,), (Outcome.PERSISTS,), Ended.FAILED),
        ((Ended.DONE,), (Outcome.CURED, Outcome.WORSE), Ended.FAILED),
        ((Ended.DONE,), (Outcome.UNKNOWN,), Ended.UNKNOWN),
        ((Ended.UNREACHABLE,), (Outcome.UNKNOWN,), Ended.UNREACHABLE),
    ],
)
def test_how_a_host_came_out(ends, outcomes, expected):
    """Verification decides; where it is not content, the worst of all is told."""
    assert host_end(ends, outcomes) is expected
