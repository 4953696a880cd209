"""Conditions are three-valued: what could not be asked is unknown, never false."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalade.diagnosis.compare import compare
from escalade.diagnosis.compare import every
from escalade.diagnosis.compare import negate
from escalade.diagnosis.compare import some
from escalade.diagnosis.judge import Judge
from escalade.evidence.catalog import probes
from escalade.model import All
from escalade.model import Any
from escalade.model import Ask
from escalade.model import Comparison
from escalade.model import Not
from escalade.model import Status
from escalade.model import Truth
from tests.diagnosis.world import box
from tests.diagnosis.world import node
from tests.diagnosis.world import piece
from tests.diagnosis.world import seen

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def judge(condition, *pieces, roles=None, service="db", mode="full"):
    found = Judge(seen(*pieces, roles=roles), probes(), mode)
    return found.judge(condition, node(service))


def ask(probe, *, of=None, every=False, **expect):
    comparisons = tuple(Comparison(k, *v) for k, v in expect.items())
    return Ask(probe, (), comparisons, of, every)


EXITED = ask("container", state=("eq", "exited"))


@pytest.mark.parametrize(
    ("op", "reading", "value", "truth"),
    [
        ("eq", "exited", "exited", T),
        ("ne", "exited", "exited", F),
        ("in", "dead", ("exited", "dead"), T),
        ("not_in", "dead", ("exited", "dead"), F),
        ("gt", 2, 1, T),
        ("ge", 1, 1, T),
        ("lt", 1.5, 1, F),
        ("le", 1, 1, T),
        ("matches", "port is already allocated", "already", T),
        ("matches", ("a", "b"), "^b$", T),
        ("contains", "abc", "b", T),
        ("contains", ("a", "b"), "c", F),
        ("known", None, False, T),
        ("known", 3, True, T),
        ("eq", None, "x", U),
        ("gt", None, 1, U),
        ("gt", "three", 1, U),
    ],
)
def test_each_operator(op, reading, value, truth):
    """A reading that is not known, or no number, is unknown."""
    assert compare({"r": reading}, Comparison("r", op, value)) is truth


truths = st.lists(st.sampled_from(list(Truth)), min_size=1, max_size=5)


@given(truths)
def test_de_morgan(parts):
    """Kleene's and, or, not obey De Morgan's law."""
    assert negate(every(parts)) is some([negate(p) for p in parts])


def test_a_state_that_holds_is_quoted():
    """A finding can always show what it rests on."""
    found = judge(EXITED, box("db", state="exited"))
    assert found.truth is T
    assert found.cites[0].excerpt == "state=exited"


def test_evidence_that_was_not_gathered_is_unknown():
    """Absent evidence is never health."""
    frozen = ask("process", stopped=("eq", True))
    assert judge(frozen, box("db")).truth is U


def test_a_probe_that_timed_out_is_unknown_and_says_why():
    """The gap keeps the probe's own reason."""
    late = piece("process", "db", status=Status.TIMEOUT, reason="no answer in 3 s")
    found = judge(ask("process", stopped=("eq", True)), box("db"), late)
    assert found.unknown == (("process", "no answer in 3 s"),)


def test_a_stopped_container_has_no_process_to_ask():
    """A question that needs a running container is false elsewhere, not unknown."""
    frozen = ask("process", stopped=("eq", True))
    assert judge(frozen, box("db", state="exited")).truth is F


def test_one_replica_is_enough_unless_every_is_asked():
    """`replicas: every` asks all of them."""
    one, two = box("db", state="exited"), box("db")
    assert judge(EXITED, one, two).truth is T
    assert (
        judge(ask("container", state=("eq", "exited"), every=True), one, two).truth is F
    )


def test_a_question_to_another_role_goes_there():
    """`of:` asks the services that play a role in the same stack."""
    other = ask("container", of="redis", state=("eq", "exited"))
    pieces = (box("db"), box("cache", state="exited"))
    assert judge(other, *pieces, roles={"cache": "redis"}).truth is T


def test_a_question_to_a_role_that_nobody_plays_is_false():
    """There is no such service, so nothing holds of it."""
    assert judge(ask("container", of="redis", state=("eq", "x")), box("db")).truth is F


def test_all_any_not():
    """The three ways to join conditions."""
    up, down = ask("container", state=("eq", "running")), EXITED
    assert judge(All((up, Not(down))), box("db")).truth is T
    assert judge(Any((down, up)), box("db")).truth is T
    assert judge(Not(up), box("db")).truth is F


def test_quick_mode_does_not_call_a_skipped_question_a_gap():
    """What quick does not ask is not judged, and nothing is said of it."""
    found = judge(ask("process", stopped=("eq", True)), box("db"), mode="quick")
    assert (found.truth, found.unknown) == (U, ())


def test_what_was_said_before_a_restart_is_not_about_it_now():
    """A question to another's log is bounded to the asking service's own life."""
    refused = Ask(
        "log",
        (("contains", ("is expired",)), ("within", 0.0)),
        (Comparison("count", "ge", 1),),
        of="livekit",
    )
    lines = (
        {"part": "span", "run_from": 1.0, "tail_from": None},
        {"part": "tail", "time": 50.0, "stream": "stderr", "text": "token is expired"},
    )
    log = piece("log", "lk", *lines)
    pieces = (box("lk"), log, box("db", started_at=40.0))
    assert judge(refused, *pieces, roles={"lk": "livekit"}).truth is T
    pieces = (box("lk"), log, box("db", started_at=60.0))
    assert judge(refused, *pieces, roles={"lk": "livekit"}).truth is F
