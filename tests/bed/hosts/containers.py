"""Build the host image; make, start and remove the containers that are the hosts."""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import fleet
from engine import PREFIX
from engine import HostsError
from engine import docker
from engine import inside
from engine import run
from engine import say
from fleet import Host

HERE = Path(__file__).resolve().parent
IMAGE = "escalade-bed/host:1"
BASE = "escalade-bed/base:1"
RECIPE = ("Dockerfile", "entrypoint.sh")
RECIPE_LABEL = "escalade.bed.host-recipe"
HOST_LABEL = "escalade.bed.host"
KEYS_LABEL = "escalade.bed.host-keys"
OUTER_NETWORK = "escalade-hosts"
INNER_NETWORK = "escalade-inner"
READY_SECONDS = 60
# Creating containers is the Engine's work: more hands at once only queue up there.
HANDS = 4
ENGINE_OPTIONS = (
    *("--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN", "--cap-add", "NET_RAW"),
    *("--cap-add", "SYS_PTRACE", "--cap-add", "MKNOD"),
    *("--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"),
    *("--device-cgroup-rule", "a *:* rwm"),
    # With a root of its own, the cgroup paths in a host's /proc hold in its /sys too.
    *("--cgroupns", "private"),
)


def each(work: Callable[[Host], None], hosts: Sequence[Host]) -> None:
    """Do the same for several hosts, a few at a time; the first error wins."""
    with ThreadPoolExecutor(HANDS) as pool:
        list(pool.map(work, hosts))


def compose_plugin() -> Path:
    """Return the Compose plugin of this machine, wherever its package put it."""
    plugins = json.loads(docker("info", "--format", "{{json .ClientInfo.Plugins}}"))
    paths = {plugin["Name"]: Path(plugin["Path"]) for plugin in plugins or []}
    if "compose" not in paths:
        message = "no Compose v2 plugin here: run tests/bed/provision.sh"
        raise HostsError(message)
    return paths["compose"]


def image_field(name: str, field: str) -> str:
    """Return one field of an image, or nothing if there is no such image."""
    try:
        return docker("image", "inspect", "--format", field, name)
    except HostsError:
        return ""


def ensure_image() -> str:
    """Build the host image if its recipe or its base changed; return its id."""
    base = image_field(BASE, "{{.Id}}")
    if not base:
        say(f"building {BASE}")
        run((sys.executable, str(HERE.parent / "bed.py"), "build", "base"))
        base = image_field(BASE, "{{.Id}}")
    digest = hashlib.sha256(base.encode())
    for name in RECIPE:
        digest.update((HERE / name).read_bytes())
    recipe = digest.hexdigest()
    if image_field(IMAGE, f'{{{{index .Config.Labels "{RECIPE_LABEL}"}}}}') != recipe:
        say(f"building {IMAGE}")
        with tempfile.TemporaryDirectory() as folder:
            for name in RECIPE:
                shutil.copy(HERE / name, folder)
            shutil.copy(compose_plugin(), Path(folder) / "docker-compose")
            docker(
                *("build", "--quiet", "--build-arg", f"BASE={BASE}"),
                *("--label", f"{RECIPE_LABEL}={recipe}", "--tag", IMAGE, folder),
            )
    return image_field(IMAGE, "{{.Id}}")


def ensure_networks() -> None:
    """Make the two networks; chance addresses stay clear of the fixed ones."""
    there = docker("network", "ls", "--format", "{{.Name}}").splitlines()
    for name, prefix in ((OUTER_NETWORK, fleet.OUTER), (INNER_NETWORK, fleet.INNER)):
        if name not in there:
            docker(
                *("network", "create", "--subnet", f"{prefix}.0/24"),
                *("--ip-range", f"{prefix}.240/28", "--gateway", f"{prefix}.1", name),
            )


@dataclass(frozen=True)
class Found:
    """A host's container as it is: what it was made for, and its state."""

    host: Host
    keys: str
    image: str
    state: str


def existing() -> dict[str, Found]:
    """Return the containers of the bed's hosts, by host name."""
    ids = docker("ps", "--all", "--quiet", "--filter", f"label={HOST_LABEL}").split()
    if not ids:
        return {}
    form = '[{{json .Config.Labels}}, "{{.Image}}", "{{.State.Status}}"]'
    found = {}
    for line in docker("inspect", "--format", form, *ids).splitlines():
        labels, image, state = json.loads(line)
        host = fleet.from_label(labels[HOST_LABEL])
        found[host.name] = Found(host, labels.get(KEYS_LABEL, ""), image, state)
    return found


def refresh_client_files(state: Path) -> None:
    """Write the client files for all hosts, less those made with other keys."""
    fleet.write_client_files(
        state,
        [
            found.host
            for found in existing().values()
            if found.keys == fleet.fingerprint(state, found.host)
        ],
    )


def name_server() -> str:
    """Return this machine's name server; inside, an Engine guesses a public one."""
    for line in Path("/etc/resolv.conf").read_text().splitlines():
        words = line.split()
        if words[:1] == ["nameserver"] and not words[1].startswith(("127.", "::1")):
            return words[1]
    return ""


def create(host: Host, state: Path) -> None:
    """Create and start one host's container."""
    words = [
        *("create", "--name", PREFIX + host.name, "--hostname", host.name),
        *("--label", f"{HOST_LABEL}={fleet.to_label(host)}"),
        *("--label", f"{KEYS_LABEL}={fleet.fingerprint(state, host)}"),
        *("--network", INNER_NETWORK if host.behind else OUTER_NETWORK),
        *("--ip", host.address, "--network-alias", host.name),
        *("--volume", f"{fleet.host_folder(state, host)}:/etc/ssh/bed:ro"),
        *("--env", f"ENGINE={host.engine}", "--env", f"MODE={host.mode}"),
        *("--env", f"BASH_SHELL={int(host.bash)}"),
    ]
    if host.behind:
        gate = fleet.special(host.behind).inner_address
        words += ["--cap-add", "NET_ADMIN", "--env", f"ONLY_FROM={gate}"]
    if host.has_engine:
        words += [*ENGINE_OPTIONS, "--env", f"ENGINE_DNS={name_server()}"]
        # A named volume outlives the container: the images need not be loaded again.
        words += ["--volume", f"{PREFIX}{host.name}:/var/lib/docker"]
    docker(*words, IMAGE)
    if host.inner_address:
        second = (INNER_NETWORK, PREFIX + host.name)
        docker("network", "connect", "--ip", host.inner_address, *second)
    docker("start", PREFIX + host.name)


def ensure_running(
    host: Host, *, state: Path, image: str, there: dict[str, Found]
) -> None:
    """Bring one host to the wanted state with as little as possible."""
    found = there.get(host.name)
    asked = (host, fleet.fingerprint(state, host), image)
    if found is None or (found.host, found.keys, found.image) != asked:
        # Nothing that a person left in a host survives a change of its recipe.
        if found:
            docker("rm", "--force", PREFIX + host.name)
        create(host, state)
    elif found.state == "paused":
        docker("unpause", PREFIX + host.name)
    elif found.state != "running":
        docker("start", PREFIX + host.name)


def answers(host: Host, state: Path) -> bool:
    """Tell whether a host does what is expected of it right now."""
    try:
        if host.behind:
            config = str(state / "ssh_config")
            login = ("ssh", "-F", config, "-o", "BatchMode=yes", host.name)
            run((*login, "true"), timeout=15)
        else:
            with socket.create_connection((host.address, 22), timeout=2) as door:
                if host.mode == "sshd" and not door.recv(8).startswith(b"SSH-"):
                    return False
        if host.has_engine:
            inside(host, "docker", "version", timeout=15)
    except (OSError, HostsError):
        return False
    return True


def await_ready(host: Host, state: Path) -> None:
    """Wait until a host answers, or say where its own account of the trouble is."""
    end = time.monotonic() + READY_SECONDS
    while not answers(host, state):
        if time.monotonic() > end:
            message = (
                f"{host.name} did not get ready: docker exec {PREFIX}{host.name} "
                "tail /var/log/sshd.log /var/log/dockerd.log"
            )
            raise HostsError(message)
        time.sleep(0.2)


def bring_up(hosts: Sequence[Host], state: Path) -> None:
    """Make these hosts run; others stay, and the client files name all of them."""
    image = ensure_image()
    fleet.ensure_keys(state, hosts)
    ensure_networks()
    there = existing()
    each(partial(ensure_running, state=state, image=image, there=there), hosts)
    refresh_client_files(state)
    each(partial(await_ready, state=state), hosts)


def take_down(hosts: Sequence[Host], state: Path, *, forget: bool) -> None:
    """Remove these hosts; of an Engine only the images wait for the next start."""
    there = existing()

    def remove(host: Host) -> None:
        if host.has_engine and there[host.name].state == "running":
            empty_engine(host)
        docker("rm", "--force", PREFIX + host.name)
        if forget and host.has_engine:
            docker("volume", "rm", "--force", PREFIX + host.name)

    each(remove, hosts)
    refresh_client_files(state)
    if not existing():
        names = docker("network", "ls", "--format", "{{.Name}}").splitlines()
        for name in {OUTER_NETWORK, INNER_NETWORK} & set(names):
            docker("network", "rm", name)


def empty_engine(host: Host) -> None:
    """Remove all containers, networks and volumes of an Engine; its images stay."""
    script = (
        "docker ps -aq | xargs -r docker rm -fv"
        " && docker network prune -f && docker volume prune -f && docker image prune -f"
    )
    try:
        inside(host, "sh", "-c", script, timeout=60)
    except HostsError as error:
        # A host whose Engine is the fault under test must still go away.
        say(f"{host.name}: its Engine was not emptied: {error}")
