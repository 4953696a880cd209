"""Resolve the dependencies of pyproject.toml into locks/, with hashes, for every platform."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The oldest Python that we run on: the locks then hold from there on.
OLDEST = "3.11"


def compile_lock(uv: str, name: str, words: Sequence[str], *, upgrade: bool) -> None:
    """Write one lock file; entries that still fit stay unless an upgrade is asked."""
    command = [uv, "pip", "compile", "pyproject.toml", *words, "--quiet"]
    command += ["--universal", "--generate-hashes", "--python-version", OLDEST]
    command += ["--custom-compile-command", "./inv lock"]
    command += ["--upgrade"] if upgrade else []
    subprocess.run(
        [*command, "--output-file", f"locks/{name}.txt"], cwd=ROOT, check=True
    )


def main(words: Sequence[str]) -> int:
    """Write both lock files; the developers' one holds the runtime's versions."""
    uv = shutil.which("uv")
    if uv is None:
        print("lock: needs uv (pip install uv)", file=sys.stderr)
        return 1
    upgrade = "--upgrade" in words
    try:
        compile_lock(uv, "runtime", (), upgrade=upgrade)
        dev = ("--group", "dev", "--constraint", "locks/runtime.txt")
        compile_lock(uv, "dev", dev, upgrade=upgrade)
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
