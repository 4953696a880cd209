"""The exception tree: bad input and our own mistakes.

    EscaladeError
    |-- UsageError       (ValueError)   a flag, a pattern or a name that cannot work
    |-- InventoryError   (ValueError)   an inventory file that cannot be read as one
    |-- RunbookError     (ValueError)   a runbook that cannot be read as one
    |-- EvidenceError    (ValueError)   a saved evidence file that cannot be read as one
    |-- JournalError     (RuntimeError) a journal that cannot be written or read
    `-- CatalogError     (RuntimeError) two probes or steps of one name: our own mistake

A host in trouble is never an exception: it is a value (`model.Status`).
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "CatalogError",
    "EscaladeError",
    "EvidenceError",
    "InventoryError",
    "JournalError",
    "RunbookError",
    "UsageError",
    "nearest",
]


class EscaladeError(Exception):
    """The root of all our exceptions; its text is one clear line."""


class UsageError(EscaladeError, ValueError):
    """A flag, a pattern or a name that cannot work."""


class InventoryError(EscaladeError, ValueError):
    """An inventory file that cannot be read as one."""


class RunbookError(EscaladeError, ValueError):
    """A runbook that cannot be read as one; the text starts with file:line:column."""


class EvidenceError(EscaladeError, ValueError):
    """A saved evidence file that cannot be read as one."""


class JournalError(EscaladeError, RuntimeError):
    """A journal that cannot be written or read."""


class CatalogError(EscaladeError, RuntimeError):
    """Two probes or two steps share a name."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` for the closest known word, else ``""``."""
    import difflib

    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""
