"""Back and forth, by Nagios's weights."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalade.diagnosis.flapping import HIGH
from escalade.diagnosis.flapping import LOW
from escalade.diagnosis.flapping import STATES
from escalade.diagnosis.flapping import Flap
from escalade.diagnosis.flapping import flapping
from escalade.diagnosis.flapping import recent
from escalade.diagnosis.flapping import replayed

FLIPS = [True, False] * 12


def changed(newest: int, stable: int = 0) -> list[bool]:
    """Return 21 states whose newest changes are so many, then some that stay."""
    flips = [bool(n % 2) for n in range(newest + 1)]
    states = [*[flips[0]] * STATES, *flips[1:], *[flips[-1]] * stable]
    return states[-STATES:]


@pytest.mark.parametrize(
    ("newest", "percent"), [(0, 0.0), (1, 6.25), (4, 24.2), (6, 35.5), (20, 100.0)]
)
def test_percents_as_computed_by_hand(newest: int, percent: float) -> None:
    """The numbers of findings.md 4.4."""
    assert flapping(changed(newest), was=False).percent == pytest.approx(
        percent, abs=0.05
    )


@pytest.mark.parametrize(("newest", "flaps"), [(4, False), (5, False), (6, True)])
def test_it_begins_at_thirty_percent(newest: int, *, flaps: bool) -> None:
    """Six of the newest changes do."""
    assert flapping(changed(newest), was=False).flapping is flaps


def test_it_ends_below_ten_percent() -> None:
    """Between the two thresholds it stays what it was."""
    between = changed(4)
    assert not flapping(between, was=False).flapping
    assert flapping(between, was=True).flapping
    assert not flapping(changed(1), was=True).flapping
    assert not flapping([True] * STATES, was=True).flapping


def test_old_changes_weigh_less() -> None:
    """The same change counts 1.25 when it is new and 0.75 at the end."""
    new = [*[True] * 20, False]
    old = [True, *[False] * 20]
    assert flapping(new, was=False).percent == pytest.approx(1.25 * 5)
    assert flapping(old, was=False).percent == pytest.approx(0.75 * 5)


@pytest.mark.parametrize("states", [[], [True], [False], [True] * 3])
def test_few_states_are_no_flapping(states: list[bool]) -> None:
    """What is not known is taken for unchanged."""
    assert flapping(states, was=False) == Flap(0.0, flapping=False)


def test_few_states_weigh_as_the_newest() -> None:
    """Seven states that all change are six of the newest changes."""
    assert flapping(FLIPS[:7], was=False).percent == pytest.approx(35.5, abs=0.05)


def test_replaying_remembers() -> None:
    """Six changes begin it; it stays until the changes are old enough."""
    begun = changed(6)
    assert replayed(begun).flapping
    states = [*[True] * STATES, *FLIPS[1:7]]
    quiet = [states[-1]]
    ends = next(n for n in range(40) if not replayed([*states, *quiet * n]).flapping)
    assert ends == 18
    assert not replayed([*states, *quiet * 39]).flapping


def test_only_the_last_hour_counts() -> None:
    """By time, whatever order they come in; what lies ahead is no state."""
    states = [(7200.0, True), (3000.0, True), (3600.0, False), (7201.0, False)]
    assert recent(states, 7200.0) == (False, True)
    assert recent(states, 7200.0, window_s=10_000) == (True, False, True)


@given(st.lists(st.booleans(), max_size=60), st.booleans())
def test_it_is_a_share_and_heeds_its_thresholds(states: list[bool], was: bool) -> None:  # noqa: FBT001
    """From 0 to 100 percent; the last 21 states alone count."""
    found = flapping(states, was=was)
    assert 0 <= found.percent <= 100 + 1e-9
    assert found == flapping(states[-STATES:], was=was)
    if found.percent >= HIGH:
        assert found.flapping
    if found.percent <= LOW:
        assert not found.flapping
