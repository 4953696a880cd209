"""The first line on the screen: printed before anything heavy is loaded."""

from __future__ import annotations

import sys

from escalade.text import Lang
from escalade.text import Text

__all__ = ["STARTING", "first_line"]

STARTING = Text("Escalade is looking…", "Escalade regarde…")


def first_line(lang: Lang) -> None:
    """Print the line on stderr; a reader that went away is no reason to stop."""
    try:
        encoding = sys.stderr.encoding or "ascii"
        text = STARTING.pick(lang).encode(encoding, "replace").decode(encoding)
        print(text, file=sys.stderr, flush=True)
    except (OSError, ValueError, AttributeError):
        return
