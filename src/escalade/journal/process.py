"""Who carries a run out: this process, and whether one that was recorded still lives."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

from escalade.journal.events import Process

__all__ = ["alive", "here", "whoami"]

_PROC = Path("/proc")
_STATE, _BORN = 0, 19
"""Places in /proc/PID/stat after the name: the state, the start in ticks since boot."""


def whoami(environ: Mapping[str, str]) -> str:
    """Return who acts here: the login name, and behind sudo the one who called it."""
    import pwd

    number = os.geteuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:
        name = f"uid {number}"
    caller = environ.get("SUDO_USER", "")
    return f"{caller} (as {name})" if caller and caller != name else name


def here() -> Process:
    """Return this process as the journal knows it."""
    pid = os.getpid()
    return Process(socket.gethostname(), pid, _boot(), _space(), _stat(pid)[1])


def alive(process: Process) -> bool | None:
    """Whether a recorded process still lives; None where it cannot be seen from here."""
    boot = _boot()
    if boot and process.boot and boot != process.boot:
        # Of another machine nothing is known; this one was started again since.
        return False if process.host == socket.gethostname() else None
    if not boot and process.host != socket.gethostname():
        return None
    if process.space != _space():
        return None
    if not boot:
        return _answers(process.pid)
    state, born = _stat(process.pid)
    return state not in ("", "Z", "X") and born == process.born


def _boot() -> str:
    """Return the id of this machine's start; empty where the kernel has none."""
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def _space() -> str:
    """Return this process's view of process numbers: a container has its own."""
    try:
        return str((_PROC / "self/ns/pid").readlink())
    except OSError:
        return ""


def _stat(pid: int) -> tuple[str, str]:
    """Return the state and the start of a process; empty where there is none."""
    try:
        text = (_PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return "", ""
    # The name stands in brackets and may hold anything.
    rest = text.rpartition(")")[2].split()
    return (rest[_STATE], rest[_BORN]) if len(rest) > _BORN else ("", "")


def _answers(pid: int) -> bool:
    """Whether there is a process of a number, where /proc cannot be asked."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
