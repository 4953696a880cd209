"""Twelve read-only questions to 1, 10, 50, 100 SSH hosts: ours beside what others use.

    python3 bench/fleet.py [--hosts 1 10 50 100] [--runs N] [--slow-runs N] [--quick]

Each host is a container with an sshd of its own (--each: several share one). Runs are interleaved, figures are
medians; wall, the controller's CPU (user + sys of the process tree) and peak memory of
whole processes. "Warm" means connections that are open already: OpenSSH's masters, and
in ours the second look of one process. Ansible's shell tasks take minutes at 100 hosts:
they have --slow-runs, and --quick leaves them out. Needs root and this machine's Engine;
pyinfra is installed into the user's cache.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from _fleet_peers import PROJECT
from _fleet_peers import Ground
from _fleet_peers import Peer
from _fleet_peers import ansible_peers
from _fleet_peers import masters
from _fleet_peers import one_ssh
from _fleet_peers import ours
from _fleet_peers import pyinfra_peers
from _fleet_peers import script_files
from _fleet_peers import task
from _fleet_peers import versions
from _fleet_peers import xargs

sys.path.insert(0, str(PROJECT / "tests" / "bed" / "hosts"))
import crowd

IMAGE = "escalade-bed/bench-host:1"
# Ansible's modules need Python on the hosts; ours, OpenSSH and pyinfra do not.
RECIPE = """\
FROM escalade-bed/host:1
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y \
 --no-install-recommends python3 && apt-get clean && rm -rf /var/lib/apt/lists/*
RUN perl -e 'printf "2026-01-01T00:00:00Z %s request %07d took %d ms and was served\\n",\
 $_ % 500 ? "INFO" : "ERROR", $_, $_ % 97 for 1..75000' >/var/log/bench.log
"""
COLD, WARM, PLAIN = "ssh, xargs, same line", "ssh mux, warm", "ssh, xargs, plain script"
OURS, OURS_WARM = "escalade, twelve", "escalade, warm"
MIB = 1024


@dataclass
class Row:
    """What one rival took, run by run: wall s, CPU s, peak RSS in MiB."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    rss: list[float] = field(default_factory=list)

    def medians(self) -> tuple[float, float, float]:
        """Return the figures to quote."""
        many = (self.wall, self.cpu, self.rss)
        wall, cpu, rss = (statistics.median(each or [0.0]) for each in many)
        return wall, cpu, rss


Table = dict[str, Row]


def measured(peer: Peer) -> tuple[float, float, float, bytes]:
    """Run a rival to its end: wall s, CPU s of its tree, peak RSS in MiB, stdout."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(
            peer.command,
            env={**os.environ, **peer.env},
            cwd=peer.cwd,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        if process.returncode and not peer.name.startswith("invoke"):
            print(f"{peer.name}: exit {process.returncode}: {errors.read()[-500:]!r}")
        cpu = used.ru_utime + used.ru_stime
        return wall, cpu, used.ru_maxrss / MIB, out.read()


def add(table: Table, peer: Peer, count: int) -> None:
    """Run a rival once and note what it took."""
    wall, cpu, rss, out = measured(peer)
    row = table.setdefault(peer.name, Row())
    if peer.told:
        told = json.loads(out)
        if told["whole"] != count:
            print(f"{peer.name}: {told['whole']} of {count} hosts answered all")
        if len(told["looks"]) > 1:
            warm = table.setdefault(OURS_WARM, Row())
            warm.wall.append(told["looks"][1])
            inside = table.setdefault("escalade, inside", Row())
            inside.wall.append(told["looks"][0])
            return
    row.wall.append(wall)
    row.cpu.append(cpu)
    row.rss.append(rss)


def compare(at: Ground, options: argparse.Namespace) -> Table:
    """Return the figures of all rivals on these hosts, one run of each after another."""
    plain, framed = script_files(at.scratch)
    path = masters(at, up=True)
    peers = [
        xargs(at, framed, COLD),
        ours(at),
        xargs(at, plain, PLAIN),
        xargs(at, framed, WARM, path),
        ours(at, looks=2, loaded=True),
        task(at, "hosts.facts"),
        task(at, "diagnose"),
        *pyinfra_peers(at),
        *ansible_peers(at),
    ]
    if len(at.hosts) == 1:
        peers.append(one_ssh(at, framed))
    table: Table = {}
    try:
        for run in range(options.runs + 1):
            for peer in peers:
                if peer.slow and (options.quick or not 0 < run <= options.slow_runs):
                    continue
                if options.ours and peer.name.startswith(("pyinfra", "Ansible")):
                    continue
                # The first of each only warms caches.
                add(table if run else {}, peer, len(at.hosts))
    finally:
        masters(at, up=False)
    table.pop("escalade, twelve, twice", None)
    return table


def show(count: int, table: Mapping[str, Row]) -> None:
    """Print one table."""
    base = table[COLD].medians()[0]
    print(f"\n{count} hosts ({len(table[OURS].wall)} interleaved runs, medians)")
    print(
        f"  {'':30} {'wall s':>8} {'spread':>15} {'x ssh':>6} {'CPU s':>7} {'MiB':>5}"
    )
    for name, row in table.items():
        wall, cpu, rss = row.medians()
        spread = f"{min(row.wall):.2f} to {max(row.wall):.2f}"
        rest = f"{cpu:7.2f} {rss:5.0f}" if row.cpu else ""
        print(f"  {name:30} {wall:8.3f} {spread:>15} {wall / base:6.2f} {rest}")


def goals(tables: Mapping[int, Table]) -> None:
    """Print each goal beside what came out, where the hosts for it were measured."""
    print("\ngoals")
    many, few = max(tables), min(tables)
    told: list[tuple[str, str, Callable[[], float]]] = []

    def wall(count: int, name: str) -> float:
        return tables[count][name].medians()[0]

    def say(text: str, goal: str, value: Callable[[], float]) -> None:
        told.append((text, goal, value))

    last = tables[many]
    say(
        f"{many} cold: ours / ssh, same line",
        "<= 1.0",
        lambda: wall(many, OURS) / wall(many, COLD),
    )
    say(
        f"{many} cold: ours / ssh, plain script",
        "",
        lambda: wall(many, OURS) / wall(many, PLAIN),
    )
    say(
        f"{many} cold: pyinfra (12) / ours",
        ">= 2.2",
        lambda: wall(many, "pyinfra, twelve operations") / wall(many, OURS),
    )
    say(
        f"{many} cold: Ansible (shell) / ours",
        ">= 45",
        lambda: wall(many, "Ansible, twelve shell tasks") / wall(many, OURS),
    )
    say(
        f"{many} cold: CPU ours / ssh",
        "<= 0.8",
        lambda: last[OURS].medians()[1] / last[COLD].medians()[1],
    )
    say(
        f"{many} warm: ours / ssh mux",
        "<= 1.1",
        lambda: wall(many, OURS_WARM) / wall(many, WARM),
    )
    say(
        f"wall a host, {many} / 10",
        "<= 1.1",
        lambda: wall(many, OURS) / many / (wall(10, OURS) / 10),
    )
    say(
        "memory a host, MiB",
        "<= 1.5",
        lambda: (
            (last[OURS].medians()[2] - tables[few][OURS].medians()[2]) / (many - few)
        ),
    )
    say(
        "1 cold: whole process / ssh",
        "<= 3",
        lambda: wall(1, OURS) / wall(1, "ssh HOST script"),
    )
    say(
        "1 cold: inside / ssh",
        "<= 1.1",
        lambda: wall(1, "escalade, inside") / wall(1, "ssh HOST script"),
    )
    for text, goal, value in told:
        try:
            print(f"  {text:40} {value():7.2f}   {goal}")
        except (KeyError, ZeroDivisionError):
            print(f"  {text:40}       -   {goal}")


def hosts_up(count: int, each: int) -> list[tuple[str, str]]:
    """Make sure that so many hosts are up, and return their names and addresses."""
    subprocess.run(
        ("docker", "build", "--quiet", "--tag", IMAGE, "-"),
        input=RECIPE.encode(),
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    groups = crowd.plain("bench", count, each=each, image=IMAGE)
    if len(crowd.names_of("bench", image=IMAGE)) != len(groups):
        print(f"bringing up {count} hosts ...", flush=True)
        crowd.bring_up("bench", groups)
    return [(m.name, m.address) for group in groups for m in group.members]


def main(words: Sequence[str] | None = None) -> None:
    """Print one table for each number of hosts, and the goals."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--hosts", type=int, nargs="+", default=[1, 10, 50, 100])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--slow-runs", type=int, default=1)
    parser.add_argument("--forks", type=int, default=16)
    parser.add_argument("--each", type=int, default=1, help="hosts a container (1)")
    parser.add_argument("--quick", action="store_true", help="no slow rival")
    parser.add_argument("--ours", action="store_true", help="only OpenSSH and ours")
    options = parser.parse_args(words)
    # Masters are let go of however this ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    hosts = hosts_up(max(options.hosts), options.each)
    print("\n".join(versions()), flush=True)
    tables: dict[int, Table] = {}
    for count in options.hosts:
        with tempfile.TemporaryDirectory(prefix="fleet") as folder:
            some = tuple(hosts[:count])
            ground = Ground(some, crowd.folder_of("bench"), Path(folder), options.forks)
            tables[count] = compare(ground, options)
        show(count, tables[count])
        sys.stdout.flush()
    goals(tables)


if __name__ == "__main__":
    main()
