"""The local road against the guide's own checks, and start-up against bare Invoke.

    python3 bench/local.py [--runs N]

Needs the demo stack (./inv demo.up) and the shop (./inv demo.up --shop).
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from harness import Rival
from harness import compare
from harness import first_byte
from harness import show

PROJECT = Path(__file__).resolve().parent.parent
INV = str(PROJECT / "inv")
INVOKE = str(PROJECT / ".venv" / "bin" / "invoke")


def main() -> None:
    """Print three tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=11)
    runs = parser.parse_args().runs
    env = {**os.environ, "LC_ALL": "C.UTF-8"}
    with tempfile.TemporaryDirectory() as empty:
        (Path(empty) / "tasks.py").write_text("")
        bare = Rival("bare invoke --list", (INVOKE, "--list"), env, empty)
        ours = Rival("./inv --list", (INV, "--list"), env, str(PROJECT))
        show("Start-up", compare([bare, ours], runs=runs), bare.name)
        early = Rival("diagnose: first line", (INV, "diagnose"), env, str(PROJECT))
        table = compare([bare, early], runs=runs, measure=first_byte)
        show("First byte on the screen", table, bare.name)
    guide = Rival(
        "guide's checks (shell)", ("sh", str(PROJECT / "bench/guide.sh")), env
    )
    rivals = [
        guide,
        Rival("diagnose --quick", (INV, "diagnose", "--quick"), env, str(PROJECT)),
        Rival("diagnose", (INV, "diagnose"), env, str(PROJECT)),
    ]
    show("Local diagnosis", compare(rivals, runs=runs), guide.name)


if __name__ == "__main__":
    main()
