"""A transport that replays what was recorded, for tests; what it lacks it refuses."""

from __future__ import annotations

import json
from collections.abc import Generator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from escalade.errors import EscaladeError
from escalade.model import Host
from escalade.model import Status
from escalade.transport.base import Channel
from escalade.transport.base import Output
from escalade.transport.base import Target
from escalade.transport.base import Tcp
from escalade.transport.base import Trouble

__all__ = ["FakeTransport", "NotRecordedError", "Recorded"]

_BLOCK = 65_536


class NotRecordedError(EscaladeError, LookupError):
    """A question that a recording has no answer to: a mistake of the test's."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a host answered.

    `runs`: by shell line, an Output or just its stdout. `engine`: by path (GET) or by
    `METHOD path`, what json.dumps takes, bytes, or (HTTP code, one of these).
    `ports`: by (host, port), all that a peer sends, or a Trouble.
    `opened`: what `open` says; `engine_trouble`: why there is no Engine.
    """

    runs: Mapping[str, Output | str | bytes] = field(default_factory=dict)
    engine: Mapping[str, object] = field(default_factory=dict)
    ports: Mapping[tuple[str, int], bytes | Trouble] = field(default_factory=dict)
    opened: Output = Output(Status.OK, 0)  # noqa: RUF009 -- frozen
    engine_trouble: Trouble | None = None


class FakeTransport:
    """A host that only ever says what was recorded. `asked` and `files` are kept."""

    def __init__(self, host: Host, recorded: Recorded | None = None) -> None:
        self.host = host
        self.asked: list[str] = []
        self.files: dict[str, bytes] = {}
        self._recorded = recorded or Recorded()

    def open(self) -> Output:
        """Return what was recorded for reaching the host."""
        return self._recorded.opened

    def run(self, line: str, *, timeout_s: float, limit: int = 1_000_000) -> Output:
        """Return what was recorded for a line; NotRecordedError for any other."""
        del timeout_s
        self.asked.append(line)
        if self._recorded.opened.status is not Status.OK:
            return self._recorded.opened
        if line not in self._recorded.runs:
            raise NotRecordedError(f"{self.host.name}: no answer to: {line}")
        found = self._recorded.runs[line]
        if isinstance(found, Output):
            return found
        stdout = found.encode() if isinstance(found, str) else found
        cut = len(stdout) > limit
        return Output(Status.OK, 0, stdout[:limit], truncated=cut)

    def stream(self, line: str, *, timeout_s: float) -> Generator[bytes, None, Output]:
        """Yield what was recorded for a line; return its Output."""
        output = self.run(line, timeout_s=timeout_s)
        if output.stdout:
            yield output.stdout
        return output

    def connect(self, target: Target, *, timeout_s: float) -> Channel | Trouble:
        """Return a channel that replays a port, or the Engine."""
        del timeout_s
        if not isinstance(target, Tcp):
            return self._recorded.engine_trouble or _FakeEngine(self, self._recorded)
        key = (target.host, target.port)
        self.asked.append(f"{target.host}:{target.port}")
        if key not in self._recorded.ports:
            raise NotRecordedError(f"{self.host.name}: no answer at {key}")
        found = self._recorded.ports[key]
        return found if isinstance(found, Trouble) else _Replay(found)

    def put(self, path: str, content: bytes, *, mode: int = 0o600) -> Output:
        """Keep the file in `files`."""
        del mode
        self.files[path] = content
        return Output(Status.OK, 0)

    def close(self) -> None:
        """Do nothing."""


class _Replay:
    """A channel whose peer says one thing, then ends."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def send(self, data: bytes, timeout_s: float) -> None:
        """Take anything."""
        del data, timeout_s

    def recv(self, size: int, timeout_s: float) -> bytes:
        """Return what is left of it."""
        del timeout_s
        data, self._data = self._data[:size], self._data[size:]
        return data

    def close(self) -> None:
        """Forget the rest."""
        self._data = b""


class _FakeEngine(_Replay):
    """A channel behind which recorded paths are answered over HTTP."""

    def __init__(self, transport: FakeTransport, recorded: Recorded) -> None:
        super().__init__(b"")
        self._transport = transport
        self._recorded = recorded

    def send(self, data: bytes, timeout_s: float) -> None:
        """Take a whole request and prepare its reply."""
        del timeout_s
        method, path, _ = data.split(b"\r\n", 1)[0].decode().split(" ")
        asked = path if method == "GET" else f"{method} {path}"
        self._transport.asked.append(asked)
        if asked not in self._recorded.engine:
            name = self._transport.host.name
            raise NotRecordedError(f"{name}: no answer of the Engine to: {asked}")
        found = self._recorded.engine[asked]
        code, content = found if isinstance(found, tuple) else (200, found)
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        head = f"HTTP/1.1 {code} Recorded\r\nContent-Length: {len(body)}\r\n\r\n"
        self._data += head.encode() + body
