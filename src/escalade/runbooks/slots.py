"""The slots in texts for people, `{container.exit_code}`, and what can fill them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from escalade.errors import nearest
from escalade.evidence.probe import Probe
from escalade.model import Condition
from escalade.runbooks.conditions import asked
from escalade.runbooks.conditions import surely_asked
from escalade.runbooks.spot import Spot

__all__ = ["SLOTS", "Fillers", "reading_of", "slots", "text_slots"]

SLOTS = ("service", "host")
"""The slots that are filled without a probe."""

_SLOT = re.compile(r"(?<![${])\{([A-Za-z_][\w-]*(?:\.[\w-]*)*)\}(?!\})")


@dataclass(frozen=True, slots=True)
class Fillers:
    """What can fill a symptom's slots: the probes that its condition asks.

    `some` may have a record when the symptom holds, `all` have one for sure.
    """

    catalog: Mapping[str, Probe]
    role: str
    some: frozenset[str]
    all: frozenset[str]

    @classmethod
    def of(cls, catalog: Mapping[str, Probe], role: str, when: Condition) -> Fillers:
        """Return what fills the slots of a symptom with this condition."""
        return cls(catalog, role, asked(when), surely_asked(when))


def slots(text: str) -> tuple[str, ...]:
    """Return the slots of a text in order. `${NAME}` and `{{name}}` are none."""
    return tuple(match[1] for match in _SLOT.finditer(text))


def text_slots(spot: Spot, fillers: Fillers) -> None:
    """Report the slots of an `{en, fr}` text that nothing can fill."""
    found: dict[str, set[str]] = {}
    for language in ("en", "fr"):
        below = spot.at(language)
        if isinstance(below.value, str):
            found[language] = set(slots(below.value))
            for slot in slots(below.value):
                _slot(below, slot, fillers)
    if len(found) > 1 and found["en"] != found["fr"]:
        odd = ", ".join(sorted(found["en"] ^ found["fr"]))
        spot.doubtful(f"only one language has the slot {odd}")


def _slot(spot: Spot, slot: str, fillers: Fillers) -> None:
    """Report one slot that cannot be filled."""
    if slot in SLOTS:
        if slot == "service" and fillers.role in ("host", "stack"):
            spot.wrong(f"the slot {{service}} has no service: role {fillers.role}")
        return
    probe, dot, _ = slot.partition(".")
    if not dot:
        known = (*SLOTS, *(f"{p}.{r}" for p in fillers.some for r in _of(p, fillers)))
        spot.wrong(f"unknown slot {{{slot}}}{nearest(slot, known)}")
        return
    if reading_of(spot, slot, fillers, said=f"the slot {{{slot}}}") is None:
        return
    if probe not in fillers.all:
        spot.doubtful(f"the slot {{{slot}}} stays open where another branch held")


def _of(probe: str, fillers: Fillers) -> tuple[str, ...]:
    """Return the readings of a probe."""
    return tuple(fillers.catalog[probe].readings)


def reading_of(spot: Spot, word: str, fillers: Fillers, *, said: str) -> type | None:
    """Return the type of `probe.reading`; None (reported) where `when` has no such."""
    probe, _, reading = word.partition(".")
    if probe not in fillers.catalog:
        spot.wrong(f"{said}: unknown probe {probe!r}{nearest(probe, fillers.catalog)}")
        return None
    readings = fillers.catalog[probe].readings
    if reading not in readings:
        close = nearest(reading, readings) or f"; known: {', '.join(readings)}"
        spot.wrong(f"{said}: {probe} has no reading {reading!r}{close}")
        return None
    if probe not in fillers.some:
        have = ", ".join(sorted(fillers.some)) or "no probe"
        spot.wrong(f"{said}: 'when' does not ask {probe} (it asks {have})")
        return None
    return readings[reading]
