"""Which SSH hosts the bed can have, and the files by which clients find them."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import shlex
import subprocess
from collections.abc import Iterable
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import fields
from pathlib import Path

OUTER = "172.30.0"
INNER = "172.30.1"
LARGEST = 200
EXTRAS = ("jump", "inner", "silent", "nobash", "nodocker")


@dataclass(frozen=True)
class Host:
    """One SSH host: where it answers and in which way it differs from a plain one."""

    name: str
    address: str
    engine: str = "0"
    mode: str = "sshd"
    bash: bool = True
    behind: str = ""
    inner_address: str = ""

    @property
    def has_engine(self) -> bool:
        """Tell whether an Engine of its own runs on this host."""
        return self.engine == "1"


def numbered(number: int, *, engine: bool) -> Host:
    """Return host1, host2 ... with or without an Engine."""
    if not 1 <= number <= LARGEST:
        message = f"host numbers go from 1 to {LARGEST}, not {number}"
        raise ValueError(message)
    address = f"{OUTER}.{10 + number}"
    return Host(f"host{number}", address, engine="1" if engine else "0")


def special(name: str) -> Host:
    """Return one of EXTRAS."""
    hosts = (
        Host("jump", f"{OUTER}.2", inner_address=f"{INNER}.2"),
        Host("inner", f"{INNER}.10", behind="jump"),
        Host("silent", f"{OUTER}.3", mode="silent"),
        Host("nobash", f"{OUTER}.4", bash=False),
        Host("nodocker", f"{OUTER}.5", engine="none"),
    )
    return {host.name: host for host in hosts}[name]


def to_label(host: Host) -> str:
    """Return a host as a container's label carries it."""
    return json.dumps(asdict(host), sort_keys=True)


def from_label(label: str) -> Host:
    """Return the host of a label, also of one that an older or newer bed wrote."""
    written = json.loads(label)
    known = (field.name for field in fields(Host))
    return Host(**{name: written[name] for name in known if name in written})


def state_folder() -> Path:
    """Return the folder that holds keys and client files between starts."""
    chosen = os.environ.get("ESCALADE_BED_STATE")
    if chosen:
        return Path(chosen).resolve()
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
    return Path(base) / "escalade-bed"


def ensure_key(path: Path, comment: str) -> None:
    """Make a key pair unless it is there: a rebuilt host keeps its identity."""
    if path.exists() and path.with_name(f"{path.name}.pub").exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)],
        check=True,
        stdin=subprocess.DEVNULL,
    )


def client_key(state: Path) -> Path:
    """Return the private key that opens every host."""
    return state / "keys" / "client"


def host_folder(state: Path, host: Host) -> Path:
    """Return the folder that the host sees as /etc/ssh/bed."""
    return state / "keys" / host.name


def ensure_keys(state: Path, hosts: Iterable[Host]) -> None:
    """Make the client's key pair and each host's own."""
    client = client_key(state)
    ensure_key(client, "escalade-bed client")
    for host in hosts:
        ensure_key(host_folder(state, host) / "host_key", f"escalade-bed {host.name}")
        public = client.with_name(f"{client.name}.pub").read_text()
        replace_file(host_folder(state, host) / "authorized_keys", public)


def fingerprint(state: Path, host: Host) -> str:
    """Return what tells a container made with these keys from any other."""
    folder = host_folder(state, host)
    digest = hashlib.sha256(str(folder).encode())
    for name in ("host_key.pub", "authorized_keys"):
        path = folder / name
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()


def replace_file(path: Path, text: str) -> None:
    """Write a file in one step, so that no client reads half of it."""
    if path.exists() and path.read_text() == text:
        return
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text)
    draft.replace(path)


def ssh_config(state: Path, hosts: Iterable[Host]) -> str:
    """Return a client configuration that knows each host by name."""
    blocks = ["# How to reach the SSH hosts of the bed: ssh -F THIS_FILE host1\n"]
    for host in hosts:
        lines = [
            f"Host {host.name}",
            f"HostName {host.address}",
            "Port 22",
            "User root",
            f'IdentityFile "{client_key(state)}"',
            "IdentitiesOnly yes",
            f'UserKnownHostsFile "{state / "known_hosts"}"',
            "StrictHostKeyChecking yes",
            "ConnectTimeout 10",
        ]
        if host.behind:
            lines.append(f"ProxyJump {host.behind}")
        blocks.append("\n    ".join(lines) + "\n")
    return "\n".join(blocks)


def known_hosts(state: Path, hosts: Iterable[Host]) -> str:
    """Return the host keys, by name and by address."""
    lines = []
    for host in hosts:
        public = (host_folder(state, host) / "host_key.pub").read_text().split()
        lines.append(f"{host.name},{host.address} {public[0]} {public[1]}\n")
    return "".join(lines)


def inventory(state: Path, hosts: Iterable[Host]) -> str:
    """Return the hosts in Ansible's YAML; those with an Engine are in `engines`."""
    common = f"-F {shlex.quote(str(state / 'ssh_config'))}"
    groups: dict[str, list[Host]] = {"engines": [], "plain": []}
    for host in hosts:
        groups["engines" if host.has_engine else "plain"].append(host)
    lines = [
        "# The SSH hosts of the bed, in Ansible's format; each start writes it anew.",
        "bed:",
        "  vars:",
        "    ansible_user: root",
        "    ansible_port: 22",
        f"    ansible_ssh_private_key_file: {json.dumps(str(client_key(state)))}",
        f"    ansible_ssh_common_args: {json.dumps(common)}",
        "  children:",
    ]
    for group, members in groups.items():
        lines.append(f"    {group}:")
        lines.append("      hosts:" if members else "      hosts: {}")
        for host in members:
            lines.append(f"        {host.name}:")
            lines.append(f"          ansible_host: {host.address}")
    return "\n".join(lines) + "\n"


def write_client_files(state: Path, hosts: Iterable[Host]) -> None:
    """Write ssh_config, known_hosts and hosts.yaml for exactly these hosts."""
    listed = sorted(hosts, key=lambda host: ipaddress.ip_address(host.address))
    state.mkdir(parents=True, exist_ok=True)
    replace_file(state / "ssh_config", ssh_config(state, listed))
    replace_file(state / "known_hosts", known_hosts(state, listed))
    replace_file(state / "hosts.yaml", inventory(state, listed))
