"""Diagnose over SSH against `ssh` under `xargs -P` with the same script.

    python3 bench/fleet.py [--hosts 2 10 50] [--runs N]

Brings up that many SSH hosts of the bed. The script that ssh runs is the one that our
road sent to a host of the same kind, word for word; ours is the whole process, with
imports, the Engine's question and the report.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import Rival
from harness import compare
from harness import show

PROJECT = Path(__file__).resolve().parent.parent
HOSTS = PROJECT / "tests" / "bed" / "hosts" / "hosts.py"
FORKS = 16
SCRIPT_OF = """
import sys
from pathlib import Path
from escalade.evidence.gather import GatherOptions, gather
from escalade.inventory import load, select
from escalade.transport.factory import open_for
host = select(load([Path(sys.argv[1])]), ["host2"])[0]
transport = open_for(host, ssh_config=Path(sys.argv[2]))
lines, run = [], transport.run
def noted(line, **more):
    lines.append(line)
    return run(line, **more)
transport.run = noted
gather(host, transport, wanted=lambda _: (), options=GatherOptions())
transport.close()
print("\\n".join(lines))
"""


def state_folder() -> Path:
    """Return where the bed keeps its client files."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(os.environ.get("ESCALADE_BED_STATE") or Path(base) / "escalade-bed")


def script_file(state: Path, folder: Path) -> Path:
    """Write the script that the road sends to a host without an Engine."""
    python = str(PROJECT / ".venv" / "bin" / "python")
    words = (python, "-c", SCRIPT_OF, state / "hosts.yaml", state / "ssh_config")
    path = folder / "script"
    path.write_bytes(subprocess.run(words, check=True, capture_output=True).stdout)
    return path


def rivals(count: int, state: Path, script: Path) -> list[Rival]:
    """Return ssh under xargs, and ours, on the first `count` plain hosts."""
    names = [f"host{n}" for n in range(2, count + 2)]
    ssh = f"printf '%s\\n' {' '.join(names)} | xargs -P {FORKS} -I@ "
    ssh += f'ssh -F {state}/ssh_config -o BatchMode=yes @ "$(cat {script})"'
    env = {**os.environ, "ESCALADE_SSH_CONFIG": str(state / "ssh_config")}
    ours = [str(PROJECT / "inv"), "diagnose", "--inventory", str(state / "hosts.yaml")]
    ours += ["--limit", ",".join(names), "--forks", str(FORKS)]
    return [
        Rival(f"ssh, xargs -P {FORKS}", ("sh", "-c", ssh)),
        Rival("diagnose", ours, env, str(PROJECT)),
    ]


def main() -> None:
    """Print one table for each number of hosts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--hosts", type=int, nargs="+", default=[2, 10, 50])
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    state = state_folder()
    for count in options.hosts:
        up = (sys.executable, str(HOSTS), "up", "--count", str(count + 1))
        subprocess.run(up, check=True, stdout=subprocess.DEVNULL)
        with tempfile.TemporaryDirectory() as folder:
            script = script_file(state, Path(folder))
            table = compare(rivals(count, state, script), runs=options.runs)
        show(f"{count} hosts", table, table[0].name)


if __name__ == "__main__":
    main()
