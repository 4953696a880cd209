"""Signals that come close together: the first is taken, and its clean-up is let alone."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from tests.climb.stack import until
from tests.hostile.command import HANGS_S
from tests.hostile.command import environment
from tests.hostile.command import invoke

HOSTS = "all: {hosts: {one: {ansible_connection: local}}}"
ROOT = Path(__file__).resolve().parents[2]
CLEANS_UP = textwrap.dedent(
    """
    import sys, time
    from escalade.tasks import streams
    streams.FORCE_S = float(sys.argv[1])
    try:
        with streams.ended_by_signals():
            try:
                print("ready", flush=True)
                time.sleep(60)
            finally:
                print("cleaning", flush=True)
                time.sleep(float(sys.argv[2]))
                print("clean", flush=True)
    except KeyboardInterrupt as error:
        print(repr(error))
    """
)


def runs(line: str) -> bool:
    """Whether a process with just this command line runs."""
    words = line.replace(" ", "\0").encode() + b"\0"
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cmdline").read_bytes() == words:
                return True
        except OSError:
            continue
    return False


@pytest.mark.parametrize(
    ("number", "code", "seconds"),
    [(signal.SIGINT, 130, 2871), (signal.SIGTERM, 143, 2872)],
)
def test_a_run_that_is_ended_twice(tmp_path, told, number, code, seconds) -> None:
    """What it runs is ended, and the journal has how, as after one signal."""
    (tmp_path / "hosts.yaml").write_text(HOSTS)
    line = f"sleep {seconds}"
    where = ("--inventory", str(tmp_path / "hosts.yaml"))
    process = subprocess.Popen(
        invoke("run", line, "--yes", "--format", "json", *where),
        env=environment(DOCKER_HOST="unix:///nonexistent.sock"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: runs(line), "the command runs")
    for _ in range(2):
        process.send_signal(number)
        time.sleep(0.03)
    out, err = process.communicate(timeout=HANGS_S)
    assert process.returncode == code, out + err
    assert not runs(line)
    assert [each["ended"] for each in told("result")] == ["interrupted"]
    report = json.loads(out)
    assert (report["exit"], report["outcome"]) == (code, None)
    assert [each["ended"] for each in report["ran"]] == ["interrupted"]


def cleaning(force_s: float, takes_s: float) -> subprocess.Popen[str]:
    """Start a program that cleans up for a while; wait until it does."""
    process = subprocess.Popen(
        [sys.executable, "-c", CLEANS_UP, str(force_s), str(takes_s)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "cleaning\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whatever_comes_while_it_cleans_up_is_not_taken(number) -> None:
    """It ends by the first signal, whichever the others are, and however many."""
    process = cleaning(60, 0.5)
    for _ in range(3):
        process.send_signal(number)
        time.sleep(0.03)
    out, err = process.communicate(timeout=HANGS_S)
    assert out == "clean\nKeyboardInterrupt()\n", err


def test_who_insists_is_obeyed() -> None:
    """A clean-up that hangs is given up for the third signal, after some seconds."""
    process = cleaning(0.2, HANGS_S)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=HANGS_S / 2)
    assert out == "Ended('SIGTERM')\n", err
