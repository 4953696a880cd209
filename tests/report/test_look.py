"""How a report looks follows the stream and the environment."""

from __future__ import annotations

import io
import os
import pty

import pytest

from escalade.report.look import look_of


class Terminal(io.StringIO):
    """A stream that says it is a terminal, but not how wide."""

    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "env", "colour"),
    [
        (Terminal, {"TERM": "xterm"}, True),
        (Terminal, {"TERM": "dumb"}, False),
        (Terminal, {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (Terminal, {"TERM": "xterm", "NO_COLOR": ""}, True),
        (Terminal, {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        (io.StringIO, {"TERM": "xterm"}, False),
        (io.StringIO, {"FORCE_COLOR": "1"}, True),
        (io.StringIO, {"FORCE_COLOR": "0"}, False),
        (io.StringIO, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour(stream, env, colour):
    """Colours are for terminals; NO_COLOR, FORCE_COLOR and TERM=dumb are honoured."""
    assert look_of(stream(), lang="en", environ=env).colour is colour


@pytest.mark.parametrize(
    ("stream", "env", "width"),
    [
        (Terminal, {}, 80),
        (io.StringIO, {}, 100),
        (io.StringIO, {"COLUMNS": "60"}, 60),
        (Terminal, {"COLUMNS": "132"}, 132),
        (Terminal, {"COLUMNS": "9999"}, 140),
        (Terminal, {"COLUMNS": "3"}, 20),
        (Terminal, {"COLUMNS": "wide"}, 80),
        (Terminal, {"COLUMNS": "-5"}, 80),
    ],
)
def test_width(stream, env, width):
    """COLUMNS wins; a pipe has 100; lines stay readable on very wide screens."""
    assert look_of(stream(), lang="en", environ=env).width == width


def test_real_terminal():
    """A real terminal is asked how large it is."""
    import fcntl
    import struct
    import termios

    main, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 91, 0, 0))
    with os.fdopen(child, "w") as stream:
        look = look_of(stream, lang="fr", environ={"TERM": "xterm"})
    os.close(main)
    assert (look.width, look.height, look.colour, look.lang) == (91, 30, True, "fr")


def test_encoding():
    """A stream that cannot carry every character gets ASCII."""
    assert not look_of(io.TextIOWrapper(io.BytesIO(), "ascii"), lang="en").unicode
    assert look_of(io.TextIOWrapper(io.BytesIO(), "UTF-8"), lang="en").unicode


def test_closed_stream():
    """A stream that was closed is no terminal."""
    stream = io.StringIO()
    stream.close()
    assert not look_of(stream, lang="en", environ={}).colour
