"""Maintenance windows: open and closed, over midnight, for whom they are meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from escalade.errors import UsageError
from escalade.inventory import Inventory
from escalade.inventory import load
from escalade.schedule.jobs import ALL_DAYS
from escalade.schedule.jobs import Guard
from escalade.schedule.jobs import Window
from escalade.schedule.windows import closed
from escalade.schedule.windows import is_open
from escalade.schedule.windows import named
from escalade.schedule.windows import opens
from tests.schedule.made import utc

NIGHT = Window(22 * 60, 4 * 60, "Europe/Paris", frozenset({4}))
"""Fridays from 22:00 to 04:00 of Saturday."""
DAY = Window(9 * 60, 17 * 60, "UTC")


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-27T20:59", False),
        ("2026-11-27T21:00", True),
        ("2026-11-28T02:59", True),
        ("2026-11-28T03:00", False),
        # The night to Friday is Thursday's.
        ("2026-11-27T01:00", False),
    ],
)
def test_a_window_over_midnight_is_the_day_it_opens_on(moment, expected) -> None:
    """Its early hours are the day's after, by the clocks of its zone."""
    assert is_open(NIGHT, utc(moment)) is expected


@pytest.mark.parametrize(
    ("moment", "expected"), [("2026-11-24T09:00", True), ("2026-11-24T17:00", False)]
)
def test_a_window_ends_before_its_last_minute(moment, expected) -> None:
    """From is in it, to is not."""
    assert is_open(DAY, utc(moment)) is expected


def test_a_window_of_a_whole_day_is_always_open() -> None:
    """From 00:00 to 00:00, or to 24:00."""
    for end in (0, 1440):
        assert is_open(Window(0, end, "UTC", ALL_DAYS), utc("2026-11-24T23:59"))


def test_when_it_opens_next_is_told() -> None:
    """On its next day, by its own clocks."""
    assert (
        opens(NIGHT, utc("2026-11-24T12:00")).isoformat() == "2026-11-27T22:00:00+01:00"
    )


def test_a_guard_is_about_some_stacks_and_hosts() -> None:
    """Others are always open; what is closed says until when, and where that stands."""
    guard = Guard((DAY,), ("shop-*",), ("web1", "web2"), None, "windows.yaml:3")
    now = utc("2026-11-24T20:00").timestamp()
    why = closed(now, "shop-eu", "web1", [guard])
    assert why is not None
    assert "2026-11-25 09:00 UTC" in why.en
    assert "windows.yaml:3" in why.fr
    assert closed(now, "blog", "web1", [guard]) is None
    assert closed(now, "shop-eu", "web3", [guard]) is None
    assert (
        closed(utc("2026-11-24T10:00").timestamp(), "shop-eu", "web1", [guard]) is None
    )


def test_one_open_window_is_enough() -> None:
    """Windows add up."""
    guards = [Guard((DAY,)), Guard((Window(1200, 1320, "UTC"),))]
    assert closed(utc("2026-11-24T20:30").timestamp(), None, "web1", guards) is None


@pytest.fixture
def inventory(tmp_path: Path) -> Inventory:
    """Return three hosts, two of them in a group."""
    text = "all:\n  hosts: {c: }\nweb:\n  hosts: {a1: , a2: , a3: }\n"
    (tmp_path / "hosts.yaml").write_text(text)
    return load([tmp_path / "hosts.yaml"])


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (("web",), "a1 a2 a3"),
        (("a1:a2",), "a1 a2"),
        (("web[1:2]",), "a2 a3"),
        (("a[12]", "c"), "a1 a2 c"),
        (("web:!a3",), "a1 a2"),
        (("localhost",), "localhost"),
    ],
)
def test_the_hosts_of_a_window_are_patterns(inventory, patterns, names) -> None:
    """Groups, ranges and exclusions mean what they mean for `--limit`."""
    (guard,) = named([Guard((DAY,), hosts=patterns)], lambda: inventory)
    now = utc("2026-11-24T20:00").timestamp()
    found = [
        host
        for host in (*inventory.hosts, "localhost")
        if closed(now, "shop", host, [guard])
    ]
    assert sorted(found) == sorted(names.split())


def test_a_window_for_nobody_is_refused(inventory) -> None:
    """It would leave everything open; the place is told, and what was meant."""
    guards = [
        Guard((DAY,), ("shop",)),
        Guard((DAY,), hosts=("web", "wbe*"), source="w.yaml:3"),
    ]
    with pytest.raises(
        UsageError, match=r"w\.yaml:3: no host or group matches 'wbe\*'"
    ):
        named(guards, lambda: inventory)
    # Where no window speaks of hosts, no inventory is read.
    assert named(guards[:1], lambda: pytest.fail("read")) == (guards[0],)
