"""A table or a list as one value, shown as text and given as JSON.

Rows hold what programs want (numbers, code words); columns know how people read it.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

from escalade.model import Value
from escalade.report.lines import EMPTY
from escalade.report.lines import Line
from escalade.report.lines import Span
from escalade.report.lines import columns
from escalade.report.lines import cut_line
from escalade.report.lines import flow
from escalade.report.lines import line
from escalade.report.lines import span
from escalade.report.look import Look
from escalade.report.plain import plain
from escalade.report.safe import cells
from escalade.report.safe import cut
from escalade.text import Lang
from escalade.text import Text

__all__ = ["Column", "Row", "Sheet", "Table"]

Row = Mapping[str, Value]
_LEAST = 10


def _as_it_is(value: Value, lang: Lang) -> str:
    """Return a value as people read it: nothing for what is not known."""
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        yes, no = ("oui", "non") if lang == "fr" else ("yes", "no")
        return yes if value else no
    return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the row's key, its heading, and how to say its values.

    `style` names a style from the whole row, so that a state can colour itself.
    """

    key: str
    head: Text
    say: Callable[[Value, Lang], str] = _as_it_is
    style: Callable[[Row], str] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; a column in which nothing is known is left out."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    title: Text | None = None
    empty: Text | None = None

    def lines(self, look: Look) -> tuple[Line, ...]:
        """Return the table, cut to the width by its widest columns."""
        title = (line(span(self.title.pick(look.lang), "head")),) if self.title else ()
        if not self.rows:
            none = self.empty.pick(look.lang) if self.empty else "-"
            return (*title, line(span(none)))
        told = [
            [self._cell(row, each, look) for each in self.columns] for row in self.rows
        ]
        used = [
            at for at in range(len(self.columns)) if any(row[at].text for row in told)
        ]
        heads = [span(self.columns[at].head.pick(look.lang), "label") for at in used]
        grid = [heads, *([row[at] for at in used] for row in told)]
        return (*title, *columns(grid if look.whole else _narrowed(grid, look.width)))

    def _cell(self, row: Row, column: Column, look: Look) -> Span:
        """Return one cell as people read it."""
        text = column.say(row.get(column.key), look.lang)
        return span(text, column.style(row) if column.style else "")

    def data(self) -> dict[str, object]:
        """Return the rows for JSON."""
        return {
            self.name: [
                {
                    key: list(value) if isinstance(value, tuple) else value
                    for key, value in row.items()
                }
                for row in self.rows
            ],
        }


def _narrowed(grid: Sequence[Sequence[Span]], width: int) -> list[list[Span]]:
    """Return the cells cut so that a row fits: the widest column gives way first."""
    sizes = [max(cells(row[at].text) for row in grid) for at in range(len(grid[0]))]
    while sum(sizes) + 2 * (len(sizes) - 1) > width and max(sizes) > _LEAST:
        sizes[sizes.index(max(sizes))] -= 1
    return [
        [
            Span(cut(each.text, size), each.style)
            for each, size in zip(row, sizes, strict=True)
        ]
        for row in grid
    ]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The answer to one manual question: tables, then lines, then what is missing.

    `schema` names the JSON, `escalade.ps/1`; `missing` are questions without an
    answer, told in both forms: absent evidence is never health.
    """

    schema: str
    tables: tuple[Table, ...] = ()
    told: tuple[Line, ...] = ()
    records: tuple[Row, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()

    def lines(self, look: Look) -> tuple[Line, ...]:
        """Return the lines for people."""
        out: list[Line] = []
        for table in self.tables:
            out += [EMPTY, *table.lines(look)] if out else table.lines(look)
        out += self.told
        if self.missing:
            out += [EMPTY] if out else []
            for target, reason in self.missing:
                head = line(span("? ", "warn"), span(target, "name"), "  ")
                out += flow(head, line(span(reason, "dim")), look.width, most=2)
        if look.whole or not self.tables:
            return tuple(out)
        return tuple(cut_line(row, look.width) for row in out)

    def text(self, look: Look) -> str:
        """Return the lines as bare text."""
        return plain(self.lines(look), look)

    def data(self) -> dict[str, object]:
        """Return one object for JSON."""
        rows: dict[str, object] = {"schema": self.schema}
        for table in self.tables:
            rows |= table.data()
        if self.records or not self.tables:
            rows["lines"] = [dict(record) for record in self.records]
        rows["missing"] = [
            {"target": target, "reason": reason} for target, reason in self.missing
        ]
        return rows
