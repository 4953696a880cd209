"""What every transport promises, over each of them with the same words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from escalade.model import Host
from escalade.model import Status
from escalade.transport.base import EngineSocket
from escalade.transport.base import Tcp
from escalade.transport.base import Transport
from escalade.transport.base import Trouble
from escalade.transport.engine_api import EngineApi
from escalade.transport.factory import open_for


@pytest.fixture(params=["local", pytest.param("ssh", marks=pytest.mark.ssh)])
def transport(request: pytest.FixtureRequest) -> Iterator[Transport]:
    """Return this machine, then a host of the bed."""
    if request.param == "local":
        made: Any = open_for(Host("localhost"))
    else:
        config = request.getfixturevalue("hosts").ssh_config
        made = open_for(Host("host2", "ssh"), ssh_config=config)
    assert made.open().status is Status.OK
    yield made
    made.close()


def test_a_command_that_ends_by_itself(transport: Transport) -> None:
    """Both streams and the code come back, and any code is OK as a status."""
    output = transport.run("echo out; echo err >&2; exit 3", timeout_s=5)
    assert (output.status, output.code) == (Status.OK, 3)
    assert (output.stdout, output.stderr) == (b"out\n", b"err\n")
    assert output.took_s > 0


@pytest.mark.parametrize(
    "line",
    [
        "sleep 31",
        "echo early; sleep 31; echo late",
        "(sleep 31; echo) | cat",
        "while :; do :; done",
        "sleep 31 & wait",
    ],
)
def test_a_command_that_does_not_end_is_stopped(
    transport: Transport, line: str
) -> None:
    """At its bound it is a timeout, and what it wrote before is there."""
    output = transport.run(line, timeout_s=0.3)
    assert (output.status, output.code) == (Status.TIMEOUT, None)
    assert output.stdout == (b"early\n" if "early" in line else b"")
    assert "0.3 s" in output.reason


def test_a_command_that_ignores_the_bound_is_killed(transport: Transport) -> None:
    """After the TERM comes the KILL."""
    output = transport.run("trap '' TERM; while :; do sleep 0.1; done", timeout_s=0.2)
    assert output.status is Status.TIMEOUT


def test_a_child_left_behind_is_not_waited_for(transport: Transport) -> None:
    """It holds stdout open, but the command has ended."""
    output = transport.run("sleep 4178 & echo done", timeout_s=30)
    assert (output.code, output.stdout) == (0, b"done\n")


def test_stdin_is_closed(transport: Transport) -> None:
    """What reads it gets the end at once."""
    assert transport.run("cat; echo end", timeout_s=5).stdout == b"end\n"


def test_output_is_kept_to_its_limit(transport: Transport) -> None:
    """The rest is read and dropped, so that the command ends by itself."""
    line = "head -c 3000000 /dev/zero; exit 7"
    output = transport.run(line, timeout_s=30, limit=1000)
    assert (len(output.stdout), output.truncated, output.code) == (1000, True, 7)


def test_stderr_is_bounded_too(transport: Transport) -> None:
    """A command that floods stderr costs a bounded amount."""
    output = transport.run("head -c 3000000 /dev/zero >&2", timeout_s=30)
    assert len(output.stderr) == 65_536


def test_streams_that_close_early_are_no_end(transport: Transport) -> None:
    """The code is waited for."""
    output = transport.run("exec >&- 2>&-; sleep 0.2; exit 4", timeout_s=5)
    assert output.code == 4


def test_a_long_script_is_no_argument(transport: Transport) -> None:
    """Linux refuses arguments above 128 KiB; the script still has no stdin."""
    line = f": {'x' * 200_000}; cat; echo ran"
    assert transport.run(line, timeout_s=5).stdout == b"ran\n"


def test_the_language_is_fixed(transport: Transport) -> None:
    """Parsers meet English words only."""
    assert transport.run('echo "$LC_ALL"', timeout_s=5).stdout == b"C\n"


def test_a_code_of_its_own_is_no_timeout(transport: Transport) -> None:
    """124 long before the bound is the command's own."""
    assert transport.run("exit 124", timeout_s=30).code == 124


def test_a_killed_command_has_the_shells_code(transport: Transport) -> None:
    """128 and the signal."""
    assert transport.run("kill -9 $$", timeout_s=30).code == 137


def test_no_timeout_program(transport: Transport) -> None:
    """An inner line that is not found is the line's own business."""
    output = transport.run("no-such-program", timeout_s=30)
    assert (output.status, output.code) == (Status.OK, 127)


def test_a_stream_yields_while_the_command_runs(transport: Transport) -> None:
    """The first bytes come before the end, and the end says how it was."""
    stream: Any = transport.stream("echo first; sleep 0.2; exit 5", timeout_s=5)
    assert next(stream) == b"first\n"
    with pytest.raises(StopIteration) as ended:
        next(stream)
    assert ended.value.value.code == 5


def test_a_stream_past_its_bound_ends(transport: Transport) -> None:
    """With a timeout."""
    stream: Any = transport.stream("echo first; sleep 31", timeout_s=0.3)
    assert next(stream) == b"first\n"
    with pytest.raises(StopIteration) as ended:
        next(stream)
    assert ended.value.value.status is Status.TIMEOUT


def test_a_file_is_put_in_one_step(transport: Transport) -> None:
    """It has its content and mode, whatever its name, and no draft is left."""
    folder = transport.run("mktemp -d", timeout_s=5).stdout.decode().strip()
    path = f"{folder}/it's $(a) file"
    content = bytes(range(256)) * 5000
    assert transport.put(path, b"old").status is Status.OK
    assert transport.put(path, content, mode=0o640).status is Status.OK
    seen = transport.run(
        f"cd {folder}; ls -A | wc -l; stat -c '%a %s' *; cat it* | sha256sum; cd /; "
        f"rm -r {folder}",
        timeout_s=5,
    ).stdout.split()
    digest = hashlib.sha256(content).hexdigest().encode()
    assert seen == [b"1", b"640", b"%d" % len(content), digest, b"-"]


def test_an_empty_file_can_be_put(transport: Transport) -> None:
    """Nothing is a content too."""
    assert transport.put("/tmp/escalade-empty", b"").status is Status.OK
    seen = transport.run(
        "wc -c </tmp/escalade-empty; rm /tmp/escalade-empty", timeout_s=5
    )
    assert seen.stdout.strip() == b"0"


def test_a_file_that_cannot_be_put(transport: Transport) -> None:
    """The reason names the file."""
    missing = transport.put("/no/such/folder/f", b"x")
    assert missing.status is Status.ERROR
    assert "/no/such/folder/f" in missing.reason
    assert transport.put("/tmp", b"x").status is Status.ERROR


def test_a_port_that_is_closed(transport: Transport) -> None:
    """Nobody listens: refused."""
    assert trouble(transport, "127.0.0.1", 1).outcome == "refused"


def test_a_name_that_does_not_exist(transport: Transport) -> None:
    """The resolver there says no, or nothing in time."""
    assert trouble(transport, "nosuch.invalid", 80).outcome in ("dns", "timeout")


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("a" * 300, 1),
        ("a..b", 1),
        ("x\0y", 1),
        ("\udcff", 1),
        ("127.0.0.1", 0),
        ("127.0.0.1", 70_000),
        ("127.0.0.1", -1),
        ("127.0.0.1", 2**40),
    ],
)
def test_targets_that_cannot_be_any(transport: Transport, host: str, port: int) -> None:
    """Odd names and ports come from variables of others: a value, not a traceback."""
    assert trouble(transport, host, port).outcome != "ok"


def trouble(transport: Transport, host: str, port: int) -> Trouble:
    found = transport.connect(Tcp(host, port), timeout_s=3)
    assert isinstance(found, Trouble)
    return found


@pytest.mark.ssh
def test_a_port_that_answers(transport: Transport, hosts: Any) -> None:
    """A channel sends, receives, waits no longer than it may, and sees the end."""
    del hosts
    reachable = "172.30.0.11"
    channel = transport.connect(Tcp(reachable, 22), timeout_s=3)
    assert not isinstance(channel, Trouble)
    assert channel.recv(8, 3) == b"SSH-2.0-"
    while b"\n" not in channel.recv(100, 3):
        pass
    with pytest.raises(TimeoutError):
        channel.recv(1, 0.05)
    channel.send(b"nonsense\r\n", 3)
    while channel.recv(1000, 3):
        pass
    channel.close()
    channel.close()


@pytest.mark.ssh
def test_an_engine_answers_through_its_socket(hosts: Any) -> None:
    """The one of host1, over the connection."""
    made = open_for(Host("host1", "ssh"), ssh_config=hosts.ssh_config)
    api = EngineApi(made)
    assert api.get("/version").json()["ApiVersion"]
    assert api.get("/containers/no-such/json").status is Status.VANISHED
    assert not isinstance(made.connect(EngineSocket(), timeout_s=3), Trouble)
    api.close()
    made.close()
