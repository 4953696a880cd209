"""Who holds the odd value out: by majority of services, and by who checks it."""

from __future__ import annotations

import pytest

from escalade.evidence.agreement import AGREEMENT
from escalade.model import Address
from tests.diagnosis.world import HOST
from tests.diagnosis.world import STACK
from tests.diagnosis.world import piece
from tests.diagnosis.world import seen

ARGS = (("trusted", "livekit"), ("variables", ("SECRET", "KEYS.secret")))


def holds(service, value, *, variable="SECRET"):
    record = {"variable": variable, "present": True, "blank": not value, "hash": value}
    return piece("env", service, record)


def odd(service, *pieces):
    world = seen(*pieces, roles={"lk": "livekit"})
    address = Address(HOST, STACK, service, f"app-{service}-1", "agreement")
    records = AGREEMENT.view(world, address, ARGS).readings
    return records[0]["odd"] if records else None


@pytest.mark.parametrize(("service", "expected"), [("agent", True), ("token", False)])
def test_the_one_that_differs_from_the_majority(service, expected):
    """Server and token service agree, so the agent is the odd one."""
    world = (
        holds("lk", "a", variable="KEYS.secret"),
        holds("agent", "b"),
        holds("token", "a"),
    )
    assert odd(service, *world) is expected


def test_a_tie_is_decided_by_who_checks():
    """Of two that differ, the server's value counts."""
    world = (holds("lk", "a", variable="KEYS.secret"), holds("agent", "b"))
    assert (odd("lk", *world), odd("agent", *world)) == (False, True)


def test_without_the_server_s_value_nothing_is_judged():
    """Clients may hold different pairs: only the server knows which are right."""
    assert odd("agent", holds("agent", "b"), holds("token", "a")) is None


def test_replicas_do_not_outvote():
    """Three replicas of a wrong service are one service."""
    agents = [holds("agent", "b") for _ in range(3)]
    world = (holds("lk", "a", variable="KEYS.secret"), *agents, holds("token", "a"))
    assert (odd("lk", *world), odd("agent", *world)) == (False, True)
