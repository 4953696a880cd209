"""What hosts say cannot do anything to a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalade.report.safe import ascii_only
from escalade.report.safe import cells
from escalade.report.safe import clean
from escalade.report.safe import cut


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;never ended, the rest stays", "0;never ended, the rest stays"),
        ("\x1bPq#0;2;0;0;0\x1b\\sixel", "sixel"),
        ("\x1bcreset", "reset"),
        ("lone \x1b", "lone "),
        ("a\r\nb\n\n  c", "a | b | c"),
        ("a\tb", "a b"),
        ("nul\x00bell\x07back\x08", "nul·bell·back·"),
        ("\u202eexe.png\u202c", "exe.png"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("\ud800", "·"),
        ("e\u0301\u0301\u0301\u0301", "e\u0301\u0301"),
        ("[red]markup[/red]", "[red]markup[/red]"),
        ("é « à » 漢字", "é « à » 漢字"),
        ("  kept  ", "  kept  "),
        ("", ""),
    ],
)
def test_clean(hostile, shown):
    """Escapes, controls and direction marks are gone; what can be read stays."""
    assert clean(hostile) == shown


@given(
    st.text(st.characters(codec=None), max_size=300)
    | st.text("\x1b[]0;m\x07\x9b\\", max_size=80)
)
def test_clean_is_printable_and_stable(text):
    """Whatever comes in, one printable line comes out, and cleaning it changes nothing."""
    out = clean(text)
    assert out.isprintable()
    assert "\x1b" not in out
    assert clean(out) == out


def test_clean_is_bounded():
    """A line of ten million characters is not read to its end."""
    assert len(clean("A" * 10_000_000)) == 4000
    assert len(clean("\x07" * 10_000_000)) <= 4000


@pytest.mark.parametrize(
    ("text", "width"),
    [("abc", 3), ("é", 1), ("漢字", 4), ("e\u0301", 1), ("✓ ok", 4), ("", 0)],
)
def test_cells(text, width):
    """A wide character takes two cells, a combining mark none."""
    assert cells(text) == width


@given(st.text(max_size=60), st.integers(1, 40))
def test_cut_fits(text, width):
    """What is cut fits."""
    assert cells(cut(clean(text), width)) <= width


def test_cut_says_so():
    """What is left out is shown by an ellipsis."""
    assert cut("abcdef", 4) == "abc…"
    assert cut("abcd", 4) == "abcd"
    assert cut("abcd", 0) == ""


def test_ascii_only():
    """Accents are folded, marks have a look-alike, the rest is a question mark."""
    assert ascii_only("✓ été … 漢 œuvre") == "+ ete ~ ? oeuvre"
