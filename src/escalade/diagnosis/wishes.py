"""Stacks that were asked for by name: what is nowhere is a gap, and never healthy."""

from __future__ import annotations

from escalade.errors import nearest
from escalade.evidence.host import HOST
from escalade.model import Gap
from escalade.model import Node
from escalade.model import Snapshot

__all__ = ["unfound"]


def unfound(snapshot: Snapshot) -> tuple[Gap, ...]:
    """Return a gap for each stack that was asked for and that no host has.

    One host among many may well lack it; an inventory that expects it is enough.
    """
    there = {p.address.stack for p in snapshot.evidence if p.address.stack}
    wanted: dict[str, str] = {}
    for piece in snapshot.evidence:
        for record in piece.readings if piece.address.probe == HOST.name else ():
            there |= _names(record.get("stacks"))
            for name in sorted(_names(record.get("wanted"))):
                wanted.setdefault(name, piece.address.host)
    known = ", ".join(sorted(there)) or "none"
    return tuple(
        Gap(
            node=Node(host, name),
            probe=HOST.name,
            reason=f"no such stack; there are: {known}{nearest(name, there)}",
            hides=True,
        )
        for name, host in wanted.items()
        if name not in there
    )


def _names(value: object) -> set[str]:
    """Return the names in a reading, none where it is not known."""
    return set(value) if isinstance(value, tuple) else set()
