"""TCP servers that do anything but what is expected of them."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress

__all__ = ["SERVERS", "listening", "unreached"]

Behaviour = Callable[[socket.socket], None]
BANNER = b"SSH-2.0-OpenSSH_9.6\r\n"


def _says(*parts: bytes | float, asked: bool = False) -> Behaviour:
    """Return a server that says something, with pauses, and then waits."""

    def serve(connected: socket.socket) -> None:
        if asked:
            connected.recv(1000)
        for part in parts:
            if isinstance(part, float):
                time.sleep(part)
            else:
                connected.sendall(part)
        time.sleep(3600)

    return serve


def _floods(*parts: bytes) -> Behaviour:
    """Return a server that never stops talking."""

    def serve(connected: socket.socket) -> None:
        connected.sendall(b"".join(parts[:-1]))
        while True:
            connected.sendall(parts[-1])

    return serve


def _resets(connected: socket.socket) -> None:
    """End the connection with a reset."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


SERVERS: dict[str, Behaviour] = {
    "silent": _says(),
    "closes": lambda _connected: None,
    "resets": _resets,
    "drips": _says(*(p for b in BANNER * 9 for p in (bytes([b]), 0.3))),
    "floods": _floods(b"x" * 100_000 + b"\n"),
    "endless": _floods(b"x" * 100_000),
    "garbage": _says(BANNER, os.urandom(5000)),
    "greets": _says(BANNER),
    "http": _says(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "colours": _says(b"\x1b[31mevil\x1b]0;x\x07\xff\xfe\r\n"),
}


@contextmanager
def listening(behaviour: Behaviour) -> Iterator[int]:
    """Serve on a port of this machine; yield its number."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def work(connected: socket.socket) -> None:
            with connected, suppress(OSError):
                behaviour(connected)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connected, _ = server.accept()
                    threading.Thread(
                        target=work, args=(connected,), daemon=True
                    ).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)


@contextmanager
def unreached() -> Iterator[int]:
    """Yield a port whose queue is full: a connection to it is never made."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.settimeout(0)
            with suppress(BlockingIOError):
                one.connect(server.getsockname())
        yield server.getsockname()[1]
        for one in waiting:
            one.close()
