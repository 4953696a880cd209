"""The inventory as a value: all hosts by name, and who is in which group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from escalade.model import Host

__all__ = ["ALL", "LOCALHOST", "LOCAL_NAMES", "UNGROUPED", "Inventory"]

ALL = "all"
UNGROUPED = "ungrouped"
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
"""Names that mean this machine, unless the inventory says how to connect."""
LOCALHOST = Host("localhost")


@dataclass(frozen=True, slots=True)
class Inventory:
    """All hosts and groups, as loaded, in the order of the file.

    `groups` gives each group's hosts, those of its children included; `all` is there.
    """

    hosts: Mapping[str, Host]
    groups: Mapping[str, tuple[str, ...]]
