"""What a diagnosis has to say, sorted by what people do with it."""

from __future__ import annotations

from escalade.model import Diagnosis
from escalade.model import Finding
from escalade.model import Remedy
from escalade.model import Severity

__all__ = [
    "action_of",
    "causes_of",
    "explained_by",
    "notes_of",
    "roots_of",
    "weaknesses_of",
]

_WORDS = ("wait", "none", "handoff")


def roots_of(diagnosis: Diagnosis) -> tuple[Finding, ...]:
    """Return the roots, likeliest first; severity info never makes one."""
    return tuple(f for f in diagnosis.roots if f.severity > Severity.INFO)


def causes_of(diagnosis: Diagnosis) -> tuple[Finding, ...]:
    """Return the roots of what is wrong now."""
    return tuple(f for f in roots_of(diagnosis) if not f.standing)


def weaknesses_of(diagnosis: Diagnosis) -> tuple[Finding, ...]:
    """Return the roots that were there before any incident."""
    return tuple(f for f in roots_of(diagnosis) if f.standing)


def notes_of(diagnosis: Diagnosis) -> tuple[Finding, ...]:
    """Return what is worth knowing and asks for nothing."""
    return tuple(f for f in diagnosis.roots if f.severity == Severity.INFO)


def explained_by(diagnosis: Diagnosis, root: Finding) -> tuple[Finding, ...]:
    """Return the findings folded under a root, in the diagnosis' own order."""
    ids = set(root.explains)
    return tuple(f for f in diagnosis.findings if f.id in ids)


def action_of(remedy: Remedy) -> str:
    """Return `ladder`, or `wait`, `none` or `handoff` where there is none to climb.

    A remedy without a ladder has one of these words as its only step.
    """
    if remedy.ladder is not None:
        return "ladder"
    word = remedy.steps[0] if len(remedy.steps) == 1 else "none"
    return word if word in _WORDS else "none"
