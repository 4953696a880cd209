"""Secrets of a container's record: those in configurations, headers and passwords."""

from __future__ import annotations

import json
from typing import Any

import pytest

from escalade.evidence.configtext import config_keys
from escalade.evidence.configtext import config_secrets
from escalade.evidence.container import CONTAINER
from escalade.evidence.env import ENV
from escalade.evidence.probe import Target
from escalade.evidence.secrets import secrets_of
from escalade.model import Address
from escalade.model import Reading
from escalade.redact import Redactor

BODY = """\
port: 7880
redis:
  address: redis:6379
  password: redisPass123
keys:
  APIabc: 0123456789
turn:
  secret: turnSecret123
  servers: [{host: x, credential: relayWord99}]
webhook:
  api_key: hookKey12345
  urls: ["http://u:urlWord12345@hook/x"]
"""
HIDDEN = (
    "0123456789",
    "redisPass123",
    "turnSecret123",
    "relayWord99",
    "hookKey12345",
    "urlWord12345",
)


def record(env: list[str] | None = None, argv: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the Engine's record of a container with variables and a command."""
    return {
        "Path": argv[0] if argv else "x",
        "Args": list(argv[1:]),
        "Config": {"Env": env or []},
        "State": {},
    }


GIVEN = [
    record([f"LIVEKIT_CONFIG={BODY}"], ("livekit-server",)),
    record([f"EGRESS_CONFIG_BODY={BODY}"], ("egress",)),
    record(argv=("livekit-server", "--config-body", BODY)),
    record(argv=("livekit-server", f"--config-body={BODY}", "--dev")),
]


def env_of(inspect: dict[str, Any]) -> dict[str, Reading]:
    """Return the records of a container's environment."""
    target = Target(Address("h", "s", "lk", "lk-1", "env"), inspect, secret_key=b"k")
    return {str(r["variable"]): r for r in ENV.parse(target, (), ()).readings}


@pytest.mark.parametrize("inspect", GIVEN)
def test_the_secrets_of_a_configuration(inspect: dict[str, Any]) -> None:
    """All that stands below keys or a secret's name, and nothing else of it."""
    found = set(secrets_of(inspect))
    assert found == set(HIDDEN)
    assert Redactor(found, b"k").text("redis:6379 7880 up") == "redis:6379 7880 up"


@pytest.mark.parametrize("inspect", GIVEN)
def test_a_configuration_is_never_shown(inspect: dict[str, Any]) -> None:
    """Command and variables are kept without it."""
    place = Address("h", "s", "lk", "lk-1", "container")
    target = Target(place, inspect, facts={"now": 1.0})
    kept = [*CONTAINER.parse(target, (), ()).readings, *env_of(inspect).values()]
    text = json.dumps(kept)
    assert not [word for word in (*HIDDEN, "redis:6379") if word in text]


@pytest.mark.parametrize("inspect", [GIVEN[0], *GIVEN[2:]])
def test_the_keys_of_a_configuration(inspect: dict[str, Any]) -> None:
    """They are the server's keys, and comparable with its clients'."""
    mine = env_of(inspect)
    client = env_of(record(["LIVEKIT_API_SECRET=0123456789", "LIVEKIT_API_KEY=APIabc"]))
    for part in ("key", "secret"):
        other = client[f"LIVEKIT_API_{part.upper()}"]
        assert mine[f"LIVEKIT_KEYS.{part}"]["hash"] == other["hash"]
    assert mine["LIVEKIT_KEYS.secret"]["length"] == 10


def test_keys_that_are_said_count_before_a_configuration() -> None:
    """LiveKit takes them from --keys or LIVEKIT_KEYS first."""
    found = env_of(record([f"LIVEKIT_CONFIG={BODY}", "LIVEKIT_KEYS=a: longer-than-10"]))
    assert found["LIVEKIT_KEYS.secret"]["length"] == 14


@pytest.mark.parametrize("text", ["a: [", "just words", "&a [*a, *a", "[" * 5000])
def test_a_configuration_that_cannot_be_read(text: str) -> None:
    """It is one secret, and has no keys."""
    assert list(config_secrets(text)) == [text]
    assert config_keys(text) == {}


def test_aliases_without_end() -> None:
    """What an alias repeats is read once."""
    lines = ["a0: &a0 {secret: deepWord123}"]
    lines += [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}]" for i in range(1, 40)]
    assert list(config_secrets("\n".join(lines))) == ["deepWord123"]


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ("/3kd9Fq+/aB0=", True),
        ("/aB3kLmn09", True),
        ("/aB3dQ/kLmn09/Zz", True),
        ("/aB3dQkLmn", True),
        ("/run/secrets/db", False),
        ("/run/secrets/DB_Key1", False),
        ("/etc/livekit", False),
        ("/certs/Server1.pem", False),
        ("/keys.yaml", False),
        ("/my/own/place", False),
    ],
)
def test_a_password_may_begin_with_a_slash(value: str, secret: bool) -> None:  # noqa: FBT001
    """Only what is really the path of a file is none."""
    assert (value in set(secrets_of(record([f"DB_PASSWORD={value}"])))) is secret
