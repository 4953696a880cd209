"""Whether an action happened: a postcondition asked of the world, three-valued.

A host or an Engine that does not answer makes a check unknown, never false.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from escalade.diagnosis.compare import compare
from escalade.diagnosis.compare import every
from escalade.diagnosis.compare import show
from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import timestamp
from escalade.model import Comparison
from escalade.model import Reading
from escalade.model import Truth
from escalade.plans import Check
from escalade.remedy.engine_reads import container
from escalade.remedy.engine_reads import image
from escalade.remedy.engine_reads import log
from escalade.remedy.engine_reads import network
from escalade.remedy.engine_reads import service
from escalade.remedy.engine_reads import volume
from escalade.remedy.host_reads import http
from escalade.remedy.host_reads import path
from escalade.remedy.host_reads import tcp
from escalade.remedy.reads import Place
from escalade.remedy.reads import Records
from escalade.remedy.reads import UnansweredError
from escalade.transport.base import Transport
from escalade.transport.engine_api import EngineApi

__all__ = ["Asked", "Checks", "ask"]

_READERS: Mapping[str, Callable[[Place, tuple[str, ...]], Records]] = {
    "container": container,
    "service": service,
    "image": image,
    "volume": volume,
    "network": network,
    "tcp": tcp,
    "http": http,
    "log": log,
    "path": path,
}
_MISSING: Reading = {"running": False, "paused": False, "state": "missing"}
"""What is true of an object that does not exist; nothing else holds of it."""
_SURE = ("gt", "ge")
"""Comparisons of a count that a part of the lines can prove."""


class Asked(NamedTuple):
    """What a postcondition came to; `reason` says in one line why it is not TRUE.

    `lost` where it cannot come to hold any more.
    """

    truth: Truth
    reason: str = ""
    lost: bool = False


def ask(check: Check, *, engine: EngineApi, transport: Transport, host: str) -> Asked:
    """Ask one check of a host, each question bounded by a few seconds."""
    return Checks(engine, transport, host=host).ask((check,))


class Checks:
    """The checks of one host; how far its clock is from ours is asked once."""

    def __init__(self, engine: EngineApi, transport: Transport, *, host: str) -> None:
        self._place = Place(engine, transport, host, self._now)
        self._engine = engine
        self._offset_s: float | None = None

    def ask(self, checks: Sequence[Check]) -> Asked:
        """Return whether all checks hold; without any, nothing tells: UNKNOWN."""
        if not checks:
            return Asked(Truth.UNKNOWN, "nothing tells whether it happened")
        asked = [self._one(check) for check in checks]
        truth = every([one.truth for one in asked])
        # What is lost for good says more than what is not so yet.
        told = sorted((a for a in asked if a.truth is truth), key=lambda a: not a.lost)
        reason = told[0].reason if truth is not Truth.TRUE else ""
        return Asked(truth, reason, any(one.lost for one in asked))

    def _one(self, check: Check) -> Asked:
        """Ask one check."""
        reader = _READERS.get(check.of)
        if reader is None:
            return Asked(Truth.UNKNOWN, f"no such check: {check.of}")
        try:
            records = reader(self._place, check.target)
        except UnansweredError as error:
            return Asked(Truth.UNKNOWN, f"{_name(check)}: {error}")
        judged = [_judge(record, check, records) for record in records.readings]
        truth = every([one.truth for one in judged]) if judged else Truth.UNKNOWN
        reasons = [one.reason for one in judged if one.truth is truth]
        lost = any(_lost(record, check) for record in records.readings)
        return Asked(truth, next(iter(reasons), ""), lost)

    def _now(self) -> float:
        """Return the host's clock; ours where its Engine does not tell the time."""
        if self._offset_s is None:
            self._offset_s = _offset_s(self._engine)
        return time.time() + self._offset_s


def _offset_s(engine: EngineApi) -> float:
    """Return a host's clock minus ours, 0 within the error of the round trip."""
    sent = time.time()
    reply = engine.get("/info")
    came = time.time()
    theirs = timestamp(as_dict(reply.json()).get("SystemTime"))
    if theirs is None:
        return 0.0
    offset = theirs - (sent + came) / 2
    return 0.0 if abs(offset) <= (came - sent) / 2 else offset


def _judge(record: Reading, check: Check, records: Records) -> Asked:
    """Judge one record; the reason names the first comparison that is not TRUE."""
    asked = [_compare(record, one, whole=records.whole) for one in check.expect]
    truth = every(asked)
    if truth is Truth.TRUE:
        return Asked(truth)
    name = str(record.get("name") or _name(check))
    if record.get("exists") is False:
        return Asked(truth, f"{name} does not exist")
    wrong = check.expect[asked.index(truth)].reading
    value = record.get(wrong)
    said = "not known" if value is None else show(value)
    return Asked(truth, f"{name}: {wrong} is {said}")


def _lost(record: Reading, check: Check) -> bool:
    """Whether a record says that a check cannot come to hold any more."""
    asked = [compare(record, one) for one in check.lost]
    return bool(asked) and every(asked) is Truth.TRUE


def _compare(record: Reading, one: Comparison, *, whole: bool) -> Truth:
    """Judge one comparison, by what is true of a missing or half-read object."""
    if record.get("exists") is False:
        known = {**_MISSING, "exists": False}
        return compare(known, one) if one.reading in known else Truth.FALSE
    truth = compare(record, one)
    proven = whole or (one.op in _SURE and truth is Truth.TRUE)
    return truth if proven else Truth.UNKNOWN


def _name(check: Check) -> str:
    """Return what a check is about, in a word."""
    return " ".join((check.of, *check.target[:2]))
