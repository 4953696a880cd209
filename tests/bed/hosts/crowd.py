"""Many SSH hosts in few containers, each an sshd of its own on an address of its own.

To a client they are what as many containers would be, at a tenth of the time. With
`each=1` every host has a container to itself. A crowd has a name, a range of addresses
and client files of its own, so that it never meets the bed's other hosts.
"""

from __future__ import annotations

import ipaddress
import json
import shutil
import time
from collections.abc import Iterator
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path

import containers
import fleet
from engine import HostsError
from engine import docker

PREFIX = "escalade-crowd-"
NETWORK = "escalade-crowd"
LABEL = "escalade.bed.crowd"
RANGES = {"bench": 4, "faults": 5, "crowd": 6}
"""Each crowd's third byte in 172.30.4.0/22."""
FIRST = 10
LARGEST = 240
READY_S = 120
SCRIPT = Path(__file__).resolve().with_name("crowd.sh")
SSHD_CONFIG = """\
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
"""


@dataclass(frozen=True)
class Member:
    """One host of a crowd: its kind as crowd.sh knows it, or `dead`: nobody there.

    `behind` names the member that leads to it; a `swapped` one has another key than
    the one that its clients know.
    """

    name: str
    address: str
    kind: str = "sshd"
    value: str = ""
    login: str = "root"
    behind: str = ""
    swapped: bool = False


@dataclass(frozen=True)
class Group:
    """The members that share a container, and in what that differs from others."""

    members: tuple[Member, ...]
    options: tuple[str, ...] = ()
    image: str = containers.IMAGE


def address(crowd: str, number: int) -> str:
    """Return the address of the n-th host of a crowd, from 1."""
    if not 1 <= number <= LARGEST:
        message = f"a crowd has 1 to {LARGEST} hosts, not {number}"
        raise ValueError(message)
    return f"172.30.{RANGES[crowd]}.{FIRST + number}"


def plain(
    crowd: str, count: int, *, each: int, image: str = containers.IMAGE
) -> list[Group]:
    """Return `count` plain hosts named c1, c2 ..., `each` to a container."""
    members = [Member(f"c{n}", address(crowd, n)) for n in range(1, count + 1)]
    return [replace(group, image=image) for group in grouped(members, each)]


def grouped(members: Sequence[Member], each: int) -> list[Group]:
    """Return members in groups of at most `each`; the dead are in none."""
    live = [member for member in members if member.kind != "dead"]
    return [Group(tuple(live[at : at + each])) for at in range(0, len(live), each)]


def folder_of(crowd: str) -> Path:
    """Return where a crowd's keys and client files lie."""
    return fleet.state_folder() / f"crowd-{crowd}"


# ---------------------------------------------------------------------- files


def _ensure_keys(folder: Path, members: Sequence[Member]) -> None:
    """Make the client's key pair and each member's own; a swapped one has two."""
    keys = folder / "keys"
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    fleet.ensure_key(folder / "client", "escalade-crowd client")
    public = (folder / "client.pub").read_text()
    fleet.replace_file(folder / "authorized_keys", public)
    fleet.replace_file(folder / "sshd_config", SSHD_CONFIG)
    names = [m.name for m in members] + [f"{m.name}.old" for m in members if m.swapped]
    with ThreadPoolExecutor(containers.HANDS) as pool:
        list(pool.map(lambda name: fleet.ensure_key(keys / name, name), names))


def _known_key(folder: Path, member: Member) -> str:
    """Return the key that clients know as a member's."""
    name = f"{member.name}.old" if member.swapped else member.name
    return " ".join((folder / "keys" / f"{name}.pub").read_text().split()[:2])


def _ssh_config(folder: Path, members: Sequence[Member]) -> str:
    """Return the client configuration: what all share, and where each is."""
    blocks = []
    for member in members:
        lines = [f"Host {member.name}", f"HostName {member.address}"]
        if member.login != "root":
            lines.append(f"User {member.login}")
        if member.behind:
            lines.append(f"ProxyJump {member.behind}")
        blocks.append("\n    ".join(lines))
    shared = [
        "Host *",
        "User root",
        f'IdentityFile "{folder / "client"}"',
        "IdentitiesOnly yes",
        f'UserKnownHostsFile "{folder / "known_hosts"}"',
        "StrictHostKeyChecking yes",
        "ConnectTimeout 10",
    ]
    return "\n".join((*blocks, "\n    ".join(shared), ""))


def _inventory(folder: Path, members: Sequence[Member]) -> str:
    """Return the members in Ansible's YAML."""
    common = f"-F {folder / 'ssh_config'}"
    lines = [
        "crowd:",
        "  vars:",
        f"    ansible_ssh_private_key_file: {json.dumps(str(folder / 'client'))}",
        f"    ansible_ssh_common_args: {json.dumps(common)}",
        "  hosts:",
    ]
    for member in members:
        lines += [
            f"    {member.name}:",
            f"      ansible_host: {member.address}",
            f"      ansible_user: {member.login}",
        ]
    return "\n".join((*lines, ""))


def write_client_files(folder: Path, members: Sequence[Member]) -> None:
    """Write ssh_config, known_hosts and hosts.yaml for exactly these members."""
    known = [f"{m.name},{m.address} {_known_key(folder, m)}" for m in members]
    fleet.replace_file(folder / "known_hosts", "\n".join((*known, "")))
    fleet.replace_file(folder / "ssh_config", _ssh_config(folder, members))
    fleet.replace_file(folder / "hosts.yaml", _inventory(folder, members))


# ----------------------------------------------------------------- containers


def ensure_network() -> None:
    """Make the crowds' network; chance addresses stay clear of the fixed ones."""
    if NETWORK not in docker("network", "ls", "--format", "{{.Name}}").splitlines():
        docker(
            *("network", "create", "--subnet", "172.30.4.0/22"),
            *("--ip-range", "172.30.7.0/24", "--gateway", "172.30.4.1", NETWORK),
        )


def _start(crowd: str, number: int, group: Group) -> None:
    """Start one group's container anew."""
    name, folder = f"{PREFIX}{crowd}-{number}", folder_of(crowd)
    rows = (f"{m.name} {m.address} {m.kind} {m.value}" for m in group.members)
    fleet.replace_file(folder / f"table-{number}", "\n".join((*rows, "")))
    docker(
        *("run", "--detach", "--name", name, "--hostname", group.members[0].name),
        *("--label", f"{LABEL}={crowd}", "--network", NETWORK),
        *("--ip", group.members[0].address, "--cap-add", "NET_ADMIN"),
        *("--volume", f"{folder}:/etc/ssh/crowd:ro"),
        *("--volume", f"{SCRIPT}:/usr/local/sbin/bed-crowd:ro"),
        *(*group.options, "--entrypoint", "/bin/sh", group.image),
        *("/usr/local/sbin/bed-crowd", f"table-{number}"),
    )


def names_of(crowd: str, *, image: str = "") -> list[str]:
    """Return the containers of a crowd; with an image, those that run it."""
    wish = ["--filter", f"label={LABEL}={crowd}", "--format", "{{.Names}}"]
    if image:
        wish += ["--filter", f"ancestor={image}", "--filter", "status=running"]
    return docker("ps", "--all", *wish).split()


def _await(crowd: str, count: int) -> None:
    """Wait until every container has started all of its hosts."""
    end = time.monotonic() + READY_S
    for number in range(1, count + 1):
        name = f"{PREFIX}{crowd}-{number}"
        while True:
            try:
                docker("exec", name, "test", "-e", "/run/crowd/ready")
                break
            except HostsError as error:
                if time.monotonic() > end:
                    message = f"{name} did not get ready: docker logs {name}"
                    raise HostsError(message) from error
                time.sleep(0.3)


def bring_up(
    crowd: str, groups: Sequence[Group], *, others: Sequence[Member] = ()
) -> tuple[Member, ...]:
    """Start a crowd anew and write its client files; `others` are members not there.

    Returns all members, by address.
    """
    containers.ensure_image()
    take_down(crowd)
    members = [member for group in groups for member in group.members] + [*others]
    folder = folder_of(crowd)
    _ensure_keys(folder, members)
    ensure_network()
    with ThreadPoolExecutor(containers.HANDS) as pool:
        jobs = [
            pool.submit(_start, crowd, number, group)
            for number, group in enumerate(groups, 1)
        ]
        for job in jobs:
            job.result()
    _await(crowd, len(groups))
    listed = sorted(members, key=lambda m: ipaddress.ip_address(m.address))
    write_client_files(folder, listed)
    return tuple(listed)


def take_down(crowd: str, *, forget: bool = False) -> None:
    """Remove a crowd's containers, and with `forget` its keys and files."""
    there = names_of(crowd)
    if there:
        docker("rm", "--force", *there)
    if forget:
        shutil.rmtree(folder_of(crowd), ignore_errors=True)


def take_all_down() -> None:
    """Remove every crowd and their network."""
    for crowd in RANGES:
        take_down(crowd)
    if NETWORK in docker("network", "ls", "--format", "{{.Name}}").splitlines():
        docker("network", "rm", NETWORK)


def processes(crowd: str) -> Iterator[tuple[str, str]]:
    """Yield container and command line of every process that a crowd runs."""
    for name in names_of(crowd):
        for line in docker("top", name, "-eo", "pid,args").splitlines()[1:]:
            yield name, line.split(None, 1)[1]
