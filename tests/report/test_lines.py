"""Words wrap where they should, whatever their style."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from escalade.report.lines import Span
from escalade.report.lines import columns
from escalade.report.lines import cut_line
from escalade.report.lines import flow
from escalade.report.lines import line
from escalade.report.lines import span
from escalade.report.lines import text_of
from escalade.report.lines import width_of


def shown(rows):
    """Return rows as text."""
    return [text_of(row) for row in rows]


def test_flow_hangs():
    """Lines after the first stand under the body, not under the head."""
    rows = flow(line("do  "), line("one two three"), 12)
    assert shown(rows) == ["do  one two", "    three"]


def test_flow_keeps_words_of_two_styles_together():
    """A word that changes style in its middle is one word."""
    rows = flow((), (Span("aaa bb"), Span("cc", "dim"), Span(" dd")), 8)
    assert shown(rows) == ["aaa bbcc", "dd"]


def test_flow_never_begins_a_line_with_a_colon():
    """French punctuation stays with the word before it."""
    assert shown(flow((), line("un mot : voilà"), 8)) == ["un mot :", "voilà"]


def test_flow_splits_a_word_that_fits_nowhere():
    """A word longer than the room is split."""
    assert shown(flow((), line("x abcdefghijkl"), 8)) == ["x", "abcdefgh", "ijkl"]


def test_flow_leaves_out():
    """With `most`, the last line shows that something is left out."""
    rows = flow((), line("one two three four five six"), 9, most=2)
    assert shown(rows) == ["one two", "three …"]


@given(st.text(max_size=80), st.integers(8, 30), st.integers(0, 5))
def test_flow_fits(text, width, indent):
    """No line passes the width where the body has at least eight cells."""
    rows = flow((Span(" " * indent),), line(span(text)), width + indent)
    assert all(width_of(row) <= width + indent for row in rows)


def test_columns_leave_out_the_empty():
    """A column without any text takes no room, not even its gap."""
    rows = columns(
        [[span("a"), span(""), span("b")], [span("cc"), span(""), span("d")]]
    )
    assert shown(rows) == ["a   b", "cc  d"]
    assert columns([]) == []


def test_cut_line():
    """A line is cut at its width, and says so even where a span ends just there."""
    assert text_of(cut_line(line("abc", "def"), 3)) == "ab…"
    assert text_of(cut_line(line("abc", "def"), 5)) == "abcd…"
    assert text_of(cut_line(line("abc", "def"), 6)) == "abcdef"
