"""How `hosts.ping` and `hosts.facts` work: one connection a host, many at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING

from escalade.evidence.crew import Crew
from escalade.model import Host
from escalade.model import Status
from escalade.tasks.desk import checked_format
from escalade.tasks.desk import look_for
from escalade.tasks.desk import settings_for
from escalade.tasks.jobs import ask
from escalade.tasks.quiet import without_secrets
from escalade.text import Text

if TYPE_CHECKING:
    from invoke.context import Context

    from escalade.report.sheet import Column
    from escalade.report.sheet import Row
    from escalade.settings import Settings
    from escalade.transport.base import Output
    from escalade.transport.base import Transport

__all__ = ["facts", "ping"]

FACTS_S = 5.0
"""Seconds that a host may take to tell its facts."""
LOST = 2

HOST = Text("host", "hôte")
REACHED = Text("answers", "répond")
TOOK = Text("took", "durée")
CAUSE = Text("cause", "cause")
REASON = Text("what was said", "ce qui a été dit")
KERNEL = Text("kernel", "noyau")
ROOT = Text("root", "root")
CLOCK = Text("clock ahead by (s)", "horloge en avance de (s)")

Look = Callable[[Host, "Transport"], "Row"]


def ping(context: Context, flags: Mapping[str, object], kind: str) -> int:
    """Open a connection to each host, and say which answer and why others do not."""
    settings = settings_for(context, flags)
    rows = _looked(settings, kind, _pinged)
    columns = (
        ("host", HOST),
        ("reachable", REACHED),
        ("took_s", TOOK),
        ("cause", CAUSE),
        ("reason", REASON),
    )
    return _told(settings, kind, "ping", columns, rows)


def facts(context: Context, flags: Mapping[str, object], kind: str) -> int:
    """Read the slow truths of each host: kernel, rights, tools, clock."""
    settings = settings_for(context, flags)
    rows = _looked(settings, kind, _facts_of)
    columns = (
        ("host", HOST),
        ("kernel", KERNEL),
        ("root", ROOT),
        ("cgroup", Text("cgroup", "cgroup")),
        *((f"has_{tool}", Text(tool, tool)) for tool in _TOOLS),
        ("offset_s", CLOCK),
        ("cause", CAUSE),
        ("reason", REASON),
    )
    return _told(settings, kind, "facts", columns, rows)


_TOOLS = ("bash", "nsenter", "timeout", "docker")


def _told(
    settings: Settings,
    kind: str,
    name: str,
    columns: Sequence[tuple[str, Text]],
    rows: Sequence[Row],
) -> int:
    """Print the rows; 2 where a host did not answer."""
    from escalade.report.sheet import Column
    from escalade.report.sheet import Sheet
    from escalade.report.sheet import Table

    made: tuple[Column, ...] = tuple(Column(key, head) for key, head in columns)
    sheet = Sheet(f"escalade.{name}/1", (Table("hosts", made, tuple(rows)),))
    ask(sheet, look_for(settings), kind)
    return 0 if all(row["reachable"] for row in rows) else LOST


def _pinged(host: Host, transport: Transport) -> Row:
    """Return whether a host was reached and could run a line."""
    begun = time.monotonic()
    ended = transport.open()
    if ended.status is Status.OK:
        ended = transport.run("exit 0", timeout_s=FACTS_S)
    return _row(host, ended, begun)


def _row(host: Host, ended: Output, begun: float) -> Row:
    """Return how reaching a host and running a line there ended."""
    reachable = ended.status is Status.OK
    return {
        "host": host.name,
        "reachable": reachable,
        "took_s": round(time.monotonic() - begun, 3),
        "cause": None if reachable else ended.cause or ended.status.value,
        "reason": None if reachable else without_secrets(ended.reason),
    }


def _facts_of(host: Host, transport: Transport) -> Row:
    """Return the facts of a host, unknown where it was not reached."""
    from escalade.evidence.facts import SCRIPT
    from escalade.evidence.facts import read

    begun = time.monotonic()
    # Reached first, so that the clocks are compared around the run alone.
    ended = transport.open()
    if ended.status is not Status.OK:
        return _row(host, ended, begun)
    sent = time.time()
    ended = transport.run(SCRIPT, timeout_s=FACTS_S, limit=10_000)
    row = _row(host, ended, begun)
    if not row["reachable"]:
        return row
    return {**row, **read(ended.stdout, sent=sent, came=time.time())}


def _looked(settings: Settings, kind: str, look: Look) -> list[Row]:
    """Look at all hosts chosen, at most `forks` at a time; rows in their order."""
    from escalade.run import hosts_for

    checked_format(kind)
    hosts = hosts_for(settings)
    crew = Crew(min(settings.forks, len(hosts)), name="host")
    came: SimpleQueue[tuple[int, Row]] = SimpleQueue()
    for place, host in enumerate(hosts):
        crew.ask(partial(_put, came, place, partial(_one, settings, look, host)))
    found = dict(came.get() for _ in hosts)
    crew.close()
    return [found[place] for place in range(len(hosts))]


def _put(
    came: SimpleQueue[tuple[int, Row]], place: int, work: Callable[[], Row]
) -> None:
    """Put what a look returned into the queue."""
    came.put((place, work()))


def _one(settings: Settings, look: Look, host: Host) -> Row:
    """Look at one host. What breaks is told of this host, and holds no other one."""
    from escalade.run import transport_for

    try:
        with closing(transport_for(host, settings)) as transport:
            return look(host, transport)
    except Exception as error:
        reason = without_secrets(f"{type(error).__name__}: {error}")
        return {
            "host": host.name,
            "reachable": False,
            "took_s": None,
            "cause": "error",
            "reason": reason,
        }
