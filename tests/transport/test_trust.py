"""Which file a host's key goes to, and which files are never touched."""

from __future__ import annotations

import os
import pty
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from escalade.model import Host
from escalade.model import Status
from escalade.transport.base import Timeouts
from escalade.transport.hostkeys import HostKey
from escalade.transport.hostkeys import append
from escalade.transport.hostkeys import known
from escalade.transport.trust import Offer
from escalade.transport.trust import Trusted
from escalade.transport.trust import trust

OLD = HostKey("ssh-ed25519", b"the key of before")
SHORT = Timeouts(connect_s=2, banner_s=5, auth_s=2)


class Server:
    """An SSH server that shows its key and lets nobody in."""

    def __init__(self) -> None:
        from paramiko.ecdsakey import ECDSAKey

        self.key = ECDSAKey.generate()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.name = f"[127.0.0.1]:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        from paramiko.server import ServerInterface
        from paramiko.transport import Transport

        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            transport = Transport(near)
            transport.daemon = True
            transport.add_server_key(self.key)
            transport.start_server(event=threading.Event(), server=ServerInterface())

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Return a server."""
    made = Server()
    yield made
    made.close()


@pytest.fixture
def device() -> Iterator[Path]:
    """Return a character device of our own that anybody may write to."""
    near, far = pty.openpty()
    path = Path(os.ttyname(far))
    path.chmod(0o666)
    yield path
    os.close(near)
    os.close(far)


def enrolled(
    server: Server, folder: Path, *lines: str, replace: bool = False, **asked: Any
) -> Trusted:
    """Return how the enrolment of a server ends under a configuration."""
    config = folder / "ssh_config"
    config.write_text("\n".join(("Host *", *lines, "")))
    return trust(
        Host("web1", "ssh", address="127.0.0.1", port=server.port),
        asked.get("confirm", lambda _: True),
        replace=replace,
        timeouts=SHORT,
        ssh_config=config,
    )


def never(offer: Offer) -> bool:
    """Fail: nobody is to be asked."""
    raise AssertionError(offer)


def test_a_key_goes_to_the_users_file(server: Server, tmp_path: Path) -> None:
    """Which is made for its owner alone."""
    mine = tmp_path / "mine"
    done = enrolled(server, tmp_path, f"UserKnownHostsFile {mine}")
    assert [offer.name for offer in done.added] == [server.name]
    assert known(server.name, [mine]).keys == (done.added[0].key,)
    assert stat.S_IMODE(mine.stat().st_mode) == 0o600


def test_a_device_is_refused_before_anybody_is_asked(
    server: Server, tmp_path: Path, device: Path
) -> None:
    """And keeps its mode; the line says what to set."""
    before = device.stat()
    line = f"UserKnownHostsFile {device}"
    done = enrolled(server, tmp_path, line, confirm=never)
    assert done.output.status is Status.DENIED
    assert f"{device} is no regular file" in done.output.reason
    assert "escalade_known_hosts" in done.output.reason
    assert "\n" not in done.output.reason
    assert device.stat().st_mode == before.st_mode


def test_no_file_of_the_users_own_is_refused(server: Server, tmp_path: Path) -> None:
    """The system's file takes no key."""
    system = tmp_path / "system"
    lines = ("UserKnownHostsFile none", f"GlobalKnownHostsFile {system}")
    done = enrolled(server, tmp_path, *lines, confirm=never)
    assert done.output.status is Status.DENIED
    assert "UserKnownHostsFile is none: set it in ssh_config" in done.output.reason
    assert not system.exists()


def test_an_old_key_in_the_systems_file_is_not_replaced(
    server: Server, tmp_path: Path
) -> None:
    """Whose file it is, takes it out: until then the old key would still be good."""
    system, mine = tmp_path / "system", tmp_path / "mine"
    append(system, server.name, OLD)
    before = system.read_text()
    lines = (f"UserKnownHostsFile {mine}", f"GlobalKnownHostsFile {system}")
    done = enrolled(server, tmp_path, *lines, confirm=never, replace=True)
    assert done.output.cause == "host-key-changed"
    assert f"{system} holds another key" in done.output.reason
    assert system.read_text() == before
    assert not mine.exists()


def test_an_old_key_of_the_users_own_is_replaced(
    server: Server, tmp_path: Path
) -> None:
    """In a file that keeps its mode."""
    mine = tmp_path / "mine"
    append(mine, server.name, OLD)
    mine.chmod(0o644)
    done = enrolled(server, tmp_path, f"UserKnownHostsFile {mine}", replace=True)
    assert known(server.name, [mine]).keys == (done.added[0].key,)
    assert stat.S_IMODE(mine.stat().st_mode) == 0o644
