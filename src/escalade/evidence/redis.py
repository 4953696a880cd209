"""Redis asked in its own words: PING's text, INFO with its error counts, the ACL log.

Nothing is written: whether Redis still takes writes is told by INFO (memory, the last
save, its role, error counts) and tried in verification alone.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote
from urllib.parse import urlsplit

from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import clean
from escalade.evidence.parsing import number
from escalade.evidence.parsing import own_address
from escalade.evidence.parsing import pairs
from escalade.evidence.parsing import whole
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Dial
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Target
from escalade.evidence.probe import failed
from escalade.evidence.resp import command
from escalade.evidence.resp import info
from escalade.evidence.resp import replies
from escalade.evidence.secrets import argv_of
from escalade.evidence.secrets import flag_value
from escalade.evidence.secrets import variables_of
from escalade.model import Args
from escalade.model import Reading
from escalade.model import Value

__all__ = ["REDIS"]

PORT = 6379
LIMIT = 131_072
_REQUIREPASS = re.compile(r"--requirepass[ =]+(\"[^\"]+\"|'[^']+'|[^\s\"']+)")
_OWN = ("REDIS_PASSWORD", "REDISCLI_AUTH", "VALKEY_PASSWORD")
_WORDS = {
    "maxmemory_policy": "maxmemory_policy",
    "rdb_last_bgsave_status": "rdb_last_bgsave_status",
    "aof_last_write_status": "aof_last_write_status",
    "role": "role",
    "master_link_status": "master_link",
    "redis_version": "version",
}
_NUMBERS = {
    "used_memory": "used_memory",
    "maxmemory": "maxmemory",
    "rejected_connections": "rejected_connections",
    "connected_clients": "connected_clients",
    "uptime_in_seconds": "uptime_s",
}
_FLAGS = {"loading": "loading", "aof_enabled": "aof_enabled"}
_ERRORS = ("OOM", "MISCONF", "NOAUTH", "WRONGPASS", "NOPERM", "READONLY")
_STAT = "errorstat_"
MOST = 16
"""Kinds of errors told, and entries read of the ACL log."""
RECENT_S = 60.0
"""Age of a denial (seconds) up to which it tells what is so now: a client that is
started again and again tries once a minute at least."""
_SIGNS = {"command": "+", "key": "~", "channel": "&"}
"""How an ACL rule begins that grants what was denied, by the reason of the denial."""


def _port(target: Target) -> int:
    """Return the port that the server listens on, as far as its command tells."""
    said = whole(flag_value(argv_of(target.inspect), "--port"))
    if said:
        return said
    mine = [p for p in target.peers if p.replica == target.address.replica]
    ports = mine[0].ports if mine else ()
    return PORT if PORT in ports or not ports else ports[0]


def _own_password(inspect: Mapping[str, Any]) -> str | None:
    """Return the password that the server was started with."""
    words = argv_of(inspect)
    said = flag_value(words, "--requirepass")
    if said:
        return said
    env = variables_of(inspect)
    for text in (*words, env.get("REDIS_ARGS", "")):
        match = _REQUIREPASS.search(text)
        if match and not match[1].strip("\"'").startswith("$"):
            return match[1].strip("\"'")
    return next((env[name] for name in _OWN if env.get(name)), None)


def _logins(target: Target) -> Iterator[tuple[str, ...]]:
    """Yield the words that may follow AUTH: the server's own password, or a client's.

    A wrong one would be counted by Redis as somebody's error, so only the first is
    ever tried.
    """
    own = _own_password(target.inspect)
    if own:
        yield (own,)
    me = [p for p in target.peers if p.replica == target.address.replica]
    names = set(me[0].names) | set(me[0].addresses) if me else set()
    for other in as_dict(target.facts.get("inspects")).values():
        for value in variables_of(other).values():
            yield from _login(value, names)


def _login(value: str, names: set[str]) -> Iterator[tuple[str, ...]]:
    """Yield user and password of a client's URL that points to this server."""
    if not value.startswith(("redis://", "rediss://")):
        return
    try:
        parts = urlsplit(value)
    except ValueError:
        return
    if parts.password and parts.hostname in names:
        user = unquote(parts.username or "")
        word = unquote(parts.password)
        yield (word,) if user in ("", "default") else (user, word)


def _say(target: Target, words: bytes) -> tuple[Question, ...]:
    """Say all in one go, after a login; QUIT makes Redis end the conversation."""
    address = own_address(target)
    if address is None:
        return ()
    login = next(_logins(target), None)
    said = (command("AUTH", *login) if login else b"") + words + b"QUIT\r\n"
    return (Dial(address, _port(target), said, limit=LIMIT),)


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask for INFO first: a refused PING would count among the errors that it tells."""
    del args
    return _say(target, b"INFO\r\nPING\r\n")


def _follow(
    target: Target, args: Args, answers: Sequence[Answer]
) -> tuple[Question, ...]:
    """Ask whom the ACL denied what, where INFO says that it denied anything.

    Elsewhere nothing is asked: one who may not read that log would be counted as denied.
    """
    del args
    _, said = _heard(target, answers[:1])
    if not said or whole(_count(info(said[0]), "NOPERM")) in (None, 0):
        return ()
    return _say(target, b"ACL LOG %d\r\n" % MOST)


def _heard(
    target: Target, answers: Sequence[Answer]
) -> tuple[str | None, tuple[str, ...]]:
    """Return the reply to the login, None without one, and those after it."""
    said = tuple(replies(answers[0].body)) if answers else ()
    if next(_logins(target), None) and len(said) > 1:
        return said[0].removeprefix("-"), said[1:]
    return None, said


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record: `ping` is the reply's text, whatever it is."""
    del args
    if not answers:
        return Parsed(({"outcome": "unreachable"},))
    trouble = failed(answers[:1])
    if trouble is not None:
        return trouble
    auth, said = _heard(target, answers)
    told = said[0] if said else ""
    ping = said[1] if len(said) > 1 else told or None
    if auth is not None and auth.startswith("WRONGPASS"):
        ping = auth
    record: Reading = {
        "outcome": answers[0].outcome,
        "auth": auth,
        "ping": None if ping is None else ping.removeprefix("-"),
        **_known(info(told) if "redis_version" in told else {}),
        **_denied(target, answers[1:]),
    }
    return Parsed((record,))


def _known(fields: Mapping[str, str]) -> Mapping[str, Value]:
    """Return what INFO tells; without an INFO nothing of it is known."""
    record: dict[str, Value] = {}
    for name, reading in _WORDS.items():
        record[reading] = fields.get(name)
    for name, reading in _NUMBERS.items():
        record[reading] = whole(fields.get(name))
    for name, reading in _FLAGS.items():
        record[reading] = None if name not in fields else fields[name] == "1"
    used, most = record["used_memory"], record["maxmemory"]
    ratio = None
    if isinstance(used, int) and isinstance(most, int) and most > 0:
        ratio = round(used / most, 3)
    record["memory_ratio"] = ratio
    for name in _ERRORS:
        record[f"errors_{name.lower()}"] = whole(_count(fields, name))
    record["errors"] = _errors(fields) if fields else None
    host, port = fields.get("master_host"), fields.get("master_port")
    record["master"] = f"{host}:{port}" if host else None
    return record


def _count(fields: Mapping[str, str], name: str) -> str:
    """Return how often an error was answered, as INFO tells it; blank without an INFO."""
    said = fields.get(f"{_STAT}{name}", "count=0" if fields else "")
    return said.removeprefix("count=")


def _errors(fields: Mapping[str, str]) -> tuple[str, ...]:
    """Return the kinds of errors that INFO counts, the most frequent first."""
    names = [key.removeprefix(_STAT) for key in fields if key.startswith(_STAT)]
    counts = {clean(name, 40): whole(_count(fields, name)) or 0 for name in names}
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    return tuple(name for name, count in rows if count)[:MOST]


# ----------------------------------------------------------------- what the ACL denied


def _denied(target: Target, answers: Sequence[Answer]) -> Reading:
    """Return what the ACL denies now, and to whom; nothing where it denies nothing.

    A log that may not be read leaves `denied` blank: something was denied once.
    """
    if not answers or not answers[0].status.answered:
        return {"denied": ""} if answers else {}
    _, said = _heard(target, answers)
    if not said or not re.fullmatch(r"\*-?\d+", said[0]):
        return {"denied": ""}
    rows = [row for row in _entries(said) if _fresh(row)]
    if not rows:
        return {}
    user = rows[0].get("username", "")
    mine = [row for row in rows if row.get("username", "") == user]
    rules = dict.fromkeys(map(_rule, reversed(mine)))
    clients = dict.fromkeys(_client(target, row) for row in mine)
    return {
        "denied": " ".join(rules),
        "denied_user": clean(user, 60),
        "denied_client": ", ".join(name for name in clients if name),
    }


def _entries(said: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """Yield the entries of an ACL log, the latest first: flat names and values."""
    at = 1
    while at < len(said) and (size := re.fullmatch(r"\*(\d+)", said[at])):
        flat = said[at + 1 : at + 1 + int(size[1])]
        yield dict(zip(flat[::2], flat[1::2], strict=False))
        at += 1 + int(size[1])


def _fresh(row: Mapping[str, str]) -> bool:
    """Whether an entry is a denial of now; a failed login is none."""
    age = number(row.get("age-seconds", ""))
    return row.get("reason") in _SIGNS and age is not None and age <= RECENT_S


def _rule(row: Mapping[str, str]) -> str:
    """Return the ACL rule that grants what was denied."""
    return shlex.quote(_SIGNS[row["reason"]] + clean(row.get("object", ""), 60)).strip()


def _client(target: Target, row: Mapping[str, str]) -> str:
    """Return the service that was denied, else its address."""
    place = pairs(row.get("client-info", "").replace(" ", "\n")).get("addr", "")
    host = place.rpartition(":")[0].strip("[]")
    named = (peer.service for peer in target.peers if host in peer.addresses)
    return next(named, clean(host, 60))


REDIS = Probe(
    name="redis",
    scope="container",
    doc="What Redis answers to PING (PONG, or NOAUTH, LOADING, MISCONF ... as it says) "
    "and what INFO tells of memory, saving and refused commands. auth: the answer to "
    "the password that its command or a client's URL holds (OK, WRONGPASS ...), absent "
    "where none is held; a WRONGPASS stands in ping, too. errors: every kind of error "
    "that it answered since its start, the most frequent first; errors_*: how often. "
    "denied: the ACL rules that would grant what its ACL refused to a user within the "
    "last minute, absent where it refused nothing, blank where it refused something "
    "once and its log may not be read. denied_client: the service or address that asked.",
    readings={
        "outcome": str,
        "auth": str,
        "ping": str,
        "loading": bool,
        "used_memory": int,
        "maxmemory": int,
        "memory_ratio": float,
        "maxmemory_policy": str,
        "rdb_last_bgsave_status": str,
        "aof_enabled": bool,
        "aof_last_write_status": str,
        "rejected_connections": int,
        "connected_clients": int,
        "errors_oom": int,
        "errors_misconf": int,
        "errors_noauth": int,
        "errors_wrongpass": int,
        "errors_noperm": int,
        "errors_readonly": int,
        "errors": tuple,
        "denied": str,
        "denied_user": str,
        "denied_client": str,
        "role": str,
        "master": str,
        "master_link": str,
        "uptime_s": int,
        "version": str,
    },
    needs_running=True,
    questions=_questions,
    follow=_follow,
    parse=_parse,
)
