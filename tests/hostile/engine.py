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
from typing import Any

__all__ = [
    "HANG_UP",
    "SILENT",
    "Answers",
    "Part",
    "answer",
    "box",
    "engine",
    "everywhere",
    "frame",
    "healthy",
    "spoiled",
]

Part = bytes | float | None
"""Bytes to send, seconds to pause, or None: end the connection."""
Answers = Callable[[str], Iterable[Part]]
"""What is sent for a path."""
HANG_UP: Part = None
SILENT: tuple[Part, ...] = (3600.0,)
_PATH = re.compile(rb"^[A-Z]+ (\S+) HTTP/1\.1\r\n")


def answer(content: object, code: int = 200) -> tuple[Part, ...]:
    """Return a whole reply; what is no bytes travels as JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    head = (
        f"HTTP/1.1 {code} X\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return (head.encode() + body,)


def frame(*lines: str) -> bytes:
    """Return log lines as the Engine frames them."""
    told = (f"2024-01-01T00:00:01Z {line}\n".encode() for line in lines)
    return b"".join(b"\x01\0\0\0" + len(t).to_bytes(4, "big") + t for t in told)


def box(name: str, **config: object) -> dict[str, Any]:
    """Return the record of a container that runs well in the stack `s`."""
    labels = {
        "com.docker.compose.project": "s",
        "com.docker.compose.service": name,
        "com.docker.compose.container-number": "1",
    }
    state = {
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
    }
    network = {"IPAddress": "127.0.0.9", "Aliases": [name]}
    return {
        "Id": name.encode().hex().ljust(64, "0")[:64],
        "Name": f"/s-{name}-1",
        "Created": "2024-01-01T00:00:00Z",
        "Path": "serve",
        "Args": [],
        "Image": "sha256:1",
        "RestartCount": 0,
        "State": state,
        "Config": {"Env": [], "Labels": labels, "Image": "i:1", "Tty": False, **config},
        "HostConfig": {
            "LogConfig": {"Type": "json-file"},
            "NetworkMode": "s_default",
            "RestartPolicy": {"Name": "no"},
        },
        "NetworkSettings": {"Networks": {"s_default": network}, "Ports": {}},
        "Mounts": [],
    }


def healthy(boxes: Iterable[Mapping[str, Any]], log: bytes = b"") -> Answers:
    """Return the answers of an Engine with these containers, all with one log."""
    by_id = {str(one["Id"]): one for one in boxes}
    fixed: Mapping[str, object] = {
        "/containers/json": [
            {"Id": one["Id"], "Names": [one["Name"]], "Labels": one["Config"]["Labels"]}
            for one in by_id.values()
        ],
        "/version": {"Version": "1", "ApiVersion": "1.47"},
        "/info": {"Driver": "overlay2", "CgroupVersion": "2"},
        "/images/json": [{"Id": "sha256:1", "RepoTags": ["i:1"], "Created": 1}],
        "/networks": [{"Name": "s_default", "Driver": "bridge", "Labels": {}}],
        "/volumes": {"Volumes": []},
        "/system/df": {},
    }

    def answers(path: str) -> tuple[Part, ...]:
        bare = path.partition("?")[0]
        if bare in fixed:
            return answer(fixed[bare])
        identity, _, what = bare.removeprefix("/containers/").partition("/")
        if identity in by_id and what == "json":
            return answer(by_id[identity])
        if identity in by_id and what == "logs":
            return answer(log)
        return answer({"message": f"no such thing: {path}"}, 404)

    return answers


def everywhere(*parts: Part) -> Answers:
    """Return an Engine that says the same to every question."""
    return lambda _path: parts


def spoiled(sound: Answers, pattern: str, *parts: Part) -> Answers:
    """Return answers that are others where a pattern is found in the path."""
    return lambda path: parts if re.search(pattern, path) else sound(path)


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
            for part in answers(path[1].decode() if path else ""):
                if part is None:
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
                    work = (connected, answers)
                    threading.Thread(target=_serve, args=work, daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"unix://{socket_path}"
        finally:
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
