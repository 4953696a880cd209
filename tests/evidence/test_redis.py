"""The `redis` probe: answers recorded from a real Redis 7.0.15."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalade.evidence.probe import Answer
from escalade.evidence.probe import Dial
from escalade.evidence.probe import Peer
from escalade.evidence.probe import Target
from escalade.evidence.redis import REDIS
from escalade.evidence.resp import command
from escalade.evidence.resp import replies
from escalade.model import Address
from escalade.model import Reading
from escalade.model import Status

CASES = Path(__file__).resolve().parent.parent / "cases" / "evidence" / "redis"
PLACE = Address("h", "s", "redis", "redis-1", "redis")


def target(
    argv: tuple[str, ...] = (),
    env: tuple[str, ...] = (),
    ports: tuple[int, ...] = (6379,),
    **clients: str,
) -> Target:
    """Return a Redis container, and clients with one variable each."""
    inspect = {"Args": list(argv), "Config": {"Env": list(env)}}
    others = {
        name: {"Config": {"Env": [f"URL={url}"]}} for name, url in clients.items()
    }
    peer = Peer(
        "redis", "redis-1", ("redis", "cache"), ("172.18.0.2",), ports, running=True
    )
    return Target(PLACE, inspect, (peer,), {"inspects": others})


def dial(found: Target) -> Dial:
    """Return the only question."""
    (asked,) = REDIS.questions(found, ())
    assert isinstance(asked, Dial)
    return asked


def reading(body: bytes, found: Target | None = None, outcome: str = "ok") -> Reading:
    """Return the record of an answer."""
    answer = Answer(Status.OK, body, outcome=outcome)
    (record,) = REDIS.parse(found or target(), (), (answer,)).readings
    assert set(record) <= set(REDIS.readings)
    return record


def sample(name: str) -> bytes:
    """Return a recorded conversation."""
    return (CASES / f"{name}.bin").read_bytes()


def test_normal() -> None:
    """PONG, and what INFO tells."""
    record = reading(sample("normal"))
    assert record["ping"] == "PONG"
    assert record["version"] == "7.0.15"
    assert (record["loading"], record["aof_enabled"], record["role"]) == (
        False,
        False,
        "master",
    )
    assert (record["maxmemory"], record["memory_ratio"]) == (0, None)
    assert (record["errors_oom"], record["errors_misconf"]) == (0, 0)
    assert record["rdb_last_bgsave_status"] == "ok"


def test_noauth() -> None:
    """Without the password nothing is known but that one is asked for."""
    record = reading(sample("noauth"))
    assert record["ping"] == "NOAUTH Authentication required."
    assert (record["version"], record["errors_noauth"]) == (None, None)


def test_with_the_password() -> None:
    """The reply to AUTH stands before the others."""
    owner = target(("redis-server", "--requirepass", "x"))
    assert reading(sample("auth"), owner)["ping"] == "PONG"
    assert reading(sample("auth"), owner)["version"] == "7.0.15"
    assert reading(sample("auth"), owner)["auth"] == "OK"
    assert reading(sample("normal"))["auth"] is None


def follow(found: Target, *bodies: bytes) -> Reading:
    """Return the record of a conversation and the one that follows it."""
    answers = [Answer(Status.OK, body, outcome="ok") for body in bodies]
    (record,) = REDIS.parse(found, (), answers).readings
    assert set(record) <= set(REDIS.readings)
    return record


def asked_more(body: bytes, found: Target | None = None) -> bytes:
    """Return what is said after an answer, nothing where it says enough."""
    assert REDIS.follow is not None
    answer = Answer(Status.OK, body, outcome="ok")
    more = REDIS.follow(found or target(), (), (answer,))
    return b"".join(one.send for one in more if isinstance(one, Dial))


def test_a_replica_that_refused_writes() -> None:
    """PING is PONG; role, master and the refused writes are told."""
    record = reading(sample("replica"))
    assert (record["ping"], record["role"]) == ("PONG", "slave")
    assert (record["master"], record["master_link"]) == ("10.255.255.1:6379", "down")
    assert record["errors_readonly"] == 11
    assert record["errors"] == ("ERR", "READONLY")


def test_every_kind_of_error_is_told() -> None:
    """Also one that nobody thought of, and none where INFO counts none."""
    text = b"redis_version:9\r\nerrorstat_NEW:count=7\r\nerrorstat_OLD:count=0\r\n"
    body = b"$%d\r\n%s\r\n+PONG\r\n" % (len(text), text)
    assert reading(body)["errors"] == ("NEW",)
    assert reading(sample("normal"))["errors_noperm"] == 0
    assert reading(sample("noauth"))["errors"] is None
    assert reading(sample("normal"))["master"] is None


def test_the_acl_log_is_asked_only_after_a_denial() -> None:
    """Where nothing was denied, asking might be the first denial."""
    assert asked_more(sample("denied")) == b"ACL LOG 16\r\nQUIT\r\n"
    assert asked_more(sample("normal")) == b""
    assert asked_more(sample("noauth")) == b""
    owner = target(("redis-server", "--requirepass", "x"))
    login = command("AUTH", "x")
    assert asked_more(b"+OK\r\n" + sample("denied"), owner).startswith(login)


def test_what_the_acl_denies() -> None:
    """The latest user's rules, the oldest first; a failed login is no denial."""
    record = follow(target(), sample("denied"), sample("acl-log"))
    assert record["errors_noperm"] == 11
    assert record["denied_user"] == "app"
    assert record["denied"] == "'~b' +set '&y'"
    assert record["denied_client"] == "127.0.0.1"


def test_who_was_denied_is_named() -> None:
    """A client's address is that of a service of the stack."""
    web = Peer("web", "web-1", ("web",), ("127.0.0.1",), (), running=True)
    record = follow(Target(PLACE, {}, (web,)), sample("denied"), sample("acl-log"))
    assert record["denied_client"] == "web"


def test_old_denials_say_nothing_of_now() -> None:
    """What was denied more than a minute ago may have been granted since."""
    body = sample("acl-log")
    for age in (b"0.748", b"0.753", b"0.75700000000000001", b"0.76200000000000001"):
        size = b"$%d\r\n" % len(age)
        body = body.replace(size + age, b"$4\r\n61.5")
    assert "denied" not in follow(target(), sample("denied"), body)
    assert "denied" not in follow(target(), sample("denied"), b"*0\r\n+OK\r\n")


@pytest.mark.parametrize(
    "body", [b"-NOPERM this user has no permissions\r\n", b"-ERR unknown\r\n", b""]
)
def test_a_log_that_may_not_be_read(body: bytes) -> None:
    """Something was denied, nobody can say what."""
    record = follow(target(), sample("denied"), body)
    assert (record["denied"], record.get("denied_user")) == ("", None)


def test_a_wrong_password() -> None:
    """What Redis says of the password is read, and stands in the place of PING's reply."""
    owner = target(("redis-server", "--requirepass", "x"))
    record = reading(sample("wrongpass"), owner)
    assert str(record["auth"]).startswith("WRONGPASS invalid username-password")
    assert record["ping"] == record["auth"]
    none = b"-ERR AUTH <password> called without any password configured\r\n"
    open_ = reading(none + sample("normal"), owner)
    assert open_["ping"] == "PONG"
    assert str(open_["auth"]).startswith("ERR AUTH")


def test_protected_mode() -> None:
    """It refuses with one line and hangs up."""
    assert str(reading(sample("protected"))["ping"]).startswith(
        "DENIED Redis is running"
    )


def test_out_of_memory() -> None:
    """PING is PONG; the refused writes are counted."""
    record = reading(sample("oom"))
    assert record["ping"] == "PONG"
    assert record["maxmemory_policy"] == "noeviction"
    assert isinstance(record["errors_oom"], int)
    assert record["errors_oom"] > 0
    assert isinstance(record["memory_ratio"], float)
    assert record["memory_ratio"] > 0.9


def test_a_save_that_failed() -> None:
    """PING itself is refused, and our own is not counted among the errors."""
    record = reading(sample("misconf"))
    assert str(record["ping"]).startswith("MISCONF Redis is configured to save RDB")
    assert record["rdb_last_bgsave_status"] == "err"
    assert record["errors_misconf"] == 0


@pytest.mark.parametrize(
    ("body", "outcome", "ping"),
    [
        (
            b"-LOADING Redis is loading the dataset in memory\r\n" * 2,
            "ok",
            "LOADING Redis is loading the dataset in memory",
        ),
        (
            b"-ERR max number of clients reached\r\n",
            "ok",
            "ERR max number of clients reached",
        ),
        (b"HTTP/1.1 400 Bad Request\r\nX: y\r\n\r\n", "ok", "X: y"),
        (b"SSH-2.0-OpenSSH_9.2", "ok", "SSH-2.0-OpenSSH_9.2"),
        (b"", "silent", None),
        (b"", "refused", None),
    ],
)
def test_other_answers(body: bytes, outcome: str, ping: str | None) -> None:
    """Whatever stands there, its first words are the reading."""
    record = reading(body, outcome=outcome)
    assert (record["outcome"], record["ping"]) == (outcome, ping)


@pytest.mark.parametrize(
    ("found", "login"),
    [
        (target(), b""),
        (target(("redis-server", "--requirepass", "a b")), command("AUTH", "a b")),
        (target(("sh", "-c", "exec redis-server --requirepass 'pw' --save ''")), command("AUTH", "pw")),
        (target(("sh", "-c", "redis-server --requirepass $REDIS_PASSWORD"), ("REDIS_PASSWORD=pw",)), command("AUTH", "pw")),
        (target(web="redis://:p%40w@redis:6379/0"), command("AUTH", "p@w")),
        (target(web="redis://default:pw@cache/0"), command("AUTH", "pw")),
        (target(web="redis://app:pw@172.18.0.2/0"), command("AUTH", "app", "pw")),
        (target(web="redis://:pw@other/0"), b""),
        (target(web="http://:pw@redis/0"), b""),
        (target(web="redis://:pw@[bad"), b""),
    ],
)  # fmt: skip
def test_passwords(found: Target, login: bytes) -> None:
    """The server's own password is used, else a client's; nothing is ever tried twice."""
    assert dial(found).send == login + b"INFO\r\nPING\r\nQUIT\r\n"


@pytest.mark.parametrize(
    ("found", "port"),
    [
        (target(), 6379),
        (target(("redis-server", "--port", "7000")), 7000),
        (target(ports=(7001, 7002)), 7001),
        (target(ports=()), 6379),
    ],
)
def test_ports(found: Target, port: int) -> None:
    """The command tells the port, else the image."""
    assert (dial(found).host, dial(found).port) == ("172.18.0.2", port)


def test_no_network() -> None:
    """Without an address nobody is asked."""
    lonely = Target(PLACE, {})
    assert REDIS.questions(lonely, ()) == ()
    assert REDIS.parse(lonely, (), ()).readings == ({"outcome": "unreachable"},)


def test_not_asked() -> None:
    """A way that is closed to us is a gap."""
    parsed = REDIS.parse(target(), (), (Answer(Status.DENIED, reason="no"),))
    assert (parsed.status, parsed.readings) == (Status.DENIED, ())


@given(st.binary(max_size=100))
def test_any_bytes_are_read(data: bytes) -> None:
    """Whatever comes, nothing falls and nothing loops."""
    for body in (data, b"$" + data, b"$-1\r\n" + data, b"$999\r\n" + data):
        found: Any = list(replies(body))
        assert len(found) <= len(body)
        reading(body)
        follow(target(), sample("denied"), body)
        follow(target(), sample("denied"), b"*2\r\n*4\r\n" + body)
