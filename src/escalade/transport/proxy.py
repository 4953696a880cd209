"""A ProxyCommand's two ends as one socket."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import tempfile
from typing import IO

from escalade.transport.process import kill_session

__all__ = ["ProxySocket"]

_SAID = 1000
_GRACE_S = 0.1
_REAP_S = 1.0


class ProxySocket(socket.socket):
    """The near end of a command that speaks to a host on its stdin and stdout.

    Closing it ends the command. As OpenSSH does it, a shell runs the line.
    """

    _process: subprocess.Popen[bytes] | None = None
    _errors: IO[bytes] | None = None
    said = ""
    """What the command wrote on stderr, known once the socket is closed."""

    @classmethod
    def start(cls, command: str) -> ProxySocket:
        """Return the socket of a command that has just been started."""
        near, far = socket.socketpair()
        proxy = cls(fileno=near.detach())
        errors = tempfile.TemporaryFile()  # noqa: SIM115 -- closed with the socket
        with far:
            proxy._process = subprocess.Popen(
                ["sh", "-c", f"exec {command}"],
                stdin=far.fileno(),
                stdout=far.fileno(),
                stderr=errors,
                start_new_session=True,
            )
        proxy._errors = errors
        return proxy

    def close(self) -> None:
        """Close the socket and end the command; never raises."""
        super().close()
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE_S)
            if process.poll() is None:
                kill_session(process.pid)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_REAP_S)
        if self._errors is not None:
            self._errors.seek(0)
            self.said = self._errors.read(_SAID).decode("utf-8", "replace")
            self._errors.close()
            self._errors = None
