"""The small stack that is worked on while the controller is killed, and what it shows.

A project of its own (`esc-kill`): a store with a volume, a web service that needs it and
takes a second to stop, an image that is built here, and a spare volume with data that
only a clean-up may remove. Everything that happens to it is heard from the Engine.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

NAME = "esc-kill"
IMAGE = "escalade-bed/redis:1"
SPARE = f"{NAME}_spare"
TREASURE = "what must not be lost"
COMPOSE = f"""
name: {NAME}
x-check: &check
  healthcheck:
    test: ["CMD-SHELL", "redis-cli -e ping | grep -q PONG"]
    interval: 1s
    timeout: 2s
    retries: 3
    start_period: 10s
services:
  store:
    <<: *check
    image: {IMAGE}
    init: true
    restart: unless-stopped
    volumes: ["data:/data"]
  web:
    <<: *check
    image: {IMAGE}
    # It takes its time to stop, so that a kill can fall into the middle.
    command: ["sh", "-c", "trap 'sleep 1; exit 0' TERM; redis-server --save '' & wait"]
    stop_grace_period: 5s
    restart: unless-stopped
    depends_on:
      store: {{condition: service_healthy}}
  built:
    <<: *check
    image: {NAME}/built:1
    build: .
    init: true
    restart: unless-stopped
volumes:
  data: {{}}
"""
DOCKERFILE = f"""FROM {IMAGE}
USER redis
RUN sleep 1; date +%s%N > /tmp/built
"""
HEARD = {
    "container": {"create", "start", "die", "destroy", "pause", "unpause", "rename"},
    "network": {"create", "connect", "disconnect", "destroy"},
    "volume": {"create", "destroy"},
    "image": {"tag", "untag", "delete"},
}


def docker(*words: str, check: bool = True) -> str:
    """Ask this machine's Engine; a failure carries what it said."""
    done = subprocess.run(
        ("docker", *words), capture_output=True, text=True, check=False, timeout=180
    )
    if check and done.returncode:
        raise SystemExit(f"docker {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout.strip()


@dataclass(frozen=True)
class Heard:
    """One thing that the Engine said it did to the stack."""

    time: float
    kind: str
    what: str
    who: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what makes two of them the same deed."""
        return (self.kind, self.what, self.who)


class Ear:
    """Listens to the Engine for as long as the bench runs."""

    def __init__(self) -> None:
        words = [w for kind in HEARD for w in ("--filter", f"type={kind}")]
        self._process = subprocess.Popen(
            ("docker", "events", "--format", "{{json .}}", *words),
            stdout=subprocess.PIPE,
            text=True,
        )
        self._heard: list[Heard] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            event = json.loads(line)
            kind, what = event["Type"], event["Action"]
            if what not in HEARD.get(kind, ()):
                continue
            who = self._who(kind, event["Actor"])
            if who:
                self._heard.append(Heard(event["timeNano"] / 1e9, kind, what, who))

    @staticmethod
    def _who(kind: str, actor: dict[str, Any]) -> str:
        """Return whom an event is about, "" where it is not ours."""
        about = actor["Attributes"]
        if kind == "container":
            ours = about.get("com.docker.compose.project") == NAME
            return str(about.get("com.docker.compose.service", "")) if ours else ""
        name = str(actor["ID"] if kind == "volume" else about.get("name", ""))
        return name if name.startswith(NAME) else ""

    def between(self, begun: float, ended: float | None = None) -> list[Heard]:
        """Return what was heard in a span of time (epoch seconds)."""
        time.sleep(0.2)
        last = ended if ended is not None else time.time()
        return [heard for heard in list(self._heard) if begun <= heard.time <= last]

    def close(self) -> None:
        """Stop listening."""
        self._process.terminate()
        self._process.wait()


@dataclass
class Stack:
    """The stack, its folder, and the words that drive it."""

    folder: Path
    image: str = field(default="")

    def write(self) -> None:
        """Write its files."""
        (self.folder / "compose.yaml").write_text(COMPOSE)
        (self.folder / "Dockerfile").write_text(DOCKERFILE)

    def compose(self, *words: str, check: bool = True) -> str:
        """Run Compose on it."""
        file = str(self.folder / "compose.yaml")
        return docker("compose", "--file", file, *words, check=check)

    def build(self) -> None:
        """Build its image, once; later rounds go back to it."""
        docker("build", "--quiet", "--tag", f"{NAME}/built:1", str(self.folder))
        self.image = self.image_id()

    def image_id(self) -> str:
        """Return what the name of the built image means now."""
        return docker("image", "inspect", "--format", "{{.Id}}", f"{NAME}/built:1")

    def good(self) -> None:
        """Make it as it should be, whatever was done to it."""
        self.thaw()
        if docker("image", "ls", "--quiet", f"{NAME}/built:1") != self.image[7:19]:
            docker("tag", self.image, f"{NAME}/built:1")
        up = ("up", "--detach", "--no-build", "--wait", "--wait-timeout", "60")
        if self.health() != GOOD or not self.network_is_whole():
            self.compose(
                "up", "--detach", "--no-build", "--force-recreate", check=False
            )
            self.compose(*up)
        self.fill()

    def thaw(self) -> None:
        """Let everything go on that is paused."""
        for name in docker("ps", "--quiet", "--filter", "status=paused").split():
            project = "{{index .Config.Labels `com.docker.compose.project`}}"
            if docker("inspect", "--format", project, name) == NAME:
                docker("unpause", name)

    def fill(self, treasure: str = TREASURE) -> None:
        """Put the treasure into the spare volume."""
        docker("volume", "create", SPARE)
        line = f"echo {treasure!r} > /spare/treasure"
        mount = ("--volume", f"{SPARE}:/spare")
        docker(
            "run",
            "--rm",
            "--user",
            "root",
            *mount,
            "--entrypoint",
            "sh",
            IMAGE,
            "-c",
            line,
        )

    def spare(self) -> bool:
        """Say whether the spare volume is there."""
        return SPARE in docker("volume", "ls", "--quiet").split()

    def health(self) -> dict[str, str]:
        """Return each service's state and health, in a word each."""
        shape = '{{.Label "com.docker.compose.service"}} {{.State}} {{.Status}}'
        which = ("--all", "--filter", f"label=com.docker.compose.project={NAME}")
        found = {}
        for line in docker("ps", *which, "--format", shape).splitlines():
            service, state, status = line.split(" ", 2)
            healthy = "(healthy)" in status
            found[service] = "healthy" if healthy and state == "running" else state
        return found

    def network_is_whole(self) -> bool:
        """Say whether all three are on the stack's network."""
        shape = "{{range .Containers}}{{.Name}} {{end}}"
        words = ("network", "inspect", "--format", shape, f"{NAME}_default")
        return len(docker(*words, check=False).split()) == len(GOOD)

    def signature(self) -> dict[str, Any]:
        """Return what can be seen of it from outside, for comparison."""
        return {
            "health": self.health(),
            "networked": self.network_is_whole(),
            "spare": self.spare(),
            "rebuilt": self.image_id() != self.image,
        }

    def gone(self) -> None:
        """Remove all of it."""
        self.thaw()
        self.compose("down", "--volumes", "--timeout", "1", check=False)
        docker("volume", "rm", "--force", SPARE, check=False)
        images = ("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", f"{NAME}/*")
        for name in docker(*images).split():
            docker("image", "rm", "--force", name, check=False)


GOOD = {"store": "healthy", "web": "healthy", "built": "healthy"}


def made() -> tuple[Stack, tempfile.TemporaryDirectory[str]]:
    """Make the stack, and the folder that goes with it."""
    folder = tempfile.TemporaryDirectory(prefix="esc-kill-")
    stack = Stack(Path(folder.name))
    stack.write()
    stack.build()
    return stack, folder


def counted(heard: Sequence[Heard]) -> Counter[tuple[str, str, str]]:
    """Count deeds."""
    return Counter(each.key for each in heard)
