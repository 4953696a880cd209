"""Names and ports asked from inside a network namespace, with nothing but bash.

The text runs either with the host's files and only the container's network (nsenter),
or with the container's own files (exec). Names are looked up as the container would:
in its own hosts file, then by a hand-made query to its own name server. The resolver
of the host is never asked.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

from escalade.evidence.bashtext import BASH
from escalade.evidence.bashtext import ELSE
from escalade.evidence.bashtext import PYTHON
from escalade.evidence.probe import PAUSED_S
from escalade.transport.base import Command

__all__ = ["Attempt", "Heard", "Place", "hear", "speak"]

NEWLINE = 10
REFUSALS = (
    ("Connection refused", "refused"),
    ("No route to host", "no-route"),
    ("Network is unreachable", "unreachable"),
    ("Operation not permitted", "unreachable"),
    ("Permission denied", "unreachable"),
    ("Cannot assign requested address", "unreachable"),
    ("timed out", "timeout"),
    ("reset by peer", "reset"),
    ("Broken pipe", "reset"),
    ("bad address", "dns"),
)
"""The system's words (LC_ALL=C) to how a connection ended."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One connection to try: `kind` is http, redis (both are spoken to) or tcp."""

    host: str
    port: int
    kind: str

    @property
    def literal(self) -> bool:
        """Whether the host is an address already."""
        return ":" in self.host or self.host.replace(".", "").isdigit()


@dataclass(frozen=True, slots=True)
class Place:
    """Where the text runs, and how it tells the container's files from the host's.

    `hostname` is the container's own; `resolv` and `hosts` are its files as the host
    knows them; `bash` says that the text runs in the host's bash, as root.
    """

    hostname: str
    resolv: str = ""
    hosts: str = ""
    bash: bool = True


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one attempt.

    `outcome` is ok, silent (connected; nothing came within 2 s where an answer was
    due), closed, reset, refused, timeout, dns, no-route, unreachable, or None where it
    could not be told. `addresses` are all that the name stands for.
    """

    outcome: str | None
    addresses: tuple[str, ...] = ()
    reply: str = ""
    detail: str = ""


_Line = tuple[str, str]
"""What a line says after its kind and number: a word and the rest."""


def speak(
    attempts: Sequence[Attempt], place: Place, *, mute: Collection[str] = ()
) -> str:
    """Return the text that tries all attempts at once and prints a line for each.

    Of hosts that are `mute` no answer is expected: bash waits for theirs `PAUSED_S` only.
    With `place.bash` it is bash; else POSIX sh that looks for bash, python or
    busybox's nc, and prints UNSUPPORTED where it finds none.
    """
    names = _names(attempts)
    text = _assignments(attempts, names, place, mute) + BASH
    if place.bash:
        return text
    rows = [f"{a.host} {a.port} {a.kind}" for a in attempts]
    parts = {
        "bash": shlex.quote(text),
        "python": shlex.quote(PYTHON % {"names": names, "rows": rows}),
        "numbers": " ".join(str(i) for i in range(len(names))) or '""',
        "rows": " ".join(shlex.quote(row) for row in rows),
    }
    return ELSE % parts


def hear(attempts: Sequence[Attempt], text: str) -> tuple[Heard, ...]:
    """Return what came of each attempt; one without a line could not be told."""
    names, said = _read(text)
    where = {name: names.get(i) for i, name in enumerate(_names(attempts))}
    return tuple(
        _heard(attempt, where.get(attempt.host), said.get(i))
        for i, attempt in enumerate(attempts)
    )


def _names(attempts: Sequence[Attempt]) -> list[str]:
    """Return the names to look up, each once, in order."""
    return list(dict.fromkeys(a.host for a in attempts if not a.literal))


def _assignments(
    attempts: Sequence[Attempt],
    names: Sequence[str],
    place: Place,
    mute: Collection[str],
) -> str:
    """Return the text's head: what to look up and what to dial, as bash arrays."""
    number = {name: f"n{i}" for i, name in enumerate(names)}
    queries = [_query(name, i) for i, name in enumerate(names)]
    rows = [
        f"{number.get(a.host, a.host)} {a.port} {a.kind} {a.host}"
        + (f" {PAUSED_S}" if a.host in mute else "")
        for a in attempts
    ]
    words: Mapping[str, Sequence[str]] = {"N": names, "Q": queries, "D": rows}
    arrays = "".join(
        f"{name}=({' '.join(shlex.quote(word) for word in items)})\n"
        for name, items in words.items()
    )
    files = Command("H=%s R=%s L=%s", (place.hostname, place.resolv, place.hosts))
    return f"{files.line}\n{arrays}"


def _query(name: str, number: int) -> str:
    """Return a DNS query for an A record, as printf escapes (RFC 1035, 4.1).

    The id is 256 + number, stepping over each byte that is a newline.
    """
    low = number + number // NEWLINE
    question = "".join(f"\\{len(label):03o}{label}" for label in name.split("."))
    counts = "\\001\\000\\000\\001" + "\\000" * 6
    return f"\\001\\{low:03o}{counts}{question}\\000\\000\\001\\000\\001"


def _read(text: str) -> tuple[dict[int, _Line], dict[int, _Line]]:
    """Return the lines that were printed, by number: of names and of attempts."""
    tables: dict[str, dict[int, _Line]] = {"D": {}, "E": {}}
    # Only at newlines: what a peer answers may hold every other kind of line end.
    for line in text.split("\n"):
        kind, number, rest = (*line.split(" ", 2), "", "", "")[:3]
        if kind in tables and number.isdigit():
            word, _, tail = rest.partition(" ")
            tables[kind][int(number)] = (word, tail)
    return tables["D"], tables["E"]


def _heard(attempt: Attempt, found: _Line | None, said: _Line | None) -> Heard:
    """Return what came of one attempt: of its name first, then of its connection."""
    how, tail = found or ("unknown", "")
    addresses = (attempt.host,) if attempt.literal else tuple(tail.split())
    if not addresses and how != "self":
        if how == "unknown":
            return Heard(None, detail="the container's name server was not found")
        return Heard("dns", detail=f"name server: {how}")
    if said is None:
        return Heard(None, addresses, detail="no answer was read")
    return _spoken(attempt, addresses, said)


def _spoken(attempt: Attempt, addresses: tuple[str, ...], said: _Line) -> Heard:
    """Return what came of a connection.

    A number is the code of bash's `read` where an answer was due: 0 a line, 1 the
    peer's end, above 128 the time was up.
    """
    word, text = said
    if word == "fail":
        return Heard(_refusal(text), addresses, detail=text)
    if word.isdigit():
        mute = "ok" if word == "0" else "closed" if word == "1" else "silent"
        return Heard("ok" if text else mute, addresses, text)
    if word == "up" and attempt.kind != "tcp":
        return Heard("silent", addresses)
    outcomes = {"up": "ok", "late": "timeout", "arp": "no-route"}
    return Heard(outcomes.get(word), addresses)


def _refusal(words: str) -> str | None:
    """Return how a connection ended, from the system's words."""
    return next((outcome for text, outcome in REFUSALS if text in words), None)
