"""The small world of a test case: what probes saw, written as YAML, made a snapshot.

What a case does not say is as in a stack where all is well: a container runs, healthy, for
an hour; its log was read whole and is empty; the host and its Engine answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace

from escalade.errors import nearest
from escalade.evidence.probe import Probe
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import HostState
from escalade.model import Reading
from escalade.model import Snapshot
from escalade.model import Status
from escalade.model import Value
from escalade.runbooks.shape import mistyped
from escalade.runbooks.spot import Spot
from escalade.runbooks.values import MisfitError
from escalade.runbooks.values import fit

__all__ = ["EMPTY", "HOST", "STACK", "Stage"]

HOST, STACK = "host-1", "app"
NOW = 1_800_000_000.0
"""The clock that judges a case of its own (epoch seconds)."""
UP_S, DOWN_S = 3600.0, 60.0
"""How long a container has run, or been down, unless the case says so."""
ENDED = ("exited", "dead")
ASIDE = ("created", "missing", *ENDED)

EMPTY = Snapshot(NOW, "full", (HostState(HOST, reachable=True),), ())


@dataclass(frozen=True, slots=True)
class Stage:
    """Adds what a case says to a snapshot: a recorded incident's, or an empty one."""

    base: Snapshot
    catalog: Mapping[str, Probe]

    def snapshot(self, top: Spot) -> Snapshot:
        """Return the whole; what is wrong with the case is reported at its place."""
        added = [piece for piece in self._added(top) if piece]
        places = {piece.address for piece in added}
        kept = [piece for piece in self.base.evidence if piece.address not in places]
        whole = (*kept, *added)
        return replace(
            self.base,
            hosts=tuple(_state(host, whole) for host in self.base.hosts),
            evidence=whole,
        )

    def _added(self, top: Spot) -> Iterator[Evidence | None]:
        """Yield what the case says, and what goes without saying."""
        host = self.base.hosts[0].host
        of_host = top.at("host")
        said = {**(of_host.value if isinstance(of_host.value, dict) else {})}
        for name in ("host", "engine"):
            if name not in said and not self._has(name):
                record: Reading = {"reachable": True, "cause": "", "detail": ""}
                yield self._piece(Address(host, None, None, None, name), (record,))
        for below in of_host.values():
            yield from self._probe(below, Address(host, None, None, None, ""))
        for below in top.at("stack").values():
            yield from self._probe(below, Address(host, self._stack(), None, None, ""))
        for service in top.at("services").values():
            yield from self._service(service)

    def _has(self, probe: str) -> bool:
        """Whether the base holds evidence of a probe."""
        return any(piece.address.probe == probe for piece in self.base.evidence)

    def _stack(self) -> str:
        """Return the stack that the case speaks of: the base's first, else its own."""
        stacks = (p.address.stack for p in self.base.evidence if p.address.service)
        return next((stack for stack in stacks if stack), STACK)

    def _service(self, spot: Spot) -> Iterator[Evidence | None]:
        """Yield what the case says of one service."""
        if not isinstance(spot.value, dict):
            spot.wrong(mistyped(spot, "a mapping"))
            return
        old = self._container(spot.name)
        given = self._record(spot.at("container"), self.catalog["container"])
        missing = given.get("state") == "missing"
        at = old.address if old else self._place(spot.name, missing=missing)
        record = {**(old.readings[0] if old else {}), **given}
        if not old:
            record = {**_usual(at, record, self.base.recorded), **record}
        yield self._piece(at, (record,))
        if not missing and ("log" in spot.value or not old):
            yield self._log(spot.at("log"), replace(at, probe="log"), record)
        for below in spot.values():
            if below.name not in ("container", "log"):
                yield from self._probe(below, at)

    def _container(self, service: str) -> Evidence | None:
        """Return the container that the base has of a service."""
        pieces = (p for p in self.base.evidence if p.address.probe == "container")
        return next((p for p in pieces if p.address.service == service), None)

    def _place(self, service: str, *, missing: bool) -> Address:
        """Return where a service of the case stands."""
        stack, host = self._stack(), self.base.hosts[0].host
        replica = None if missing else f"{stack}-{service}-1"
        return Address(host, stack, service, replica, "container")

    # ----------------------------------------------------------------- readings

    def _probe(self, spot: Spot, at: Address) -> Iterator[Evidence | None]:
        """Yield a probe's evidence: one piece for each set of its arguments."""
        probe = self.catalog.get(spot.name)
        if probe is None:
            spot.misplaced(
                f"unknown probe {spot.name!r}{nearest(spot.name, self.catalog)}"
            )
            return
        at = replace(at, probe=probe.name)
        found: dict[Address, list[Reading]] = {}
        for below in spot.each() if isinstance(spot.value, list) else [spot]:
            record = self._record(below, probe)
            asked = tuple(
                n for n in sorted(probe.arguments) if n not in probe.view_only
            )
            args = tuple(
                (name, record.get(name, probe.arguments[name].default))
                for name in asked
            )
            own = {k: v for k, v in record.items() if k in probe.readings}
            found.setdefault(replace(at, args=args), []).append(own)
        for address, records in found.items():
            yield self._piece(address, tuple(records))

    def _record(self, spot: Spot, probe: Probe) -> dict[str, Value]:
        """Return one record of a probe, its values typed."""
        if spot.value is None:
            return {}
        if not isinstance(spot.value, dict):
            spot.wrong(mistyped(spot, "a mapping"))
            return {}
        found: dict[str, Value] = {}
        types = {n: one.type for n, one in probe.arguments.items()} | {**probe.readings}
        for name, below in spot.items():
            if name not in types:
                close = nearest(name, types)
                below.misplaced(f"{probe.name} has no reading {name!r}{close}")
            else:
                found[name] = _value(below, types[name])
        return found

    def _piece(self, at: Address, readings: tuple[Reading, ...]) -> Evidence:
        """Return a complete piece of evidence, read just now."""
        return Evidence(at, Status.OK, readings, time=self.base.recorded)

    def _log(self, spot: Spot, at: Address, box: Reading) -> Evidence:
        """Return a log with the case's lines, one a second up to the end."""
        ended = box.get("finished_at") if box.get("state") in ENDED else None
        start = _number(box.get("started_at"), self.base.recorded - UP_S)
        end = _number(ended, self.base.recorded)
        lines = list(spot.each()) if isinstance(spot.value, list) else []
        if spot.value is not None and not isinstance(spot.value, list):
            spot.wrong(mistyped(spot, "a list"))
        span: Reading = {
            "part": "span",
            "run_from": start,
            "tail_from": None,
            "head_to": None,
            "ended_at": ended,
            "offset_s": 0.0,
        }
        said = [
            _line(below, (start, end, end - (len(lines) - place)))
            for place, below in enumerate(lines)
        ]
        said.sort(key=lambda line: _number(line.get("time"), 0.0))
        return self._piece(at, (span, *said))


def _line(spot: Spot, clock: tuple[float, float, float]) -> Reading:
    """Return one line of a log; `clock` is the run's start, its end, the line's time.

    A mapping may say instead how long before the end (`ago`) or after the start (`after`).
    """
    start, end, time = clock
    line = spot if isinstance(spot.value, str) else spot.at("text")
    if not isinstance(line.value, str):
        spot.wrong("a line of a log is a text, or {text: ..., ago: 5s, after: 1s}")
        return {}
    for name, from_ in (("ago", end), ("after", start)):
        below = spot.at(name)
        if below.value is not None:
            passed = _number(_value(below, float, f"{name}_s"), 0.0)
            time = from_ - passed if name == "ago" else from_ + passed
    stream = spot.at("stream").value or "stdout"
    return {"part": "tail", "time": time, "stream": str(stream), "text": line.value}


def _value(spot: Spot, wanted: type, name: str = "") -> Value:
    """Return a reading's value; `null` says that it is not known."""
    if spot.value is None:
        return None
    if wanted is tuple:
        items = spot.each() if isinstance(spot.value, list) else (spot,)
        return tuple(str(_value(below, str)) for below in items)
    try:
        return fit(spot, wanted, name=name or spot.name)
    except MisfitError as misfit:
        spot.wrong(str(misfit))
        return None


def _number(value: object, default: float) -> float:
    """Return a reading as a number."""
    return float(value) if isinstance(value, int | float) else default


def _state(host: HostState, evidence: tuple[Evidence, ...]) -> HostState:
    """Return a host as the evidence has it."""
    for piece in evidence:
        if piece.address.probe == "host" and piece.address.host == host.host:
            record = piece.readings[0]
            reachable = record.get("reachable") is not False
            cause = None if reachable else str(record.get("cause") or "")
            return replace(host, reachable=reachable, cause=cause)
    return host


def _usual(at: Address, said: Reading, now: float) -> dict[str, Value]:
    """Return the record of a container of which only some is said."""
    state = said.get("state", "running")
    alive = state not in ASIDE
    looping = state == "restarting" or said.get("crash_looping") is True
    up = _number(said.get("uptime_s"), UP_S)
    checked = said.get("healthcheck", True) is not False
    return {
        "name": at.replica,
        "state": state,
        "image": f"{at.service}:1",
        "running": state in ("running", "paused"),
        "paused": state == "paused",
        "restarting": state == "restarting",
        "exit_code": 0,
        "error": "",
        "oom_killed": False,
        "restart_count": 0,
        "uptime_s": up if alive and not looping else None,
        "started_at": None if state in ("created", "missing") else now - up,
        "finished_at": now - DOWN_S if state in ENDED else None,
        "crash_looping": looping,
        "failing": looping or state in ENDED,
        "healthcheck": checked,
        "health": "healthy" if checked and state == "running" else "none",
        "health_start_period_s": 30.0 if checked else None,
        "health_missed": False,
        "restart_policy": "unless-stopped",
        "networks": (f"{at.stack}_default",) if alive else (),
        "on_network": alive,
        "network_mode": f"{at.stack}_default",
        "oneshot": False,
        "desired": "running",
    }
