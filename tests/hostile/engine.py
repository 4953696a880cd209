"""An Engine that a test can spoil: real HTTP on a real Unix socket, any bytes at all."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from contextlib import suppress
from pathlib import Path

__all__ = ["Answers", "answer", "box", "engine", "healthy", "spoiled"]

STOP = object()
Answers = Callable[[str], Iterable[bytes | float]]
"""What is sent for a path: bytes, and pauses in seconds between them."""
_PATH = re.compile(rb"^[A-Z]+ (\S+) HTTP/1\.1\r\n")


def answer(content: object, code: int = 200) -> list[bytes | float]:
    """Return a whole reply; what is no bytes travels as JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    head = (
        f"HTTP/1.1 {code} X\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return [head.encode() + body]


def box(name: str, **changes: object) -> dict[str, object]:
    """Return the Engine's record of a container that runs well in the stack `s`."""
    labels = {
        "com.docker.compose.project": "s",
        "com.docker.compose.service": name,
        "com.docker.compose.container-number": "1",
    }
    record: dict[str, object] = {
        "Id": name.encode().hex().ljust(64, "0")[:64],
        "Name": f"/s-{name}-1",
        "Created": "2024-01-01T00:00:00Z",
        "Path": "serve",
        "Args": [],
        "Image": "sha256:1",
        "RestartCount": 0,
        "State": {
            "Status": "running",
            "Running": True,
            "Paused": False,
            "Restarting": False,
            "OOMKilled": False,
            "Dead": False,
            "Pid": 0,
            "ExitCode": 0,
            "Error": "",
            "StartedAt": "2024-01-01T00:00:00Z",
            "FinishedAt": "0001-01-01T00:00:00Z",
        },
        "Config": {"Env": [], "Labels": labels, "Image": "i:1", "Tty": False},
        "HostConfig": {
            "LogConfig": {"Type": "json-file"},
            "NetworkMode": "s_default",
            "RestartPolicy": {"Name": "no"},
        },
        "NetworkSettings": {
            "Networks": {"s_default": {"IPAddress": "127.0.0.9", "Aliases": [name]}},
            "Ports": {},
        },
        "Mounts": [],
    }
    return record | changes


def healthy(boxes: Iterable[Mapping[str, object]]) -> Answers:
    """Return the answers of an Engine with these containers."""
    by_id = {str(one["Id"]): one for one in boxes}
    listing = [
        {
            "Id": identity,
            "Names": [one["Name"]],
            "Labels": one["Config"]["Labels"],  # type: ignore[index]
            "State": one["State"]["Status"],  # type: ignore[index]
        }
        for identity, one in by_id.items()
    ]
    image = {"Id": "sha256:1", "RepoTags": ["i:1"], "Created": 1, "Size": 1}
    fixed = {
        "/containers/json": listing,
        "/version": {"Version": "1", "ApiVersion": "1.47"},
        "/info": {"Driver": "overlay2", "CgroupVersion": "2"},
        "/images/json": [image],
        "/networks": [{"Name": "s_default", "Driver": "bridge", "Labels": {}}],
        "/volumes": {"Volumes": []},
        "/system/df": {},
    }

    def answers(path: str) -> list[bytes | float]:
        bare = path.partition("?")[0]
        if bare in fixed:
            return answer(fixed[bare])
        identity, _, what = bare.removeprefix("/containers/").partition("/")
        if identity in by_id and what == "json":
            return answer(by_id[identity])
        if identity in by_id and what == "logs":
            return answer(b"")
        return answer({"message": f"no such thing: {path}"}, 404)

    return answers


def spoiled(sound: Answers, pattern: str, reply: Iterable[bytes | float]) -> Answers:
    """Return answers that are others for the paths in which a pattern is found."""
    return lambda path: reply if re.search(pattern, path) else sound(path)


def _serve(connected: socket.socket, answers: Answers) -> None:
    """Answer one connection's requests until a side ends."""
    data = b""
    with connected, suppress(OSError):
        while True:
            while b"\r\n\r\n" not in data:
                more = connected.recv(65_536)
                if not more:
                    return
                data += more
            head, _, data = data.partition(b"\r\n\r\n")
            path = _PATH.match(head + b"\r\n")
            assert path
            for part in answers(path[1].decode()):
                if part is STOP:
                    return
                if isinstance(part, float):
                    time.sleep(part)
                else:
                    connected.sendall(part)


@contextmanager
def engine(socket_path: Path, answers: Answers) -> Iterator[str]:
    """Serve on a Unix socket; yield the DOCKER_HOST that names it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(socket_path))
        server.listen(64)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connected, _ = server.accept()
                    threading.Thread(
                        target=_serve, args=(connected, answers), daemon=True
                    ).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"unix://{socket_path}"
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
