"""Printing: the right renderer for the stream, and nothing that can go wrong."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys

import pytest

from escalade.report.layout import layout
from escalade.report.look import Look
from escalade.report.plain import render
from escalade.report.rich_ import STYLES
from escalade.report.rich_ import text_of
from escalade.report.terminal import show

SGR = re.compile(r"\x1b\[[\d;]*m")


@pytest.mark.parametrize("name", ["one-root", "hostile", "fleet", "gaps-only"])
def test_rich_says_what_plain_says(name, cases, monkeypatch):
    """Without its colour codes, the coloured report is the plain one."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    look = Look(colour=True)
    text = text_of(layout(cases[name](), look), look)
    assert "\x1b[" in text
    bare = "".join(line.rstrip() + "\n" for line in SGR.sub("", text).splitlines())
    assert bare == render(cases[name](), look)


def test_every_style_has_a_colour(cases):
    """No line uses a style that rich does not know."""
    for build in cases.values():
        for look in (Look(), Look(verbose=True), Look(width=40)):
            used = {part.style for row in layout(build(), look) for part in row}
            assert used <= set(STYLES)


def test_plain_needs_no_rich():
    """A report for a pipe loads neither rich nor any other heavy library."""
    code = (
        "import sys, escalade.report.terminal, escalade.report.json_,"
        " escalade.report.progress, escalade.report.tables\n"
        "heavy = {'rich', 'json', 'pydantic', 'yaml', 'asyncio', 'logging', 'ssl',"
        " 'unicodedata', 'importlib.metadata', 'datetime'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_show_on_a_stream_that_speaks_ascii(cases):
    """A stream without accents gets the report all the same."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, "ascii")
    show(cases["hostile"](), Look(lang="fr", unicode=False), stream)
    assert b"It" not in raw.getvalue()
    assert b"1  ERREUR" in raw.getvalue()


def test_show_replaces_what_cannot_be_encoded(cases):
    """A character that the encoding lacks becomes a question mark, never an error."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, "latin-1")
    show(cases["hostile"](), Look(), stream)
    assert b"? 1 cause found" in raw.getvalue()


def test_reader_goes_away(cases):
    """A pipe that nobody reads any more ends the printing in silence."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        show(cases["fleet"](), Look(verbose=True), stream)


def test_stdout_is_the_default(cases, capsys):
    """Without a stream, the report goes to stdout."""
    show(cases["healthy"](), Look())
    assert capsys.readouterr().out.startswith("✓ Healthy")
