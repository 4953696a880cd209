"""A snapshot looked up by address: what views and conditions may read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence

from escalade.model import Args
from escalade.model import Evidence
from escalade.model import Node
from escalade.model import Snapshot

__all__ = ["SeenSnapshot"]

_Key = tuple[str, str, str | None]


class SeenSnapshot:
    """Implements `probe.Seen` over one snapshot; an index, nothing else.

    `roles` is what `diagnosis.roles.bind` returns: the role of each service.
    """

    __slots__ = ("_by_host", "_by_service", "_roles", "_snapshot")

    def __init__(self, snapshot: Snapshot, roles: Mapping[Node, str]) -> None:
        self._snapshot = snapshot
        self._by_host: dict[tuple[str, str], list[Evidence]] = defaultdict(list)
        self._by_service: dict[_Key, list[Evidence]] = defaultdict(list)
        self._roles: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for piece in snapshot.evidence:
            at = piece.address
            self._by_host[at.probe, at.host].append(piece)
            self._by_service[at.probe, at.host, at.service].append(piece)
        for node, role in roles.items():
            if node.service is not None:
                self._roles[node.host, node.stack or "", role].append(node.service)

    @property
    def now(self) -> float:
        """The clock that judges: when the snapshot was recorded (epoch seconds)."""
        return self._snapshot.recorded

    def of(
        self,
        probe: str,
        *,
        host: str,
        stack: str | None = None,
        service: str | None = None,
        replica: str | None = None,
        args: Args | None = None,
    ) -> Sequence[Evidence]:
        """Return the pieces of a probe at a place; None means "whatever it is"."""
        if service is None:
            pieces = self._by_host.get((probe, host), [])
        else:
            pieces = self._by_service.get((probe, host, service), [])
        return [
            piece
            for piece in pieces
            if (stack is None or piece.address.stack == stack)
            and (replica is None or piece.address.replica == replica)
            and (args is None or piece.address.args == args)
        ]

    def role(self, host: str, stack: str, role: str) -> tuple[str, ...]:
        """Return the services of a stack that are bound to a role, by name."""
        return tuple(sorted(self._roles.get((host, stack, role), ())))
