"""Which probes are put to which targets of a host: pure, from what is known so far."""

from __future__ import annotations

import time
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from escalade.evidence.ask import Job
from escalade.evidence.catalog import probes
from escalade.evidence.discover import Listed
from escalade.evidence.discover import address
from escalade.evidence.discover import peers
from escalade.evidence.discover import running
from escalade.evidence.discover import stacks
from escalade.evidence.expected import expected
from escalade.evidence.facts import UNKNOWN
from escalade.evidence.logscan import Wish
from escalade.evidence.logscan import wishes
from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
from escalade.evidence.probe import Peer
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Target
from escalade.evidence.secrets import argv_of
from escalade.evidence.secrets import secrets_of
from escalade.model import Address
from escalade.model import Args
from escalade.model import Evidence
from escalade.model import Host

__all__ = ["FIRST", "Plan"]

FIRST = ("container", "env")
"""Probes that need nothing but the Engine's records; `wanted` reads their evidence."""
ALONE = ("engine",)
"""Asked before everything else."""


class Plan:
    """What is known of a host, and the jobs that follow from it."""

    def __init__(
        self, host: Host, mode: str, secret_key: bytes, wish: Sequence[str] = ()
    ) -> None:
        self.host = host
        self.mode = mode
        self.catalog = probes()
        self.facts: dict[str, Any] = dict(UNKNOWN)
        # What was not asked for is not read, and so not missing.
        self.expected: tuple[Evidence, ...] = tuple(
            p for p in expected(host) if not wish or p.address.stack in wish
        )
        self._key = secret_key
        self._records: Mapping[Listed, Mapping[str, Any]] = {}
        self._targets: tuple[Listed, ...] = ()
        self._peers: tuple[Peer, ...] = ()
        self._shared: dict[str, Any] = {"mode": mode, "inspects": {}, "wishes": ()}
        self._asked: set[Address] = set()
        self.loose = True

    def know(
        self, records: Mapping[Listed, Mapping[str, Any]], targets: Iterable[Listed]
    ) -> None:
        """Take in the containers' records, and which containers are asked about."""
        self._records = records
        self._targets = tuple(box for box in targets if box in records)
        self._peers = peers(records)
        self._shared["inspects"] = {box.name: r for box, r in records.items()}
        self._shared["expected"] = {
            (p.address.stack, p.address.service): p.readings[0] for p in self.expected
        }

    def secrets(self) -> Iterator[str]:
        """Yield the secrets of all containers, but none that is somebody's name.

        An API key may be called like a service; without the names nothing could be
        told of anybody.
        """
        names = {name for box, r in self._records.items() for name in _names(box, r)}
        for record in self._records.values():
            for value in secrets_of(record):
                if not any(value in name for name in names):
                    yield value

    def first(self) -> Iterator[Job]:
        """Yield the jobs that only read the Engine's records."""
        for name in FIRST:
            yield from self._always(self.catalog[name])

    def second(self, wanted: Sequence[Address]) -> Iterator[Job]:
        """Yield all other jobs: those always asked, and those that runbooks want."""
        self._shared["wishes"] = _patterns(wanted)
        for probe in self.catalog.values():
            if probe.name not in (*FIRST, *ALONE):
                yield from self._always(probe)
        for place in wanted:
            known = self.catalog.get(place.probe)
            if known is not None and self._asks(known):
                yield from self._wanted(known, place)

    def host_target(self, probe: str, args: Args = ()) -> Target:
        """Return the host as a target."""
        return self._target(Address(self.host.name, None, None, None, probe, args))

    # ---------------------------------------------------------------- choices

    def _asks(self, probe: Probe) -> bool:
        """Whether a probe asks anything of its own in this mode."""
        return not probe.derived and (self.mode != "quick" or probe.quick)

    def _always(self, probe: Probe) -> Iterator[Job]:
        """Yield the jobs of a probe that is asked of every target."""
        if probe.always and self._asks(probe):
            yield from self._jobs(probe, (), None)

    def _wanted(self, probe: Probe, place: Address) -> Iterator[Job]:
        """Yield the jobs of one wish: of a host, a stack, or a service's containers."""
        yield from self._jobs(probe, probe.question_args(place.args), place)

    def _jobs(self, probe: Probe, args: Args, place: Address | None) -> Iterator[Job]:
        """Yield a probe's jobs at a place (None: everywhere), none of them twice."""
        for target in self._targets_of(probe, args):
            at = target.address
            if at in self._asked or (place is not None and not _within(at, place)):
                continue
            self._asked.add(at)
            yield Job(probe, target)

    def _targets_of(self, probe: Probe, args: Args) -> Iterator[Target]:
        """Yield every target of a probe's scope."""
        if probe.scope == "host":
            yield self.host_target(probe.name, args)
        elif probe.scope == "stack":
            for stack in stacks(self._targets):
                place = Address(self.host.name, stack, None, None, probe.name, args)
                yield self._target(place)
        else:
            for box in self._targets:
                if box.stack is None and not self.loose and probe.name not in FIRST:
                    continue
                record = self._records[box]
                if not probe.needs_running or running(record):
                    place = address(self.host.name, box, probe.name, args)
                    yield self._target(place, record)

    def _target(
        self, place: Address, record: Mapping[str, Any] | None = None
    ) -> Target:
        """Return a target with what its questions may need."""
        now = time.time() + float(self.facts["offset_s"])
        facts = {**self.facts, **self._shared, "now": now}
        return Target(place, record or {}, self._peers, facts, self._key)


def _names(box: Listed, record: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a container, its parts and its program are called."""
    config = as_dict(record.get("Config"))
    yield from (box.name, box.service, box.stack or "", str(config.get("Image")))
    nets = as_dict(as_dict(record.get("NetworkSettings")).get("Networks"))
    for name, net in nets.items():
        yield name
        yield from map(str, as_list(as_dict(net).get("Aliases")))
    yield from argv_of(record)[:1]


def _within(at: Address, place: Address) -> bool:
    """Whether a target is what a wish speaks of; None there means "whatever it is"."""
    pairs = (
        (at.stack, place.stack),
        (at.service, place.service),
        (at.replica, place.replica),
    )
    return all(asked is None or asked == mine for mine, asked in pairs)


def _patterns(wanted: Iterable[Address]) -> tuple[tuple[Address, Wish], ...]:
    """Return what log questions look for, and where: a deep scan must know before."""
    found: dict[tuple[Address, Wish], None] = {}
    for place in wanted:
        if place.probe != "log":
            continue
        given = dict(place.args)
        at = Address(place.host, place.stack, place.service, None, "log")
        for wish in wishes(given):
            found[at, wish] = None
    return tuple(found)
