#!/usr/bin/env python3
"""Make, use and stop the SSH hosts of the bed.

    hosts.py up                 # host1 with an Engine, host2 without
    hosts.py stack host1 up     # the hardened stack, in host1's own Engine
    hosts.py call host1         # one whole call there
    hosts.py up --count 0 --also inner silent nobash nodocker
    hosts.py crowd --count 200  # two hundred at once, fifty to a container

`inner` answers only through `jump`; `silent` accepts and says nothing; `nobash` and
`nodocker` lack what their names say. Keys, ssh_config, known_hosts and hosts.yaml lie
in $ESCALADE_BED_STATE, by default the folder escalade-bed among the user's state.
"""

from __future__ import annotations

import argparse
import fcntl
import sys
import time
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path

import containers
import crowd as crowds
import fleet
import remote
from engine import HostsError
from engine import inside
from engine import say
from fleet import Host

NAMED = 8
ENGINE_WORDS = {"1": "engine", "0": "engine stopped", "none": "no docker"}


@contextmanager
def alone(state: Path) -> Iterator[None]:
    """Let two changes of the bed wait for each other."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / "hosts.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def find(name: str, *, engine: bool = True) -> Host:
    """Return a host that is up."""
    there = containers.existing()
    if name not in there:
        message = (
            f"no host {name} is up; there are: {', '.join(sorted(there)) or 'none'}"
        )
        raise HostsError(message)
    host = there[name].host
    if engine and not host.has_engine:
        message = f"{name} has no Engine of its own: hosts.py up --engine K"
        raise HostsError(message)
    return host


def named(hosts: Sequence[Host]) -> str:
    """Return the hosts' names, or their number where names would fill the screen."""
    names = sorted(host.name for host in hosts)
    return ", ".join(names) if 0 < len(names) <= NAMED else f"{len(names)} hosts"


def wanted(options: argparse.Namespace) -> list[Host]:
    """Return the hosts that `up` was asked for, and those that they stand behind."""
    hosts = [
        fleet.numbered(number, engine=number <= options.engine)
        for number in range(1, options.count + 1)
    ]
    extras = dict.fromkeys(options.also)
    for name in list(extras):
        behind = fleet.special(name).behind
        if behind:
            extras.setdefault(behind)
    # The gate stands first: a host behind it is asked for through it.
    return hosts + [fleet.special(name) for name in fleet.EXTRAS if name in extras]


def up(options: argparse.Namespace, state: Path) -> int:
    """Make hosts run and write the files by which clients find them."""
    hosts = wanted(options)
    with alone(state):
        containers.bring_up(hosts, state)
    say(f"{named(hosts)} up")
    say(f"reach them by ssh -F {state / 'ssh_config'}")
    return 0


def down(options: argparse.Namespace, state: Path) -> int:
    """Remove hosts, all of them if none is named."""
    with alone(state):
        hosts = [find(name, engine=False) for name in options.host]
        hosts = hosts or [found.host for found in containers.existing().values()]
        containers.take_down(hosts, state, forget=options.forget)
        if not options.host:
            crowds.take_all_down()
    say(f"{named(hosts)} down")
    return 0


def crowd(options: argparse.Namespace, state: Path) -> int:
    """Make many plain hosts run at once, or remove them; the bed's others stay."""
    if options.down:
        crowds.take_down(options.name, forget=True)
        say(f"crowd {options.name} down")
        return 0
    with alone(state):
        groups = crowds.plain(options.name, options.count, each=options.each)
        crowds.bring_up(options.name, groups)
    say(f"{options.count} hosts up in {len(groups)} containers: c1, c2 ...")
    say(f"reach them by ssh -F {crowds.folder_of(options.name) / 'ssh_config'}")
    return 0


def status(_options: argparse.Namespace, _state: Path) -> int:
    """Print each host, its address, its state and its Engine."""
    for name, found in sorted(containers.existing().items()):
        engine = ENGINE_WORDS[found.host.engine]
        if found.host.has_engine and found.state == "running":
            engine = count_containers(found.host)
        print(f"{name:10} {found.host.address:14} {found.state:10} {engine}")
    return 0


def count_containers(host: Host) -> str:
    """Return how many containers run in a host's Engine, in words."""
    try:
        running = inside(host, "docker", "ps", "--quiet").split()
    except HostsError:
        return "engine does not answer"
    return f"engine, {len(running)} containers"


def stack_of(options: argparse.Namespace) -> remote.Stack:
    """Return the stack whose files were named, or the bed's own."""
    return remote.read_stack(options.file or [remote.BED / "compose.yaml"])


def load(options: argparse.Namespace, _state: Path) -> int:
    """Give a host's Engine a stack's images and the caller's."""
    names = [*stack_of(options).images, remote.CALLER]
    loaded = remote.load(find(options.host), names)
    say(f"{options.host} got {', '.join(loaded) or 'nothing new'}")
    return 0


def stack(options: argparse.Namespace, state: Path) -> int:
    """Start or stop a stack on a host."""
    host = find(options.host)
    chosen = stack_of(options)
    if options.action == "down":
        remote.stack_down(host, chosen, state)
    else:
        remote.load(host, chosen.images)
        remote.stack_up(
            host, chosen, state, settings=options.set, wait=not options.no_wait
        )
    say(f"{chosen.project} {options.action} on {host.name}")
    return 0


def call(options: argparse.Namespace, state: Path) -> int:
    """Make a whole call on a host's stack; exit 0 only if it was served."""
    host = find(options.host)
    remote.load(host, [remote.CALLER])
    return remote.call(host, stack_of(options), state)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    top = argparse.ArgumentParser(
        prog="hosts.py", description=(__doc__ or "").splitlines()[0]
    )
    verbs = top.add_subparsers(dest="verb", required=True)
    add = verbs.add_parser("up", help="make hosts run; those that run already stay")
    add.add_argument("--count", type=int, default=2, help="numbered hosts (2)")
    add.add_argument("--engine", type=int, default=1, help="with an Engine (1)")
    add.add_argument("--also", nargs="+", default=[], choices=fleet.EXTRAS)
    add.set_defaults(work=up)
    remove = verbs.add_parser("down", help="remove hosts; images and keys stay")
    remove.add_argument("host", nargs="*")
    remove.add_argument("--forget", action="store_true", help="remove their images too")
    remove.set_defaults(work=down)
    many = verbs.add_parser("crowd", help="make many plain hosts run at once")
    many.add_argument("--count", type=int, default=200, help="hosts (200)")
    many.add_argument("--each", type=int, default=50, help="hosts a container (50)")
    many.add_argument("--name", default="crowd", choices=crowds.RANGES)
    many.add_argument("--down", action="store_true", help="remove it and its keys")
    many.set_defaults(work=crowd)
    verbs.add_parser("status", help="list the hosts").set_defaults(work=status)
    for work, text in (
        (load, "give a host's Engine a stack's images"),
        (call, "make a whole call on a host's stack"),
        (stack, "run a Compose stack in a host's own Engine"),
    ):
        verb = verbs.add_parser(work.__name__, help=text)
        verb.add_argument("host")
        verb.add_argument("--file", type=Path, action="append", help="a Compose file")
        verb.set_defaults(work=work)
        if work is stack:
            verb.add_argument("action", choices=("up", "down"))
            # The stack's own environment variables are how most faults are injected.
            verb.add_argument(
                "--set", action="append", default=[], metavar="NAME=VALUE"
            )
            verb.add_argument("--no-wait", action="store_true")
    return top


def main(words: Sequence[str] | None = None) -> int:
    """Do one verb and say how long it took."""
    options = parser().parse_args(words)
    started = time.monotonic()
    try:
        code: int = options.work(options, fleet.state_folder())
    except (HostsError, ValueError) as error:
        print(f"hosts: {error}", file=sys.stderr)
        return 1
    if options.verb != "status":
        say(f"{time.monotonic() - started:.1f} s")
    return code


if __name__ == "__main__":
    sys.exit(main())
