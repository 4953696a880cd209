"""How a report should look: width, language, colour, as one frozen value."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

from escalade.text import Lang

__all__ = ["PIPE_WIDTH", "Look", "look_of"]

PIPE_WIDTH = 100
"""Columns where nobody says how many there are (a pipe, a file, a CI log)."""
_WIDTHS = range(20, 141)
_DUMB = ("dumb", "unknown")


@dataclass(frozen=True, slots=True)
class Look:
    """What the pure renderers need to know about the reader.

    `width` and `height` are in terminal cells. `colour` means that rich may be used;
    `unicode` that marks beyond ASCII can be shown. `live` is False for a report on
    saved evidence: then no command that needs the hosts is proposed. `program` is
    what people type before a task's name. `whole` asks tables not to cut their cells,
    since a program or a file takes them.
    """

    lang: Lang = "en"
    width: int = 80
    height: int = 24
    colour: bool = False
    verbose: bool = False
    unicode: bool = True
    program: str = "invoke"
    live: bool = True
    whole: bool = False


def look_of(
    stream: TextIO,
    *,
    lang: Lang,
    verbose: bool = False,
    environ: Mapping[str, str] | None = None,
    program: str = "invoke",
    live: bool = True,
) -> Look:
    """Return the look that suits a stream.

    NO_COLOR, FORCE_COLOR, TERM=dumb, COLUMNS and LINES are honoured, in the sense of
    no-color.org and force-color.org; NO_COLOR wins over FORCE_COLOR.
    """
    env = os.environ if environ is None else environ
    terminal = _is_terminal(stream)
    width, height = _size(stream, env) if terminal else (PIPE_WIDTH, 24)
    width = _positive(env.get("COLUMNS")) or width
    height = _positive(env.get("LINES")) or height
    return Look(
        lang=lang,
        width=min(max(width, _WIDTHS.start), _WIDTHS.stop - 1),
        height=height,
        colour=_colour(env, terminal=terminal),
        verbose=verbose,
        unicode=_speaks_unicode(stream),
        program=program,
        live=live,
        whole=not terminal and not _positive(env.get("COLUMNS")),
    )


def _is_terminal(stream: TextIO) -> bool:
    """Return whether a person reads the stream as it comes."""
    try:
        return stream.isatty()
    except ValueError:  # a closed stream
        return False


def _size(stream: TextIO, env: Mapping[str, str]) -> tuple[int, int]:
    """Return columns and lines of the terminal; 80x24 where it does not say."""
    del env
    try:
        size = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return 80, 24
    return size.columns or 80, size.lines or 24


def _positive(word: str | None) -> int:
    """Return a positive number from an environment variable, else 0."""
    return int(word) if word and word.isascii() and word.isdigit() else 0


def _colour(env: Mapping[str, str], *, terminal: bool) -> bool:
    """Return whether colours are wanted."""
    if env.get("NO_COLOR"):
        return False
    if env.get("FORCE_COLOR"):
        return env["FORCE_COLOR"] != "0"
    return terminal and env.get("TERM", "") not in _DUMB


def _speaks_unicode(stream: TextIO) -> bool:
    """Return whether the stream's encoding can carry any character."""
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower()
    return encoding.replace("-", "").replace("_", "").startswith("utf")
