"""The `container` probe: real records of the Engine (20.10) in the states it knows."""

from __future__ import annotations

import json
from datetime import UTC
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from escalade.evidence.container import CONTAINER
from escalade.evidence.discover import Listed
from escalade.evidence.discover import peers
from escalade.evidence.health import health
from escalade.evidence.probe import Target
from escalade.model import Address
from escalade.model import Reading

CASES = Path(__file__).resolve().parent.parent / "cases" / "evidence" / "container"
FILES = sorted(CASES.glob("*.json"))


def reading(case: dict[str, Any], **facts: Any) -> Reading:
    """Return what the probe makes of a case."""
    box = Listed(case["inspect"]["Id"], case["replica"], case["service"], case["stack"])
    records = {box: case["inspect"]}
    for name, inspect in case["others"].items():
        records[Listed(inspect["Id"], name, name, case["stack"])] = inspect
    known = {
        "now": case["now"],
        "inspects": {one.name: record for one, record in records.items()},
        **facts,
    }
    place = Address("h", case["stack"], case["service"], case["replica"], "container")
    target = Target(place, case["inspect"], peers(records), known, b"key")
    (record,) = CONTAINER.parse(target, (), ()).readings
    return record


def load(name: str) -> dict[str, Any]:
    """Return a case by its name."""
    return json.loads((CASES / f"{name}.json").read_text("utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_recorded(path: Path) -> None:
    """Each recorded container means what its case says, with every reading declared."""
    case = load(path.stem)
    found = reading(case)
    expect = {
        k: tuple(v) if isinstance(v, list) else v for k, v in case["expect"].items()
    }
    assert {name: found[name] for name in expect} == expect, case["fact"]
    assert set(found) == set(CONTAINER.readings)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_types(path: Path) -> None:
    """Every reading is of its declared type, or unknown."""
    for name, value in reading(load(path.stem)).items():
        declared = CONTAINER.readings[name]
        assert value is None or type(value) is declared, name


def test_a_shared_namespace_has_the_others_address() -> None:
    """A container inside another's network namespace is reached at that address."""
    case = load("shared-network")
    (other,) = case["others"].values()
    networks = other["NetworkSettings"]["Networks"]
    addresses = tuple(net["IPAddress"] for net in networks.values())
    assert reading(case)["addresses"] == addresses


def _started(case: dict[str, Any], own_s: float, owner_s: float | None) -> Any:
    """Return `network_stale` for starts so long ago, the owner's None where it is gone."""
    (owner,) = case["others"]
    case["inspect"]["State"]["StartedAt"] = _ago(case, own_s)
    if owner_s is None:
        case["others"].pop(owner)
    else:
        case["others"][owner]["State"]["StartedAt"] = _ago(case, owner_s)
    return reading(case)["network_stale"]


def _ago(case: dict[str, Any], seconds: float) -> str:
    """Return a moment before the case's, as the Engine writes it."""
    moment = datetime.fromtimestamp(case["now"] - seconds, UTC)
    return moment.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("own_s", "owner_s", "stale"),
    [
        (100, 300, False),  # started after its owner, as it should be
        (299.9, 300, False),
        (300, 100, True),  # the owner was started again since
        (300, None, True),  # the owner was removed, or replaced
        # Whoever restarts both, one after the other, is given the time for it.
        (300, 15, False),
        (300, 25, True),
    ],
)
def test_a_shared_network_is_stale_where_its_owner_began_anew(
    own_s: float,
    owner_s: float | None,
    stale: bool,  # noqa: FBT001
) -> None:
    """Its processes stay in the namespace of before, in which nobody else is."""
    assert _started(load("shared-network"), own_s, owner_s) is stale


def test_what_does_not_run_is_in_no_stale_network() -> None:
    """Neither one that ended nor one whose owner ended: both have findings of their own."""
    case = load("shared-network")
    case["inspect"]["State"] |= {"Running": False, "Status": "exited"}
    assert _started(case, 300, 100) is False
    case = load("shared-network")
    next(iter(case["others"].values()))["State"]["Running"] = False
    assert _started(case, 300, 100) is False
    assert reading(load("healthy"))["network_stale"] is False


def test_desired_comes_from_the_inventory() -> None:
    """A service that the inventory wants stopped says so."""
    case = load("exit-0")
    said = {("shop2", "agent"): {"desired": "stopped"}}
    assert reading(case, expected=said)["desired"] == "stopped"


def test_health_results_that_stopped_coming_are_missed() -> None:
    """Three rounds without a result while running: the monitor itself is in doubt."""
    case = load("healthy")
    assert reading(case)["health_missed"] is False
    assert reading({**case, "now": case["now"] + 60})["health_missed"] is True


def test_a_young_container_with_many_restarts_loops() -> None:
    """Three restarts count while the run is younger than a minute, then no more."""
    case = load("healthy")
    case["inspect"]["RestartCount"] = 3
    assert reading(case)["crash_looping"] is True
    assert reading({**case, "now": case["now"] + 100})["crash_looping"] is False


def test_a_result_older_than_the_start_is_stale() -> None:
    """The Engine keeps the old log over a restart: it says nothing of this run."""
    inspect = load("unhealthy")["inspect"]
    inspect["State"]["StartedAt"] = "2027-01-01T00:00:00Z"
    assert health(inspect, 1.8e9)["health"] == "stale"


def test_times_with_an_offset_are_compared_as_moments() -> None:
    """The Engine writes health results in its local time, starts in UTC."""
    inspect = load("unhealthy")["inspect"]
    inspect["State"]["StartedAt"] = "2026-11-24T10:00:00Z"
    log = inspect["State"]["Health"]["Log"]
    log[-1]["Start"] = "2026-11-24T11:30:00+01:00"
    assert health(inspect, 1.8e9)["health"] == "unhealthy"
    log[-1]["Start"] = "2026-11-24T10:30:00+01:00"
    assert health(inspect, 1.8e9)["health"] == "stale"


def test_a_check_that_is_switched_off_is_none() -> None:
    """`test: NONE` switches an image's own check off."""
    inspect = load("healthy")["inspect"]
    inspect["Config"]["Healthcheck"] = {"Test": ["NONE"]}
    found = health(inspect, 0.0)
    assert (found["healthcheck"], found["health"]) == (False, "none")


def test_a_check_without_times_has_the_engines() -> None:
    """What a check leaves out is 30 s, 30 s and 3 tries."""
    inspect = load("healthy")["inspect"]
    inspect["Config"]["Healthcheck"] = {"Test": ["CMD", "redis-cli", "-a", "hunter2"]}
    found = health(inspect, 0.0)
    assert found["health_interval_s"] == found["health_timeout_s"] == 30.0
    assert found["health_retries"] == 3
    assert found["health_test"] == "redis-cli -a '[redacted]'"


def test_an_empty_record_is_read_without_a_fall() -> None:
    """A record that lacks nearly everything still gives a record."""
    target = Target(Address("h", None, "x", "x", "container"), {}, (), {"now": 1.0})
    (record,) = CONTAINER.parse(target, (), ()).readings
    assert record["state"] == ""


@pytest.mark.parametrize(
    ("policy", "code", "oneshot"),
    [
        ("no", 0, True),
        ("on-failure", 0, True),
        ("on-failure", 1, False),
        ("always", 0, False),
        ("unless-stopped", 0, False),
    ],
)
def test_what_never_restarts_after_its_end(
    policy: str,
    code: int,
    oneshot: bool,  # noqa: FBT001
) -> None:
    """`on-failure` restarts nothing that ended with 0."""
    case = load("oneshot")
    case["inspect"]["HostConfig"]["RestartPolicy"] = {"Name": policy}
    case["inspect"]["State"]["ExitCode"] = code
    assert reading(case)["oneshot"] is oneshot
