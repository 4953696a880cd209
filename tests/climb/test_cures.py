"""Faults that level 1 cures: nothing else is touched, and it is told as it was."""

from __future__ import annotations

import os
import signal

import pytest

from tests.climb.stack import docker

pytestmark = pytest.mark.engine


def paused(shop) -> None:
    docker("pause", shop.box("lone"))


def frozen(shop) -> None:
    os.kill(shop.inspect("lone")["State"]["Pid"], signal.SIGSTOP)


def disconnected(shop) -> None:
    docker("network", "disconnect", f"{shop.name}_default", shop.box("lone"))


@pytest.mark.parametrize(
    ("harm", "symptom", "restarted"),
    [
        (paused, "generic.paused", False),
        (frozen, "generic.frozen", True),
        (disconnected, None, False),
    ],
)
def test_one_service_is_cured_at_level_one(
    shop, schema, told, harm, symptom, restarted
) -> None:
    """Exit 0 and `cured` at level 1; every other container is the one it was."""
    harm(shop)
    before = shop.marks()
    done = shop.inv("fix", "--format", "json")
    report, after = done.report, shop.marks()
    assert (done.code, report["outcome"], report["level"]) == (0, "cured", 1), done.out
    assert (before.pop("lone") != after.pop("lone")) is restarted
    assert after == before
    assert [row["service"] for row in report["restarted"]] in (["lone"], [])
    schema(report)
    kinds = [event["kind"] for event in told()]
    order = ["started", "diagnosed", "planned", "approved", "locked", "saved"]
    assert kinds[: len(order)] == order
    assert kinds[-2:] == ["verified", "ended"]
    (root,) = [e for e in told("diagnosed")[0]["findings"] if e["root"]]
    assert symptom in (None, root["symptom"])
    health = shop.inspect("lone")["State"]["Health"]["Status"]
    assert health == "healthy"


def test_a_dependant_that_ended_is_started_after_its_cause(shop, told) -> None:
    """Redis first, and what died without it in a round of its own."""
    docker("stop", shop.box("db"))
    docker("wait", shop.box("app"))
    before = shop.marks()
    done = shop.inv("fix", "--format", "json")
    after = shop.marks()
    assert (done.code, done.report["outcome"]) == (0, "cured")
    assert [row["service"] for row in done.report["restarted"]] == ["db", "app"]
    assert {n for n in after if after[n] != before[n]} == {"db", "app"}
    intents = told("intent")
    assert [e["command"] for e in intents] == [
        f"docker start {shop.box('db')}",
        f"docker start {shop.box('app')}",
    ]
