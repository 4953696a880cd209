"""The catalogue of steps: every `StepKind` at module level in `steps/`, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from escalade.evidence.catalog import discovered
from escalade.remedy.step import StepKind

__all__ = ["steps"]

HOME = "escalade.remedy.steps"


@cache
def steps(package: str = HOME) -> Mapping[str, StepKind]:
    """Return every step of a package, by name, in order of names."""
    return discovered(package, StepKind, "steps")
