"""Evidence as JSON lines and back: one versioned format for files, cases and journal.

The first line says what the file is; each further line is one piece of evidence. The
order is fixed, so two saves of one snapshot are equal byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from escalade.errors import EvidenceError
from escalade.model import Address
from escalade.model import Args
from escalade.model import Evidence
from escalade.model import HostState
from escalade.model import Reading
from escalade.model import Snapshot
from escalade.model import Status
from escalade.model import Value

__all__ = ["SCHEMA", "dump", "load", "order"]

SCHEMA = "escalade.evidence/1"
_MODES = ("quick", "full", "deep")
_MOST = 2.0**64
"""No size, count or time that anybody measured is as large."""


def order(piece: Evidence) -> tuple[str, ...]:
    """Return what pieces are sorted by: their address."""
    at = piece.address
    place = (at.host, at.stack or "", at.service or "", at.replica or "", at.probe)
    return (*place, repr(at.args))


def _line(value: Mapping[str, object]) -> str:
    """Return one line; ASCII only, so that no reader splits it at a foreign line end."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def dump(snapshot: Snapshot) -> Iterator[str]:
    """Yield a snapshot's lines, without line ends."""
    hosts = [
        {"host": h.host, "reachable": h.reachable, "cause": h.cause, "detail": h.detail}
        for h in snapshot.hosts
    ]
    yield _line(
        {
            "schema": SCHEMA,
            "recorded": snapshot.recorded,
            "mode": snapshot.mode,
            "hosts": hosts,
            "pieces": len(snapshot.evidence),
        }
    )
    for piece in sorted(snapshot.evidence, key=order):
        at = piece.address
        yield _line(
            {
                "host": at.host,
                "stack": at.stack,
                "service": at.service,
                "replica": at.replica,
                "probe": at.probe,
                "args": dict(at.args),
                "status": piece.status.value,
                "time": piece.time,
                "took_s": piece.took_s,
                "complete": piece.complete,
                "reason": piece.reason,
                "readings": piece.readings,
            }
        )


def load(lines: Iterable[str], name: str) -> Snapshot:
    """Return the snapshot that `dump` wrote; `name` is the file's, for messages.

    Raises EvidenceError (`name:line: ...`) for anything that is not such a file.
    Unknown fields are left alone: a later version may add some.
    """
    head: Snapshot | None = None
    pieces: dict[Address, Evidence] = {}
    promised = None
    number = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = _record(line)
            if head is None:
                head = _head(record)
                promised = _count(record)
            else:
                _add(pieces, _piece(record), head)
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise EvidenceError(f"{name}:{number}: {_why(error)}") from error
    if head is None:
        raise EvidenceError(f"{name}:1: the file is empty")
    if promised is not None and promised != len(pieces):
        why = f"the file was cut: {len(pieces)} of {promised} pieces of evidence"
        raise EvidenceError(f"{name}:{number}: {why}")
    return Snapshot(head.recorded, head.mode, head.hosts, tuple(pieces.values()))


def _add(pieces: dict[Address, Evidence], piece: Evidence, head: Snapshot) -> None:
    """Add a piece of one of the file's hosts, unless its address was told before."""
    host = piece.address.host
    if host not in (state.host for state in head.hosts):
        raise ValueError(f"no host of the first line is called {host!r}")
    if piece.address in pieces:
        raise ValueError("the same question was answered before")
    pieces[piece.address] = piece


def _why(error: Exception) -> str:
    """Return what is wrong with a line, in words."""
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    if isinstance(error, RecursionError):
        return "not JSON: nested without end"
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg} (column {error.colno})"
    return str(error)


def _record(line: str) -> Mapping[str, Any]:
    """Return a line's object."""
    record = json.loads(line, parse_constant=_no_number)
    if not isinstance(record, dict):
        raise TypeError("a JSON object is expected")
    return record


def _no_number(word: str) -> None:
    """Refuse NaN and Infinity, which JSON has not."""
    raise ValueError(f"not JSON: {word}")


def _kind(value: Any, kinds: type | tuple[type, ...], what: str) -> Any:
    """Return a value that is of the kind expected; a bool is no number."""
    if isinstance(value, bool) and kinds is not bool:
        raise TypeError(f"{what} cannot be {value!r}")
    if not isinstance(value, kinds):
        raise TypeError(f"{what} cannot be {value!r}")
    return _countable(value)


def _countable(value: Any) -> Any:
    """Return a value that is no number beyond all that can be counted."""
    if isinstance(value, (int, float)) and abs(value) >= _MOST:
        raise ValueError("a number is too large")
    return value


def _count(record: Mapping[str, Any]) -> int | None:
    """Return how many pieces follow; older files do not say."""
    said = record.get("pieces")
    return None if said is None else int(_kind(said, int, "pieces"))


def _text(record: Mapping[str, Any], name: str) -> str | None:
    """Return a field that is a text or null."""
    value = record[name]
    return None if value is None else str(_kind(value, str, name))


def _head(record: Mapping[str, Any]) -> Snapshot:
    """Return the first line as a snapshot without evidence."""
    schema = record.get("schema")
    if schema != SCHEMA:
        raise ValueError(f"not an evidence file of ours ({SCHEMA}): schema {schema!r}")
    if record["mode"] not in _MODES:
        raise ValueError(f"mode cannot be {record['mode']!r}")
    hosts = tuple(_host(host) for host in _kind(record["hosts"], list, "hosts"))
    if len({host.host for host in hosts}) < len(hosts):
        raise ValueError("a host is named twice")
    return Snapshot(
        _kind(record["recorded"], (int, float), "recorded"), record["mode"], hosts, ()
    )


def _host(record: Any) -> HostState:
    """Return one host's state."""
    record = _kind(record, dict, "a host")
    return HostState(
        host=_kind(record["host"], str, "host"),
        reachable=_kind(record["reachable"], bool, "reachable"),
        cause=_text(record, "cause"),
        detail=_text(record, "detail") or "",
    )


def _piece(record: Mapping[str, Any]) -> Evidence:
    """Return one line as evidence."""
    readings = _kind(record["readings"], list, "readings")
    return Evidence(
        address=Address(
            host=_kind(record["host"], str, "host"),
            stack=_text(record, "stack"),
            service=_text(record, "service"),
            replica=_text(record, "replica"),
            probe=_kind(record["probe"], str, "probe"),
            args=_args(record["args"]),
        ),
        status=Status(record["status"]),
        readings=tuple(_reading(item) for item in readings),
        time=_kind(record["time"], (int, float), "time"),
        took_s=_kind(record["took_s"], (int, float), "took_s"),
        complete=_kind(record["complete"], bool, "complete"),
        reason=_kind(record["reason"], str, "reason"),
    )


def _args(record: Any) -> Args:
    """Return canonical arguments."""
    found = _kind(record, dict, "args")
    return tuple(sorted((str(k), _value(v)) for k, v in found.items()))


def _reading(record: Any) -> Reading:
    """Return one flat record."""
    return {k: _value(v) for k, v in _kind(record, dict, "a reading").items()}


def _value(value: Any) -> Value:
    """Return a value of a record; a list becomes a tuple of texts."""
    if isinstance(value, list):
        return tuple(_kind(item, str, "an item of a list") for item in value)
    if isinstance(value, dict):
        raise TypeError("a reading cannot hold an object")
    return _countable(value)  # type: ignore[no-any-return]
