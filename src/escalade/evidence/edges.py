"""The edges of a container: whom its variables and its command say it connects to.

Pure, and careful rather than complete: a variable that says where the container
itself listens, or whose value only looks like an address (an image tag), is no edge.
Names outside the stack and public addresses are left out: nobody dials the internet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
from escalade.evidence.probe import Peer
from escalade.evidence.probe import Target

__all__ = [
    "LOOPBACK",
    "Edge",
    "edges",
    "kind_of",
    "mate_of",
    "near",
    "own_names",
    "peer_of",
]

PORTS = {
    "amqp": 5672,
    "amqps": 5671,
    "cassandra": 9042,
    "elasticsearch": 9200,
    "etcd": 2379,
    "http": 80,
    "https": 443,
    "kafka": 9092,
    "ldap": 389,
    "mariadb": 3306,
    "memcached": 11211,
    "mongo": 27017,
    "mongodb": 27017,
    "mqtt": 1883,
    "mqtts": 8883,
    "mysql": 3306,
    "nats": 4222,
    "postgres": 5432,
    "postgresql": 5432,
    "rabbitmq": 5672,
    "redis": 6379,
    "rediss": 6379,
    "smtp": 25,
    "valkey": 6379,
    "ws": 80,
    "wss": 443,
}
"""The port of a scheme, or of a kind of server that a variable is named after."""
DATAGRAMS = frozenset({"dogstatsd", "gelf", "statsd", "syslog", "udp", "udp4", "udp6"})
"""Schemes of packets that nobody answers: there is no connection to try."""
LOCAL_SCHEMES = frozenset({"data", "file", "npipe", "sqlite", "stun", "turn", "unix"})
COMMAND = "command"
PROJECT = "com.docker.compose.project"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Edge:
    """One place that a container says it connects to; `own` where it is itself."""

    variable: str
    host: str
    port: int
    scheme: str
    own: bool = False


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """Return a pattern, compiled at its first use: start-up is part of the product."""
    endings = (
        "HOST|HOSTS|HOSTNAME|ADDR|ADDRESS|ADDRESSES|SERVER|SERVERS|ENDPOINT|ENDPOINTS"
        "|URL|URLS|URI|DSN|BROKER|BROKERS|NODE|NODES|PEER|PEERS|UPSTREAM|BACKEND"
        "|TARGET|MASTER|PRIMARY|REPLICA|PROXY|SERVICE"
    )
    texts = {
        # A comma may join hosts of one URL, or one URL and the next.
        "url": r"\b([A-Za-z][A-Za-z0-9+.-]*)://((?:(?!,\s*[A-Za-z][A-Za-z0-9+.-]*://)"
        r"[^/?#\s'\"<>])+)",
        "place": r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9_][A-Za-z0-9_.-]*)(?::(\d{1,5}))?",
        "free": r"(?<![\w./:@-])([A-Za-z0-9_][A-Za-z0-9_.-]*):(\d{2,5})(?![\w.:])",
        "dials": rf"({endings})$",
        "single": r"(?i:HOST|HOSTNAME|ADDR|ADDRESS|SERVER|ENDPOINT|URL|URI)$",
        "listens": r"(^|_)(BIND|LISTEN|LISTENER|ADVERTISE|ADVERTISED|ALLOWED|CORS|ORIGIN"
        r"|ORIGINS|PUBLIC|EXTERNAL|VIRTUAL|TRUSTED|NO_PROXY|IMAGE|TAG|VERSION)(_|$)",
        "datagrams": r"STATSD|JAEGER_AGENT|SYSLOG|GELF|UDP",
        "private": r"(10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])"
        r"|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\..*",
        "address": r"\d{1,3}(\.\d{1,3}){3}",
        "label": r"(?=.*[A-Za-z])[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?",
    }
    return re.compile(texts[name])


def kind_of(scheme: str) -> str:
    """Return what is said on a connection: http, redis, or nothing (tcp)."""
    if scheme in ("http", "ws"):
        return "http"
    return "redis" if scheme in ("redis", "valkey") else "tcp"


def peer_of(
    host: str, peers: Iterable[Peer], *, address: str = "", port: int = 0
) -> Peer | None:
    """Return the peer that a name or an address means.

    Of several, the one that has the address that the name led to, then the one that
    has the port (containers in one network share its address), then one that runs.
    """
    named = [p for p in peers if host in p.names or host in p.addresses]
    named.sort(
        key=lambda p: (address not in p.addresses, port not in p.ports, not p.running)
    )
    return named[0] if named else None


def mate_of(target: Target, port: int) -> Peer | None:
    """Return who shares its network with the target and has the port, else None."""
    kind, _, ident = _mode(target).partition(":")
    if kind != "container" or not ident:
        return None
    mates = (p for p in target.peers if ident[:12] in p.names or ident in p.names)
    return next((p for p in mates if port in p.ports), None)


def near(target: Target) -> tuple[Peer, ...]:
    """Return the other containers of the target's own stack.

    Two stacks of one host may both have a `redis`; the label tells them apart.
    """
    records = target.facts.get("inspects")

    def is_near(peer: Peer) -> bool:
        record = records.get(peer.replica) if isinstance(records, Mapping) else None
        labels = as_dict(_dig(record, "Config", "Labels"))
        return not record or labels.get(PROJECT) == target.address.stack

    others = (p for p in target.peers if p.replica != target.address.replica)
    return tuple(peer for peer in others if is_near(peer))


def own_names(target: Target) -> frozenset[str]:
    """Return the names and addresses by which a container reaches itself.

    Loopback is not its own where it lives in the host's network or in another's.
    """
    box = target.inspect
    networks = as_dict(_dig(box, "NetworkSettings", "Networks"))
    words = [target.address.service, target.address.replica]
    words.append(_dig(box, "Config", "Hostname"))
    words.append(str(box.get("Id") or "")[:12])
    for network in map(as_dict, networks.values()):
        words += [*_strings(network.get("Aliases")), network.get("IPAddress")]
    alone = _mode(target) != "host" and not _mode(target).startswith("container:")
    mine = frozenset(w for w in words if w and isinstance(w, str))
    return mine | (LOOPBACK if alone else frozenset())


def _mode(target: Target) -> str:
    """Return the container's network mode."""
    return str(_dig(target.inspect, "HostConfig", "NetworkMode") or "")


def edges(target: Target) -> tuple[Edge, ...]:
    """Return the edges of a container, each variable's once, in order."""
    settings = {**_environment(target), **_flags(target)}
    peers = near(target)
    found: dict[Edge, None] = {}
    for variable, value in settings.items():
        for edge in _of_variable(variable, value, settings, peers):
            found.setdefault(edge)
    named = {(edge.host, edge.port) for edge in found}
    for edge in _free(COMMAND, " ".join(_words(target)), peers):
        if (edge.host, edge.port) not in named:
            found.setdefault(edge)
    known = _known(target)
    mine = own_names(target)
    return tuple(
        Edge(e.variable, e.host, e.port, e.scheme, e.host in mine)
        for e in found
        if 0 < e.port < 65536  # noqa: PLR2004
        and _dialled(e.host, known | mine | LOOPBACK)
        and not _datagram(target, e)
    )


def _datagram(target: Target, edge: Edge) -> bool:
    """Whether packets are sent there, as far as the peer's ports or the name tell."""
    named = [p for p in target.peers if edge.host in {*p.names, *p.addresses}]
    if any(edge.port in peer.ports for peer in named):
        return False
    records = as_dict(target.facts.get("inspects"))
    if any(_has_udp(as_dict(records.get(p.replica)), edge.port) for p in named):
        return True
    name = edge.variable.lstrip("-").replace("-", "_").upper()
    return edge.scheme == "tcp" and bool(_pattern("datagrams").search(name))


def _has_udp(record: Mapping[str, Any], port: int) -> bool:
    """Whether a container's definition names a UDP port."""
    places = (
        ("Config", "ExposedPorts"),
        ("HostConfig", "PortBindings"),
        ("NetworkSettings", "Ports"),
    )
    return any(f"{port}/udp" in as_dict(_dig(record, *path)) for path in places)


def _dig(record: object, *path: str) -> Any:
    """Return a value deep in the Engine's record, None where the path ends early."""
    value: Any = record
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _strings(value: object) -> list[str]:
    """Return the texts of a JSON list, none where it is none."""
    return [item for item in as_list(value) if isinstance(item, str)]


def _environment(target: Target) -> dict[str, str]:
    """Return the container's variables."""
    items = _strings(_dig(target.inspect, "Config", "Env"))
    return {k: v.strip() for k, _, v in (item.partition("=") for item in items)}


def _words(target: Target) -> tuple[str, ...]:
    """Return the words of the container's command line."""
    config = as_dict(target.inspect.get("Config"))
    return (*_strings(config.get("Entrypoint")), *_strings(config.get("Cmd")))


def _flags(target: Target) -> dict[str, str]:
    """Return the long options of the command line that have a value."""
    words = [*_words(target), ""]
    found: dict[str, str] = {}
    for word, after in pairwise(words):
        name, equals, value = word.partition("=")
        if name.startswith("--"):
            value = value if equals else "" if after.startswith("-") else after
            found[name] = value.strip()
    return found


def _known(target: Target) -> frozenset[str]:
    """Return the names and addresses that belong to the stack or its hosts file."""
    extra = _strings(_dig(target.inspect, "HostConfig", "ExtraHosts"))
    names = [item.partition(":")[0] for item in extra]
    for peer in target.peers:
        names += [*peer.names, *peer.addresses]
    return frozenset(names)


def _dialled(host: str, known: frozenset[str]) -> bool:
    """Whether a host may be dialled: of the stack, a single label, or private."""
    if host in ("0.0.0.0", "::", "255.255.255.255"):  # noqa: S104 (to leave it out)
        return False
    if host in known:
        return True
    if _pattern("address").fullmatch(host):
        return bool(_pattern("private").fullmatch(host))
    return bool(_pattern("label").fullmatch(host))


def _of_variable(
    variable: str, value: str, settings: Mapping[str, str], peers: Sequence[Peer]
) -> Iterator[Edge]:
    """Yield the edges that one variable or long option holds."""
    name = variable.lstrip("-").replace("-", "_").upper()
    if _pattern("listens").search(name) or not value:
        return
    parts = re.split(r"[,;]\s*", value)
    if "://" in value and not any(c.isspace() for c in value):
        yield from _urls(variable, value, peers)
    elif _pattern("dials").search(name) and not any(" " in part for part in parts):
        for part in parts:
            yield from _place(variable, name, part, (settings, peers))
    else:
        yield from _free(variable, value, peers)


def _urls(variable: str, value: str, peers: Sequence[Peer]) -> Iterator[Edge]:
    """Yield the places in the URLs of a text; of a URL all its hosts."""
    for found in _pattern("url").finditer(value):
        scheme = found[1].lower().partition("+")[0]
        if scheme in LOCAL_SCHEMES or scheme in DATAGRAMS:
            continue
        for text in _hosts(found[2]):
            place = _pattern("place").fullmatch(text)
            if place is None:
                continue
            host = place[1].strip("[]")
            port = int(place[2] or 0) or PORTS.get(scheme) or _exposed(host, peers)
            yield Edge(variable, host, port, scheme)


def _hosts(authority: str) -> Iterator[str]:
    """Yield `host[:port]` of a URL's authority, without users and passwords.

    A password may hold an `@` or a comma; only what follows the last `@` of a part
    can be a host.
    """
    head, at, tail = authority.rpartition("@")
    if at and "@" in head:
        parts = (part for part in head.split(",") if "@" in part)
        yield from (part.rpartition("@")[2] for part in parts)
    yield from (part for part in tail.split(",") if part and "://" not in part)


def _free(variable: str, text: str, peers: Sequence[Peer]) -> Iterator[Edge]:
    """Yield URLs, and `host:port` of peers, anywhere in a text."""
    yield from _urls(variable, text, peers)
    names = {name for peer in peers for name in (*peer.names, *peer.addresses)}
    for found in _pattern("free").finditer(_pattern("url").sub(" ", text)):
        if found[1] in names:
            port = int(found[2])
            yield Edge(variable, found[1], port, _scheme(variable, port))


def _place(
    variable: str,
    name: str,
    text: str,
    context: tuple[Mapping[str, str], Sequence[Peer]],
) -> Iterator[Edge]:
    """Yield the edge of a variable that holds `host` or `host:port`."""
    settings, peers = context
    place = _pattern("place").fullmatch(text.strip())
    if place is None:
        return
    host = place[1].strip("[]")
    if place[2]:
        yield Edge(variable, host, int(place[2]), _scheme(name, int(place[2])))
        return
    if name in ("HOST", "HOSTNAME") or not _pattern("single").search(name):
        return
    port = _sibling(variable, settings) or _named_port(name) or _exposed(host, peers)
    yield Edge(variable, host, port, _scheme(name, port))


def _sibling(variable: str, settings: Mapping[str, str]) -> int:
    """Return the port that stands beside a host (`X_HOST` and `X_PORT`), else 0."""
    stem = _pattern("single").sub("", variable)
    for name in (f"{stem}PORT", f"{stem}port"):
        if settings.get(name, "").isdigit():
            return int(settings[name])
    return 0


def _named_port(name: str) -> int:
    """Return the port of the kind of server that a variable is named after, else 0."""
    return next((PORTS[w.lower()] for w in name.split("_") if w.lower() in PORTS), 0)


def _exposed(host: str, peers: Sequence[Peer]) -> int:
    """Return the one port of the peer that a name means, else 0."""
    peer = peer_of(host, peers)
    return peer.ports[0] if peer and len(peer.ports) == 1 else 0


def _scheme(variable: str, port: int) -> str:
    """Return the scheme of a place that came without one."""
    redis = port == PORTS["redis"] or "REDIS" in variable.upper()
    return "redis" if redis else "tcp"
