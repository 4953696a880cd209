"""The probes of maintenance: log sizes, ages of images and secrets, certificates."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from escalade.evidence.image_age import IMAGE_AGE
from escalade.evidence.log_size import LOG_SIZE
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Peer
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Script
from escalade.evidence.probe import Target
from escalade.evidence.secret_age import SECRET_AGE
from escalade.evidence.seen import SeenSnapshot
from escalade.evidence.tls import TLS
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import HostState
from escalade.model import Snapshot
from escalade.model import Status

NOW = 1_800_000_000.0
DAY = 86_400.0
HERE = Address("web", "shop", "front", "shop-front-1", "x")


def target(inspect: dict, *peers: Peer) -> Target:
    """Return a container as a probe sees it."""
    return Target(HERE, inspect, peers, {"now": NOW})


def asked(probe: Probe, inspect: dict, *peers: Peer):
    """Return what a probe makes of what this machine's own shell answers."""
    place = target(inspect, *peers)
    answers = []
    for question in probe.questions(place, ()):
        assert isinstance(question, Script)
        done = subprocess.run(
            ["sh", "-c", question.text], capture_output=True, check=False
        )
        answers.append(Answer(Status.OK, done.stdout, done.returncode))
    return probe.parse(place, (), answers)


# ---------------------------------------------------------------------- logs


def test_a_log_is_as_large_as_all_its_files(tmp_path) -> None:
    """What was rotated away counts, other files do not."""
    log = tmp_path / "it's-json.log"
    log.write_bytes(b"x" * 100)
    log.with_name(f"{log.name}.1").write_bytes(b"x" * 50)
    log.with_name("other").write_bytes(b"x" * 7)
    config = {"Type": "json-file", "Config": {"max-size": "10m"}}
    found = asked(LOG_SIZE, {"LogPath": str(log), "HostConfig": {"LogConfig": config}})
    assert found.readings == ({"driver": "json-file", "size": 150, "bounded": True},)


def test_a_log_that_cannot_be_read_is_a_gap() -> None:
    """Not an empty one."""
    found = asked(LOG_SIZE, {"LogPath": "/nowhere/x-json.log"})
    assert (found.status, found.readings) == (Status.DENIED, ())


def test_a_driver_without_files_has_no_size() -> None:
    """Nothing is asked, and nothing is missing."""
    found = asked(LOG_SIZE, {"LogPath": ""})
    assert (found.readings, found.complete) == ((), True)


# -------------------------------------------------------------------- images


def test_an_image_is_as_old_as_its_date_says() -> None:
    """By the clock that judges; one without a date has no age."""
    records = tuple(
        {"container": name, "image": "a:1", "current": True, "created_at": made}
        for name, made in (("shop-front-1", NOW - 3 * DAY), ("other", None))
    )
    piece = Evidence(
        Address("web", None, None, None, "images"), Status.OK, records, time=NOW
    )
    seen = SeenSnapshot(
        Snapshot(NOW, "full", (HostState("web", reachable=True),), (piece,)), {}
    )
    assert IMAGE_AGE.view is not None
    (record,) = IMAGE_AGE.view(seen, HERE, ()).readings
    assert record == {"image": "a:1", "current": True, "age_s": 3 * DAY}
    empty = SeenSnapshot(Snapshot(NOW, "full", (), ()), {})
    assert IMAGE_AGE.view(empty, HERE, ()).unknown


# ------------------------------------------------------------------- secrets


def test_secrets_are_as_old_as_their_files(tmp_path) -> None:
    """Compose's secrets, and the env file of a project whose variables hold any."""
    import os

    secret, env = tmp_path / "key.txt", tmp_path / ".env"
    for path, days in ((secret, 10), (env, 200)):
        path.write_text("x")
        os.utime(path, (NOW - days * DAY, NOW - days * DAY))
    labels = {"com.docker.compose.project.working_dir": str(tmp_path)}
    mount = {"Type": "bind", "Source": str(secret), "Destination": "/run/secrets/key"}
    inspect = {
        "Config": {"Env": ["API_PASSWORD=x"], "Labels": labels},
        "Mounts": [mount, {**mount, "Source": "/etc/hosts", "Destination": "/etc/h"}],
    }
    found = asked(SECRET_AGE, inspect)
    told = [(r["kind"], r["file"], r["age_s"]) for r in found.readings]
    assert told == [
        ("secret", str(secret), 10 * DAY),
        ("env-file", str(env), 200 * DAY),
    ]
    plain = {"Config": {"Env": ["SITE=x"], "Labels": labels}}
    assert asked(SECRET_AGE, plain).readings == ()


def test_an_env_file_that_is_not_there_is_no_secret(tmp_path) -> None:
    """A project without one has none, and that is no gap."""
    labels = {"com.docker.compose.project.working_dir": str(tmp_path)}
    found = asked(SECRET_AGE, {"Config": {"Env": ["TOKEN=x"], "Labels": labels}})
    assert (found.readings, found.complete) == ((), True)


# -------------------------------------------------------------- certificates


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[int]:
    """Return the port of a server whose certificate is good for five days."""
    import socket
    import ssl

    folder: Path = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "cert.pem"
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "5"]
    words += ["-subj", "/CN=shop.example"]
    subprocess.run(
        ["openssl", *words, "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    one, _ = server.accept()
                except OSError:
                    return
                try:
                    context.wrap_socket(one, server_side=True).close()
                except OSError:
                    one.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_a_certificate_is_read_where_a_variable_leads(served) -> None:
    """Another container by its address; who shows none has none."""
    import time

    peer = Peer("api", "shop-api-1", ("api",), ("127.0.0.1",), (), running=True)
    env = [f"API=https://api:{served}/v1?x=1", "GONE=wss://127.0.0.2:1", "HOME=/root"]
    place = Target(HERE, {"Config": {"Env": env}}, (peer,), {"now": time.time()})
    (question,) = TLS.questions(place, ())
    assert isinstance(question, Script)
    done = subprocess.run(["sh", "-c", question.text], capture_output=True, check=True)
    found = TLS.parse(place, (), [Answer(Status.OK, done.stdout, 0)])
    good, gone = found.readings
    assert (good["source"], good["name"], good["outcome"]) == ("API", "api", "ok")
    assert isinstance(good["expires_in_s"], float)
    assert 4 * DAY < good["expires_in_s"] <= 5 * DAY
    assert good["subject"] == "CN=shop.example"
    assert good["self_signed"] is True
    assert (gone["port"], gone["outcome"], gone["expires_in_s"]) == (1, "none", None)


def test_published_ports_of_tls_are_asked_too() -> None:
    """443 inside is TLS, whatever it is outside; 80 is not."""
    ports = {
        "443/tcp": [{"HostIp": "0.0.0.0", "HostPort": "9443"}],
        "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "9080"}],
        "443/udp": [{"HostIp": "0.0.0.0", "HostPort": "9444"}],
    }
    place = target({"NetworkSettings": {"Ports": ports}})
    (question,) = TLS.questions(place, ())
    assert isinstance(question, Script)
    assert "t 0 127.0.0.1:9443 ''" in question.text
    assert "t 1" not in question.text


def test_without_openssl_it_is_a_gap() -> None:
    """Nobody asked, so nothing is known."""
    place = target({"Config": {"Env": ["A=https://example.org"]}})
    found = TLS.parse(place, (), [Answer(Status.OK, b"no-openssl\n", 0)])
    assert (found.status, found.readings) == (Status.UNSUPPORTED, ())


def test_a_host_name_cannot_be_a_command() -> None:
    """What is no name is not asked."""
    env = ["A=https://$(touch x)/", "B=https://[::1/", "C=https://-connect/"]
    assert TLS.questions(target({"Config": {"Env": env}}), ()) == ()
