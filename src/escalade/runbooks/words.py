"""The words that a runbook may speak: the probes, and the roles bound to services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from escalade.errors import nearest
from escalade.evidence.probe import Probe
from escalade.runbooks.problems import show
from escalade.runbooks.spot import Spot

__all__ = ["Words"]


@dataclass(frozen=True, slots=True)
class Words:
    """What conditions are checked against.

    `roles` is None where a role file could not be read: then any role passes, since
    the file's own problem is reported.
    """

    catalog: Mapping[str, Probe]
    roles: frozenset[str] | None

    def role(self, spot: Spot, *more: str) -> None:
        """Report a value that is no role; `more` are the other words allowed there."""
        if self.roles is None or not isinstance(spot.value, str):
            return
        known = (*sorted(self.roles), *more)
        if spot.value not in known:
            hint = nearest(spot.value, known) or f"; known: {', '.join(known)}"
            spot.wrong(f"unknown role {show(spot.value)}{hint if known else ''}")
