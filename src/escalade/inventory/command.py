"""A program that an inventory consists of, run within a bound: its output, or why not."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from escalade.errors import InventoryError

__all__ = ["run"]

_LONGEST = 200


def run(path: Path, words: Sequence[str], *, timeout_s: float) -> bytes:
    """Return what a program prints, its stdin closed and its whole group bounded.

    Raises InventoryError where it cannot start, does not end or ends with an error.
    """
    try:
        program = subprocess.Popen(
            [str(path.absolute()), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise InventoryError(f"{path}: cannot be run: {error.strerror}") from None
    try:
        out, err = program.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        _end(program)
        raise InventoryError(f"{path}: no answer within {timeout_s:g} s") from None
    except BaseException:
        _end(program)
        raise
    if program.returncode:
        raise InventoryError(f"{path}: ended with {program.returncode}{_last(err)}")
    return out


def _end(program: subprocess.Popen[bytes]) -> None:
    """Kill a program with all that it started, and let go of it."""
    # It was not waited for yet, so its number is still its own.
    with contextlib.suppress(OSError):
        os.killpg(program.pid, signal.SIGKILL)
    for pipe in (program.stdout, program.stderr):
        if pipe is not None:
            pipe.close()
    program.wait()


def _last(err: bytes) -> str:
    """Return the last line of an error output, as the end of a sentence."""
    lines = err.decode("utf-8", "replace").split("\n")
    said = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f": {said[:_LONGEST]}" if said else ""
