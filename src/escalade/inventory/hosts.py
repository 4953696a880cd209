"""The inventory as a value: all hosts by name, and who is in which group."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from dataclasses import field

from escalade.model import Host

__all__ = ["ALL", "LOCALHOST", "LOCAL_NAMES", "UNGROUPED", "Hosts", "Inventory"]

ALL = "all"
UNGROUPED = "ungrouped"
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
"""Names that mean this machine, unless the inventory says how to connect."""
LOCALHOST = Host("localhost")


class Hosts(Mapping[str, Host]):
    """Hosts by name. What needs a template or a password is made when it is asked for.

    So a host that nobody chose costs no password and breaks nothing.
    """

    def __init__(self, made: Mapping[str, Host | Callable[[], Host]]) -> None:
        self._made = dict(made)

    def __getitem__(self, name: str) -> Host:
        """Return a host. Raises InventoryError where it cannot be made."""
        host = self._made[name]
        if not isinstance(host, Host):
            host = self._made[name] = host()
        return host

    def __iter__(self) -> Iterator[str]:
        """Yield the names in order."""
        return iter(self._made)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._made)

    def __contains__(self, name: object) -> bool:
        """Whether there is a host of this name."""
        return name in self._made


@dataclass(frozen=True, slots=True)
class Inventory:
    """All hosts and groups, as loaded; hosts in the order of the file.

    `groups` gives each group's hosts, its own first and then those of groups inside it;
    `all` is there.
    `opened` holds what was decrypted so far, for those who keep it out of what they write.
    """

    hosts: Mapping[str, Host]
    groups: Mapping[str, tuple[str, ...]]
    opened: AbstractSet[str] = field(
        default_factory=frozenset, repr=False, compare=False
    )
