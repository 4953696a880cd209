"""Time whole processes against each other: interleaved runs, medians, ratios."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field


@dataclass(frozen=True)
class Rival:
    """One command of a comparison."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] | None = None
    cwd: str | None = None


@dataclass
class Times:
    """Wall seconds of every counted run of one command."""

    name: str
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The figure to quote."""
        return statistics.median(self.seconds)


def once(rival: Rival) -> float:
    """Run a command to its end and return its wall seconds."""
    begun = time.perf_counter()
    subprocess.run(
        rival.command,
        env=rival.env,
        cwd=rival.cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return time.perf_counter() - begun


def first_byte(rival: Rival) -> float:
    """Return the wall seconds until a command's first output on either stream."""
    begun = time.perf_counter()
    took = 0.0
    with subprocess.Popen(
        rival.command,
        env=rival.env,
        cwd=rival.cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        out = process.stdout
        if out is not None:
            out.read(1)
            took = time.perf_counter() - begun
            out.read()
    return took


Measure = Callable[[Rival], float]


def compare(
    rivals: Sequence[Rival], *, runs: int = 11, measure: Measure = once
) -> list[Times]:
    """Run the commands in turn, A B C A B C ..., after one warm-up of each."""
    for rival in rivals:
        measure(rival)
    table = [Times(rival.name) for rival in rivals]
    for _ in range(runs):
        for rival, times in zip(rivals, table, strict=True):
            times.seconds.append(measure(rival))
    return table


def show(title: str, table: Sequence[Times], base: str) -> None:
    """Print medians and the ratio of each to the base."""
    against = next(times.median for times in table if times.name == base)
    print(f"\n{title} (medians of {len(table[0].seconds)} interleaved runs)")
    for times in table:
        low, high = min(times.seconds), max(times.seconds)
        print(
            f"  {times.name:34} {times.median:7.3f} s  ({low:.3f} to {high:.3f})"
            f"  {times.median / against:5.2f}x {base}"
        )
