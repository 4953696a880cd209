"""Becoming another user: the whole line, its end, the Engine; the password unseen."""

from __future__ import annotations

import getpass
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from escalade.errors import InventoryError
from escalade.model import Host
from escalade.model import Status
from escalade.transport.base import Output
from escalade.transport.become import Become
from escalade.transport.become import raised
from escalade.transport.become import refusal
from escalade.transport.become import secret_of
from escalade.transport.engine_api import EngineApi
from escalade.transport.factory import open_for
from escalade.transport.ssh_channels import engine_job
from escalade.transport.ssh_channels import job

PASSWORD = "correct horse"
LONG = "#" + "x'" * 60_000 + "\nid -un"
WITH = Become("root", lambda: PASSWORD)


# ------------------------------------------------------------------------- the line


@pytest.mark.parametrize("line", ["id -un", "it's; x", LONG])
@pytest.mark.parametrize("stdin", [None, b"content"])
def test_no_password_is_on_a_command_line(line: str, stdin: bytes | None) -> None:
    """It is the first line of stdin, and no repr shows it."""
    work = job(line, timeout_s=3, stdin=stdin, become=WITH)
    assert PASSWORD not in work.line
    assert work.stdin is not None
    assert work.stdin.startswith(PASSWORD.encode() + b"\n")
    assert PASSWORD not in repr(work)
    assert PASSWORD not in repr(WITH)


def test_the_bound_stands_inside_sudo() -> None:
    """Who logged in could not end what runs as root."""
    line = job("id", timeout_s=3, become=Become()).line
    assert line.index("sudo -n") < line.index("timeout -k 2 3")


def test_the_engine_keeps_its_stream() -> None:
    """The API follows the password in the same stream."""
    work = engine_job(WITH)
    assert work.more
    assert work.stdin == b"correct horse\nescalade-stdin\n"
    assert engine_job(Become()).stdin is None or engine_job(Become()).stdin == b""


def test_a_user_is_quoted() -> None:
    """A user's name is one word, whatever it holds."""
    assert "-u 'a; b'" in raised("id", Become("a; b"), stdin=False)


def test_without_a_password_the_content_is_untouched() -> None:
    """Nothing is put before it."""
    assert secret_of(Become(), b"x") == b"x"


@pytest.mark.parametrize(
    ("output", "cause"),
    [
        (Output(Status.OK, 0), None),
        (Output(Status.OK, 1, stderr=b"sudo: a password is required\n"), "sudo"),
        (Output(Status.OK, 1, stderr=b"guest is not in the sudoers file.\n"), "sudo"),
        (Output(Status.OK, 127, stderr=b"sh: 1: sudo: not found\n"), "sudo"),
        (Output(Status.TIMEOUT, reason="stopped"), "sudo"),
        # The login shell's trouble is another's to tell.
        (Output(Status.OK, 1, stdout=b"This account is not available"), None),
        (Output(Status.UNREACHABLE, cause="closed"), None),
    ],
)
def test_what_sudo_says(output: Output, cause: str | None) -> None:
    """Only what is sudo's own is called so."""
    found = refusal(output, "web1")
    assert (found.cause if found else None) == cause


# ---------------------------------------------------------------------- this machine


def local(become: str, password: Callable[[], str] | None = None) -> Any:
    return open_for(Host("localhost", become=become), password=password)


@pytest.mark.parametrize("password", [None, lambda: PASSWORD])
@pytest.mark.parametrize("line", ["id -un", LONG])
def test_who_is_that_user_needs_no_sudo(line: str, password: Any) -> None:
    """Becoming oneself asks nobody, and the password is not read by the line."""
    transport = local(getpass.getuser(), password)
    output = transport.run(f"{line}; cat", timeout_s=5)
    assert output.stdout.decode().split() == [getpass.getuser()]


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    """What follows the password is the file, to the last byte."""
    path = tmp_path / "file"
    content = b"a\nescalade-stdin\n\x00\xff" * 20_000
    assert local(getpass.getuser(), lambda: PASSWORD).put(str(path), content).code == 0
    assert path.read_bytes() == content


def test_a_user_who_does_not_exist() -> None:
    """The machine is not reached, for sudo's sake, and nothing runs."""
    transport = local("nobody-of-this-name")
    assert transport.open().cause == "sudo"
    assert transport.run("true", timeout_s=2).cause == "sudo"
    assert list(transport.stream("echo x", timeout_s=2)) == []


def test_a_password_that_cannot_be_had() -> None:
    """It is a value like any trouble of a host's."""

    def none() -> str:
        raise InventoryError("/pw: no such file")

    output = local("root", none).open()
    assert (output.status, output.cause) == (Status.UNREACHABLE, "sudo")
    assert "/pw: no such file" in output.reason


# ------------------------------------------------------------------------- SSH hosts


def over_ssh(ways: Any, user: str, password: str | None, to: str = "host1") -> Any:
    """Return the transport of a user who becomes root."""
    ways.write(f"as-{user}", f"User {user}", to=to)
    made = open_for(
        Host(f"as-{user}", "ssh", become="root"),
        ssh_config=ways.written,
        password=(lambda: password) if password else None,
    )
    ways._open.append(made)
    return made


WHO = [("admin", None), ("boss", PASSWORD), ("admin", PASSWORD), ("root", None)]


@pytest.mark.ssh
@pytest.mark.parametrize(("user", "password"), WHO)
def test_the_whole_line_is_roots(ways: Any, user: str, password: str | None) -> None:
    """Every part of a line, its redirections included; a long one too; stdin is empty."""
    transport = over_ssh(ways, user, password)
    line = (
        f"cd /root && id -un > /root/who-{user} && cat /root/who-{user} && id -un; cat"
    )
    assert transport.run(line, timeout_s=5).stdout == b"root\nroot\n"
    assert transport.run(f"{LONG}; cat", timeout_s=5).stdout == b"root\n"
    assert transport.put("/root/kept", b"x\nescalade-stdin\ny").code == 0
    read = transport.run("cat /root/kept; rm /root/kept /root/who-*", timeout_s=5)
    assert read.stdout == b"x\nescalade-stdin\ny"
    assert b"".join(transport.stream("id -un", timeout_s=5)) == b"root\n"


@pytest.mark.ssh
@pytest.mark.parametrize(("user", "password"), WHO)
def test_the_engine_is_roots(ways: Any, user: str, password: str | None) -> None:
    """A user whom the Engine refuses reaches it as root, on several channels."""
    api = EngineApi(over_ssh(ways, user, password))
    assert api.get("/_ping").body == b"OK"
    assert api.get("/version").status is Status.OK
    api.close()


@pytest.mark.ssh
@pytest.mark.parametrize(("user", "password"), WHO)
def test_what_runs_as_root_ends_at_its_bound(
    ways: Any, user: str, password: str | None
) -> None:
    """No child of it is left, those in the background included."""
    transport = over_ssh(ways, user, password)
    mark = f"4{time.monotonic_ns() % 1_000_000}"
    output = transport.run(f"sleep {mark} & sleep {mark}", timeout_s=1)
    assert output.status is Status.TIMEOUT
    left = transport.run(f"pgrep -f '[s]leep {mark}'", timeout_s=5)
    assert left.stdout == b""


@pytest.mark.ssh
@pytest.mark.parametrize(
    ("user", "password", "words"),
    [
        ("boss", None, "a password is required"),
        ("boss", "wrong", "incorrect password attempt"),
        ("guest", None, "a password is required"),
    ],
)
def test_whom_sudo_refuses(
    ways: Any, user: str, password: str | None, words: str
) -> None:
    """Cause `sudo`; one login is tried, the password is in no answer, nobody prompts."""
    transport = over_ssh(ways, user, password)
    output = transport.open()
    assert (output.status, output.cause) == (Status.UNREACHABLE, "sudo")
    assert words in output.reason
    assert "wrong" not in output.reason
    assert transport.run("id", timeout_s=2).cause == "sudo"


@pytest.mark.ssh
def test_the_password_is_seen_nowhere(ways: Any) -> None:
    """No process of the host has it on its command line or in its environment."""
    transport = over_ssh(ways, "boss", PASSWORD)
    spy = over_ssh(ways, "admin", None)
    assert transport.open().status is Status.OK
    asked = threading.Thread(
        target=transport.run, args=("sleep 2",), kwargs={"timeout_s": 5}
    )
    asked.start()
    line = (
        "for n in 1 2 3 4 5 6 7 8; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ;"
        " sleep 0.2; done 2>/dev/null | tr '\\0' '\\n' | grep -c 'correc[t] horse'"
    )
    seen = spy.run(line, timeout_s=8)
    asked.join()
    assert seen.stdout.strip() == b"0"
    logged = spy.run("grep -rc 'correc[t] horse' /var/log | grep -v ':0$'", timeout_s=5)
    assert logged.stdout == b""
