"""Use a host's own Engine: give it images, run a stack there, make a call on it."""

from __future__ import annotations

import io
import json
import shlex
import subprocess
import tarfile
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import PREFIX
from engine import HostsError
from engine import docker
from engine import inside
from engine import run
from fleet import Host

BED = Path(__file__).resolve().parent.parent
CALLER = "escalade-bed/caller:1"
# The caller gives up by itself after 45 s; this is for an Engine that does not answer.
CALL_SECONDS = 90
NAME_AND_ID = "{{.Repository}}:{{.Tag}} {{.ID}}"


@dataclass(frozen=True)
class Stack:
    """A Compose project: its files, what they mount, what it runs, where it talks."""

    project: str
    folder: Path
    files: tuple[Path, ...]
    mounted: tuple[Path, ...]
    images: tuple[str, ...]
    networks: tuple[str, ...]

    @property
    def home(self) -> str:
        """Return where the stack lives on a host."""
        return f"/srv/{self.project}"

    def there(self, path: Path) -> str:
        """Return a file's name in the home; an overlay may come from anywhere."""
        inside_it = path.is_relative_to(self.folder)
        return str(path.relative_to(self.folder)) if inside_it else path.name


def load(host: Host, names: Sequence[str]) -> list[str]:
    """Put those images into a host's Engine that it lacks; return their names."""
    listing = ("image", "ls", "--no-trunc", "--format", NAME_AND_ID)
    have = set(inside(host, "docker", *listing).splitlines())
    here = dict(line.split() for line in docker(*listing).splitlines())
    unbuilt = sorted(set(names) - set(here))
    if unbuilt:
        message = f"tests/bed/bed.py build has not built {', '.join(unbuilt)}"
        raise HostsError(message)
    missing = [name for name in names if f"{name} {here[name]}" not in have]
    if not missing:
        return []
    # One stream for all of them, so that layers in common travel once.
    save = ("docker", "save", *missing)
    into = ("docker", "exec", "--interactive", PREFIX + host.name)
    with subprocess.Popen(save, stdout=subprocess.PIPE) as source:
        sink = subprocess.run(
            (*into, "docker", "load", "--quiet"),
            stdin=source.stdout,
            capture_output=True,
            check=False,
        )
    if source.returncode or sink.returncode:
        said = sink.stderr.decode(errors="replace").strip()
        message = f"loading {', '.join(missing)} into {host.name} failed: {said}"
        raise HostsError(message)
    # What the new ones replaced would fill the volume, build after build.
    inside(host, "docker", "image", "prune", "--force")
    return missing


def mounted_paths(config: dict[str, Any]) -> Iterator[Path]:
    """Yield the files and folders that a resolved Compose file takes from beside it."""
    for service in config["services"].values():
        for volume in service.get("volumes") or ():
            if volume["type"] == "bind":
                yield Path(volume["source"])
    shared = {**(config.get("configs") or {}), **(config.get("secrets") or {})}
    yield from (Path(entry["file"]) for entry in shared.values() if "file" in entry)


def beside(folder: Path, paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return those paths in a folder that exist; others must be on the host itself."""
    found = {path.resolve() for path in paths if path.exists()}
    return tuple(path for path in sorted(found) if path.is_relative_to(folder))


def read_stack(files: Sequence[Path]) -> Stack:
    """Resolve Compose files as this machine's Compose reads them."""
    paths = tuple(path.resolve() for path in files)
    folder = paths[0].parent
    chosen = [word for path in paths for word in ("--file", str(path))]
    config = json.loads(docker("compose", *chosen, "config", "--format", "json"))
    services = config["services"].values()
    networks = (config.get("networks") or {}).values()
    return Stack(
        project=config["name"],
        folder=folder,
        files=paths,
        mounted=beside(folder, (folder / ".env", *mounted_paths(config))),
        images=tuple(sorted({service["image"] for service in services})),
        networks=tuple(network["name"] for network in networks),
    )


def parcel(stack: Stack, settings: Sequence[str]) -> bytes:
    """Return a stack's files as a tar archive; settings end up in its .env file."""
    buffer = io.BytesIO()
    env = stack.folder / ".env"
    text = env.read_text() if env in stack.mounted else ""
    data = "\n".join((text, *settings, "")).lstrip().encode()

    def ours(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        # This machine's accounts mean nothing on a host.
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        return entry

    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path in {*stack.files, *stack.mounted} - {env}:
            archive.add(path, stack.there(path), filter=ours)
        entry = tarfile.TarInfo(".env")
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def login(host: Host, state: Path) -> tuple[str, ...]:
    """Return the command that enters a host by the road that the product takes."""
    return ("ssh", "-F", str(state / "ssh_config"), "-o", "BatchMode=yes", host.name)


def compose(stack: Stack, *words: str) -> str:
    """Return a Compose command line as it runs on a host."""
    chosen = [word for path in stack.files for word in ("--file", stack.there(path))]
    command = shlex.join(["docker", "compose", *chosen, *words])
    return f"cd {shlex.quote(stack.home)} && {command}"


def stack_up(
    host: Host, stack: Stack, state: Path, *, settings: Sequence[str], wait: bool
) -> None:
    """Copy a stack over and start it; return once it is healthy, if that is awaited."""
    home = shlex.quote(stack.home)
    unpack = f"mkdir -p {home} && tar -x -C {home}"
    words = ("up", "--detach", "--no-build", "--pull", "never", "--remove-orphans")
    up = compose(stack, *words, *(("--wait",) if wait else ()))
    run(
        (*login(host, state), f"{unpack} && {up}"),
        data=parcel(stack, settings),
        title=f"{stack.project} on {host.name}",
    )


def stack_down(host: Host, stack: Stack, state: Path) -> None:
    """Remove a stack's containers, networks and volumes, if it was ever there."""
    down = compose(stack, "down", "--volumes", "--remove-orphans", "--timeout", "5")
    script = f"test ! -d {shlex.quote(stack.home)} || {{ {down}; }}"
    run((*login(host, state), script), title=f"{stack.project} on {host.name}")


def call(host: Host, stack: Stack, state: Path) -> int:
    """Make a whole call beside a stack; its verdict is the output and the exit code."""
    if not stack.networks:
        message = f"{stack.project} has no network to call on"
        raise HostsError(message)
    words = ("docker", "run", "--rm", "--network", stack.networks[0], CALLER)
    command = (*login(host, state), shlex.join(words))
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, check=False, timeout=CALL_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        message = f"the call on {host.name} did not end within {CALL_SECONDS} s"
        raise HostsError(message) from error
    return done.returncode
