"""A TCP port as seen from an SSH host, and why it could not be reached from there."""

from __future__ import annotations

import logging
import re
import threading
import time
from typing import Any

from escalade.transport.base import Trouble

__all__ = ["Forwards", "listen_for_reasons"]

_OPEN_FAILED = re.compile(r"open FAILED: (?P<words>.*): (?P<kind>[^:]*)$", re.DOTALL)
_NO_WORDS = "open failed"
# With no words of the server's, this is a session too many, not a port.
_SESSION_REFUSED = "Connect failed"
_GAVE_UP = "Timeout opening channel"
_LARGEST_PORT = 65_535
_TRIES = 10
_WORDS = (
    ("refused", "refused"),
    ("timed out", "timeout"),
    ("no route", "no-route"),
    ("host is down", "no-route"),
    ("unreachable", "unreachable"),
    ("cannot assign", "unreachable"),
    ("reset", "reset"),
    ("permission denied", "denied"),
    ("prohibited", "denied"),
    ("not known", "dns"),
    ("name resolution", "dns"),
    ("no address", "dns"),
    ("resolve", "dns"),
)


class Forwards:
    """Opens TCP connections from the far end of one SSH connection.

    The library drops the server's words about a refused channel (they only go to its
    log) and may mix up those that fail at the same moment. So the log is listened to,
    and where more than one reason came meanwhile, the question is put again.
    """

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._reasons = listen_for_reasons().of(transport.ident)
        self._alone = threading.Lock()

    def open(self, host: str, port: int, *, timeout_s: float) -> Any:
        """Return an open channel to a port, or a Trouble."""
        if not 0 < port <= _LARGEST_PORT:
            return Trouble("unreachable", f"there is no port {port}")
        deadline = time.monotonic() + timeout_s
        opened = self._try(host, port, timeout_s=timeout_s)
        for _ in range(_TRIES):
            if opened is not None:
                return opened
            with self._alone:
                left = max(deadline - time.monotonic(), 0.1)
                opened = self._try(host, port, timeout_s=left)
        return opened or Trouble("unreachable", "the host did not say why")

    def _try(self, host: str, port: int, *, timeout_s: float) -> Any:
        """Return a channel, a Trouble, or None where it is not clear whose it is."""
        from paramiko.ssh_exception import SSHException

        before = len(self._reasons)
        try:
            return self._transport.open_channel(
                "direct-tcpip", (host, port), ("127.0.0.1", 0), timeout=timeout_s
            )
        except ValueError as error:
            return Trouble("dns", f"not a host name: {error}")
        except (SSHException, EOFError, OSError) as error:
            reasons = set(self._reasons[before:])
            if not self._transport.is_active():
                return Trouble("closed", "the SSH connection ended")
            if str(error).startswith(_GAVE_UP):
                return Trouble("timeout", "no answer in time")
            if len(reasons) > 1:
                return None
            return _trouble(reasons.pop() if reasons else str(error))


def _trouble(words: str) -> Trouble:
    """Return the server's words as one of the outcomes."""
    lower = words.lower()
    outcome = next((out for part, out in _WORDS if part in lower), "unreachable")
    return Trouble(outcome, words)


class _Reasons(logging.Handler):
    """Why channels were refused, by the thread of the connection that heard it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._by_thread: dict[int, list[str]] = {}

    def of(self, thread: int) -> list[str]:
        """Return the growing list of one connection's reasons."""
        return self._by_thread.setdefault(thread, [])

    def drop(self, thread: int) -> None:
        """Forget a connection that ended: thread numbers are used again."""
        self._by_thread.pop(thread, None)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what a record says of a refused channel."""
        said = _OPEN_FAILED.search(record.getMessage())
        reasons = self._by_thread.get(record.thread or 0)
        if said is None or reasons is None:
            return
        words, kind = said["words"].strip(), said["kind"]
        if words not in ("", _NO_WORDS):
            reasons.append(words)
        elif kind != _SESSION_REFUSED:
            reasons.append(kind)


_reasons: list[_Reasons] = []
_lock = threading.Lock()


def listen_for_reasons() -> _Reasons:
    """Return the one listener on the library's log.

    With a listener there, Python no longer prints that log's errors on stderr.
    """
    with _lock:
        if not _reasons:
            listener = _Reasons()
            logging.getLogger("paramiko").addHandler(listener)
            _reasons.append(listener)
        return _reasons[0]
