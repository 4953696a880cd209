"""Lines as bare text, for pipes, files and terminals without colour."""

from __future__ import annotations

from collections.abc import Iterable

from escalade.model import Diagnosis
from escalade.report.layout import layout
from escalade.report.lines import Line
from escalade.report.lines import text_of
from escalade.report.look import Look
from escalade.report.safe import ascii_only

__all__ = ["plain", "render"]


def render(diagnosis: Diagnosis, look: Look) -> str:
    """Return the whole report as text that ends with a newline."""
    return plain(layout(diagnosis, look), look)


def plain(lines: Iterable[Line], look: Look) -> str:
    """Return lines as text; in ASCII where the reader's encoding has no more."""
    text = "".join(f"{text_of(each)}\n" for each in lines)
    return text if look.unicode else ascii_only(text)
