"""Servers that say what a test wrote down: one script for each connection."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from escalade.model import Host
from escalade.transport.factory import open_for
from escalade.transport.ssh_options import Hop
from escalade.transport.ssh_options import hop_for

CLOSE = "close"
SILENCE = "silence"


def reply(body: bytes, code: int = 200, *, length: bool = True) -> bytes:
    """Return an HTTP reply."""
    head = f"HTTP/1.1 {code} Said\r\nContent-Type: application/json\r\n"
    if length:
        head += f"Content-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def chunked(*parts: bytes) -> bytes:
    """Return a chunked HTTP reply."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"
    )


class Scripted:
    """Answers each request of connection n with the next entry of script n.

    An entry is bytes, CLOSE or SILENCE, or a list of them. The last script serves all
    later connections too. `requests` are the heads that came, by connection.
    """

    def __init__(self, listener: socket.socket, scripts: list[list[object]]) -> None:
        self.requests: list[list[bytes]] = []
        self.most = 0
        self._scripts = scripts
        self._now = 0
        self._lock = threading.Lock()
        self._listener = listener
        threading.Thread(target=self._accept, daemon=True).start()

    @classmethod
    def unix(cls, path: Path, *scripts: list[object]) -> Scripted:
        """Listen at a path."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen(64)
        return cls(listener, list(scripts))

    @classmethod
    def tcp(cls, *scripts: list[object]) -> Scripted:
        """Listen on a free port of this machine."""
        return cls(socket.create_server(("127.0.0.1", 0), backlog=64), list(scripts))

    @property
    def port(self) -> int:
        """Return the port."""
        return self._listener.getsockname()[1]

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                number = len(self.requests)
                self.requests.append([])
            arguments = (connection, number)
            threading.Thread(target=self._serve, args=arguments, daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        script = self._scripts[min(number, len(self._scripts) - 1)]
        with connection:
            for entry in script:
                if not self._read(connection, number):
                    return
                for part in entry if isinstance(entry, list) else [entry]:
                    if part == CLOSE:
                        return
                    if part == SILENCE:
                        connection.recv(1)
                        return
                    connection.sendall(part)
                with self._lock:
                    self._now -= 1
            connection.recv(1)

    def _read(self, connection: socket.socket, number: int) -> bool:
        data = b""
        while b"\r\n\r\n" not in data:
            try:
                more = connection.recv(65_536)
            except OSError:
                return False
            if not more:
                return False
            data += more
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            self.requests[number].append(data)
        return True


class Say:
    """What tests write scripts with; `engine` makes one the Engine of this machine."""

    CLOSE = CLOSE
    SILENCE = SILENCE
    reply = staticmethod(reply)
    chunked = staticmethod(chunked)

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        # A Unix socket's path has at most 108 bytes, and tmp_path may be longer.
        self._folder = tempfile.TemporaryDirectory(prefix="say")
        self.path = Path(self._folder.name) / "engine.sock"
        self._servers: list[Scripted] = []

    def engine(self, *scripts: list[object]) -> Scripted:
        """Start a scripted Engine and point DOCKER_HOST at it."""
        self._patch.setenv("DOCKER_HOST", f"unix://{self.path}")
        return self._keep(Scripted.unix(self.path, *scripts))

    def tcp(self, *scripts: list[object]) -> Scripted:
        """Start a scripted server on a port."""
        return self._keep(Scripted.tcp(*scripts))

    def _keep(self, server: Scripted) -> Scripted:
        self._servers.append(server)
        return server

    def close(self) -> None:
        """Stop all servers."""
        for server in self._servers:
            server.close()
        self._folder.cleanup()


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Iterator[Say]:
    """Return what a test writes scripted servers with."""
    made = Say(monkeypatch)
    yield made
    made.close()


# ------------------------------------------------------------------- SSH hosts


class Relay:
    """A port that passes on to another; `freeze` makes the line go dead."""

    def __init__(self, host: str, port: int) -> None:
        self.connections = 0
        self._target = (host, port)
        self._live = threading.Event()
        self._live.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Return the port to connect to."""
        return self._listener.getsockname()[1]

    def freeze(self) -> None:
        """Pass nothing on any more, and close nothing."""
        self._live.clear()

    def close(self) -> None:
        """Let all connections end."""
        self._listener.close()
        self._live.set()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            far = socket.create_connection(self._target)
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                self._live.wait()
                target.sendall(data)
        except OSError:
            pass
        finally:
            target.close()


class Ways:
    """Ways to the bed's hosts: writes an ssh_config for a test, keeps what it opens."""

    def __init__(self, ssh_config: Path, folder: Path) -> None:
        self.ssh_config = ssh_config
        self.written = folder / "ssh_config"
        self.known_hosts = folder / "known_hosts"
        self._open: list[Any] = []

    def hop(self, name: str) -> Hop:
        """Return the address, key and known_hosts of one of the bed's hosts."""
        return hop_for(Host(name, "ssh"), ssh_config=self.ssh_config)

    def write(self, name: str, *lines: str, to: str = "host2") -> None:
        """Add a host to the test's ssh_config: one of the bed's, and what is other."""
        hop = self.hop(to)
        usual = {
            "HostName": hop.address,
            "Port": "22",
            "User": "root",
            "IdentityFile": hop.identities[0],
            "UserKnownHostsFile": str(hop.known_hosts[0]),
        }
        other = dict(line.split(" ", 1) for line in lines)
        words = [f"    {key} {value}" for key, value in {**usual, **other}.items()]
        with self.written.open("a") as file:
            file.write("\n".join((f"Host {name}", *words, "")))

    def transport(self, name: str, **timeouts: Any) -> Any:
        """Return the transport of a host that was written."""
        made = open_for(Host(name, "ssh"), ssh_config=self.written, **timeouts)
        self._open.append(made)
        return made

    def relay(self, to: str = "host2") -> Relay:
        """Return a relay to one of the bed's hosts."""
        made = Relay(self.hop(to).address, 22)
        self._open.append(made)
        return made

    def close(self) -> None:
        """Close all that was opened, the last first."""
        for opened in reversed(self._open):
            opened.close()


@pytest.fixture
def ways(hosts: Any, tmp_path: Path) -> Iterator[Ways]:
    """Return ways to the bed's hosts."""
    made = Ways(hosts.ssh_config, tmp_path)
    yield made
    made.close()
