"""What the tests of acting share: containers of their own, and processes by pid."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

IMAGE = "escalade-bed/redis:1"
HOST1 = "escalade-bed-host1"


def docker(*words: str, inside: str = "") -> str:
    """Run docker here, or inside a host of the bed, and return what it says."""
    head = ["docker", "exec", inside, "docker"] if inside else ["docker"]
    done = subprocess.run(
        [*head, *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def in_host(line: str) -> str:
    """Run a shell line in host1, beside its sshd."""
    words = ["docker", "exec", HOST1, "sh", "-c", line]
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout.strip()


def remove(name: str) -> None:
    """Remove a container that may not be there."""
    words = ["docker", "rm", "-f", "-v", name]
    subprocess.run(words, capture_output=True, timeout=60, check=False)


def inspect(name: str) -> dict:
    """Return a container's record."""
    return json.loads(docker("inspect", name))[0]


def eventually(fact: Callable[[], object], *, within_s: float = 10.0) -> bool:
    """Wait until a fact is true; False when it never was."""
    ends = time.monotonic() + within_s
    while time.monotonic() < ends:
        if fact():
            return True
        time.sleep(0.02)
    return bool(fact())


def runs(pid: int, *, there: bool = False) -> bool:
    """Whether a process runs, here or in host1 (`there`); zombies do not."""
    if there:
        return in_host(f"cut -d')' -f2 /proc/{pid}/stat | cut -c2") not in ("", "Z")
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(") ")[2][0] != "Z"
