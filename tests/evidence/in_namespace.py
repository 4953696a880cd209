"""A network namespace with a name server and some peers, and bashnet's text in it.

Run as `unshare --net python in_namespace.py`, with the text on stdin: it prints what
the text prints, and on stderr what the text leaves behind of its processes. Names: web is here, ten letters long `tenletters` too, `twice` is an
alias (CNAME), `gone` is unknown, `mute` gets no answer.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable

DNS = "127.0.0.11"
WEB = "127.0.0.2"
A, CNAME, NXDOMAIN = 1, 5, 3


def loopback_up() -> None:
    """Switch the namespace's loopback on (SIOCSIFFLAGS: IFF_UP | IFF_RUNNING)."""
    with socket.socket() as any_socket:
        request = struct.pack("16sh", b"lo", 0x1 | 0x40)
        fcntl.ioctl(any_socket, 0x8914, request)


def adopt_orphans() -> None:
    """Become the parent of what our children leave behind, as a process 1 would."""
    pr_set_child_subreaper = 36
    ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0)


def record(name: bytes, kind: int, data: bytes) -> bytes:
    """Return one resource record."""
    return name + struct.pack(">HHIH", kind, 1, 600, len(data)) + data


def reply_to(query: bytes) -> bytes | None:
    """Return the name server's answer, None for none."""
    length = query[12]
    name = query[13 : 13 + length].decode()
    question, pointer = query[12:], b"\xc0\x0c"
    address = socket.inet_aton(WEB)
    answers = {
        "web": [record(question[:-4], A, address)],
        "tenletters": [record(pointer, A, address)],
        "twice": [
            record(pointer, CNAME, b"\x03web\x00"),
            record(b"\x03web\x00", A, address),
            record(b"\x03web\x00", A, socket.inet_aton("127.0.0.3")),
        ],
    }.get(name, [])
    if name == "mute":
        return None
    soa = [] if answers else [record(b"\x00", 6, b"\x01a\x00\x01b\x00" + b"\x00" * 20)]
    code = 0 if answers else NXDOMAIN
    counts = struct.pack(">HHHH", 1, len(answers), len(soa), 0)
    head = query[:2] + struct.pack(">H", 0x8180 | code) + counts
    return head + question + b"".join(answers + soa)


def serve_names(server: socket.socket) -> None:
    """Answer queries, the last one of a burst first: order must not matter."""
    while True:
        burst = [server.recvfrom(512)]
        server.settimeout(0.05)
        try:
            while True:
                burst.append(server.recvfrom(512))
        except TimeoutError:
            server.settimeout(None)
        for query, asker in reversed(burst):
            if reply := reply_to(query):
                server.sendto(reply, asker)


def reset(peer: socket.socket) -> None:
    """End a connection with a reset."""
    time.sleep(0.1)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def closed(peer: socket.socket) -> None:
    """Read what was asked, then end the connection without a word."""
    peer.settimeout(1)
    said = b""
    while b"\r\n\r\n" not in said and b"PING" not in said:
        said += peer.recv(4096)
    peer.close()


def speaker(text: bytes) -> Callable[[socket.socket], None]:
    """Return a peer that says something once it was asked."""

    def speak(peer: socket.socket) -> None:
        peer.recv(10)
        peer.sendall(text)
        kept.append(peer)

    return speak


kept: list[socket.socket] = []
PEERS: dict[int, Callable[[socket.socket], None]] = {
    80: speaker(b"HTTP/1.1 200 OK\r\n\r\n"),
    81: kept.append,
    82: reset,
    83: closed,
    84: speaker(b"HTTP/1.1 204 \x0bE 0 up\x1b[2J\x00E 1 up\r\nE 2 up\r\n"),
    85: speaker(b"x" * 100_000),
    6379: speaker(b"-LOADING Redis is loading\r\n"),
}


def serve(server: socket.socket, behave: Callable[[socket.socket], None]) -> None:
    """Accept connections and treat each in the same way."""
    while True:
        behave(server.accept()[0])


def main() -> None:
    """Bring the namespace up and run the text in it."""
    text = sys.stdin.read()
    loopback_up()
    adopt_orphans()
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind((DNS, 53))
    threading.Thread(target=serve_names, args=(names,), daemon=True).start()
    for port, behave in PEERS.items():
        server = socket.create_server((WEB, port))
        threading.Thread(target=serve, args=(server, behave), daemon=True).start()
    subprocess.run([*sys.argv[1:], text], stdin=subprocess.DEVNULL, check=False)
    try:
        print("left behind:", os.waitpid(-1, os.WNOHANG), file=sys.stderr)
    except ChildProcessError:
        os._exit(0)


if __name__ == "__main__":
    main()
