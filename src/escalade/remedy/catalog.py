"""The catalogue of steps: every `StepKind` at module level in `steps/`, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from escalade.errors import CatalogError
from escalade.evidence.catalog import modules
from escalade.remedy.step import StepKind

__all__ = ["steps"]

HOME = "escalade.remedy.steps"


@cache
def steps(package: str = HOME) -> Mapping[str, StepKind]:
    """Return every step of a package, by name, in order of names.

    Dropping one file into the folder is enough. Two steps of one name raise
    `CatalogError`: that is a mistake of ours, never of an operator.
    """
    found: dict[str, StepKind] = {}
    homes: dict[str, str] = {}
    for name in modules(import_module(package)):
        module = import_module(f"{package}.{name}")
        for value in vars(module).values():
            if not isinstance(value, StepKind) or found.get(value.name) is value:
                continue
            if value.name in found:
                where = f"{homes[value.name]} and {module.__name__}"
                raise CatalogError(f"two steps are called {value.name!r}: {where}")
            found[value.name] = value
            homes[value.name] = module.__name__
    return MappingProxyType(dict(sorted(found.items())))
