"""`--deep` on a long container log: memory it adds, and its rate against the Engine's.

    python3 bench/deep.py [--megabytes 200]

Makes a container with a log of that size, streams it once as the Engine gives it, and
diagnoses its stack with and without --deep.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
IMAGE = "escalade-bed/base:1"
STACK = "bench-deep"
COMPOSE = """
name: {stack}
services:
  talker:
    image: {image}
    command: ["sh", "-c", "yes 'INFO nothing happens here, line after line' \\
      | head -c {size}; echo done; sleep 3600"]
"""


def measured(words: list[str]) -> tuple[float, float]:
    """Return wall seconds and peak memory (MB) of one process."""
    begun = time.perf_counter()
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, cwd=PROJECT) as process:
        _, _, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


def stream_seconds(container: str) -> float:
    """Return how long the Engine takes to stream the whole log to a reader of bytes."""
    words = ("curl", "-sS", "-o", "/dev/null", "--unix-socket", "/var/run/docker.sock")
    url = f"http://docker/containers/{container}/logs?stdout=1&stderr=1&timestamps=1"
    begun = time.perf_counter()
    subprocess.run((*words, url), check=True)
    return time.perf_counter() - begun


def main() -> None:
    """Print the figures, one object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=200)
    size = parser.parse_args().megabytes * 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "compose.yaml"
        file.write_text(COMPOSE.format(stack=STACK, image=IMAGE, size=size))
        compose = ("docker", "compose", "--file", str(file))
        subprocess.run((*compose, "up", "--detach"), check=True)
        try:
            box = f"{STACK}-talker-1"
            tail = ("docker", "logs", "--tail", "1", box)
            while (
                b"done"
                not in subprocess.run(tail, capture_output=True, check=True).stdout
            ):
                time.sleep(1)
            report(box, size)
        finally:
            subprocess.run((*compose, "down", "--timeout", "1"), check=True)


def report(box: str, size: int) -> None:
    """Measure and print."""
    inv = [str(PROJECT / "inv"), "diagnose", "--stack", STACK]
    measured(inv)
    streamed = min(stream_seconds(box) for _ in range(2))
    plain = [measured(inv) for _ in range(2)]
    deep = [measured([*inv, "--deep"]) for _ in range(2)]
    extra = min(d[0] for d in deep) - min(p[0] for p in plain)
    figures = {
        "log_mb": size / 1e6,
        "engine_streams_s": round(streamed, 2),
        "deep_adds_s": round(extra, 2),
        "rate_against_engine": round(streamed / extra, 2),
        "deep_adds_mb": round(max(d[1] for d in deep) - min(p[1] for p in plain), 1),
    }
    json.dump(figures, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
