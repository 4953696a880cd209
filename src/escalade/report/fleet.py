"""Many hosts on one screen: a root of several is one block, healthy hosts one line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from escalade.model import Diagnosis
from escalade.model import Finding
from escalade.model import Severity
from escalade.model import Spread
from escalade.report import words
from escalade.report.look import Look
from escalade.report.parts import causes_of

__all__ = [
    "CROWD",
    "FLEET",
    "Block",
    "blocks",
    "healthy",
    "is_crowd",
    "some",
    "spread_place",
]

FLEET = 3
"""Up to so many hosts, each is told by itself."""
CROWD = 12
"""Above so many, only the first cause is told in full, and no service that is well."""
_NAMES = 4


@dataclass(frozen=True, slots=True)
class Block:
    """One cause as it is told: its root, or the first of those that hosts share."""

    root: Finding
    spread: Spread | None = None
    explains: int = 0


def is_crowd(diagnosis: Diagnosis, look: Look) -> bool:
    """Whether there are so many hosts that the report must be kept to one screen."""
    return len(diagnosis.hosts) > CROWD and not look.verbose


def blocks(diagnosis: Diagnosis) -> tuple[Block, ...]:
    """Return the causes: likeliest first; in a fleet, the widest of the worst first."""
    found = causes_of(diagnosis)
    if len(diagnosis.hosts) <= FLEET:
        return tuple(Block(root, explains=len(root.explains)) for root in found)
    spread_of = {one: each for each in diagnosis.fleet for one in each.findings}
    told: dict[str, Block] = {}
    for root in found:
        spread = spread_of.get(root.id)
        name = spread.findings[0] if spread else root.id
        known = told.get(name, Block(root, spread))
        told[name] = Block(known.root, spread, known.explains + len(root.explains))
    return tuple(sorted(told.values(), key=_rank))


def _rank(block: Block) -> tuple[int, int]:
    """Return what a fleet's causes are ordered by."""
    wide = len(block.spread.hosts) if block.spread else 1
    return -block.root.severity, -wide


def healthy(diagnosis: Diagnosis) -> tuple[str, ...]:
    """Return the hosts that answer, with no cause and no gap that could hide one."""
    bad = {
        each.node.host
        for each in diagnosis.findings
        if each.severity > Severity.INFO and not each.standing
    }
    bad |= {gap.node.host for gap in diagnosis.gaps if gap.hides}
    return tuple(
        state.host
        for state in diagnosis.hosts
        if state.reachable and state.host not in bad
    )


def some(names: Iterable[str], most: int = _NAMES) -> str:
    """Return the first names and how many more there are: `web1, web2, +5`."""
    told = list(names)
    # One more name takes no more room than its count.
    shown = told if len(told) <= most + 1 else told[:most]
    rest = len(told) - len(shown)
    return ", ".join([*shown, f"+{rest}"] if rest else shown)


def spread_place(spread: Spread, look: Look) -> str:
    """Return `redis on 7 of 40 hosts: web1, web2, +5`."""
    slots = {
        "n": str(len(spread.hosts)),
        "of": str(spread.of),
        "hosts": some(spread.hosts),
        "service": spread.service or "",
    }
    text = words.ON_MANY if spread.service else words.MANY
    return text.fill(slots).pick(look.lang)
