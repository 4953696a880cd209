"""A Docker Engine of our own on a real socket: it says what a test wants it to say."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Route = Callable[[Any], None]
"""Writes a whole answer to the handler's `wfile`."""


def say(value: object, code: int = 200) -> Route:
    """Answer with JSON, or bytes as they are."""

    def route(handler: Any) -> None:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        head = f"HTTP/1.1 {code} X\r\nContent-Length: {len(body)}\r\n\r\n"
        handler.wfile.write(head.encode() + body)

    return route


def hang(handler: Any) -> None:
    """Say nothing for longer than anybody waits."""
    handler.server.over.wait(30)


def raw(data: bytes) -> Route:
    """Answer with bytes that are no HTTP, and hang up."""

    def route(handler: Any) -> None:
        handler.wfile.write(data)
        handler.close = True

    return route


class _Handler(socketserver.StreamRequestHandler):
    """One connection, kept open."""

    close = False
    body = b""

    def handle(self) -> None:
        """Answer one request after the other."""
        while not self.close:
            first = self.rfile.readline().split()
            if len(first) < 2:
                return
            length = 0
            while (line := self.rfile.readline().strip()) != b"":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            self.body = self.rfile.read(length)
            self._answer(first[1].decode())

    def _answer(self, path: str) -> None:
        """Answer by the longest known beginning of the path."""
        server: Any = self.server
        server.asked.append(path)
        known = [p for p in server.routes if path.startswith(p)]
        route = server.routes[max(known, key=len)] if known else say({}, 404)
        route(self)


class _Server(socketserver.ThreadingUnixStreamServer):
    """The server, its routes, and what it was asked."""

    daemon_threads = True
    block_on_close = False


@contextmanager
def engine(folder: Path, routes: dict[str, Route]) -> Iterator[tuple[str, list[str]]]:
    """Serve routes; yield the socket's path and the list of what is asked."""
    path = folder / "docker.sock"
    server: Any = _Server(str(path), _Handler)
    server.routes, server.asked, server.over = routes, [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield str(path), server.asked
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        path.unlink()


def frame(text: str, stream: int = 1, time_s: float | None = None) -> bytes:
    """Return a log line as the Engine frames it."""
    now = time.time() if time_s is None else time_s
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000000000Z", time.gmtime(now))
    data = f"{stamp} {text}\n".encode()
    return bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data
