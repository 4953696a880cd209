"""All that was loaded from runbook folders: frozen values, ready to judge with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from escalade.model import Runbook
from escalade.model import Symptom

__all__ = ["PLACES", "Book", "RoleRule"]

PLACES = ("any", "host", "stack")
"""The roles that no rule binds: every service, the host itself, the stack itself."""


@dataclass(frozen=True, slots=True)
class RoleRule:
    """How services are recognised as a role, whatever their names.

    `image`, `command` and `names` are regular expressions (searched); `ports` and
    `variables` are compared whole. A service takes the role at `need` points or more.
    """

    name: str
    image: tuple[str, ...]
    command: tuple[str, ...]
    ports: tuple[int, ...]
    variables: tuple[str, ...]
    names: tuple[str, ...]
    need: int


@dataclass(frozen=True, slots=True)
class Book:
    """Every runbook and role rule in force; a later folder overrides an earlier one.

    Each runbook's `ladders` hold its own and the shared ones that its symptoms name.
    `drills` keeps each runbook's drill as plain data. `digest` is the hash of
    the names and contents of all files that the book was compiled from.
    """

    runbooks: tuple[Runbook, ...]
    roles: tuple[RoleRule, ...]
    drills: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    digest: str = ""

    @property
    def symptoms(self) -> tuple[Symptom, ...]:
        """Return every symptom of every runbook, in the order of the files."""
        return tuple(one for book in self.runbooks for one in book.symptoms)
