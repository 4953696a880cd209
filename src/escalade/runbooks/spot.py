"""A place in a document with its value: where a walk stands, and where it reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from escalade.runbooks.source import Document
from escalade.runbooks.source import Place

__all__ = ["Spot"]


@dataclass(frozen=True, slots=True)
class Spot:
    """One value of a document. Problems at it carry its position."""

    document: Document
    place: Place
    value: Any

    @classmethod
    def top(cls, document: Document) -> Spot:
        """Return the document's own place."""
        return cls(document, (), document.data)

    @property
    def name(self) -> str:
        """Return the key under which the value stands, or its number in a list."""
        last = self.place[-1] if self.place else self.document.file
        return f"item {last + 1}" if isinstance(last, int) else last

    @property
    def written(self) -> str:
        """Return a scalar as the file spells it, else an empty text."""
        return self.document.written.get(self.place, "")

    @property
    def line(self) -> int:
        """Return the line of the key."""
        return self.document.key(self.place).line

    def at(self, step: str | int) -> Spot:
        """Return the place one step down; its value is None where there is none."""
        value = self.value
        if isinstance(value, dict):
            below = value.get(str(step))
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            below = value[step]
        else:
            below = None
        return Spot(self.document, (*self.place, step), below)

    def down(self, *steps: str | int) -> Spot:
        """Return the place several steps down."""
        spot = self
        for step in steps:
            spot = spot.at(step)
        return spot

    def items(self) -> Iterator[tuple[str, Spot]]:
        """Yield the keys of a mapping and their places; nothing for other values."""
        return ((str(below.place[-1]), below) for below in self.values())

    def values(self) -> Iterator[Spot]:
        """Yield the places of a mapping's values; nothing for other values."""
        keys = self.value if isinstance(self.value, dict) else ()
        return (self.at(key) for key in keys)

    def each(self) -> Iterator[Spot]:
        """Yield the places of a list; nothing for other values."""
        if isinstance(self.value, list):
            for index in range(len(self.value)):
                yield self.at(index)

    def wrong(self, text: str) -> None:
        """Report a problem with the value."""
        self.document.problems.add(self.document.value(self.place), text)

    def misplaced(self, text: str) -> None:
        """Report a problem with the key, or with the whole."""
        self.document.problems.add(self.document.key(self.place), text)

    def doubtful(self, text: str) -> None:
        """Warn about the value."""
        self.document.problems.warn(self.document.value(self.place), text)
