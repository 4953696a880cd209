"""What a run keeps for people: logs, network, resources, a bundle, the hand-off message."""

from __future__ import annotations

from escalade.collect.before import read_inspects
from escalade.collect.before import save_before
from escalade.collect.collector import COLLECTS
from escalade.collect.collector import Collector
from escalade.collect.story import Deed
from escalade.collect.story import Kept
from escalade.collect.story import Story

__all__ = [
    "COLLECTS",
    "Collector",
    "Deed",
    "Kept",
    "Story",
    "read_inspects",
    "save_before",
]
