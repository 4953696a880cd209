"""Where a run was made, as data: hosts, stacks and inventory, to find them again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from escalade.settings import Settings

__all__ = ["place_of"]


def place_of(settings: Settings, hosts: Iterable[str]) -> dict[str, list[str]]:
    """Return the hosts by name, the stacks chosen, and the inventory's sources."""
    return {
        "hosts": list(hosts),
        "stacks": list(settings.stacks),
        "inventory": [
            str(source.absolute()) if isinstance(source, Path) else source
            for source in settings.inventory
        ],
    }
