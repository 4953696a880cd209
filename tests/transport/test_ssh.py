"""A host over SSH: every way not to reach it has a word, and nothing waits for ever."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from escalade.model import Host
from escalade.model import Status
from escalade.transport.base import Output
from escalade.transport.base import Tcp
from escalade.transport.base import Timeouts
from escalade.transport.base import Trouble
from escalade.transport.engine_api import EngineApi
from escalade.transport.factory import open_for
from escalade.transport.hostkeys import HostKey
from escalade.transport.hostkeys import append
from escalade.transport.hostkeys import known
from escalade.transport.trust import Offer
from escalade.transport.trust import fingerprints
from escalade.transport.trust import trust

OTHER_KEY = HostKey("ssh-ed25519", b"not the host's key")
SHORT = Timeouts(connect_s=0.3, banner_s=0.3, auth_s=2)


def opened(host: Host, folder: Path, text: str = "", **more: Any) -> Output:
    """Return what opening a host says."""
    config = folder / "a_config"
    config.write_text(text)
    transport = open_for(host, ssh_config=config, **more)
    try:
        output = transport.open()
        assert output.status is Status.UNREACHABLE
        ran = transport.run("true", timeout_s=1)
        assert (ran.status, ran.cause) == (output.status, output.cause)
        assert ran.reason == output.reason
        assert "\n" not in output.reason
        return output
    finally:
        transport.close()


def local(port: int) -> Host:
    return Host("web1", "ssh", address="127.0.0.1", port=port)


# ----------------------------------------------------------- without any SSH host


def test_a_name_that_does_not_exist(tmp_path: Path) -> None:
    """Cause `name`."""
    host = Host("nosuch.invalid", "ssh")
    timeouts = Timeouts(connect_s=2)
    assert opened(host, tmp_path, timeouts=timeouts).cause == "name"


def test_a_closed_port(tmp_path: Path) -> None:
    """Cause `refused`."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    output = opened(local(port), tmp_path)
    assert output.cause == "refused"
    assert f"web1 (127.0.0.1:{port})" in output.reason


def test_a_host_that_accepts_and_says_nothing(tmp_path: Path) -> None:
    """Cause `banner`."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        output = opened(local(server.getsockname()[1]), tmp_path, timeouts=SHORT)
    assert output.cause == "banner"
    assert "said nothing" in output.reason


def test_a_host_that_greets_and_falls_silent(tmp_path: Path) -> None:
    """Cause `banner` too: it went silent during the key exchange."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            connection, _ = server.accept()
            connection.sendall(b"SSH-2.0-Silent\r\n")
            kept.append(connection)

        kept: list[socket.socket] = []
        threading.Thread(target=greet, daemon=True).start()
        output = opened(local(server.getsockname()[1]), tmp_path, timeouts=SHORT)
        kept[0].close()
    assert output.cause == "banner"
    assert "key exchange" in output.reason


def test_a_port_that_is_not_ssh(say: Any, tmp_path: Path) -> None:
    """Cause `banner`: what it says is no greeting."""
    server = say.tcp([say.reply(b"x")])

    def talk() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n" * 200)

    server.close()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=talk, daemon=True).start()
        output = opened(local(listener.getsockname()[1]), tmp_path)
    assert output.cause == "banner"
    assert "not SSH" in output.reason


def test_a_host_that_hangs_up(tmp_path: Path) -> None:
    """Cause `closed`."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            server.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        assert opened(local(server.getsockname()[1]), tmp_path).cause == "closed"


def test_a_host_that_never_ends_the_login(tmp_path: Path) -> None:
    """Cause `timeout`: the key is known, the greeting was fine, then nothing."""
    import paramiko

    class Slow(paramiko.ServerInterface):
        def check_auth_publickey(self, username: str, key: object) -> int:
            over.wait(10)
            return paramiko.AUTH_FAILED

        def get_allowed_auths(self, username: str) -> str:
            return "publickey"

    over = threading.Event()
    host_key = paramiko.ECDSAKey.generate()
    paramiko.ECDSAKey.generate().write_private_key_file(str(tmp_path / "key"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def serve() -> None:
            served = paramiko.Transport(server.accept()[0])
            served.add_server_key(host_key)
            served.start_server(server=Slow())
            kept.append(served)

        kept: list[paramiko.Transport] = []
        threading.Thread(target=serve, daemon=True).start()
        known_hosts = tmp_path / "known_hosts"
        key = HostKey(host_key.get_name(), host_key.asbytes())
        append(known_hosts, f"[127.0.0.1]:{port}", key)
        text = (
            f"Host web1\n UserKnownHostsFile {known_hosts}\n"
            f" IdentityFile {tmp_path}/key\n"
        )
        timeouts = Timeouts(connect_s=1, banner_s=5, auth_s=0.3)
        output = opened(local(port), tmp_path, text, timeouts=timeouts)
        over.set()
        kept[0].close()
    assert output.cause == "timeout"


def test_a_gateway_that_is_down(tmp_path: Path) -> None:
    """Cause `gateway`, and the reason says what is wrong with it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    text = f"Host web1\n ProxyJump gate\nHost gate\n HostName 127.0.0.1\n Port {port}\n"
    output = opened(Host("web1", "ssh"), tmp_path, text)
    assert output.cause == "gateway"
    assert f"gate (127.0.0.1:{port}): Connection refused" in output.reason


@pytest.mark.parametrize("command", ["/no/such/program %h", "false", "sleep 9"])
def test_a_proxy_command_that_leads_nowhere(tmp_path: Path, command: str) -> None:
    """It ends, or says nothing: a cause, never a hang."""
    text = f"Host web1\n ProxyCommand {command}\n"
    output = opened(Host("web1", "ssh"), tmp_path, text, timeouts=SHORT)
    assert output.cause in ("gateway", "closed", "banner")


def test_a_configuration_that_cannot_be_read(tmp_path: Path) -> None:
    """One line, not a traceback."""
    transport = open_for(Host("web1", "ssh"), ssh_config=tmp_path / "missing")
    assert transport.open().status is Status.ERROR
    assert "missing" in transport.run("true", timeout_s=1).reason
    assert isinstance(transport.connect(Tcp("a", 1), timeout_s=1), Trouble)
    transport.close()


def test_nothing_is_printed_about_a_failure(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The library logs its tracebacks on stderr where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        opened(local(server.getsockname()[1]), tmp_path, timeouts=SHORT)
    assert capfd.readouterr() == ("", "")


# ------------------------------------------------------------------------ the keys


@pytest.mark.ssh
def test_an_unknown_key_is_refused(ways: Any) -> None:
    """Cause `host-key-unknown`, with the fingerprint to compare."""
    ways.write("web1", f"UserKnownHostsFile {ways.known_hosts}")
    output = ways.transport("web1").open()
    assert output.cause == "host-key-unknown"
    real = known("host2", ways.hop("host2").known_hosts).keys[0]
    assert real.fingerprint in output.reason
    assert not ways.known_hosts.exists()


@pytest.mark.ssh
def test_a_changed_key_is_refused(ways: Any) -> None:
    """Cause `host-key-changed`, with both fingerprints."""
    append(ways.known_hosts, ways.hop("host2").known_as, OTHER_KEY)
    ways.write("web1", f"UserKnownHostsFile {ways.known_hosts}")
    output = ways.transport("web1").open()
    assert output.cause == "host-key-changed"
    assert OTHER_KEY.fingerprint in output.reason


@pytest.mark.ssh
def test_a_known_key_of_another_type_is_a_change(ways: Any) -> None:
    """A host known by RSA only that now has none."""
    append(ways.known_hosts, ways.hop("host2").known_as, HostKey("ssh-rsa", b"rsa"))
    ways.write("web1", f"UserKnownHostsFile {ways.known_hosts}")
    assert ways.transport("web1").open().cause == "host-key-changed"


@pytest.mark.ssh
def test_a_revoked_key_is_refused(ways: Any) -> None:
    """Even where another line knows it."""
    name = ways.hop("host2").known_as
    real = known(name, ways.hop("host2").known_hosts).keys[0]
    ways.known_hosts.write_text(f"{name} {real.text}\n@revoked * {real.text}\n")
    ways.write("web1", f"UserKnownHostsFile {ways.known_hosts}")
    output = ways.transport("web1").open()
    assert output.cause == "host-key-changed"
    assert "revoked" in output.reason


@pytest.mark.ssh
def test_one_of_several_known_keys_is_enough(ways: Any) -> None:
    """As in OpenSSH: the library alone would keep only the last of a type."""
    name = ways.hop("host2").known_as
    append(ways.known_hosts, name, known(name, ways.hop("host2").known_hosts).keys[0])
    append(ways.known_hosts, name, OTHER_KEY)
    ways.write("web1", f"UserKnownHostsFile {ways.known_hosts}")
    assert ways.transport("web1").open().status is Status.OK


@pytest.mark.ssh
def test_a_gateways_key_is_checked_too(ways: Any) -> None:
    """Fabric alone would accept any key of a hop."""
    ways.write("gate", f"UserKnownHostsFile {ways.known_hosts}", to="host1")
    ways.write("behind", "ProxyJump gate")
    output = ways.transport("behind").open()
    assert output.cause == "gateway"
    assert "not in known_hosts" in output.reason


# ----------------------------------------------------------------------- enrolment


@pytest.mark.ssh
def test_a_key_is_enrolled_after_a_yes(ways: Any) -> None:
    """Then the host is known; a no changes nothing."""
    ways.write("web1", f"UserKnownHostsFile {ways.known_hosts}")
    host, seen = Host("web1", "ssh"), []
    refused = trust(host, lambda _: False, ssh_config=ways.written)
    assert refused.output.status is Status.DENIED
    assert not ways.known_hosts.exists()

    def yes(offer: Offer) -> bool:
        seen.append(offer)
        return True

    done = trust(host, yes, ssh_config=ways.written)
    assert done.output.status is Status.OK
    assert [offer.key for offer in done.added] == [seen[0].key]
    assert ways.transport("web1").open().status is Status.OK
    assert trust(host, yes, ssh_config=ways.written).added == ()
    assert len(seen) == 1


@pytest.mark.ssh
def test_a_changed_key_needs_more_than_a_yes(ways: Any) -> None:
    """The old one goes only where that was said."""
    append(ways.known_hosts, ways.hop("host2").known_as, OTHER_KEY)
    ways.write("web1", f"UserKnownHostsFile {ways.known_hosts}")
    host = Host("web1", "ssh")
    offer = fingerprints(host, ssh_config=ways.written)
    assert isinstance(offer, Offer)
    assert offer.changed
    plain = trust(host, lambda _: True, ssh_config=ways.written)
    assert plain.output.cause == "host-key-changed"
    replaced = trust(host, lambda _: True, replace=True, ssh_config=ways.written)
    assert replaced.output.status is Status.OK
    assert OTHER_KEY.text not in ways.known_hosts.read_text()


@pytest.mark.ssh
def test_gateways_are_enrolled_on_the_way(ways: Any) -> None:
    """First the gateway's key, then the host's behind it."""
    own = f"UserKnownHostsFile {ways.known_hosts}"
    ways.write("gate", own, to="host1")
    ways.write("behind", own, "ProxyJump gate")
    done = trust(Host("behind", "ssh"), lambda _: True, ssh_config=ways.written)
    assert done.output.status is Status.OK
    assert [offer.server for offer in done.added] == ["gate", "behind"]


@pytest.mark.ssh
def test_enrolment_says_what_else_is_wrong(ways: Any) -> None:
    """The key is known now, but the login fails."""
    own = f"UserKnownHostsFile {ways.known_hosts}"
    ways.write("web1", own, "User nobody-there")
    done = trust(Host("web1", "ssh"), lambda _: True, ssh_config=ways.written)
    assert len(done.added) == 1
    assert done.output.cause == "auth"


def test_this_machine_has_no_key_to_enrol() -> None:
    """It is not reached by SSH."""
    found = fingerprints(Host("localhost"))
    assert isinstance(found, Output)
    assert found.status is Status.UNSUPPORTED


# --------------------------------------------------------------------------- login


@pytest.mark.ssh
def test_a_login_that_fails(ways: Any) -> None:
    """Cause `auth`, with the user."""
    ways.write("web1", "User nobody-there")
    output = ways.transport("web1").open()
    assert output.cause == "auth"
    assert "nobody-there" in output.reason


@pytest.mark.ssh
@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "No such file"), ("nonsense", "not a private key")],
)
def test_a_key_that_cannot_be_used(
    ways: Any, tmp_path: Path, content: str | None, words: str
) -> None:
    """Cause `auth`, and the reason names the file."""
    path = tmp_path / "key"
    if content is not None:
        path.write_text(content)
    ways.write("web1", f"IdentityFile {path}")
    output = ways.transport("web1").open()
    assert output.cause == "auth"
    assert str(path) in output.reason
    assert words in output.reason


@pytest.mark.ssh
def test_a_key_with_a_passphrase(ways: Any, tmp_path: Path) -> None:
    """It says so; the agent could have helped."""
    import subprocess

    path = tmp_path / "locked"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", str(path)],
        check=True,
    )
    ways.write("web1", f"IdentityFile {path}")
    output = ways.transport("web1").open()
    assert output.cause == "auth"
    assert "passphrase" in output.reason


# ------------------------------------------------------------------------ channels


@pytest.mark.ssh
def test_many_commands_at_once(ways: Any) -> None:
    """More threads than sshd has sessions for: all are served."""
    ways.write("web1")
    transport = ways.transport("web1")
    with ThreadPoolExecutor(24) as pool:
        lines = [f"echo {number}; sleep 0.05" for number in range(48)]
        outputs = list(pool.map(lambda line: transport.run(line, timeout_s=20), lines))
    assert [int(output.stdout) for output in outputs] == list(range(48))


@pytest.mark.ssh
def test_an_engine_and_commands_share_the_sessions(ways: Any) -> None:
    """Kept channels to the Engine never starve commands."""
    ways.write("web1", to="host1")
    transport = ways.transport("web1")
    api = EngineApi(transport)
    with ThreadPoolExecutor(16) as pool:
        versions = [pool.submit(api.get, "/version") for _ in range(16)]
        runs = [pool.submit(transport.run, "true", timeout_s=20) for _ in range(16)]
        assert {run.result().status for run in runs} == {Status.OK}
        assert {version.result().status for version in versions} == {Status.OK}
    with ThreadPoolExecutor(16) as pool:
        again = [pool.submit(transport.run, "true", timeout_s=20) for _ in range(16)]
        assert {run.result().status for run in again} == {Status.OK}
    api.close()


@pytest.mark.ssh
def test_failures_at_the_same_moment_are_told_apart(ways: Any) -> None:
    """The library mixes up what the server said to each; each still gets its own."""
    ways.write("web1")
    transport = ways.transport("web1")
    asked = [Tcp("127.0.0.1", 1), Tcp("nosuch.invalid", 1)] * 12
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda to: transport.connect(to, timeout_s=5), asked))
    assert [trouble.outcome for trouble in found] == ["refused", "dns"] * 12


@pytest.mark.ssh
def test_a_connection_that_dies_ends_what_waits_on_it(
    ways: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that goes dead in mid-command: the outer wait ends it."""
    monkeypatch.setattr("escalade.transport.ssh.BELT_S", 0.2)
    relay = ways.relay()
    ways.write("web1", "HostName 127.0.0.1", f"Port {relay.port}", "HostKeyAlias host2")
    transport = ways.transport("web1")
    stream = transport.stream("echo up; sleep 0.4; echo lost", timeout_s=0.5)
    assert next(stream) == b"up\n"
    relay.freeze()
    with pytest.raises(StopIteration) as ended:
        next(stream)
    assert ended.value.value.status is Status.TIMEOUT
    assert transport.run("true", timeout_s=0.1).status is Status.TIMEOUT


@pytest.mark.ssh
def test_close_ends_what_runs(ways: Any) -> None:
    """Ctrl-C in the main thread frees the workers; later calls say that it is over."""
    ways.write("web1")
    transport = ways.transport("web1")
    stream = transport.stream("echo up; sleep 60", timeout_s=60)
    assert next(stream) == b"up\n"
    threading.Timer(0.1, transport.close).start()
    with pytest.raises(StopIteration) as ended:
        next(stream)
    assert ended.value.value.status is Status.UNREACHABLE
    assert transport.run("true", timeout_s=1).cause == "closed"


@pytest.mark.ssh
def test_hosts_behind_one_gateway_share_its_connection(ways: Any) -> None:
    """A gateway's sshd drops logins when too many come at once."""
    relay = ways.relay("host1")
    at = ("HostName 127.0.0.1", f"Port {relay.port}", "HostKeyAlias host1")
    ways.write("gate", *at, to="host1")
    for name in ("a", "b", "c"):
        ways.write(name, "ProxyJump gate")
    transports = [ways.transport(name) for name in ("a", "b", "c")]
    with ThreadPoolExecutor(3) as pool:
        outputs = list(pool.map(lambda t: t.open(), transports))
    assert [output.status for output in outputs] == [Status.OK] * 3
    assert relay.connections == 1
    transports[0].close()
    assert transports[1].run("hostname", timeout_s=5).stdout == b"host2\n"
    for transport in transports[1:]:
        transport.close()
    again = ways.transport("a")
    assert again.open().status is Status.OK
    assert relay.connections == 2


@pytest.mark.ssh
def test_a_closed_port_behind_a_gateway(ways: Any) -> None:
    """The cause is the host's, and it says from where it was seen."""
    ways.write("gate", to="host1")
    ways.write("behind", "ProxyJump gate", "Port 1")
    output = ways.transport("behind").open()
    assert output.cause == "refused"
    assert "seen from gate" in output.reason


@pytest.mark.ssh
def test_a_proxy_command_works(ways: Any, hosts: Any) -> None:
    """The old way through a gateway."""
    ways.write("behind", f"ProxyCommand ssh -F {hosts.ssh_config} -W %h:%p host1")
    assert ways.transport("behind").run("hostname", timeout_s=5).stdout == b"host2\n"


@pytest.fixture
def second_sshd(ways: Any) -> Iterator[int]:
    """Return the port of a second sshd on host2, which forwards nothing."""
    ways.write("web2")
    transport = ways.transport("web2")
    options = "-p 2222 -o AllowTcpForwarding=no -o PidFile=/run/second.pid -E /dev/null"
    started = transport.run(f"/usr/sbin/sshd {options}", timeout_s=5)
    assert started.code == 0, started
    ways.write("second", "Port 2222", "HostKeyAlias host2", to="host2")
    # It goes into the background before it listens for sure.
    for _ in range(25):
        if ways.transport("second").open().status is Status.OK:
            break
        time.sleep(0.2)
    yield 2222
    transport.run("kill $(cat /run/second.pid)", timeout_s=5)


@pytest.mark.ssh
def test_a_server_that_forwards_nothing(ways: Any, second_sshd: int) -> None:
    """Ports are denied; as a gateway it is the trouble."""
    ways.write("strict", f"Port {second_sshd}", "HostKeyAlias host2")
    strict = ways.transport("strict")
    denied = strict.connect(Tcp("127.0.0.1", 22), timeout_s=3)
    assert isinstance(denied, Trouble)
    assert denied.outcome == "denied", denied
    ways.write("behind", "ProxyJump strict", to="host1")
    assert ways.transport("behind").open().cause == "gateway"


# ---------------------------------------------------------------------- the Engine


@pytest.mark.ssh
def test_an_engine_that_does_not_run(ways: Any) -> None:
    """The program is there, the socket is not."""
    ways.write("web1")
    gone = EngineApi(ways.transport("web1")).get("/version")
    assert (gone.status, gone.cause) == (Status.UNREACHABLE, "not-running")


@pytest.mark.ssh
def test_an_engine_that_refuses_this_user(ways: Any) -> None:
    """A user outside the docker group."""
    ways.write("web1", "User guest", to="host1")
    denied = EngineApi(ways.transport("web1")).get("/version")
    assert (denied.status, denied.cause) == (Status.DENIED, "no-permission")


@pytest.mark.ssh
def test_an_engine_for_a_user_of_its_group(ways: Any) -> None:
    """No root is needed."""
    ways.write("web1", "User ops", to="host1")
    assert EngineApi(ways.transport("web1")).get("/version").status is Status.OK


@pytest.mark.ssh
def test_an_engine_that_is_not_installed(ways: Any, hosts: Any) -> None:
    """A host without the docker program."""
    hosts.script.run("up", "--also", "nodocker")
    ways.write("web1", to="nodocker")
    gone = EngineApi(ways.transport("web1")).get("/version")
    assert (gone.status, gone.cause) == (Status.UNREACHABLE, "not-installed")


@pytest.mark.ssh
def test_a_host_without_bash(ways: Any, hosts: Any) -> None:
    """Commands need a POSIX shell and `timeout`, nothing else."""
    hosts.script.run("up", "--also", "nobash")
    ways.write("web1", to="nobash")
    assert (
        ways.transport("web1").run("echo it runs", timeout_s=5).stdout == b"it runs\n"
    )
