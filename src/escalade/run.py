"""The road, in order: the only file that knows it, and it reads as a list."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import closing
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Empty
from queue import SimpleQueue
from typing import TYPE_CHECKING
from typing import TypeVar

from escalade import paths
from escalade.ahead import load_ahead
from escalade.diagnosis.wanted import wanted
from escalade.errors import InventoryError
from escalade.errors import nearest
from escalade.evidence.catalog import probes
from escalade.evidence.crew import Crew
from escalade.evidence.expected import VARIABLE
from escalade.evidence.expected import expected
from escalade.evidence.gather import GatherOptions
from escalade.evidence.gather import HostPass
from escalade.evidence.gather import Wanted
from escalade.evidence.gather import gather
from escalade.evidence.host import HOST
from escalade.evidence.probe import Probe
from escalade.inventory import Inventory
from escalade.inventory import load as load_inventory
from escalade.inventory import select
from escalade.inventory.become import becoming
from escalade.inventory.become import password_for
from escalade.inventory.learning import learn_from
from escalade.journal.holds import known as known_holds
from escalade.journal.holds import with_holds
from escalade.model import Address
from escalade.model import Diagnosis
from escalade.model import Evidence
from escalade.model import Host
from escalade.model import HostState
from escalade.model import Reading
from escalade.model import Run
from escalade.model import Snapshot
from escalade.model import Status
from escalade.remedy.catalog import steps
from escalade.runbooks.book import Book
from escalade.runbooks.load import load as load_runbooks
from escalade.settings import Settings
from escalade.shapes import shaped
from escalade.transport.base import Timeouts
from escalade.transport.base import Transport
from escalade.transport.factory import open_for
from escalade.transport.pool import Pool

if TYPE_CHECKING:
    from escalade.evidence.check import CheckTarget
    from escalade.report.progress import Progress

T = TypeVar("T")

More = Callable[[str, tuple[Evidence, ...]], tuple[Address, ...]]
"""What is asked of a host beyond what runbooks ask, from its containers' evidence."""
GRACE_S = 0.5
"""Seconds of silence after Ctrl-C that end the wait for hosts still at work."""
NEXT = ("escalade.diagnosis.diagnose", "escalade.report.terminal")
"""What the road needs after the evidence: loaded while hosts are waited for."""

__all__ = [
    "Road",
    "book_for",
    "check_target",
    "diagnose_hosts",
    "hosts_for",
    "inventory_for",
    "judge",
    "look",
    "own_tasks",
    "password_of",
    "reached",
    "transport_for",
]


@dataclass(frozen=True, slots=True)
class Road:
    """What one run was told to do, and how it tells the time and its progress.

    With a `pool`, connections are kept for what comes next; whoever made it closes it.
    """

    settings: Settings
    run: str
    started: float
    progress: Progress
    stop: threading.Event
    pool: Pool | None = None


def diagnose_hosts(road: Road) -> tuple[Snapshot, Diagnosis]:
    """Walk the whole road: hosts, runbooks, evidence, diagnosis."""
    begun = time.monotonic()
    hosts = hosts_for(road.settings)
    book, catalog = book_for(road.settings)
    load_ahead(*NEXT)
    snapshot = look(road, hosts, book, catalog, loose=False)
    took_s = time.monotonic() - begun
    return snapshot, judge(snapshot, book, Run(road.run, road.started, took_s))


def hosts_for(settings: Settings) -> tuple[Host, ...]:
    """Return the hosts that the settings choose, with what is held declared stopped."""
    hosts = select(inventory_for(settings), settings.limit)
    learn_from(hosts)
    whom = settings.become_user
    hosts = tuple(becoming(h, become=settings.become, user=whom) for h in hosts)
    return with_holds(hosts, known_holds(os.environ, settings.state))


def inventory_for(settings: Settings) -> Inventory:
    """Return the whole inventory that the settings name."""
    return load_inventory(settings.inventory, vault=settings.vault_password_file)


def book_for(settings: Settings) -> tuple[Book, Mapping[str, Probe]]:
    """Return the runbooks in force and the probes that they speak of."""
    catalog = probes()
    own = own_tasks(settings.runbooks)
    return load_runbooks(settings.runbooks, catalog, steps, own), catalog


def own_tasks(folders: Sequence[Path]) -> frozenset[str]:
    """Return the tasks of the operator's own tasks.py, which their runbooks may name.

    Only runbooks beside ours can name one as a step, so nobody else pays for loading it.
    """
    ours = paths.runbooks()
    if all(folder == ours or folder.resolve() == ours.resolve() for folder in folders):
        return frozenset()
    from escalade.remedy.usertasks import known

    # The one that this program has loaded, wherever it was started.
    file = getattr(sys.modules.get("tasks"), "__file__", None)
    return frozenset(known(Path(file).parent if file else Path.cwd()))


def judge(snapshot: Snapshot, book: Book, run: Run) -> Diagnosis:
    """Return what a snapshot means, by the clock that it recorded."""
    from escalade.diagnosis.diagnose import diagnose

    return diagnose(snapshot, book, probes(), run)


def look(
    road: Road,
    hosts: Sequence[Host],
    book: Book,
    catalog: Mapping[str, Probe],
    *,
    tail: int | None = None,
    loose: bool = True,
    more: More | None = None,
) -> Snapshot:
    """Gather the evidence of all hosts, at most `forks` at a time.

    `tail` is how many of the last lines of each log are read; the mode decides
    without it. Without `loose`, containers of no stack are asked nothing. `more` adds
    questions to those of the runbooks.
    """
    _check_roles(hosts, book)
    road.progress.hosts([host.name for host in hosts])
    options = GatherOptions(
        mode=road.settings.mode,
        stacks=road.settings.stacks,
        deadline_s=road.settings.deadline_s,
        stop=road.stop,
        tail=tail,
        loose=loose,
    )

    def asked(host: str, evidence: tuple[Evidence, ...]) -> tuple[Address, ...]:
        extra = more(host, evidence) if more else ()
        first = wanted(book, catalog, evidence, host=host)
        return tuple(dict.fromkeys((*first, *extra)))

    def work(host: Host) -> HostPass:
        return _one(host, road, partial(asked, host.name), options)

    passes = _each(hosts, road, work)
    return Snapshot(
        recorded=time.time(),
        mode=road.settings.mode,
        hosts=tuple(p.state for p in passes),
        evidence=tuple(
            piece
            for p in passes
            for piece in (_host_piece(p, road.settings.stacks), *p.evidence)
        ),
    )


def _check_roles(hosts: Sequence[Host], book: Book) -> None:
    """Refuse a role that no runbook knows: what it names would not be judged by any."""
    known = [rule.name for rule in book.roles]
    for host in hosts:
        for piece in expected(host):
            role = piece.readings[0].get("role")
            if role is not None and role not in known:
                place = f"{piece.address.stack}.{piece.address.service}"
                hint = nearest(str(role), known)
                raise InventoryError(
                    f"{host.name}: {VARIABLE}.{place}: unknown role {role!r}{hint}"
                )


def _one(host: Host, road: Road, asked: Wanted, options: GatherOptions) -> HostPass:
    """Gather the evidence of one host over its one connection.

    Whatever breaks costs this host's evidence, and never that of the others.
    """
    begun = time.monotonic()
    try:
        with reached(road, host) as transport:
            found = gather(
                host,
                transport,
                wanted=asked,
                options=options,
                progress=road.progress.note,
            )
    except Exception as error:
        found = _broken(host, error)
    road.progress.done(found.state, time.monotonic() - begun)
    return found


@contextmanager
def reached(road: Road, host: Host) -> Iterator[Transport]:
    """Give the way to a host: the pool's, which stays open, or one of its own."""
    if road.pool is not None:
        yield road.pool.of(host)
        return
    with closing(transport_for(host, road.settings)) as transport:
        yield transport


def transport_for(host: Host, settings: Settings) -> Transport:
    """Return the way to a host, with the bounds that were set."""
    wait_s = settings.connect_timeout_s
    timeouts = Timeouts(connect_s=wait_s, banner_s=wait_s, auth_s=2 * wait_s)
    password = password_of(host, settings)
    ssh_config = settings.ssh_config
    return open_for(host, timeouts=timeouts, ssh_config=ssh_config, password=password)


def password_of(host: Host, settings: Settings) -> Callable[[], str] | None:
    """Return what gives sudo's password on a host, None where nothing does."""
    return password_for(host, settings.become_password_file)


def _broken(host: Host, error: Exception) -> HostPass:
    """Return the pass of a host that we could not cope with: an Engine unknown."""
    reason = shaped(f"the look at it broke: {type(error).__name__}: {error}")
    address = Address(host.name, None, None, None, "engine")
    piece = Evidence(
        address, Status.ERROR, time=time.time(), complete=False, reason=reason
    )
    return HostPass(HostState(host.name, reachable=True), (piece,))


def _each(hosts: Sequence[Host], road: Road, work: Callable[[Host], T]) -> list[T]:
    """Work on all hosts, in the order given; one host needs no threads."""
    if len(hosts) == 1:
        return [work(hosts[0])]
    came: SimpleQueue[tuple[int, T | BaseException]] = SimpleQueue()
    crew = Crew(min(road.settings.forks, len(hosts)), name="host")
    for place, host in enumerate(hosts):
        crew.ask(partial(_kept, came, place, partial(work, host)))
    try:
        found = dict(came.get() for _ in hosts)
    except BaseException:
        road.stop.set()
        # Those at work let go of their hosts, if they can at once.
        with suppress(Empty):
            while True:
                came.get(timeout=GRACE_S)
        raise
    finally:
        crew.close()
    return [_value(found[place]) for place in range(len(hosts))]


def _kept(
    came: SimpleQueue[tuple[int, T | BaseException]], place: int, call: Callable[[], T]
) -> None:
    """Put what a call returns or raises into the queue."""
    try:
        came.put((place, call()))
    except BaseException as error:
        came.put((place, error))


def _value(result: T | BaseException) -> T:
    """Return a result, or raise what came instead."""
    if isinstance(result, BaseException):
        raise result
    return result


def _host_piece(found: HostPass, wanted: tuple[str, ...]) -> Evidence:
    """Return whether a host answered, as the evidence that the probe `host` reads."""
    state = found.state
    reading: Reading = {
        "reachable": state.reachable,
        "cause": state.cause or "",
        "detail": state.detail,
        "stacks": found.stacks,
        "wanted": wanted,
    }
    address = Address(state.host, None, None, None, HOST.name)
    return Evidence(address, Status.OK, (reading,), time=time.time())


def check_target(road: Road, target: str) -> tuple[Evidence, ...]:
    """Ask each chosen host whether an address answers, as seen from there."""
    from escalade.evidence.check import parse_target

    hosts = hosts_for(road.settings)
    address = parse_target(target)
    return tuple(_each(hosts, road, lambda host: _check(host, road, address)))


def _check(host: Host, road: Road, address: CheckTarget) -> Evidence:
    """Ask one host."""
    from escalade.evidence.check import check

    with reached(road, host) as transport:
        return check(host.name, transport, address, now=time.time())
