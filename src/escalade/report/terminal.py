"""The report for people: choose how to show it, and print it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from escalade.model import Diagnosis
from escalade.report.emit import emit
from escalade.report.layout import layout
from escalade.report.lines import Line
from escalade.report.look import Look
from escalade.report.plain import plain

__all__ = ["show", "write"]


def show(diagnosis: Diagnosis, look: Look, stream: TextIO | None = None) -> None:
    """Print the whole report on a stream (stdout)."""
    write(layout(diagnosis, look), look, stream)


def write(lines: Iterable[Line], look: Look, stream: TextIO | None = None) -> None:
    """Print lines on a stream (stdout), in colour where the look says so."""
    emit(_coloured(lines, look) if look.colour else plain(lines, look), stream)


def _coloured(lines: Iterable[Line], look: Look) -> str:
    """Return the lines in colour; rich is imported now and not before."""
    from escalade.report import rich_

    return rich_.text_of(lines, look)
