"""Redis asked in its own words: PING's text, and INFO with its error counts.

Nothing is written: whether Redis still takes writes is told by INFO (memory, the last
save, error counts) and tried in verification alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote
from urllib.parse import urlsplit

from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import own_address
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
_ERRORS = ("OOM", "MISCONF", "NOAUTH", "WRONGPASS")


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


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Say all in one go; QUIT makes Redis end the conversation.

    INFO comes first: a refused PING would count among the errors that it tells.
    """
    del args
    address = own_address(target)
    if address is None:
        return ()
    login = next(_logins(target), None)
    said = command("AUTH", *login) if login else b""
    said += b"INFO\r\nPING\r\nQUIT\r\n"
    return (Dial(address, _port(target), said, limit=LIMIT),)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record: `ping` is the reply's text, whatever it is."""
    del args
    if not answers:
        return Parsed(({"outcome": "unreachable"},))
    trouble = failed(answers)
    if trouble is not None:
        return trouble
    said = list(replies(answers[0].body))
    auth = None
    if next(_logins(target), None) and len(said) > 1:
        auth, said = said[0].removeprefix("-"), said[1:]
    told = said[0] if said else ""
    ping = said[1] if len(said) > 1 else told or None
    if auth is not None and auth.startswith("WRONGPASS"):
        ping = auth
    record: Reading = {
        "outcome": answers[0].outcome,
        "auth": auth,
        "ping": None if ping is None else ping.removeprefix("-"),
        **_known(info(told) if "redis_version" in told else {}),
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
        said = fields.get(f"errorstat_{name}", "count=0" if fields else "")
        record[f"errors_{name.lower()}"] = whole(said.removeprefix("count="))
    return record


REDIS = Probe(
    name="redis",
    scope="container",
    doc="What Redis answers to PING (PONG, or NOAUTH, LOADING, MISCONF ... as it says) "
    "and what INFO tells of memory, saving and refused commands. auth: the answer to "
    "the password that its command or a client's URL holds (OK, WRONGPASS ...), absent "
    "where none is held; a WRONGPASS stands in ping, too.",
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
        "role": str,
        "uptime_s": int,
        "version": str,
    },
    needs_running=True,
    questions=_questions,
    parse=_parse,
)
