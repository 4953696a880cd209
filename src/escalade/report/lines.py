"""Lines of styled spans: the one layout that plain and rich output both show.

A style is a name (`good`, `bad`, `warn`, `dim`, `head`, `name`, `cmd`), never a colour:
plain output ignores it, rich_ gives it one.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass

from escalade.report.safe import cells
from escalade.report.safe import clean
from escalade.report.safe import cut

__all__ = [
    "EMPTY",
    "Line",
    "Span",
    "columns",
    "cut_line",
    "flow",
    "joined",
    "line",
    "span",
    "text_of",
    "width_of",
]


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style. Make it with `span`, which makes it harmless."""

    text: str
    style: str = ""


Line = tuple[Span, ...]
EMPTY: Line = ()
_GLUED = frozenset({":", ";", "!", "?", "»", "·"})
"""Words that never begin a line: French sets them off with a space."""


def span(text: str, style: str = "") -> Span:
    """Return a span whose text is safe to show."""
    return Span(clean(text), style)


def line(*parts: Span | str) -> Line:
    """Return a line of spans; a bare string has no style."""
    return tuple(span(part) if isinstance(part, str) else part for part in parts)


def joined(spans: Iterable[Span], separator: str) -> Line:
    """Return the spans with a dim separator between each two."""
    out: list[Span] = []
    for each in spans:
        if out:
            out.append(Span(separator, "dim"))
        out.append(each)
    return tuple(out)


def text_of(spans: Line) -> str:
    """Return the line's text, without spaces at its end."""
    return "".join(each.text for each in spans).rstrip()


def width_of(spans: Line) -> int:
    """Return how many cells the line takes."""
    return sum(cells(each.text) for each in spans)


def cut_line(spans: Line, width: int) -> Line:
    """Return the line cut to a width, `…` standing for what is left out."""
    if width_of(spans) <= width:
        return spans
    out: list[Span] = []
    room = width
    for each in spans:
        size = cells(each.text)
        if size >= room:
            out.append(Span(cut(each.text + "  ", room), each.style))
            break
        out.append(each)
        room -= size
    return tuple(out)


def flow(
    head: Line, body: Line, width: int, *, most: int | None = None
) -> tuple[Line, ...]:
    """Return `head` and then the body's words, wrapped under one another.

    The lines after the first are indented by the width of `head`. With `most`, what
    does not fit in so many lines is left out and the last one ends with `…`.
    """
    indent = width_of(head)
    room = max(width - indent, 8)
    rows = _wrap(body, room)
    if most is not None and len(rows) > most:
        last = (*rows[most - 1], Span(" …", "dim"))
        rows = [*rows[: most - 1], cut_line(last, room)]
    pad = Span(" " * indent)
    return tuple(
        (*(head if at == 0 else (pad,)), *row) for at, row in enumerate(rows or [()])
    )


def _wrap(body: Line, room: int) -> list[Line]:
    """Return the body's words in rows of at most `room` cells."""
    rows: list[list[Span]] = [[]]
    used = 0
    for word in _words(body):
        size = width_of(word)
        gap = 1 if rows[-1] else 0
        if rows[-1] and used + gap + size > room:
            rows.append([])
            used, gap = 0, 0
        if gap:
            rows[-1].append(Span(" ", word[0].style))
        pieces = _split(word, room)
        for piece in pieces[:-1]:
            rows[-1].extend(piece)
            rows.append([])
        rows[-1].extend(pieces[-1])
        used += gap + width_of(pieces[-1])
    return [tuple(row) for row in rows if row]


def _words(body: Line) -> list[Line]:
    """Return the words of a line; a word may run through several spans."""
    words: list[list[Span]] = []
    open_word = False
    for each in body:
        for at, piece in enumerate(each.text.split(" ")):
            if at:
                open_word = False
            if not piece:
                continue
            if open_word:
                words[-1].append(Span(piece, each.style))
            elif piece in _GLUED and words:
                words[-1].append(Span(" " + piece, each.style))
            else:
                words.append([Span(piece, each.style)])
            open_word = True
    return [tuple(word) for word in words]


def _split(word: Line, room: int) -> list[Line]:
    """Return a word in pieces that fit; nearly always the word alone."""
    if width_of(word) <= room:
        return [word]
    pieces: list[list[Span]] = [[]]
    used = 0
    for each in word:
        for char in each.text:
            if used + cells(char) > room:
                pieces.append([])
                used = 0
            pieces[-1].append(Span(char, each.style))
            used += cells(char)
    return [tuple(piece) for piece in pieces]


def columns(rows: Sequence[Sequence[Span]], *, gap: int = 2) -> list[Line]:
    """Return rows of cells set under one another, each column as wide as it needs."""
    if not rows:
        return []
    count = max(len(row) for row in rows)
    widths = [
        max((cells(row[at].text) for row in rows if at < len(row)), default=0)
        for at in range(count)
    ]
    return [_padded(row, widths, gap) for row in rows]


def _padded(row: Sequence[Span], widths: Sequence[int], gap: int) -> Line:
    """Return one row padded to the widths; columns without any text take no room."""
    out: list[Span] = []
    for at, each in enumerate(row):
        if not widths[at]:
            continue
        out.append(each)
        fill = widths[at] - cells(each.text)
        rest = any(widths[at + 1 :])
        out.append(Span(" " * (fill + gap if rest else 0)))
    return tuple(out)
