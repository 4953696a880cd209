"""Whether the process that carried a run out still lives."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from escalade.journal.process import alive
from escalade.journal.process import here
from escalade.journal.process import whoami

ME = here()


def test_this_process_lives() -> None:
    """By its number and its start."""
    assert (ME.pid, alive(ME)) == (os.getpid(), True)


@pytest.mark.parametrize(
    ("other", "lives"),
    [
        (replace(ME, born="1"), False),
        (replace(ME, boot="another"), False),
        (replace(ME, boot="another", host="another"), None),
        (replace(ME, space="pid:[1]"), None),
        (replace(ME, pid=2**22 + 1), False),
    ],
)
def test_what_is_not_this_process(other: object, *, lives: bool | None) -> None:
    """A number that was given out again, a start since, another machine or container."""
    assert alive(other) is lives


def test_a_dead_process_is_dead_before_it_is_buried() -> None:
    """One that ended, and that its parent has not asked about (a zombie), is gone."""
    script = "from escalade.journal.process import here; print(here().born, flush=True)"
    command = [sys.executable, "-c", f"import sys; sys.path.append('src'); {script}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        born = child.stdout.read().strip()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert alive(replace(ME, pid=child.pid, born=born)) is False


def test_who_acts() -> None:
    """The login name; behind sudo, who called it too."""
    name = whoami({})
    assert name
    assert whoami({"SUDO_USER": name}) == name
    assert whoami({"SUDO_USER": "zoe"}) == f"zoe (as {name})"
