"""The runbooks that ship with the product, against the probes that do."""

from __future__ import annotations

from escalade import paths
from escalade.evidence.catalog import probes
from escalade.runbooks import load
from escalade.runbooks.lint import inspect


def test_shipped_runbooks_have_no_mistake() -> None:
    """Every word in them is known, and nothing in them is doubtful."""
    found = inspect([paths.runbooks()], probes())
    assert not found.errors, "\n".join(found.errors)
    assert not found.warnings, "\n".join(found.warnings)


def test_shipped_runbooks_come_back_from_the_cache() -> None:
    """The kept book equals the compiled one."""
    first, second = (load([paths.runbooks()], probes()) for _ in range(2))
    assert first.runbooks
    assert second == first
