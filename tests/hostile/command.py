"""The command as a person or a script starts it, and what it came to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Done", "environment", "invoke", "run"]

ROOT = Path(__file__).resolve().parent.parent.parent
# Far above the longest deadline: what is not over by then hangs.
HANGS_S = 40


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """Return the one JSON object on stdout."""
        return json.loads(self.out)

    @property
    def said(self) -> str:
        """Return stdout as one line: where a report breaks depends on the paths in it."""
        return " ".join(self.out.split())

    @property
    def complaint(self) -> str:
        """Return the one line in which bad input is told."""
        lines = [line for line in self.err.splitlines() if "…" not in line]
        assert len(lines) == 1, self.err
        return lines[0]


def environment(**variables: str | None) -> dict[str, str]:
    """Return the tests' environment with variables set, or taken out (None)."""
    # As a shell has it: output is kept back where no terminal reads it.
    plain = {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": None}
    merged = {**os.environ, **plain, **variables}
    return {name: value for name, value in merged.items() if value is not None}


def invoke(*words: str, root: Path = ROOT) -> list[str]:
    """Return the command line, as `./inv` has it."""
    return [sys.executable, "-m", "invoke", "--search-root", str(root), *words]


def run(
    *words: str,
    root: Path = ROOT,
    env: Mapping[str, str | None] | None = None,
    shell: str = '"$@"',
    **options: Any,
) -> Done:
    """Run one command to its end: without a traceback, and without hanging.

    `shell` is the line that starts it, the command being `"$@"` there.
    """
    options = {"stdin": subprocess.DEVNULL, "timeout": HANGS_S, **options}
    done = subprocess.run(
        ["/bin/bash", "-c", shell, "bash", *invoke(*words, root=root)],
        env=environment(**(env or {})),
        capture_output=True,
        check=False,
        **options,
    )
    ended = Done(
        done.returncode,
        (done.stdout or b"").decode("utf-8", "replace"),
        (done.stderr or b"").decode("utf-8", "replace"),
    )
    for trace in ("Traceback", "Exception ignored"):
        assert trace not in ended.out + ended.err, ended.err
    return ended
