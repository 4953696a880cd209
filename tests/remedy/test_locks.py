"""Locks that two operators meet, here, over SSH, and across the two."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from escalade.model import Host
from escalade.model import Status
from escalade.remedy.busy import Busy
from escalade.remedy.locks import HostLock
from escalade.transport.base import Output
from escalade.transport.factory import open_for
from escalade.transport.fake import FakeTransport
from escalade.transport.fake import Recorded
from tests.remedy.performing import HOST1
from tests.remedy.performing import eventually
from tests.remedy.performing import in_host

HERE = Host("localhost")
THERE = Host("there", "ssh")
Lock = Callable[..., HostLock]


@pytest.fixture(params=["here", "there", pytest.param("ssh", marks=pytest.mark.ssh)])
def lock(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lock]:
    """Return a maker of locks: of this machine, its shell, and host1.

    Each has a connection of its own, as two controllers have.
    """
    host, folder = HERE, str(tmp_path / "locks")
    config = None
    if request.param == "there":
        host = THERE
    elif request.param == "ssh":
        host = Host("host1", "ssh")
        folder = f"/tmp/esc-perf-{os.getpid()}-{time.monotonic_ns()}"
        config = request.getfixturevalue("hosts").ssh_config
    made: list[Any] = []

    def make(*names: str, who: str = "ada", **more: Any) -> HostLock:
        over = HERE if request.param == "there" else host
        transport = open_for(over, ssh_config=config)
        one = HostLock(transport, host, names, who, places=(folder,), **more)
        made.extend((one, transport))
        return one

    yield make
    for one in made[::2]:
        one.release()
    for transport in made[1::2]:
        transport.close()
    if config:
        in_host(f"rm -rf {folder}")


def test_the_second_operator_learns_who_is_at_work(lock: Lock) -> None:
    """Who, since when, in which run; and gets it once the first one is done."""
    first, second = lock("redis", run="r1"), lock("redis", who="bob")
    assert first.acquire() is None
    assert first.held
    busy = second.acquire(0.3)
    assert busy is not None
    assert (busy.name, busy.who, busy.run, busy.reason) == ("redis", "ada", "r1", "")
    assert busy.since.endswith("Z")
    assert str(busy) == f"busy: redis is held by ada since {busy.since}, run r1"
    assert not second.held
    first.release()
    assert not first.held
    assert second.acquire(0) is None


def test_other_names_are_free(lock: Lock) -> None:
    """A lock is of one name, whatever it looks like."""
    names = ["redis", "shop.redis", "a/b", "..", "it's $(x)", "x" * 300, "", "é"]
    held = [lock(name) for name in names]
    assert [one.acquire(0) for one in held] == [None] * len(names)
    assert lock("it's $(x)", who="bob").acquire(0) is not None


def test_all_or_none(lock: Lock) -> None:
    """Where one of several is busy, the others are let go."""
    names = [f"service{number}" for number in range(12)]
    middle = lock("service6")
    assert middle.acquire() is None
    many = lock(*names, who="bob")
    busy = many.acquire(0.2)
    assert busy is not None
    assert (busy.name, busy.who) == ("service6", "ada")
    others = lock(*(name for name in names if name != "service6"), who="cyd")
    assert others.acquire() is None
    others.release()
    middle.release()
    assert many.acquire() is None


def test_two_who_want_the_same_in_another_order(lock: Lock) -> None:
    """Both take them in one order, so that none waits for the other for ever."""
    first, second = lock("a", "b"), lock("b", "a", who="bob")
    assert first.acquire() is None
    busy = second.acquire(0.2)
    assert busy is not None
    assert busy.name == "a"


def test_it_is_waited_for(lock: Lock) -> None:
    """One that becomes free in time is taken."""
    import threading

    first, second = lock("redis"), lock("redis", who="bob")
    assert first.acquire() is None
    threading.Timer(0.5, first.release).start()
    assert second.acquire(20) is None


def test_without_names_there_is_nothing_to_hold(lock: Lock) -> None:
    """Such a lock is always free."""
    one, other = lock(), lock()
    assert (one.acquire(0), other.acquire(0)) == (None, None)


# ------------------------------------------------------------------ across the two


def test_here_and_over_a_shell_are_the_same_lock(tmp_path: Path) -> None:
    """Python's flock and the shell's meet each other, both ways."""
    places = (str(tmp_path / "locks"),)
    here = HostLock(open_for(HERE), HERE, ["a b"], "ada", places=places)
    there = HostLock(open_for(HERE), THERE, ["a b"], "bob", run="r2", places=places)
    assert here.acquire() is None
    busy = there.acquire(0)
    assert busy is not None
    assert busy.who == "ada"
    here.release()
    assert there.acquire() is None
    busy = here.acquire(0)
    assert busy is not None
    assert (busy.who, busy.run) == ("bob", "r2")
    there.release()
    assert here.acquire(0) is None
    here.release()


@pytest.mark.ssh
def test_a_controller_on_the_host_meets_one_over_ssh(hosts: Any) -> None:
    """They agree on the folder and on the file without being told."""
    transport = open_for(Host("host1", "ssh"), ssh_config=hosts.ssh_config)
    one = HostLock(transport, Host("host1", "ssh"), ["esc-perf.x"], "ada")
    assert one.acquire() is None
    file = "/run/lock/escalade/esc-perf.x.lock"
    try:
        assert in_host(f"flock -n {file} echo free || echo held") == "held"
        assert in_host("stat -c %a /run/lock/escalade") == "1777"
        one.release()
        assert in_host(f"flock -n {file} echo free || echo held") == "free"
        line = f"exec 9<{file}; flock 9; echo $$; exec sleep 61"
        words = ["docker", "exec", HOST1, "sh", "-c", line]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as there:
            assert there.stdout is not None
            pid = int(there.stdout.readline())
            assert one.acquire(0) is not None
            in_host(f"kill {pid}")
        assert one.acquire(10) is None
    finally:
        one.release()
        in_host(f"rm -f {file}")
        transport.close()


# ------------------------------------------------------------------------- crashes

HOLDER = """
import sys, time
from pathlib import Path
from escalade.model import Host
from escalade.remedy.locks import HostLock
from escalade.transport.factory import open_for
name, connection, folder, config = sys.argv[1:]
host = Host(name, connection)
transport = open_for(host, ssh_config=Path(config) if config else None)
lock = HostLock(transport, host, ["a", "b"], "ada", run="r1", places=[folder])
print(lock.acquire(), flush=True)
time.sleep(60)
"""


def crashed(*words: str) -> None:
    """Run a controller that takes the locks, and kill it without a warning."""
    command = [sys.executable, "-c", HOLDER, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "None\n"
        process.kill()


def test_a_crash_frees_a_lock(tmp_path: Path) -> None:
    """The kernel does it: nothing is left to clean up, and nobody waits."""
    folder = str(tmp_path / "locks")
    crashed("localhost", "local", folder, "")
    other = HostLock(open_for(HERE), HERE, ["a", "b"], "bob", places=[folder])
    assert other.acquire(0) is None
    other.release()


@pytest.mark.ssh
def test_a_crash_frees_a_lock_on_another_host(hosts: Any) -> None:
    """The shell there ends with the connection, within the usual wait."""
    folder = f"/tmp/esc-perf-{os.getpid()}-{time.monotonic_ns()}"
    host = Host("host1", "ssh")
    with_transport = open_for(host, ssh_config=hosts.ssh_config)
    other = HostLock(with_transport, host, ["b", "a"], "bob", places=[folder])
    with_transport.open()
    crashed("host1", "ssh", folder, str(hosts.ssh_config))
    assert other.acquire() is None
    other.release()
    with_transport.close()
    in_host(f"rm -rf {folder}")


@pytest.mark.ssh
def test_a_lost_connection_is_noticed(hosts: Any) -> None:
    """Whoever held the lock can see that it does so no more."""
    folder = f"/tmp/esc-perf-{os.getpid()}-{time.monotonic_ns()}"
    host = Host("host1", "ssh")
    transport: Any = open_for(host, ssh_config=hosts.ssh_config)
    one = HostLock(transport, host, ["a"], "ada", places=[folder])
    assert one.acquire() is None
    transport._link.transport.sock.close()
    assert eventually(lambda: not one.held)
    one.release()
    transport.close()
    in_host(f"rm -rf {folder}")


# ------------------------------------------------------------------- hostile folders


@pytest.mark.parametrize("host", [HERE, THERE], ids=["here", "there"])
def test_files_are_everybody_s(tmp_path: Path, host: Host) -> None:
    """Whatever the umask is: the next operator may be another user."""
    old = os.umask(0o077)
    try:
        folder = tmp_path / "locks"
        one = HostLock(open_for(HERE), host, ["a"], "ada", places=[str(folder)])
        assert one.acquire(0) is None
    finally:
        os.umask(old)
    one.release()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o1777
    assert stat.S_IMODE((folder / "a.lock").stat().st_mode) == 0o666


@pytest.mark.parametrize("host", [HERE, THERE], ids=["here", "there"])
@pytest.mark.parametrize("kind", ["symlink", "dangling", "hardlink", "fifo", "folder"])
def test_what_somebody_else_put_there_is_not_followed(
    tmp_path: Path, host: Host, kind: str
) -> None:
    """Nothing is written through it, and nobody waits for it."""
    folder, victim = tmp_path / "locks", tmp_path / "victim"
    folder.mkdir()
    folder.chmod(0o1777)
    victim.write_text("precious")
    file = folder / "a.lock"
    if kind == "symlink":
        file.symlink_to(victim)
    elif kind == "dangling":
        file.symlink_to(tmp_path / "nowhere")
    elif kind == "hardlink":
        file.hardlink_to(victim)
    elif kind == "fifo":
        os.mkfifo(file)
    else:
        file.mkdir()
    one = HostLock(open_for(HERE), host, ["a"], "ada", places=[str(folder)])
    busy = one.acquire(0)
    assert busy is not None
    assert busy.reason
    assert "no lock on a" in str(busy)
    assert victim.read_text() == "precious"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("host", [HERE, THERE], ids=["here", "there"])
def test_a_folder_that_is_a_symlink_is_passed_over(tmp_path: Path, host: Host) -> None:
    """The next place is taken; without any there is no lock."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    places = [str(tmp_path / "link"), str(tmp_path / "none" / "deep")]
    one = HostLock(open_for(HERE), host, ["a"], "ada", places=places)
    busy = one.acquire(0)
    assert busy is not None
    assert "no folder for it" in busy.reason
    more = [*places, str(tmp_path / "last")]
    one = HostLock(open_for(HERE), host, ["a"], "ada", places=more)
    assert one.acquire(0) is None
    assert (tmp_path / "last" / "a.lock").exists()
    assert not list((tmp_path / "real").iterdir())
    one.release()


def test_a_file_that_says_nothing(tmp_path: Path) -> None:
    """It is held all the same: by somebody."""
    import fcntl

    folder = tmp_path / "locks"
    folder.mkdir()
    with (folder / "a.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for host in (HERE, THERE):
            one = HostLock(open_for(HERE), host, ["a"], "ada", places=[str(folder)])
            busy = one.acquire(0)
            assert busy is not None
            assert "busy: a is held by somebody" in str(busy)


def test_a_host_that_is_not_reached_gives_no_lock() -> None:
    """The reason is the host's, and nobody is blamed."""
    lost = Output(Status.UNREACHABLE, reason="no route to the host")
    transport = FakeTransport(Host("web1", "ssh"), Recorded(opened=lost))
    one = HostLock(transport, transport.host, ["a", "b"], "ada")
    expected = Busy("a, b", reason="no route to the host", lost=True)
    assert one.acquire(0) == expected
    one.release()


def test_a_host_without_flock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said what is missing there."""
    bare = tmp_path / "bin"
    bare.mkdir()
    for word in ("sh", "timeout", "mkdir"):
        (bare / word).symlink_to(f"/usr/bin/{word}")
    monkeypatch.setenv("PATH", str(bare))
    one = HostLock(open_for(HERE), THERE, ["a"], "ada", places=[str(tmp_path / "l")])
    busy = one.acquire(0)
    assert busy is not None
    assert "flock" in busy.reason
    assert not busy.lost
