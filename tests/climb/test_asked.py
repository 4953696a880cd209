"""On a terminal a plan is asked about, and what was shown is what runs."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.climb.stack import HANGS_S
from tests.climb.stack import docker
from tests.hostile.command import environment
from tests.hostile.command import invoke

pytestmark = pytest.mark.engine


class Terminal:
    """A task on a terminal of its own."""

    def __init__(self, process: subprocess.Popen[bytes], end: int) -> None:
        self.process = process
        self.text = ""
        self._end = end

    def read_until(self, words: str) -> str:
        """Return all it wrote so far, once the words are in it."""
        ends = time.monotonic() + HANGS_S
        while words not in self.text and self._more(ends):
            pass
        assert words in self.text, self.text
        return self.text

    def answer(self, word: str) -> tuple[int, str]:
        """Type a line; return the exit code and all it wrote."""
        self.type(word)
        ends = time.monotonic() + HANGS_S
        while self._more(ends):
            pass
        return self.process.wait(timeout=30), self.text

    def type(self, word: str) -> None:
        """Type a line."""
        os.write(self._end, f"{word}\n".encode())

    def _more(self, ends: float) -> bool:
        """Read on; False at the end."""
        assert time.monotonic() < ends, self.text
        if not select.select([self._end], [], [], 1)[0]:
            return True
        try:
            data = os.read(self._end, 65536)
        except OSError:
            # What Linux says when the last one has closed the other end.
            return False
        self.text += data.decode("utf-8", "replace")
        return bool(data)


@contextmanager
def terminal(*words: str) -> Iterator[Terminal]:
    """Start a task on a terminal; end it with the block."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        invoke(*words),
        env=environment(ESCALADE_LANG="en", TERM="dumb"),
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait(timeout=30)
        os.close(ours)


def test_no_is_no(shop, told) -> None:
    """Nothing was touched, and the journal keeps who said so."""
    before = shop.marks()
    with terminal("restart", "lone", "--stack", shop.name) as screen:
        shown = screen.read_until("[y/N]")
        assert f"docker restart {shop.box('lone')}" in shown
        code, text = screen.answer("n")
    assert code == 5
    assert "you said no" in text
    assert shop.marks() == before
    assert [e["kind"] for e in told()][-2:] == ["denied", "ended"]


def test_yes_is_yes(shop, told) -> None:
    """It runs, and the journal keeps who agreed."""
    before = shop.marks()
    with terminal("restart", "lone", "--stack", shop.name) as screen:
        screen.read_until("[y/N]")
        code, text = screen.answer("y")
    assert code == 0, text
    after = shop.marks()
    assert {n for n in after if after[n] != before[n]} == {"lone"}
    (said,) = told("approved")
    assert said["by"] != "policy"


def test_what_changed_while_it_was_asked_is_refused(shop) -> None:
    """A yes is for the plan that was shown."""
    with terminal("restart", "lone", "--stack", shop.name) as screen:
        screen.read_until("[y/N]")
        docker("rm", "-f", shop.box("lone"))
        shop.compose("up", "-d", "--wait", "lone")
        before = shop.marks()
        code, text = screen.answer("y")
    assert code == 5, text
    assert "facts changed" in text
    assert shop.marks() == before


def test_what_was_typed_before_the_question_is_no_answer(shop) -> None:
    """A `y` for something else does not restart a service."""
    before = shop.marks()
    with terminal("restart", "lone", "--stack", shop.name) as screen:
        screen.type("y")
        screen.read_until("[y/N]")
        code, _ = screen.answer("")
    assert code == 5
    assert shop.marks() == before
