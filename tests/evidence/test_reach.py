"""The `reach` probe: what came of a container's edges, asked from inside it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from escalade.evidence.probe import PAUSED_S
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Inside
from escalade.evidence.reach import MOST
from escalade.evidence.reach import REACH
from escalade.model import Status

sys.path.insert(0, str(Path(__file__).parent))

from recorded import Case
from recorded import case
from recorded import cases
from recorded import text_of

ROOT = {"root": True, "has_bash": True, "has_nsenter": True}


@pytest.mark.parametrize("case", cases("reach"), ids=lambda case: case.name)
def test_recorded(case: Case) -> None:
    """Each recorded answer means what its case says."""
    assert case.parse(REACH) == case.expect, case.fact
    assert all(set(r) == set(REACH.readings) for r in case.expect.readings)


def _outcomes(name: str) -> dict[object, object]:
    return {r["variable"]: r["outcome"] for r in case("reach", name).expect.readings}


@pytest.mark.parametrize(
    ("name", "variable", "outcome"),
    [
        ("drop", "WEB_URL", "timeout"),
        ("reject", "WEB_URL", "refused"),
        ("prohibited", "WEB_URL", "no-route"),
        ("paused", "WEB_URL", "silent"),
        ("paused", "REDIS_URL", "silent"),
        ("sigstop", "REDIS_URL", "silent"),
        ("peer-stopped", "REDIS_URL", "dns"),
        ("peer-disconnected", "WEB_URL", "dns"),
        ("other-network", "WEB_URL", "dns"),
        ("disconnected", "SIP_URL", "unreachable"),
        ("disconnected-exec", "SIP_URL", "unreachable"),
        ("many", "LOOP_URL", "refused"),
        ("many", "CLOSED_URL", "refused"),
        ("many", "TYPO_URL", "dns"),
        ("deaf-upstream", "WEB_URL", "ok"),
        ("deaf-upstream", "TYPO_URL", "dns"),
    ],
)
def test_every_fault_has_its_outcome(name: str, variable: str, outcome: str) -> None:
    """The faults that were injected for real are told apart."""
    assert _outcomes(name)[variable] == outcome


def test_both_ways_in_hear_the_same() -> None:
    """As root through nsenter, or by exec: one truth."""
    by_root, by_exec = case("reach", "healthy"), case("reach", "healthy-exec")
    assert by_root.expect.readings == by_exec.expect.readings


def test_a_paused_peer_is_not_waited_for() -> None:
    """Of it alone the answer is waited for less: the row says how long."""
    box = case("reach", "healthy").target
    peers = tuple(p._replace(paused="redis" in p.names) for p in box.peers)
    hurried = text_of(REACH.questions(replace(box, facts=ROOT, peers=peers), ()))
    usual = text_of(REACH.questions(replace(box, facts=ROOT), ()))
    assert hurried.replace(f" redis {PAUSED_S}", " redis") == usual
    assert hurried != usual


def test_no_password_is_in_the_question() -> None:
    """Of a URL only host and port travel."""
    box = case("reach", "healthy").target
    assert "s3cret" in str(box.inspect)
    for facts in (ROOT, {}):
        assert "s3cret" not in text_of(REACH.questions(replace(box, facts=facts), ()))


def test_the_text_fits_the_way_in() -> None:
    """The host's bash as root; else a text for whatever shell the container has."""
    box = case("reach", "healthy").target
    by_root = text_of(REACH.questions(replace(box, facts=ROOT), ()))
    by_exec = text_of(REACH.questions(replace(box, facts={"has_bash": True}), ()))
    assert by_root.startswith("H=")
    assert by_exec.startswith("if command -v bash")
    assert len(by_root) < 4000


def test_the_containers_own_files_are_named() -> None:
    """The Engine says where a container's name server stands; a mount overrides it."""
    box = case("reach", "healthy").target
    mounts = [{"Destination": "/etc/hosts", "Source": "/srv/my hosts"}]
    more = {"ResolvConfPath": "/d/resolv.conf", "HostsPath": "/d/h", "Mounts": mounts}
    target = replace(box, inspect={**box.inspect, **more}, facts=ROOT)
    head = text_of(REACH.questions(target, ())).splitlines()[0]
    assert head == "H=35feb196478b R=/d/resolv.conf L='/srv/my hosts'"


def test_nothing_is_asked_without_reason() -> None:
    """No edges, or no process: no question, and that is a whole answer."""
    box = case("reach", "healthy").target
    idle = replace(box, inspect={**box.inspect, "Config": {}})
    ended = replace(box, inspect={**box.inspect, "State": {"Pid": 0}})
    for target in (idle, ended):
        assert REACH.questions(target, ()) == ()
        assert REACH.parse(target, (), ()).complete


def test_there_is_a_bound() -> None:
    """Beyond the most, edges stay open; the question does not grow."""
    box = case("reach", "healthy").target
    env = [f"A{i}_URL=http://peer:{i + 1}" for i in range(MOST + 1)]
    many = replace(box, inspect={**box.inspect, "Config": {"Env": env}})
    text = text_of(REACH.questions(many, ()))
    assert f" {MOST} http" in text
    assert f" {MOST + 1} http" not in text
    body = b"D 0 ok 10.0.0.1\n" + b"".join(b"E %d up\n" % i for i in range(MOST))
    parsed = REACH.parse(many, (), [Answer(Status.OK, body)])
    assert (parsed.status, parsed.complete) == (Status.PARTIAL, False)
    assert parsed.reason == f"peer:{MOST + 1}: not asked"


def test_trouble_is_passed_on() -> None:
    """A question that could not be asked has no reading; a late one keeps its part."""
    box = case("reach", "healthy").target
    denied = Answer(Status.DENIED, reason="no")
    assert REACH.parse(box, (), [denied]).status is Status.DENIED
    late = Answer(Status.TIMEOUT, b"D 0 ok 10.0.0.1\n", reason="cut off there")
    parsed = REACH.parse(box, (), [late])
    assert (parsed.status, parsed.complete) == (Status.PARTIAL, False)
    assert "cut off there" in parsed.reason


def test_the_question_is_bounded() -> None:
    """Names, connections and answers have their own bounds; so has the whole."""
    (question,) = REACH.questions(case("reach", "healthy").target, ())
    assert isinstance(question, Inside)
    assert question.timeout_s < 7
