"""The ground on which faults are cured: a stack with a home, where its definition lies.

The home is the folder that the containers' labels name. A bad definition can so be laid
on disk, as an .env file, on this machine as on a host of the bed.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaign import BED
from campaign import PROJECT
from campaign import Place
from campaign import place
from catalogue import Fault

FIX_S = 900
"""Seconds after which a fix is given up."""
HOME = "/srv/eloquence"
"""Where a stack lives on a host; here it lies in the bed's own state folder."""
SHIPPED = ("compose.yaml", "compose.shop.yaml", "faults/overlays", "images")


@dataclass(frozen=True)
class Box:
    """What tells whether somebody started a container, or made it anew."""

    id: str
    started: str
    restarts: int
    state: str


@dataclass(frozen=True)
class Ground(Place):
    """A place whose stack has a home; `drift` injects past the definition on disk."""

    home: str = ""
    drift: bool = False
    inv: str = str(PROJECT / "inv")

    def sh(self, line: str, *, data: bytes = b"") -> int:
        """Run a shell line where the stack lives; only a failure is heard of."""
        words: tuple[str, ...] = ("sh", "-c", line)
        if self.host is not None:
            config = str(self.state / "ssh_config")
            words = ("ssh", "-F", config, "-o", "BatchMode=yes", self.host, line)
        done = subprocess.run(words, input=data, capture_output=True, check=False)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            print(f"  ({line[:60]}: {said[-1:]})", file=sys.stderr)
        return done.returncode

    def compose(self, fault: Fault | None, *words: str, shop: bool = False) -> int:
        """Run Compose in the home: on the good definition, or on the fault's."""
        files = ["--file", "compose.shop.yaml" if shop else "compose.yaml"]
        # Without its needs Compose hashes a definition that no file has: drift.
        words = tuple(word for word in words if word != "--no-deps")
        if fault and fault.overlay:
            files += ["--file", f"faults/overlays/{fault.overlay}"]
        settings = fault.settings if fault else ()
        before = "true" if self.drift else self.dotenv(settings)
        front = ("env", *settings) if self.drift else ()
        line = shlex.join([*front, "docker", "compose", *files, *words])
        return self.sh(f"cd {shlex.quote(self.home)} && {before} && {line}")

    def dotenv(self, settings: Sequence[str]) -> str:
        """Return the shell words that make the .env file say just that."""
        if not settings:
            return "rm -f .env"
        return shlex.join(["printf", "%s\\n", *settings]) + " > .env"

    def settle(self, *, shop: bool = False) -> None:
        """Give the stack its home, and make it healthy there."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for name in SHIPPED:
                archive.add(BED / name, name)
        home = shlex.quote(self.home)
        self.sh(f"mkdir -p {home} && tar -x -C {home}", data=buffer.getvalue())
        if self.host is not None:
            self.load(shop=shop)
        made = () if self.at_home(shop=shop) else ("--force-recreate",)
        up = ("up", "--detach", "--no-build", "--wait", "--wait-timeout", "100")
        if self.compose(None, *up, *made, shop=shop):
            # Compose believes the health that it finds: of a container that is new.
            self.compose(None, "down", "--timeout", "5", shop=shop)
            if self.compose(None, *up, shop=shop):
                raise SystemExit("the stack does not become healthy: no ground")

    def load(self, *, shop: bool) -> None:
        """Give a host's Engine the images that this machine's has now."""
        file = str(BED / ("compose.shop.yaml" if shop else "compose.yaml"))
        words = (str(BED / "hosts" / "hosts.py"), "load", str(self.host))
        subprocess.run((sys.executable, *words, "--file", file), check=True)

    def leave(self, *, shop: bool = False) -> None:
        """Give the stack back to the definition that lies beside this program."""
        if self.host is None:
            up = ("up", "--detach", "--no-build", "--force-recreate", "--wait")
            Place.compose(self, None, *up, shop=shop)

    def at_home(self, *, shop: bool = False) -> bool:
        """Say whether every container's labels name the home."""
        label = "com.docker.compose.project.working_dir"
        named = {c["Config"]["Labels"].get(label) for c in self.containers(shop=shop)}
        return named == {self.home}

    def containers(self, *, shop: bool = False) -> list[dict[str, Any]]:
        """Return what the Engine says of each of the stack's containers."""
        project = "shop" if shop else "eloquence"
        which = f"label=com.docker.compose.project={project}"
        ids = self.read("docker", "ps", "--all", "--quiet", "--filter", which).split()
        if not ids:
            return []
        found: list[dict[str, Any]] = json.loads(self.read("docker", "inspect", *ids))
        return found

    def read(self, *words: str) -> str:
        """Return what a docker command says; nothing when it fails."""
        done = subprocess.run(
            words, env=self.environ, capture_output=True, text=True, check=False
        )
        return done.stdout

    def boxes(self, *, shop: bool = False) -> dict[str, Box]:
        """Return each service's container, as it stands now."""
        return {
            c["Config"]["Labels"]["com.docker.compose.service"]: Box(
                c["Id"],
                c["State"]["StartedAt"],
                c["RestartCount"],
                c["State"]["Status"],
            )
            for c in self.containers(shop=shop)
        }

    def images(self) -> dict[str, str]:
        """Return the id of each of the bed's images: a rebuild moves the names."""
        shape = ("--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")
        lines = self.read("docker", "image", "ls", *shape, "escalade-bed/*").split("\n")
        return dict(
            line.split() for line in lines if line.endswith(":1") or " " in line
        )

    def restore(self, images: dict[str, str]) -> None:
        """Let the names of images mean what they meant before a rebuild."""
        now = self.images()
        for name, identity in images.items():
            if now.get(name) != identity:
                self.run(("docker", "tag", identity, name))
        if new := sorted(now.keys() - images.keys()):
            self.run(("docker", "image", "rm", *new))

    def fix(self, state: Path, *words: str) -> tuple[dict[str, Any], float]:
        """Run `fix` with a memory of its own; return its JSON and the seconds."""
        return self.tell("fix", state, "--yes", "--format", "json", *words)

    def tell(self, verb: str, state: Path, *words: str) -> tuple[dict[str, Any], float]:
        """Run one verb of the product that prints JSON."""
        line = [self.inv, verb, *words]
        env = {k: v for k, v in os.environ.items() if k != "DOCKER_HOST"}
        env["ESCALADE_STATE"] = str(state)
        if self.host is not None:
            inventory = str(self.state / "hosts.yaml")
            line += ["--inventory", inventory, "--limit", self.host]
            env["ESCALADE_SSH_CONFIG"] = str(self.state / "ssh_config")
        begun = time.monotonic()
        done = run_bounded(line, env)
        took = round(time.monotonic() - begun, 2)
        try:
            told: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            said = (done.stderr or done.stdout).decode(errors="replace").strip()
            told = {"error": said[-400:]}
        return {"exit": done.returncode, **told, "code": done.returncode}, took


def run_bounded(
    line: list[str], env: dict[str, str]
) -> subprocess.CompletedProcess[bytes]:
    """Run the product; one that does not end is killed and exits 124."""
    try:
        return subprocess.run(
            line,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=FIX_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        said = f"no end after {FIX_S} s".encode()
        return subprocess.CompletedProcess(line, 124, error.stdout or b"", said)


@contextmanager
def ground(host: str | None, inv: str, *, drift: bool) -> Iterator[Ground]:
    """Open the place of the faults; its stack is not given a home yet."""
    with place(host) as at:
        home = HOME if host else str(at.state / "home")
        yield Ground(at.host, at.environ, at.state, home, drift, inv)


@contextmanager
def fresh_state() -> Iterator[Path]:
    """Yield a folder for a journal and budgets that nothing has used up."""
    with tempfile.TemporaryDirectory(prefix="escalade-state-") as folder:
        yield Path(folder)


def end_politely() -> None:
    """Let SIGTERM end the program as Ctrl-C does: it leaves a good stack behind."""

    def end(number: int, _: object) -> None:
        # `timeout` sends it twice, and the second must not end the healing.
        signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)


def handoff_text(told: dict[str, Any], state: Path) -> str:
    """Return all that the next person is told: the message, and its file."""
    parts = [json.dumps(told.get("handoff"), ensure_ascii=False)]
    for path in sorted(state.glob("runs/*/*")):
        if "handoff" in path.name or "hand-off" in path.name:
            with contextlib.suppress(OSError):
                parts.append(path.read_text(errors="replace"))
    return "\n".join(parts)
