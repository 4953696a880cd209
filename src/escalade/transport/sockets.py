"""TCP and Unix sockets with a bound on every wait, and their errors told apart."""

from __future__ import annotations

import contextlib
import errno
import heapq
import os
import socket
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator

from escalade.transport.base import Trouble

__all__ = [
    "BrokenError",
    "QuickSocket",
    "SocketChannel",
    "closing_after",
    "dial",
    "dial_unix",
    "resolve",
    "trouble_of",
]

Address = tuple[socket.AddressFamily, tuple[str | int | bytes, ...]]

_OUTCOMES = {
    errno.ECONNREFUSED: "refused",
    errno.ETIMEDOUT: "timeout",
    errno.EHOSTUNREACH: "no-route",
    errno.EHOSTDOWN: "no-route",
    errno.ENETUNREACH: "unreachable",
    errno.ENETDOWN: "unreachable",
    errno.EADDRNOTAVAIL: "unreachable",
    errno.ECONNRESET: "reset",
    errno.ECONNABORTED: "reset",
    errno.EPIPE: "reset",
    errno.EACCES: "denied",
    errno.EPERM: "denied",
    errno.ENOENT: "missing",
    # A Unix socket whose queue is full: somebody listens who does not accept.
    errno.EAGAIN: "timeout",
}
_LEAST_S = 0.001
_READ_AHEAD = 32_768
_LOOK_S = 0.5


def trouble_of(error: OSError) -> Trouble:
    """Return an error of a socket as one of the outcomes."""
    if isinstance(error, socket.gaierror):
        return Trouble("dns", str(error.strerror or error))
    if isinstance(error, TimeoutError) and error.errno is None:
        return Trouble("timeout", "no answer in time")
    outcome = _OUTCOMES.get(error.errno or 0, "unreachable")
    return Trouble(outcome, str(error.strerror or error))


class BrokenError(ConnectionError):
    """A channel that turned out never to have reached its target, and why."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.detail)
        self.trouble = trouble


class QuickSocket(socket.socket):
    """A socket that acknowledges at once what it receives, and takes all that is there.

    Where the other end waits for that before it sends its next small packet (sshd
    does at the start of a session), the usual delay costs 40 ms. Linux forgets the
    wish, so it is renewed with each piece. The SSH library asks for a few bytes at a
    time: what came beyond them waits here, for the one thread that reads.

    That thread looks up ten times a second to see whether it has been closed. Here
    closing wakes it, so half a second is soon enough, and a close waits for nothing.
    """

    _ahead = b""

    def settimeout(self, value: float | None, /) -> None:
        """Set the bound of a wait, none shorter than half a second but 0."""
        super().settimeout(max(value, _LOOK_S) if value else value)

    def close(self) -> None:
        """Close both ways, and wake whoever waits."""
        with contextlib.suppress(OSError):
            self.shutdown(socket.SHUT_RDWR)
        super().close()

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Receive, and acknowledge without delay."""
        if not self._ahead:
            self._ahead = super().recv(max(size, _READ_AHEAD), flags)
            if hasattr(socket, "TCP_QUICKACK"):
                with contextlib.suppress(OSError):
                    self.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        return data


class SocketChannel:
    """A connected socket as a Channel."""

    __slots__ = ("_socket",)

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    def send(self, data: bytes, timeout_s: float) -> None:
        """Send all bytes or raise TimeoutError or OSError."""
        self._socket.settimeout(max(timeout_s, _LEAST_S))
        self._socket.sendall(data)

    def recv(self, size: int, timeout_s: float) -> bytes:
        """Return up to `size` bytes, b"" at the end; TimeoutError when none came."""
        self._socket.settimeout(max(timeout_s, _LEAST_S))
        return self._socket.recv(size)

    def close(self) -> None:
        """Close both ways; never raises."""
        # A thread that waits in `recv` is woken by the shutdown, not by the close.
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        finally:
            self._socket.close()


@contextlib.contextmanager
def closing_after(seconds: float, close: Callable[[], None]) -> Iterator[list[bool]]:
    """Close something under a call that may wait for ever; yields whether it was.

    For libraries whose waits have no bound of their own.
    """
    fired: list[bool] = []

    def fire() -> None:
        fired.append(True)
        with contextlib.suppress(Exception):
            close()

    alarm = _watch.set(max(seconds, _LEAST_S), fire)
    try:
        yield fired
    finally:
        alarm.off()


class _Alarm:
    """A call at a moment, unless it is put off before."""

    __slots__ = ("call", "lock")

    def __init__(self, call: Callable[[], None]) -> None:
        self.call: Callable[[], None] | None = call
        self.lock = threading.Lock()

    def off(self) -> None:
        """Take the call back."""
        with self.lock:
            self.call = None

    def take(self) -> Callable[[], None] | None:
        """Return the call, once."""
        with self.lock:
            call, self.call = self.call, None
        return call


class _Watch:
    """One thread that minds all alarms of a process: a thread for each costs more."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._alarms: list[tuple[float, int, _Alarm]] = []
        self._number = 0
        self._pid = 0

    def set(self, seconds: float, call: Callable[[], None]) -> _Alarm:
        """Have something called after so many seconds, in a thread of its own."""
        alarm = _Alarm(call)
        with self._changed:
            self._number += 1
            heapq.heappush(
                self._alarms, (time.monotonic() + seconds, self._number, alarm)
            )
            if self._pid != os.getpid():
                self._pid = os.getpid()
                threading.Thread(target=self._mind, name="watch", daemon=True).start()
            elif self._alarms[0][2] is alarm:
                self._changed.notify()
        return alarm

    def _mind(self) -> None:
        """Wait for the next alarm, for ever."""
        while True:
            with self._changed:
                while self._alarms and self._alarms[0][2].call is None:
                    heapq.heappop(self._alarms)
                left = self._alarms[0][0] - time.monotonic() if self._alarms else None
                if left is None or left > 0:
                    self._changed.wait(left)
                    continue
                alarm = heapq.heappop(self._alarms)[2]
            call = alarm.take()
            if call is not None:
                # What is closed may wait itself, and must not hold other alarms.
                threading.Thread(target=call, name="alarm", daemon=True).start()


_watch = _Watch()


def resolve(host: str, port: int, *, timeout_s: float) -> tuple[Address, ...] | Trouble:
    """Return the addresses of a name, in the system's order.

    The system's resolver has no bound of its own, so it is asked in a thread that is
    left behind when it does not answer.
    """
    numeric = _lookup(host, port, socket.AI_NUMERICHOST)
    if not isinstance(numeric, Trouble):
        return numeric
    found: list[tuple[Address, ...] | Trouble] = []
    thread = threading.Thread(
        target=lambda: found.append(_lookup(host, port, 0)),
        name=f"resolve-{host}",
        daemon=True,
    )
    thread.start()
    thread.join(max(timeout_s, _LEAST_S))
    silent = Trouble("dns", f"the resolver did not answer within {timeout_s:.1f} s")
    return found[0] if found else silent


def _lookup(host: str, port: int, flags: int) -> tuple[Address, ...] | Trouble:
    """Ask the system's resolver."""
    # Text would load the tables for international names, which few hosts have.
    name = host.encode() if host.isascii() else host
    try:
        rows = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=flags)
    except OSError as error:
        return trouble_of(error)
    except ValueError as error:
        return Trouble("dns", f"not a host name: {error}")
    except OverflowError as error:
        return Trouble("unreachable", str(error))
    return tuple((row[0], row[4]) for row in rows)


def dial(host: str, port: int, *, timeout_s: float) -> socket.socket | Trouble:
    """Return a connected socket without delay, or the last address's trouble."""
    deadline = time.monotonic() + timeout_s
    addresses = resolve(host, port, timeout_s=timeout_s)
    if isinstance(addresses, Trouble):
        return addresses
    trouble = Trouble("dns", "the name has no address")
    for position, (family, address) in enumerate(addresses):
        left = (deadline - time.monotonic()) / (len(addresses) - position)
        connected = _connect(family, address, timeout_s=left)
        if not isinstance(connected, Trouble):
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connected
        trouble = connected
    return trouble


def dial_unix(path: str, *, timeout_s: float) -> socket.socket | Trouble:
    """Return a connected Unix socket or why there is none."""
    return _connect(socket.AF_UNIX, path, timeout_s=timeout_s)


def _connect(
    family: socket.AddressFamily,
    address: tuple[str | int | bytes, ...] | str,
    *,
    timeout_s: float,
) -> socket.socket | Trouble:
    """Connect one socket within a bound."""
    connected = None
    try:
        connected = socket.socket(family, socket.SOCK_STREAM)
        connected.settimeout(max(timeout_s, _LEAST_S))
        connected.connect(address)
    except (OSError, OverflowError) as error:
        if connected is not None:
            connected.close()
        if isinstance(error, OSError):
            return trouble_of(error)
        return Trouble("unreachable", str(error))
    return connected
