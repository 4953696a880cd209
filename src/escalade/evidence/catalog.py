"""The catalogue: every `Probe` found at module level in a package, by its name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from types import ModuleType
from typing import Protocol
from typing import TypeVar

from escalade.errors import CatalogError
from escalade.evidence.probe import Probe

__all__ = ["discovered", "probes"]

HOME = "escalade.evidence"


class _Named(Protocol):
    """What can be discovered: anything with a name."""

    @property
    def name(self) -> str:
        """Return the name."""


T = TypeVar("T", bound=_Named)


def _modules(package: ModuleType) -> Iterator[str]:
    """Yield the names of a package's modules, in order.

    A plain folder is listed directly (`pkgutil` costs more to import than the
    listing itself); anything else, such as a zip file, goes through `pkgutil`.
    """
    names: set[str] = set()
    for path in package.__path__:
        if os.path.isdir(path):  # noqa: PTH112 (pathlib is slower to import)
            names |= {n[:-3] for n in os.listdir(path) if n.endswith(".py")}  # noqa: PTH208
        else:
            import pkgutil

            names |= {info.name for info in pkgutil.iter_modules([path])}
    yield from sorted(n for n in names if not n.startswith("_"))


def discovered(package: str, kind: type[T], noun: str) -> Mapping[str, T]:
    """Return every value of a kind at module level in a package, by name, in order.

    Dropping one file into the folder is enough. Two of one name raise `CatalogError`:
    that is a mistake of ours, never of an operator. `noun` is what to call them then.
    """
    found: dict[str, T] = {}
    homes: dict[str, str] = {}
    for name in _modules(import_module(package)):
        module = import_module(f"{package}.{name}")
        for value in vars(module).values():
            if not isinstance(value, kind) or found.get(value.name) is value:
                continue
            if value.name in found:
                where = f"{homes[value.name]} and {module.__name__}"
                raise CatalogError(f"two {noun} are called {value.name!r}: {where}")
            found[value.name] = value
            homes[value.name] = module.__name__
    return MappingProxyType(dict(sorted(found.items())))


@cache
def probes(package: str = HOME) -> Mapping[str, Probe]:
    """Return every probe of a package, by name, in order of names."""
    return discovered(package, Probe, "probes")
