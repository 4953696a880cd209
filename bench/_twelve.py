"""Ours in bench/fleet.py: twelve questions in one batch to each host, looked at twice.

    _twelve.py HOSTS_YAML SSH_CONFIG HOSTS FORKS LOOKS [loaded]

The road's own parts (inventory, pool, transport, batch) without the questions that the
road chooses itself. Prints one line of JSON: hosts that answered all twelve, seconds of
each look, seconds before the first. With `loaded`, modules are imported before the
first look, as they are in a process that has looked before.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextlib import closing
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from escalade.evidence.batch import Batch
from escalade.evidence.batch import Snippet
from escalade.evidence.batch import build
from escalade.evidence.batch import take_apart
from escalade.evidence.crew import Crew
from escalade.evidence.shell import run_batch
from escalade.inventory import load
from escalade.inventory import select
from escalade.model import Host
from escalade.model import Status
from escalade.transport.base import Transport
from escalade.transport.factory import open_for
from escalade.transport.pool import Pool

Reach = Callable[[Host], AbstractContextManager[Transport]]

TWELVE = (
    "uptime",
    "df -Pk",
    "free -k",
    "cat /proc/loadavg",
    "cat /proc/meminfo",
    "cat /proc/sys/fs/file-nr",
    "ps -eo pid,ppid,stat,rss,args",
    "grep -c ERROR /var/log/bench.log",
    'bash -c "exec 3<>/dev/tcp/$(hostname -i)/22" && echo open',
    "env",
    "ss -tan",
    "cat /etc/os-release",
)
"""Read-only questions: load, disks, memory, /proc, processes, a log of 5 MB, a port."""
BOUND_S = 20.0
NONCE = "c0ffee0123456789"


def snippets() -> list[Snippet]:
    """Return the twelve questions as the road frames its own."""
    return [Snippet(key, text, 3.0, 20_000) for key, text in enumerate(TWELVE)]


def batch() -> Batch:
    """Return the one line that asks all twelve."""
    (made,) = build(
        snippets(), nonce=NONCE, bash=True, bound_s=BOUND_S, quick_s=BOUND_S
    )
    return made


def ask(reach: Reach, line: Batch, host: Host, came: SimpleQueue[bool]) -> None:
    """Ask one host, and tell whether it answered all twelve."""
    well = 0
    try:
        with reach(host) as transport:
            output = run_batch(transport, line, bound_s=BOUND_S)
        answers = take_apart(output.stdout, snippets(), nonce=NONCE)
        well = sum(answer.status is Status.OK for answer in answers.values())
    finally:
        came.put(well == len(TWELVE))


def look(reach: Reach, hosts: tuple[Host, ...], forks: int) -> int:
    """Ask all hosts, at most `forks` at a time; return how many answered all."""
    came: SimpleQueue[bool] = SimpleQueue()
    line = batch()
    crew = Crew(min(forks, len(hosts)), name="host")
    for host in hosts:
        crew.ask(partial(ask, reach, line, host, came))
    whole = sum(came.get() for _ in hosts)
    crew.close()
    return whole


def main() -> None:
    """Look as often as asked for."""
    begun = time.perf_counter()
    inventory, config, names, forks, looks, *more = sys.argv[1:]
    if more:
        import paramiko

        import escalade.transport.ssh

        del escalade, paramiko
    hosts = select(load([Path(inventory)]), [names])
    seconds, whole = [], []
    ready_s = time.perf_counter() - begun
    opened = partial(open_for, ssh_config=Path(config))
    with Pool(opened) as pool:
        # As in a task that looks once, a connection is closed when its host is done.
        once: Reach = lambda host: closing(opened(host))  # noqa: E731
        kept: Reach = lambda host: nullcontext(pool.of(host))  # noqa: E731
        for _ in range(int(looks)):
            started = time.perf_counter()
            whole.append(look(once if looks == "1" else kept, hosts, int(forks)))
            seconds.append(time.perf_counter() - started)
    print(json.dumps({"whole": min(whole), "looks": seconds, "ready_s": ready_s}))


if __name__ == "__main__":
    main()
