"""Where this machine's Engine is looked for, and the words for not finding it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from escalade.transport.base import Tcp
from escalade.transport.base import Trouble
from escalade.transport.engine_socket import CAUSES
from escalade.transport.engine_socket import engine_cause
from escalade.transport.engine_socket import engine_places

SYSTEM = Path("/var/run/docker.sock")


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("unix:///run/other.sock", Path("/run/other.sock")),
        ("tcp://192.0.2.1:2376", Tcp("192.0.2.1", 2376)),
        ("tcp://192.0.2.1", Tcp("192.0.2.1", 2375)),
        ("tcp://[::1]:2375/", Tcp("::1", 2375)),
        ("http://engine:80", Tcp("engine", 80)),
        ("tcp://:2375", Tcp("127.0.0.1", 2375)),
    ],
)
def test_docker_host_names_one_place(address: str, place: object) -> None:
    """In the docker program's own spellings."""
    assert engine_places({"DOCKER_HOST": address}) == (place,)


def test_tls_is_said_to_be_missing() -> None:
    """Rather than speak plainly to a port that wants it."""
    found = engine_places({"DOCKER_HOST": "tcp://x:2376", "DOCKER_TLS_VERIFY": "1"})
    assert isinstance(found, Trouble)
    assert "TLS" in found.detail


def test_without_a_word_the_usual_sockets(tmp_path: Path) -> None:
    """The system's, then the user's own (rootless)."""
    found = engine_places({"HOME": str(tmp_path), "XDG_RUNTIME_DIR": "/run/user/7"})
    assert found == (SYSTEM, Path("/run/user/7/docker.sock"))


@pytest.fixture
def contexts(tmp_path: Path) -> dict[str, str]:
    """Return an environment whose docker program uses a context of its own."""
    meta = tmp_path / ".docker" / "contexts" / "meta" / "0123"
    meta.mkdir(parents=True)
    endpoints = {"docker": {"Host": "unix:///home/me/engine.sock"}}
    meta.joinpath("meta.json").write_text(
        json.dumps({"Name": "mine", "Endpoints": endpoints})
    )
    config = tmp_path / ".docker" / "config.json"
    config.write_text(json.dumps({"currentContext": "mine"}))
    return {"HOME": str(tmp_path)}


def test_the_docker_programs_context_counts(contexts: dict[str, str]) -> None:
    """What `docker ps` would reach, unless DOCKER_HOST or DOCKER_CONTEXT differ."""
    mine = (Path("/home/me/engine.sock"),)
    assert engine_places(contexts) == mine
    by_name = {**contexts, "DOCKER_CONTEXT": "mine"}
    assert engine_places(by_name) == mine
    assert SYSTEM in engine_places({**contexts, "DOCKER_CONTEXT": "default"})
    other = {**contexts, "DOCKER_HOST": "unix:///other"}
    assert engine_places(other) == (Path("/other"),)


def test_a_context_that_is_not_there(contexts: dict[str, str]) -> None:
    """The usual sockets may be another Engine's than the one that was meant."""
    found = engine_places({**contexts, "DOCKER_CONTEXT": "yours"})
    assert found == Trouble("unreachable", "there is no docker context 'yours'")


def test_a_password_in_the_address_is_not_told() -> None:
    """It has no place there, and none in a message."""
    found = engine_places({"DOCKER_HOST": "tcp://me:hush99secret@10.0.0.1:2375"})
    assert isinstance(found, Trouble)
    assert "hush" not in found.detail


@pytest.mark.parametrize("text", ["", "[]", "{", '{"currentContext": 5}'])
def test_a_broken_configuration_is_passed_over(
    contexts: dict[str, str], text: str
) -> None:
    """The docker program would complain; the usual sockets may still work."""
    path = Path(contexts["HOME"]) / ".docker" / "config.json"
    path.write_text(text)
    assert SYSTEM in engine_places(contexts)


@pytest.mark.parametrize(
    ("outcome", "cause"),
    [
        ("not-installed", "not-installed"),
        ("missing", "not-running"),
        ("refused", "not-running"),
        ("denied", "no-permission"),
        ("timeout", "timeout"),
        ("dns", "error"),
        ("unreachable", "error"),
    ],
)
def test_each_trouble_has_a_cause(outcome: str, cause: str) -> None:
    """In the `engine` probe's words."""
    assert engine_cause(Trouble(outcome)) == cause
    assert cause in CAUSES
