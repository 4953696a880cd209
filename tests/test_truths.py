"""The campaign of cures scores every fault: each has the truth of its right end."""

from __future__ import annotations

import re

import pytest

from tests.bed.faults.catalogue import FAULTS
from tests.bed.faults.truths import CURED
from tests.bed.faults.truths import HANDED_OFF
from tests.bed.faults.truths import TRUTHS


def test_every_fault_has_a_right_end():
    """The catalogue of faults and their truths name the same faults."""
    assert set(TRUTHS) == {fault.id for fault in FAULTS}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_a_right_end_can_be_scored(fault):
    """A cure may touch the service at fault; a hand-off has words to look for."""
    truth = TRUTHS[fault.id]
    if truth.ends == {CURED}:
        assert fault.service in truth.repair
        assert truth.level in (1, 2, 3)
    else:
        assert HANDED_OFF in truth.ends
        assert truth.edit
        re.compile(truth.edit)
    if truth.repair:
        assert fault.service in truth.repair


def test_at_least_twenty_faults_are_scored():
    """Twenty faults of the stack come to their right end in the campaign."""
    assert len([fault for fault in FAULTS if not fault.shop]) >= 20
