"""Loaded at Python's start: all that goes through this machine's transport is noted."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

from escalade.transport import local

RECORD = Path(os.environ["RECORD"])
_LOCK = threading.Lock()


def note(kind: str, what: str) -> None:
    """Write one line of what was asked."""
    with _LOCK, RECORD.open("a", encoding="utf-8") as file:
        file.write(json.dumps([kind, what]) + "\n")


class Heard:
    """A channel whose requests are noted."""

    def __init__(self, channel, kind: str) -> None:
        self._channel = channel
        self._kind = kind

    def send(self, data: bytes, timeout_s: float) -> None:
        note(self._kind, data.decode("latin-1"))
        self._channel.send(data, timeout_s)

    def __getattr__(self, name: str) -> object:
        return getattr(self._channel, name)


class Recording(local.LocalTransport):
    """This machine as it is, and a note of each question."""

    def _pieces(self, line: str, timeout_s: float):
        note("line", line)
        return super()._pieces(line, timeout_s)

    def connect(self, target, *, timeout_s: float):
        found = super().connect(target, timeout_s=timeout_s)
        kind = "tcp" if isinstance(target, local.Tcp) else "engine"
        return Heard(found, kind) if hasattr(found, "send") else found

    def put(self, path: str, content: bytes, *, mode: int = 0o600):
        note("put", path)
        return super().put(path, content, mode=mode)


local.LocalTransport = Recording
