"""Edges: whom a container's variables and command say it connects to."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalade.evidence.edges import Edge
from escalade.evidence.edges import edges
from escalade.evidence.edges import near
from escalade.evidence.probe import Peer
from escalade.evidence.probe import Target
from escalade.model import Address


def _peer(service: str, *ports: int, names: tuple[str, ...] = ()) -> Peer:
    replica = f"shop-{service}-1"
    address = {"redis": "172.18.0.2", "db": "172.18.0.3"}.get(service, "172.18.0.9")
    return Peer(
        service, replica, (service, replica, *names), (address,), ports, running=True
    )


PEERS = (
    _peer("redis", 6379, names=("cache.internal",)),
    _peer("db", 5432),
    _peer("web", 80, 443),
    _peer("app"),
)


def _target(
    env: Mapping[str, str] | None = None,
    command: tuple[str, ...] = (),
    *,
    mode: str = "shop_default",
    peers: tuple[Peer, ...] = PEERS,
) -> Target:
    record = {
        "Id": "abcdef0123456789",
        "Config": {
            "Env": [f"{k}={v}" for k, v in (env or {}).items()],
            "Cmd": list(command),
            "Entrypoint": None,
            "Hostname": "abcdef012345",
        },
        "HostConfig": {"NetworkMode": mode, "ExtraHosts": ["gateway.lan:host-gateway"]},
        "NetworkSettings": {"Networks": {"shop_default": {"Aliases": ["app"]}}},
    }
    return Target(Address("host", "shop", "app", "shop-app-1", "reach"), record, peers)


def _of(variable: str, value: str, **more: str) -> list[tuple[str, int, str]]:
    found = edges(_target({variable: value, **more}))
    return [(e.host, e.port, e.scheme) for e in found if e.variable == variable]


@pytest.mark.parametrize(
    ("variable", "value", "expect"),
    [
        ("A_URL", "redis://redis:6379/0", [("redis", 6379, "redis")]),
        ("A_URL", "redis://:p%40ss@redis", [("redis", 6379, "redis")]),
        ("A_URL", "ws://livekit:7880", [("livekit", 7880, "ws")]),
        ("A_URL", "http://web", [("web", 80, "http")]),
        ("A_URL", "https://web/x?y", [("web", 443, "https")]),
        ("DB", "postgresql+asyncpg://u:p@db/x", [("db", 5432, "postgresql")]),
        ("A_URL", "amqp://u:p,w@rabbit//", [("rabbit", 5672, "amqp")]),
        ("A_URL", "amqp://u:p@a:1,u:p@b:2", [("a", 1, "amqp"), ("b", 2, "amqp")]),
        (
            "A_URL",
            "mongodb://u:p@m1:27017,m2:27018/db?x=y",
            [("m1", 27017, "mongodb"), ("m2", 27018, "mongodb")],
        ),
        (
            "NATS",
            "nats://n1:4222,nats://n2:4222",
            [("n1", 4222, "nats"), ("n2", 4222, "nats")],
        ),
        ("A_URL", "http://10.1.2.3:81", [("10.1.2.3", 81, "http")]),
        ("A_URL", "http://[::1]:81/", [("::1", 81, "http")]),
        ("A_URL", "http://localhost:81", [("localhost", 81, "http")]),
        ("A_URL", "http://cache.internal:81", [("cache.internal", 81, "http")]),
        ("A_URL", "http://gateway.lan:81", [("gateway.lan", 81, "http")]),
        ("JDBC", "jdbc:postgresql://db:5433/x", [("db", 5433, "postgresql")]),
        # Without a scheme, where the variable's name says that it is a place.
        ("LIVEKIT_REDIS_ADDRESS", "redis:6379", [("redis", 6379, "redis")]),
        ("REDIS_URL", "cache:6380", [("cache", 6380, "redis")]),
        (
            "KAFKA_BROKERS",
            "k1:9092, k2:9092",
            [("k1", 9092, "tcp"), ("k2", 9092, "tcp")],
        ),
        ("REDIS_HOST", "redis", [("redis", 6379, "redis")]),
        ("DB_HOST", "db", [("db", 5432, "tcp")]),
        ("PGHOST", "db", [("db", 5432, "tcp")]),
        ("MYSQL_HOST", "mysql", [("mysql", 3306, "tcp")]),
        # Anywhere in a longer text, peers alone.
        (
            "LIVEKIT_CONFIG",
            "redis:\n  address: redis:6379\n",
            [("redis", 6379, "redis")],
        ),
        (
            "CONFIG",
            "hook: http://web/x\nredis: redis:6379",
            [("web", 80, "http"), ("redis", 6379, "redis")],
        ),
        ("WAIT_FOR", "db:5432", [("db", 5432, "tcp")]),
    ],
)
def test_what_is_an_edge(
    variable: str, value: str, expect: list[tuple[str, int, str]]
) -> None:
    """URLs of every form, `host:port`, and names of hosts lead to places."""
    assert _of(variable, value) == expect


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("A_URL", "https://api.example.com/v1"),
        ("A_URL", "http://8.8.8.8"),
        ("A_URL", "unix:///var/run/docker.sock"),
        ("A_URL", "sqlite:///data/x.db"),
        ("A_URL", "file:///etc/x"),
        ("A_URL", "http://web:99999"),
        ("A_URL", "http://:80"),
        ("A_URL", "$(id)"),
        ("A_URL", "http://a;id:80"),
        ("HOST", "0.0.0.0"),
        ("HOST", "127.0.0.1"),
        ("BIND_ADDR", "127.0.0.1:8000"),
        ("LISTEN_ADDRESS", "0.0.0.0:80"),
        ("SERVER_ADDR", "0.0.0.0:80"),
        ("CORS_ORIGINS", "http://localhost:3000"),
        ("NO_PROXY", "redis:6379,localhost"),
        ("REDIS_IMAGE", "redis:7000"),
        ("IMAGE", "redis:7"),
        ("CACHE_DRIVER", "redis"),
        ("POSTGRES_DB", "db"),
        ("DB_NAME", "db"),
        ("TIME", "12:30"),
        ("START", "noon:1230"),
        ("LIVEKIT_KEYS", "devkey: secret"),
        ("SECRET", "abc:12345"),
        ("PATH", "/usr/bin:/bin"),
        ("EMPTY_URL", ""),
        ("QUEUE_HOST", "unknown-without-port"),
    ],
)
def test_what_is_none(variable: str, value: str) -> None:
    """The internet, places to listen at, tags and other words are left alone."""
    assert _of(variable, value) == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LOGS_URL", "gelf://graylog:12201"),
        ("LOGS_URL", "udp://db:5432"),
        ("LOGS_URL", "syslog+tcp://logs:514"),
        ("METRICS", "statsd://graphite:8125"),
        ("STATSD_ADDR", "graphite:8125"),
        ("JAEGER_AGENT_ENDPOINT", "jaeger:6831"),
        ("SYSLOG_SERVER", "logs:514"),
        ("METRICS_ADDR", "stats:8125"),
    ],
)
def test_packets_are_no_edge(variable: str, value: str) -> None:
    """Where packets are sent nobody can be asked to connect."""
    stats = _peer("stats", 80)
    box = {"Config": {"ExposedPorts": {"8125/udp": {}, "80/tcp": {}}}}
    target = _target({variable: value}, peers=(*PEERS, stats))
    facts = {"inspects": {stats.replica: box}}
    assert edges(Target(target.address, target.inspect, target.peers, facts)) == ()


def test_what_a_peer_has_as_tcp_is_an_edge_whatever_its_name() -> None:
    """The port that a peer exposes says more than the name of a variable."""
    assert _of("STATSD_HOST", "db", STATSD_PORT="5432") == [("db", 5432, "tcp")]
    assert _of("STATSD_HOST", "db", STATSD_PORT="8125") == []
    assert _of("GELF_URL", "http://graylog:12201") == [("graylog", 12201, "http")]


def test_a_port_may_stand_beside_its_host() -> None:
    """`X_HOST` and `X_PORT` belong together, for variables and for options."""
    assert _of("STT_HOST", "vosk", STT_PORT="2700") == [("vosk", 2700, "tcp")]
    assert _of("RedisHost", "cache", RedisPort="7") == []
    target = _target(command=("serve", "--redis-host", "cache", "--redis-port=7000"))
    assert edges(target) == (Edge("--redis-host", "cache", 7000, "redis"),)


def test_the_command_speaks_too() -> None:
    """Options with a value, and URLs and peers anywhere; none of them twice."""
    words = ("sh", "-c", "wait db:5432 && run --url=ws://lk:7880 --redis redis:6379")
    found = {(e.host, e.port, e.scheme) for e in edges(_target(command=words))}
    expect = {("db", 5432, "tcp"), ("lk", 7880, "ws"), ("redis", 6379, "redis")}
    assert found == expect
    twice = ("run", "--redis-address", "redis:6379")
    assert [e.variable for e in edges(_target(command=twice))] == ["--redis-address"]
    own = ("uvicorn", "--host", "0.0.0.0", "--port", "8000", "--bind", "127.0.0.1:1")
    assert edges(_target(command=own)) == ()


@pytest.mark.parametrize(
    ("host", "mode", "own"),
    [
        ("localhost", "shop_default", True),
        ("localhost", "host", False),
        ("localhost", "container:ffff", False),
        ("app", "shop_default", True),
        ("abcdef012345", "shop_default", True),
        ("redis", "shop_default", False),
    ],
)
def test_which_edge_is_its_own(host: str, mode: str, own: bool) -> None:  # noqa: FBT001
    """Loopback is the container itself, unless it lives in another's network."""
    (edge,) = edges(_target({"A_URL": f"http://{host}:80"}, mode=mode))
    assert edge.own is own


def test_stacks_of_one_host_are_told_apart() -> None:
    """Of two services called redis, the one of the own stack is near."""
    other = Peer(
        "redis", "other-redis-1", ("redis",), ("172.19.0.2",), (6379,), running=True
    )
    labels = {"com.docker.compose.project": "other"}
    facts = {"inspects": {"other-redis-1": {"Config": {"Labels": labels}}}}
    target = _target(peers=(*PEERS, other))
    target = Target(target.address, target.inspect, target.peers, facts)
    assert "other-redis-1" not in [p.replica for p in near(target)]
    assert "shop-redis-1" in [p.replica for p in near(target)]
    assert "shop-app-1" not in [p.replica for p in near(target)]


@given(
    st.dictionaries(
        st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", min_size=1, max_size=12),
        st.text(max_size=60),
        max_size=5,
    )
)
def test_what_is_dialled_is_harmless(env: dict[str, str]) -> None:
    """Whatever variables hold, hosts and ports are plain words for any shell."""
    for edge in edges(_target(env)):
        assert set(edge.host) <= set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:"
        )
        assert 0 < edge.port < 65536
