"""A small stack of one's own, and the command run on it as an operator would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hostile.command import Done
from tests.hostile.command import environment
from tests.hostile.command import invoke
from tests.hostile.command import run

__all__ = ["HANGS_S", "Stack", "docker", "until"]

HANGS_S = 180
"""Far above the longest climb here: what is not over by then hangs."""
IMAGE = "escalade-bed/redis:1"
PLAIN = "escalade-bed/base:1"
"""Plays no role: the generic runbook alone speaks of it."""
PLACELESS = ("apply", "approve", "resume", "show", "history", "budget.reset")
# The timeout is for a machine that is busy with other things.
HEALTH = "{test: [CMD, redis-cli, ping], interval: 1s, timeout: 8s, retries: 3}"
ASK = "while timeout 8 redis-cli -h db ping | grep -q PONG; do sleep 1; done; exit 3"
# `app` ends when `db` is away, as many programs do; `lone` and `other` need nobody.
FILE = f"""
name: NAME
services:
  db:
    image: {IMAGE}
    command: [redis-server, --protected-mode, "no"]
    stop_grace_period: 1s
    healthcheck: {HEALTH}
  app:
    image: {IMAGE}
    init: true
    command: [sh, -c, "{ASK}"]
    stop_grace_period: 1s
    environment: {{REDIS_HOST: db}}
    depends_on: {{db: {{condition: service_healthy}}}}
  lone:
    image: {IMAGE}
    command: [redis-server, --protected-mode, "no"]
    stop_grace_period: 1s
    healthcheck: {HEALTH}
  other:
    image: {PLAIN}
    init: true
    command: [sleep, infinity]
    stop_grace_period: 1s
"""


def docker(*words: str, check: bool = True) -> str:
    """Run docker and return what it printed."""
    done = subprocess.run(
        ["docker", *words], capture_output=True, text=True, timeout=120, check=False
    )
    assert not check or done.returncode == 0, done.stderr
    return done.stdout


def until(holds: Callable[[], object], what: str, within_s: float = 60) -> None:
    """Wait until something holds; fail the test where it never does."""
    ends = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < ends, f"never came: {what}"
        time.sleep(0.05)


@dataclass(frozen=True)
class Stack:
    """A Compose project in a folder of its own."""

    name: str
    folder: Path

    def make(self, text: str = FILE) -> None:
        """Write its Compose file and start it."""
        (self.folder / "compose.yaml").write_text(text.replace("NAME", self.name))
        self.heal()

    def compose(self, *words: str, check: bool = True) -> str:
        """Run Compose on it."""
        return docker(
            "compose", "--project-directory", str(self.folder), *words, check=check
        )

    def heal(self) -> None:
        """Bring back what a test broke."""
        for box in self.boxes():
            docker("unpause", box, check=False)
        self.compose("up", "-d", "--wait", "--remove-orphans")

    def box(self, service: str) -> str:
        """Return the name of a service's container."""
        return f"{self.name}-{service}-1"

    def boxes(self) -> tuple[str, ...]:
        """Return all its containers, stopped ones too."""
        label = f"label=com.docker.compose.project={self.name}"
        names = docker("ps", "-a", "--filter", label, "--format", "{{.Names}}")
        return tuple(sorted(names.split()))

    def inspect(self, service: str) -> dict[str, Any]:
        """Return what the Engine knows of a service's container."""
        return json.loads(docker("inspect", self.box(service)))[0]

    def marks(self) -> dict[str, tuple[str, str]]:
        """Return id and start of each container: another one was touched."""
        return {
            row["Name"].removeprefix(f"/{self.name}-").removesuffix("-1"): (
                row["Id"],
                row["State"]["StartedAt"],
            )
            for row in json.loads(docker("inspect", *self.boxes()))
        }

    def starts(self, service: str) -> int:
        """Return how often a Redis was started, as its own log says."""
        done = subprocess.run(
            ["docker", "logs", self.box(service)], capture_output=True, check=True
        )
        return (done.stdout + done.stderr).count(b"Ready to accept connections")

    def whole(self) -> dict[str, Any]:
        """Return all that the Engine knows, health logs and sizes aside."""
        rows = json.loads(docker("inspect", *self.boxes()))
        for row in rows:
            row["State"].pop("Health", None)
            # Health checks come and go.
            row.pop("ExecIDs", None)
        return {row["Name"]: row for row in rows}

    def inv(
        self, *words: str, env: Mapping[str, str | None] | None = None, **options: Any
    ) -> Done:
        """Run a task on this stack alone."""
        chosen = {"ESCALADE_LANG": "en", **(env or {})}
        done = run(*words, *self.where(words), env=chosen, timeout=HANGS_S, **options)
        assert done.out or "json" not in words, done.err
        return done

    def where(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """Return the flag that names it, for tasks that have one."""
        alone = any(word in PLACELESS for word in words[:2])
        return () if alone else ("--stack", self.name)

    def start(
        self, *words: str, env: Mapping[str, str | None] | None = None
    ) -> subprocess.Popen[str]:
        """Start a task in a process group of its own and return at once."""
        return subprocess.Popen(
            invoke(*words, *self.where(words)),
            env=environment(ESCALADE_LANG="en", **(env or {})),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    @staticmethod
    def kill(process: subprocess.Popen[str]) -> None:
        """End a controller without a chance to tidy up, and all it has started here."""
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)
