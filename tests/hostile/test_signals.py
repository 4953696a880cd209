"""Ctrl-C and its like, at any moment: a code of their own, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.hostile.command import HANGS_S
from tests.hostile.command import environment
from tests.hostile.command import invoke
from tests.hostile.engine import SILENT
from tests.hostile.engine import box
from tests.hostile.engine import everywhere
from tests.hostile.engine import healthy
from tests.hostile.engine import spoiled

MARK = "ESCALADE_TEST_MARK"
SOUND = healthy([box("web")])


def marked(mark: str) -> list[str]:
    """Return the processes whose environment holds a mark."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found


@pytest.mark.parametrize(
    ("number", "code", "says"),
    [
        (signal.SIGINT, 130, "escalade: interrupted"),
        (signal.SIGTERM, 143, "escalade: ended by SIGTERM"),
        (signal.SIGHUP, 129, "escalade: ended by SIGHUP"),
    ],
)
@pytest.mark.parametrize("stage", ["list", "log", "many"])
def test_a_signal(serve, tmp_path: Path, stage: str, number, code, says) -> None:
    """While the Engine's list, or a log, is waited for, on one host or on several."""
    answers = (
        everywhere(*SILENT) if stage == "list" else spoiled(SOUND, "/logs", *SILENT)
    )
    hosts = tmp_path / "hosts.yaml"
    names = ("a", "b") if stage == "many" else ("a",)
    lines = "".join(f"    {name}: {{ansible_connection: local}}\n" for name in names)
    hosts.write_text(f"all:\n  hosts:\n{lines}")
    mark = f"{stage}-{code}-{os.getpid()}"
    process = subprocess.Popen(
        invoke("diagnose", "--inventory", str(hosts)),
        env=environment(DOCKER_HOST=serve(answers), **{MARK: mark}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    assert "…" in process.stderr.readline()
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=HANGS_S)
    assert (out, err.strip()) == ("", says)
    # Python may end by the signal itself, if it came in an `exec`; a shell sees 130.
    assert process.returncode in (code, -number)
    assert marked(mark) == []


def test_an_ignored_signal_stays_ignored(serve) -> None:
    """Under `nohup` the end of the terminal is not the end of the run."""
    answers = spoiled(SOUND, "/logs", 0.5, b"", None)
    process = subprocess.Popen(
        ["nohup", *invoke("diagnose")],
        env=environment(DOCKER_HOST=serve(answers)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "…" in process.stderr.readline()
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=HANGS_S)
    assert process.returncode == 3
