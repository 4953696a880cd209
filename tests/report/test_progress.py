"""Progress: the first line at once, nothing for programs, nothing left behind."""

from __future__ import annotations

import io
import os
import pty
import threading

import pytest

from escalade.model import HostState
from escalade.report.first import first_line
from escalade.report.look import Look
from escalade.report.progress import Lines
from escalade.report.progress import Live
from escalade.report.progress import Silent
from escalade.report.progress import following
from escalade.report.progress import progress_for

UP = HostState("web1", reachable=True)
DOWN = HostState("web2\x1b[31m", reachable=False, cause="refused")


def run(progress):
    """Tell a progress what a run of two hosts tells it."""
    with progress:
        progress.hosts(["web1", DOWN.host])
        progress.note("web1", "engine")
        progress.note("nobody", "engine")
        progress.done(UP, 1.25)
        progress.done(DOWN, 5.0)


@pytest.mark.parametrize(
    ("look", "silent", "kind"),
    [
        (Look(), True, Silent),
        (Look(), False, Lines),
        (Look(colour=True), False, Live),
    ],
)
def test_the_right_one(look, silent, kind):
    """Programs get silence, pipes lines, terminals a live display."""
    assert type(progress_for(look, io.StringIO(), silent=silent)) is kind


def test_silent():
    """For programs nothing is printed at all."""
    stream = io.StringIO()
    run(progress_for(Look(verbose=True), stream, silent=True))
    assert stream.getvalue() == ""


def test_lines():
    """A pipe gets nothing; asked for more, one line a finished host."""
    quiet, verbose = io.StringIO(), io.StringIO()
    run(Lines(Look(), quiet))
    run(Lines(Look(verbose=True, lang="fr"), verbose))
    assert quiet.getvalue() == ""
    assert verbose.getvalue().splitlines() == [
        "web1 : terminé, 1,2 s",
        "web2 : connexion refusée, 5,0 s",
    ]


def test_first_line(capsys):
    """The first line is in the operator's language, on stderr."""
    first_line("fr")
    assert capsys.readouterr() == ("", "Escalade regarde…\n")


def test_first_line_needs_no_reader(monkeypatch):
    """A closed stderr is no reason to stop before the start."""
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr("sys.stderr", closed)
    first_line("en")


def test_reader_goes_away():
    """A closed stderr is no reason to stop a diagnosis."""
    stream = io.StringIO()
    stream.close()
    run(Lines(Look(verbose=True), stream))


def test_short_run_shows_no_display():
    """A run shorter than the patience loads no display."""
    stream = io.StringIO()
    run(Live(Look(colour=True), stream, patience_s=60))
    assert stream.getvalue() == ""


def test_live_display_vanishes():
    """At a terminal the display shows each host, and is erased at the end."""
    main, child = pty.openpty()
    seen = b""
    shown = threading.Event()

    def read():
        nonlocal seen
        while True:
            try:
                seen += os.read(main, 4096)
            except OSError:
                return
            if b"asking the Engine" in seen:
                shown.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    with os.fdopen(child, "w") as stream:
        progress = Live(Look(colour=True), stream, patience_s=0)
        with progress:
            progress.hosts(["web1", "web2"])
            progress.note("web1", "engine")
            assert shown.wait(20)
            progress.done(UP, 1.0)
    reader.join(5)
    os.close(main)
    assert b"0 of 2 hosts" in seen
    assert seen.rstrip().endswith((b"\x1b[2K", b"\x1b[?25h"))


def test_following_has_a_bar():
    """Several hosts have a bar and counts; it is full only when all is done."""
    steps = {"web1": "questions"}
    (first, *_) = following(steps, 100, 3.0, Look(), lost=2).splitlines()
    assert first == f"{'█' * 19}░ 99 of 100 hosts · 3.0 s · 2 hosts cannot be reached"
    (plain, *_) = following({}, 2, 3.0, Look(unicode=False)).splitlines()
    assert plain.startswith("#" * 20 + " 2 of 2 hosts")


def test_following_is_short():
    """Many hosts take a few lines, cut to the width."""
    steps = {f"host{n}": "questions" for n in range(50)}
    rows = following(steps, 60, 3.0, Look(width=30)).splitlines()
    assert rows[0] == "10 of 60 hosts · 3.0 s"
    assert len(rows) == 8
    assert all(len(row) < 30 for row in rows)
    assert following({}, 1, 3.0, Look()) == ""
