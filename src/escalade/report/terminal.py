"""The report for people: choose how to show it, and print it. The only writer here."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TextIO

from escalade.model import Diagnosis
from escalade.report.layout import layout
from escalade.report.lines import Line
from escalade.report.look import Look
from escalade.report.plain import plain

__all__ = ["show", "write"]


def show(diagnosis: Diagnosis, look: Look, stream: TextIO | None = None) -> None:
    """Print the whole report on a stream (stdout)."""
    write(layout(diagnosis, look), look, stream)


def write(lines: Iterable[Line], look: Look, stream: TextIO | None = None) -> None:
    """Print lines on a stream (stdout), in colour where the look says so.

    A reader that goes away (`| head`) ends the printing and nothing else.
    """
    out = stream or sys.stdout
    text = _coloured(lines, look) if look.colour else plain(lines, look)
    try:
        out.write(_encodable(text, out))
        out.flush()
    except BrokenPipeError:
        _close_quietly(out)


def _coloured(lines: Iterable[Line], look: Look) -> str:
    """Return the lines in colour; rich is imported now and not before."""
    from escalade.report import rich_

    return rich_.text_of(lines, look)


def _encodable(text: str, stream: TextIO) -> str:
    """Return the text with `?` for what the stream's encoding cannot carry."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def _close_quietly(stream: TextIO) -> None:
    """Point a broken pipe to nowhere, so that Python's own last flush stays silent."""
    try:
        number = stream.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
