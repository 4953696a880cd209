"""Make text from hosts harmless to show: no escapes, no controls, no direction tricks.

Whatever a log line, a label or a host name holds, what comes out of `clean` is one
line of printable characters that a terminal shows and does not obey.
"""

from __future__ import annotations

import re
from functools import cache

__all__ = ["LIMIT", "ascii_only", "cells", "clean", "cut"]

LIMIT = 4000
"""Characters that are ever looked at: no reader wants more of one line."""

_COMBINING = "\u0300"
"""The first character that may take no cell, or two."""


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Return the patterns of escapes, invisible characters and piled-up accents.

    They are compiled when the first text needs them: most texts need none. An unended
    OSC or DCS string loses its introducer only: it must not be able to swallow the
    rest of the line.
    """
    marks = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u20d0-\u20ff]"
    return (
        re.compile(
            r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]"
            r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])"
            r"(?:[^\x07\x1b\x9c]{0,512}(?:\x07|\x1b\\|\x9c))?"
            r"|\x1b[ -/]{0,8}[0-~]?",
        ),
        re.compile(
            "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
            "\ufff9-\ufffb\U000e0000-\U000e0fff]",
        ),
        re.compile(f"({marks}{{2}}){marks}+"),
    )


_ASCII = str.maketrans(
    {
        "✓": "+",
        "✗": "x",
        "…": "~",
        "·": "-",
        "│": "|",
        "↳": ">",
        "→": ">",
        "\u2019": "'",
        "«": '"',
        "»": '"',
        "\u2013": "-",
        "\u2014": "-",
        "œ": "oe",
        "Œ": "OE",
    },
)


def clean(text: str, limit: int = LIMIT) -> str:
    """Return the text as one printable line of at most `limit` characters.

    Terminal escapes are removed, line breaks become ` | `, other control characters
    `·`, invisible and direction-changing characters nothing.
    """
    longer, text = len(text) > limit, text[:limit]
    if text.isprintable() and (text.isascii() or max(text) < _COMBINING):
        return text[: limit - 1] + "…" if longer else text
    escapes, invisible, piles = _patterns()
    text = _one_line(escapes.sub("", text))
    text = piles.sub(r"\1", invisible.sub("", text))
    text = "".join(map(_printable, text))
    return text[: limit - 1] + "…" if longer else text


def _one_line(text: str) -> str:
    """Return the text's lines side by side; empty ones are left out."""
    lines = text.splitlines()
    if len(lines) < 2:  # noqa: PLR2004
        return lines[0] if lines else ""
    return " | ".join(filter(None, map(str.strip, lines)))


def _printable(char: str) -> str:
    """Return the character, a space for any kind of space, a dot for a control."""
    if char.isprintable():
        return char
    return " " if char.isspace() else "·"


def cells(text: str) -> int:
    """Return how many terminal cells a cleaned text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_width, text))


def _width(char: str) -> int:
    """Return 0 for a combining mark, 2 for a wide character, else 1."""
    if char < _COMBINING or char in "✓✗…│↳→":
        return 1
    import unicodedata

    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut(text: str, width: int) -> str:
    """Return the text cut to a number of cells, `…` standing for what is left out."""
    if cells(text) <= width:
        return text
    room, out = width - 1, []
    for char in text:
        room -= _width(char)
        if room < 0:
            break
        out.append(char)
    return "".join(out).rstrip() + "…" if width > 0 else ""


def ascii_only(text: str) -> str:
    """Return the text in ASCII: accents folded, marks by their look-alikes."""
    if text.isascii():
        return text
    import unicodedata

    text = unicodedata.normalize("NFKD", text.translate(_ASCII))
    return "".join(
        char if char.isascii() else "?"
        for char in text
        if not unicodedata.combining(char)
    )
