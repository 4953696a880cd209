"""What people see, letter by letter: files in tests/cases/report.

`ESCALADE_TEST_GOLDEN=write pytest tests/report/test_golden.py` writes them anew; read
the difference before you commit it.
"""

from __future__ import annotations

import pytest

from escalade.report.layout import layout
from escalade.report.look import Look
from escalade.report.plain import plain
from escalade.report.plain import render
from escalade.text import LANGS

NAMES = (
    "healthy",
    "one-root",
    "suspected",
    "two-hosts",
    "gaps-only",
    "no-engine",
    "no-stack",
    "hostile",
    "fleet",
    "crowd",
    "two-causes",
)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", NAMES)
def test_report(name, lang, cases, golden):
    """A report on 80 columns is what its golden file says."""
    golden(f"{name}.{lang}.txt", render(cases[name](), Look(lang=lang)))


@pytest.mark.parametrize("lang", LANGS)
def test_narrow(lang, cases, golden):
    """A report on 40 columns drops columns before it cuts what matters."""
    golden(f"narrow.{lang}.txt", render(cases["one-root"](), Look(lang=lang, width=40)))


@pytest.mark.parametrize("lang", LANGS)
def test_verbose(lang, cases, golden):
    """A verbose report folds nothing and ends with the run itself."""
    look = Look(lang=lang, verbose=True)
    golden(f"verbose.{lang}.txt", render(cases["two-causes"](), look))


@pytest.mark.parametrize("name", NAMES)
def test_same_lines_in_both_languages(name, cases):
    """English and French have the same lines where width does not matter."""
    shown = [len(layout(cases[name](), Look(lang=lang, width=140))) for lang in LANGS]
    assert shown[0] == shown[1]


@pytest.mark.parametrize("width", [20, 33, 40, 61, 80, 100, 140])
@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_wider_than_asked(name, width, cases):
    """No line passes the width, so that no terminal wraps it."""
    from escalade.report.safe import cells

    for lang in LANGS:
        text = render(cases[name](), Look(lang=lang, width=width))
        assert max(map(cells, text.splitlines())) <= width


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    "name", ["one-root", "suspected", "two-hosts", "fleet", "crowd"]
)
def test_cause_is_on_the_first_screen(name, lang, cases):
    """The first cause, its place and its evidence stand within the first 23 lines."""
    text = render(cases[name](), Look(lang=lang))
    first = "\n".join(text.splitlines()[:23])
    assert "1  CRIT" in first or "1  ERR" in first
    assert {"en": "why", "fr": "preuve"}[lang] in first


@pytest.mark.parametrize("lang", LANGS)
def test_forty_hosts_fit_one_screen(lang, cases):
    """However many hosts there are, the report is one screen of 24 lines."""
    text = render(cases["crowd"](), Look(lang=lang))
    assert len(text.splitlines()) <= 24
    assert {"en": "29 hosts healthy", "fr": "29 hôtes en bonne santé"}[lang] in text


@pytest.mark.parametrize("lang", LANGS)
def test_one_cause_fits_one_screen(lang, cases):
    """A stack of six with one cause fits 80x24, the prompt below it included."""
    assert len(render(cases["one-root"](), Look(lang=lang)).splitlines()) <= 23


def test_long_report_ends_with_its_cause(cases):
    """What is longer than the screen says its first cause again at the end."""
    text = render(cases["two-causes"](), Look())
    assert text.splitlines()[-2].startswith("Cause: Redis is not running")
    tall = render(cases["two-causes"](), Look(height=60))
    assert "Cause:" not in tall


def test_ascii(cases):
    """Where the encoding has no more, every character is ASCII."""
    text = render(cases["two-hosts"](), Look(lang="fr", unicode=False))
    assert text.isascii()
    assert "x 2 causes trouvees" in text


def test_plain_ends_lines(cases):
    """Each line ends with a newline and without spaces."""
    text = plain(layout(cases["one-root"](), Look()), Look())
    assert text.endswith("\n")
    assert all(line == line.rstrip() for line in text.splitlines())


def test_endless_names_do_not_make_an_endless_report(cases):
    """Names and titles of a million characters leave the report short."""
    from dataclasses import replace

    from escalade.model import Node
    from escalade.text import Text

    base = cases["one-root"]()
    long = "n" * 1_000_000
    node = Node(long, long, long)
    found = replace(base.findings[0], title=Text(long, long), node=node)
    rows = (replace(base.services[0], node=node, note=Text(long, long), state=long),)
    gap = replace(base.gaps[0], node=node, reason=long, probe=long, hides=True)
    odd = replace(
        base, findings=(found, *base.findings[1:]), services=rows, gaps=(gap,)
    )
    assert len(render(odd, Look()).splitlines()) < 40
