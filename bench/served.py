"""Are users served? Asked of the bed's stack from outside, in 30 ms: a light call.

    python3 bench/served.py            # once: nothing, or the stage that fails

The stages of a caller's way: a token, a server that is ready and takes it, a Redis that
takes a note, speech to text, the model, and an agent whose connection to the server is
up. Needs root and this machine's Engine: addresses and connections of containers are
read from outside, so that what is asked does not run in what is broken.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from autoheal import ask

PROJECT_LABEL = "com.docker.compose.project=eloquence"
SERVICE_LABEL = "com.docker.compose.service"
LIVEKIT_PORT = 7880
WAIT_S = 2.0
ESTABLISHED = "01"
PASSES = 3
PACE_S = 0.5
"""Seconds between two questions; the passes that confirm are a second apart."""


class FailedError(Exception):
    """A stage that a caller would not get past."""


@dataclass(frozen=True)
class Box:
    """A running container: where it answers, and which process is its first."""

    address: str
    id: str


def boxes() -> dict[str, Box]:
    """Return the running containers of the stack that are on a network."""
    filters = json.dumps({"label": [PROJECT_LABEL], "status": ["running"]})
    _, found = ask("GET", "/containers/json", filters=filters)
    there = {}
    for container in found if isinstance(found, list) else ():
        networks = container["NetworkSettings"]["Networks"].values()
        address = next((n["IPAddress"] for n in networks if n["IPAddress"]), "")
        there[container["Labels"][SERVICE_LABEL]] = Box(address, container["Id"])
    return there


def fetch(
    box: Box, port: int, path: str, *, method: str = "GET", body: str | None = None
) -> bytes:
    """Return the body of an answer whose status is 200."""
    connection = http.client.HTTPConnection(box.address, port, timeout=WAIT_S)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        data = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise FailedError(str(error) or type(error).__name__) from error
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        raise FailedError(f"status {answer.status}")
    return data


def token(there: dict[str, Box], notes: dict[str, str]) -> None:
    """Get a token, as a front end does."""
    path = "/token?identity=light-caller&room=light-call"
    notes["jwt"] = json.loads(fetch(there["token-service"], 8004, path))["token"]


def join(there: dict[str, Box], notes: dict[str, str]) -> None:
    """Find the server ready, and the token good for it."""
    fetch(there["livekit-server"], LIVEKIT_PORT, "/")
    path = f"/rtc/validate?access_token={notes['jwt']}"
    fetch(there["livekit-server"], LIVEKIT_PORT, path)


def note(there: dict[str, Box], _: dict[str, str]) -> None:
    """Write to Redis, as the agent does for each call."""
    try:
        address = (there["redis"].address, 6379)
        with socket.create_connection(address, WAIT_S) as connection:
            connection.sendall(b"SET eloquence:light-call now EX 60\r\n")
            said = connection.recv(200)
    except OSError as error:
        raise FailedError(str(error)) from error
    if said != b"+OK\r\n":
        raise FailedError(said.decode(errors="replace").strip())


def speech(there: dict[str, Box], _: dict[str, str]) -> None:
    """Find speech to text answering."""
    fetch(there["vosk-stt"], 2700, "/health")


def model(there: dict[str, Box], _: dict[str, str]) -> None:
    """Get an answer of the model."""
    asked = json.dumps({"messages": [{"role": "user", "content": "hello"}]})
    box, path = there["mistral-conversation"], "/v1/chat/completions"
    fetch(box, 8001, path, method="POST", body=asked)


def agent(there: dict[str, Box], _: dict[str, str]) -> None:
    """Find the agent alive, and connected from where it is to where the server is."""
    worker, server = there["eloquence-multiagent"], there["livekit-server"]
    fetch(worker, 8080, "/health")
    said = ask("GET", f"/containers/{worker.id}/json")[1]
    table = Path(f"/proc/{said['State']['Pid']}/net/tcp")
    wanted = (words(worker.address), f"{words(server.address)}:{LIVEKIT_PORT:04X}")
    for line in table.read_text().splitlines()[1:]:
        local, remote, state = line.split()[1:4]
        if state == ESTABLISHED and (local.partition(":")[0], remote) == wanted:
            return
    raise FailedError("no connection to the server")


def words(address: str) -> str:
    """Return an address as /proc/net/tcp writes it."""
    return bytes(reversed(socket.inet_aton(address))).hex().upper()


Stage = Callable[[dict[str, Box], dict[str, str]], None]
STAGES: tuple[Stage, ...] = (token, join, note, speech, model, agent)


def served() -> str:
    """Return nothing when a caller would be served, else the stage and why."""
    notes: dict[str, str] = {}
    there = boxes()
    for stage in STAGES:
        try:
            stage(there, notes)
        except FailedError as error:
            return f"{stage.__name__}: {error}"
        except (KeyError, TypeError, ValueError, OSError) as error:
            return f"{stage.__name__}: not there ({error})"
    return ""


@dataclass
class Watch:
    """What a light caller sees from when it is started: effect, and served again.

    Times are those of the monotonic clock. `effect` is the beginning of the first call
    that failed, `again` that of the first of three calls in a row that did not.
    """

    effect: float | None = None
    again: float | None = None
    stages: list[str] = field(default_factory=list)
    hit: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        """Call until users are served again, or nobody waits any more."""
        first: float | None = None
        passes = 0
        while not self.over.is_set():
            begun = time.monotonic()
            failed = served()
            if failed:
                passes = 0
                self.note(failed, begun)
            elif self.effect is not None:
                passes += 1
                first = begun if passes == 1 else first
                if passes == PASSES:
                    self.again = first
                    self.over.set()
            self.over.wait(1.0 if passes else PACE_S)

    def note(self, failed: str, begun: float) -> None:
        """Remember the effect, and each stage that failed once in a row."""
        if self.effect is None:
            self.effect = begun
            self.hit.set()
        if not self.stages or self.stages[-1] != failed:
            self.stages.append(failed)


@contextlib.contextmanager
def watching() -> Iterator[Watch]:
    """Watch in the background."""
    watch = Watch()
    thread = threading.Thread(target=watch.look, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        watch.over.set()
        thread.join()


def main() -> int:
    """Ask once."""
    begun = time.monotonic()
    failed = served()
    verdict: dict[str, Any] = {"served": not failed, "stage": failed}
    print(json.dumps({**verdict, "took_s": round(time.monotonic() - begun, 3)}))
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
