"""The `env` probe: everything but the value."""

from __future__ import annotations

import json

import pytest

from escalade.evidence.env import ENV
from escalade.evidence.probe import Target
from escalade.evidence.seen import SeenSnapshot
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Reading
from escalade.model import Snapshot
from escalade.model import Status
from escalade.model import args_of

PLACE = Address("h", "s", "agent", "agent-1", "env")
SECRET = "aVery-Secret-Value-0123456789abcdef"


def readings(
    env: list[str], argv: tuple[str, ...] = (), key: bytes = b"k"
) -> dict[str, Reading]:
    """Return the records of an environment, by variable."""
    inspect = {"Config": {"Env": env}, "Path": argv[:1] and argv[0], "Args": argv[1:]}
    inspect["Args"] = list(argv[1:])
    target = Target(PLACE, inspect, secret_key=key)
    return {str(r["variable"]): r for r in ENV.parse(target, (), ()).readings}


def test_no_value_is_ever_kept() -> None:
    """Whatever the variable is called, its value stands nowhere."""
    env = [f"API_SECRET={SECRET}", f"X={SECRET}", f"URL=redis://u:{SECRET}@redis:1/0"]
    found = readings(env, ("livekit-server", "--keys", f"key: {SECRET}"))
    assert SECRET not in json.dumps(list(found.values()))


@pytest.mark.parametrize(
    ("value", "expect"),
    [
        ("ws://livekit:7880", ("ws", "livekit", 7880, "")),
        ("http://llm:8000/v1/chat?key=abc", ("http", "llm", 8000, "/v1/chat")),
        ("redis://:pw@redis:6379/0", ("redis", "redis", 6379, "/0")),
        ("https://x/hooks/T0/B0/a1b2c3d4e5f6a7b8c9", ("https", "x", None, None)),
        ("redis:6379", (None, "redis", 6379, None)),
    ],
)
def test_places(value: str, expect: tuple[object, ...]) -> None:
    """A URL and a host:port tell where they point, a random path does not."""
    record = readings([f"TARGET={value}"])["TARGET"]
    scheme, host, port, path = expect
    assert record.get("scheme") == scheme
    assert (record["host"], record["port"]) == (host, port)
    if path is not None:
        assert record["path"] == path
    assert "a1b2c3d4e5f6a7b8c9" not in str(record)


def test_a_url_with_a_password() -> None:
    """The password of a URL is hashed by itself, so that two URLs can be compared."""
    one = readings(["A=redis://:pw@redis/0"])["A"]
    two = readings(["A=redis://default:pw@other/1"])["A"]
    assert one["has_password"] is True
    assert one["password_hash"] == two["password_hash"]
    assert readings(["A=redis://redis/0"])["A"]["has_password"] is False


def test_hosts_and_ports_by_name() -> None:
    """*_HOST and *_PORT are places, a secret of the same form is none."""
    found = readings(["REDIS_HOST=redis", "REDIS_PORT=6379", "APP_KEY=abc:123"])
    assert found["REDIS_HOST"]["host"] == "redis"
    assert found["REDIS_PORT"]["port"] == 6379
    assert "host" not in found["APP_KEY"]


def test_blank_default_and_length() -> None:
    """Blank, known to everybody, and how long."""
    found = readings(["A=", "B=  ", "LIVEKIT_API_KEY=devkey", f"C={SECRET}", "D=12"])
    assert found["A"]["blank"] is found["B"]["blank"] is True
    assert found["LIVEKIT_API_KEY"]["known_default"] is True
    assert found["C"]["known_default"] is False
    assert found["C"]["length"] == len(SECRET)
    assert found["D"]["digits"] is True


def test_equal_values_have_equal_hashes_under_one_key() -> None:
    """A hash compares inside one file and says nothing outside."""
    found = readings(["A=x", "B=x", "C=y"])
    assert found["A"]["hash"] == found["B"]["hash"] != found["C"]["hash"]
    assert readings(["A=x"], key=b"other")["A"]["hash"] != found["A"]["hash"]


@pytest.mark.parametrize(
    ("env", "argv"),
    [
        (["LIVEKIT_KEYS=akey: asecret"], ()),
        ([], ("livekit-server", "--keys", "akey: asecret")),
        ([], ("livekit-server", "--keys=akey: asecret")),
    ],
)
def test_livekit_keys(env: list[str], argv: tuple[str, ...]) -> None:
    """Key and secret of the server are comparable with its clients' variables."""
    found = readings([*env, "LIVEKIT_API_KEY=akey", "LIVEKIT_API_SECRET=asecret"], argv)
    assert found["LIVEKIT_KEYS.key"]["hash"] == found["LIVEKIT_API_KEY"]["hash"]
    assert found["LIVEKIT_KEYS.secret"]["hash"] == found["LIVEKIT_API_SECRET"]["hash"]


def test_livekit_keys_that_tell_nothing() -> None:
    """Malformed ones are none, several have no hash, --dev brings its own."""
    assert "LIVEKIT_KEYS.key" not in readings(["LIVEKIT_KEYS=a:b"])
    several = readings(["LIVEKIT_KEYS=a: b\nc: d"])
    assert several["LIVEKIT_KEYS.secret"]["hash"] is None
    dev = readings([], ("/livekit-server", "--dev"))
    assert dev["LIVEKIT_KEYS.secret"]["known_default"] is True
    assert not readings([], ("/livekit-server", "--dev", "--config", "x.yaml"))
    assert not readings([], ("/other", "--dev"))


def view(variable: str | None, status: Status = Status.OK) -> tuple[Reading, ...]:
    """Return what a condition sees of one stored record."""
    records = ({"variable": "A", "present": True, "blank": False},)
    piece = Evidence(PLACE, status, records if status is Status.OK else ())
    seen = SeenSnapshot(Snapshot(0.0, "full", (), (piece,)), {})
    args = args_of({} if variable is None else {"variable": variable})
    assert ENV.view is not None
    found = ENV.view(seen, PLACE, args)
    assert bool(found.unknown) == (status is not Status.OK)
    return found.readings


def test_view() -> None:
    """All variables, or one; one that is not there is absent, not unknown."""
    assert [r["variable"] for r in view(None)] == ["A"]
    assert view("A")[0]["present"] is True
    (absent,) = view("B")
    assert absent["present"] is False
    assert absent["known_default"] is False
    assert absent.get("length") is None
    assert view("A", Status.VANISHED) == ()


def test_view_without_evidence_is_unknown() -> None:
    """Nobody asked: nothing is known."""
    seen = SeenSnapshot(Snapshot(0.0, "full", (), ()), {})
    assert ENV.view is not None
    assert ENV.view(seen, PLACE, ()).unknown
