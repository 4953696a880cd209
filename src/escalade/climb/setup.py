"""What a run acts with, from its settings: hosts, runbooks, journal, folder, hashes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from escalade.climb.gear import Desk
from escalade.climb.gear import Gear
from escalade.climb.gear import Order
from escalade.climb.looks import Watch
from escalade.climb.policy import Policy
from escalade.climb.remembering import gone
from escalade.climb.rests import rests_of
from escalade.climb.unwritten import Unwritten
from escalade.journal.holds import known as known_holds
from escalade.model import Step
from escalade.plans import Risk
from escalade.remedy.catalog import steps
from escalade.remedy.plan import names_of
from escalade.run import Road
from escalade.run import book_for
from escalade.run import hosts_for
from escalade.run import transport_for
from escalade.transport.pool import Pool

if TYPE_CHECKING:
    from escalade.journal.store import Journal

__all__ = ["gear_for"]


@contextmanager
def gear_for(
    road: Road,
    order: Order,
    *,
    policy: Policy,
    desk: Desk,
    folder: Path,
    dry: bool = False,
    journal: Journal | None = None,
) -> Iterator[Gear]:
    """Give the means of a run; `folder` is where the operator's own tasks.py may be.

    A `dry` run opens a journal that is there and writes nothing. A `journal` that is
    given stays open.
    """
    settings = road.settings
    opened = partial(transport_for, settings=settings)
    with Pool(opened) as pool, _journal(road, journal, dry=dry) as book_of_runs:
        road = replace(road, pool=pool)
        book, catalog = book_for(settings)
        hosts = hosts_for(settings)
        holds = known_holds(os.environ, settings.state)
        calls = (call.step or Step(call.name) for call in order.calls)
        called = frozenset(names_of(calls))
        # Only `up` has a use for stacks of which no container is left.
        away = gone(os.environ, settings.state) if "up" in called else {}
        watch = Watch(road, hosts, book, catalog, steps(), holds, called, away)
        yield Gear(
            road=road,
            watch=watch,
            journal=book_of_runs,
            folder=Path() if dry else book_of_runs.place.of(road.run),
            desk=desk,
            policy=policy,
            order=order,
            who=_who(),
            clock=time.time,
            rests=rests_of(book, folder),
            tasks=_tasks(folder),
            tasks_folder=folder,
        )


@contextmanager
def _journal(road: Road, given: Journal | None, *, dry: bool) -> Iterator[Journal]:
    """Give the journal: the one given, the settings' own, or one that nobody writes."""
    from escalade.journal.place import state_folder
    from escalade.journal.store import open_journal
    from escalade.shapes import shaped

    settings = road.settings
    if given is not None:
        with nullcontext(given) as journal:
            yield journal
        return
    if dry:
        yield Unwritten(road.settings)  # type: ignore[misc]
        return
    place = state_folder(os.environ, chosen=settings.state)
    with open_journal(place, redact=shaped, url=settings.journal) as journal:
        yield journal


def _who() -> str:
    """Return who acts, as others read it in a lock and in the journal."""
    from escalade.journal.process import whoami

    return whoami(os.environ)


def _tasks(folder: Path) -> Mapping[str, Risk]:
    """Return the operator's own tasks that runbooks may name, with their risk."""
    if not any((folder / name).exists() for name in ("tasks.py", "tasks")):
        return {}
    from escalade.remedy.usertasks import known

    return {name: info.risk for name, info in known(folder).items()}
