"""Lines in colour, for people at a terminal. Rich is imported here, and only here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from escalade.report.lines import Line
from escalade.report.look import Look
from escalade.report.safe import ascii_only

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["STYLES", "renderable", "text_of"]

STYLES = {
    "": "",
    "good": "green",
    "bad": "bold red",
    "warn": "yellow",
    "dim": "bright_black",
    "label": "bright_black",
    "head": "bold",
    "name": "bold",
    "cmd": "cyan",
}
"""Few colours, each with one meaning, readable on dark and on light ground."""


def renderable(lines: Iterable[Line], look: Look) -> Text:
    """Return lines as one rich text; hostile markup stays text."""
    from rich.text import Text

    text = Text(no_wrap=True, end="")
    for each in lines:
        for part in each:
            shown = part.text if look.unicode else ascii_only(part.text)
            text.append(shown, style=STYLES.get(part.style, ""))
        text.append("\n")
    return text


def text_of(lines: Iterable[Line], look: Look) -> str:
    """Return lines as text with the terminal's own colour codes.

    It is captured, not printed: rich ends the process when its reader goes away.
    """
    console = _console(look)
    with console.capture() as captured:
        console.print(renderable(lines, look), soft_wrap=True, end="")
    return captured.get()


def _console(look: Look) -> Console:
    """Return a console that shows text as it is: no markup, emoji or highlighting."""
    from rich.console import Console

    return Console(
        width=look.width,
        force_terminal=True,
        no_color=False,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
    )
