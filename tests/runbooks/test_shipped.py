"""The runbooks that ship with the product, against the probes that do."""

from __future__ import annotations

from escalade import paths
from escalade.evidence.catalog import probes
from escalade.remedy.catalog import steps
from escalade.runbooks import load
from escalade.runbooks.lint import inspect


def test_shipped_runbooks_have_no_mistake() -> None:
    """Every word in them is known, and nothing in them is doubtful."""
    found = inspect([paths.runbooks()], probes(), steps())
    assert not found.errors, "\n".join(found.errors)
    assert not found.warnings, "\n".join(found.warnings)


def test_shipped_runbooks_come_back_from_the_cache() -> None:
    """The kept book equals the compiled one."""
    first, second = (load([paths.runbooks()], probes()) for _ in range(2))
    assert first.runbooks
    assert second == first


def test_every_ladder_ends_with_somebody_who_is_told() -> None:
    """Level 3 is the hand-off, with the vendor's pages that its runbook names."""
    for runbook in load([paths.runbooks()], probes()).runbooks:
        for ladder in runbook.ladders.values():
            last = ladder.levels[3][-1]
            assert last.name == "handoff"
            assert last.args["see"] == runbook.vars["docs"], runbook.name


def test_what_no_command_cures_says_the_edit_that_does() -> None:
    """A symptom that is handed off has advice, in both languages."""
    for symptom in load([paths.runbooks()], probes()).symptoms:
        if symptom.remedy == "handoff":
            assert symptom.advice or symptom.advices, symptom.id
