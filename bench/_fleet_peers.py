"""The rivals of bench/fleet.py, each in its best honest configuration.

What they share: the same hosts, keys and known_hosts, host keys checked, the quicker of
OpenSSH's key exchanges (curve25519; its default costs twice as much), as many at once.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import venv
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from _twelve import BOUND_S
from _twelve import TWELVE
from _twelve import batch

from escalade.transport.base import bounded

PROJECT = Path(__file__).resolve().parent.parent
BIN = PROJECT / ".venv" / "bin"
PYINFRA = "pyinfra==3.10"
KEX = "-o KexAlgorithms=curve25519-sha256"


@dataclass(frozen=True)
class Peer:
    """One rival: its command, where it runs, and what of its output is JSON."""

    name: str
    command: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    cwd: str = str(PROJECT)
    slow: bool = False
    told: bool = False


@dataclass(frozen=True)
class Ground:
    """Where a comparison happens: hosts, client files, a scratch folder."""

    hosts: tuple[tuple[str, str], ...]
    state: Path
    scratch: Path
    forks: int

    @property
    def names(self) -> str:
        """Return the hosts' names as a pattern."""
        return ",".join(name for name, _ in self.hosts)


def versions() -> list[str]:
    """Return what is compared, with versions; installs pyinfra where it is missing."""
    found = []
    for words in (
        ("ssh", "-V"),
        (str(BIN / "ansible"), "--version"),
        (pyinfra(), "--version"),
        (str(BIN / "python"), "-m", "pip", "freeze"),
    ):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        lines = (done.stdout or done.stderr).splitlines()
        if words[-1] == "freeze":
            ours = ("paramiko=", "fabric=", "invoke=", "cryptography=")
            found.append(" ".join(line for line in lines if line.startswith(ours)))
        else:
            found.append(lines[0])
    return [*found, f"Python {sys.version.split()[0]}, {os.cpu_count()} cores"]


def pyinfra() -> str:
    """Return pyinfra's command, in an environment of its own in the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    home = Path(base) / "escalade-bench" / PYINFRA.replace("==", "-")
    command = home / "bin" / "pyinfra"
    if not command.exists():
        venv.create(home, with_pip=True)
        words = (str(home / "bin" / "pip"), "install", "--quiet", PYINFRA)
        subprocess.run(words, check=True)
    return str(command)


# ---------------------------------------------------------------------- ours


def ours(at: Ground, *, looks: int = 1, loaded: bool = False) -> Peer:
    """Return the twelve questions over our transport, as a whole process."""
    name = "escalade, twelve" if looks == 1 else "escalade, twelve, twice"
    words = [str(BIN / "python"), str(PROJECT / "bench" / "_twelve.py")]
    words += [str(at.state / "hosts.yaml"), str(at.state / "ssh_config")]
    words += [at.names, str(at.forks), str(looks), *(["loaded"] if loaded else [])]
    return Peer(name, tuple(words), told=True)


def task(at: Ground, name: str) -> Peer:
    """Return one of our tasks, as an operator calls it."""
    words = [str(PROJECT / "inv"), name, "--inventory", str(at.state / "hosts.yaml")]
    words += ["--limit", at.names, "--forks", str(at.forks)]
    env = {"ESCALADE_SSH_CONFIG": str(at.state / "ssh_config")}
    return Peer(f"invoke {name}", tuple(words), env)


# ------------------------------------------------------------------- OpenSSH


def script_files(folder: Path) -> tuple[Path, Path]:
    """Write the plain script of the twelve, and the very line that ours sends."""
    plain, framed = folder / "plain", folder / "framed"
    plain.write_text("\n".join(f"echo '# {n}'; {t}" for n, t in enumerate(TWELVE)))
    framed.write_text(bounded(batch().line, BOUND_S))
    return plain, framed


def xargs(at: Ground, script: Path, name: str, options: str = "") -> Peer:
    """Return ssh under xargs."""
    ssh = f"ssh -F {at.state}/ssh_config -o BatchMode=yes {KEX} {options}"
    hosts = " ".join(host for host, _ in at.hosts)
    line = f"printf '%s\\n' {hosts} | xargs -P {at.forks} -I@ "
    return Peer(name, ("sh", "-c", f'{line}{ssh} @ "$(cat {script})"'))


def one_ssh(at: Ground, script: Path) -> Peer:
    """Return one ssh to the first host, with nothing around it."""
    words = ["ssh", "-F", f"{at.state}/ssh_config", "-o", "BatchMode=yes"]
    words += [*KEX.split(), at.hosts[0][0], script.read_text()]
    return Peer("ssh HOST script", tuple(words))


def masters(at: Ground, *, up: bool) -> str:
    """Open (or close) a master for each host; return the options that use them."""
    path = f"-o ControlPath={at.scratch}/m-%n"
    what = "-M -N -f -o ControlPersist=600" if up else "-O exit"
    hosts = " ".join(host for host, _ in at.hosts)
    line = f"printf '%s\\n' {hosts} | xargs -P 8 -I@ ssh -F {at.state}/ssh_config"
    line += f" -o BatchMode=yes {KEX} {path} {what} @"
    quiet = subprocess.DEVNULL
    subprocess.run(("sh", "-c", line), check=up, stdout=quiet, stderr=quiet)
    return path


# ------------------------------------------------------------ pyinfra, Ansible


def pyinfra_peers(at: Ground) -> list[Peer]:
    """Return pyinfra with twelve operations, and with all twelve in one."""
    shared = {
        "ssh_user": "root",
        "ssh_key": str(at.state / "client"),
        "ssh_known_hosts_file": str(at.state / "known_hosts"),
        "ssh_strict_host_key_checking": "yes",
        "ssh_config_file": "/dev/null",
        "ssh_look_for_keys": False,
        "ssh_allow_agent": False,
    }
    rows = [(name, {**shared, "ssh_hostname": address}) for name, address in at.hosts]
    (at.scratch / "inventory.py").write_text(f"hosts = {rows!r}\n")
    head = "from pyinfra.operations import server\n"
    each = "".join(f"server.shell(commands=[{text!r}])\n" for text in TWELVE)
    (at.scratch / "twelve.py").write_text(head + each)
    one = "\n".join(TWELVE)
    (at.scratch / "one.py").write_text(f"{head}server.shell(commands=[{one!r}])\n")
    return [
        Peer(name, (pyinfra(), "-y", "inventory.py", file), cwd=str(at.scratch))
        for name, file in (
            ("pyinfra, twelve operations", "twelve.py"),
            ("pyinfra, one operation", "one.py"),
        )
    ]


def ansible_peers(at: Ground) -> list[Peer]:
    """Return Ansible with twelve shell tasks, and with twelve raw ones."""
    variables = {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(at.state / "client"),
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    hosts = {name: {"ansible_host": address} for name, address in at.hosts}
    tree = {"all": {"vars": variables, "hosts": hosts}}
    (at.scratch / "ansible.json").write_text(json.dumps(tree))
    peers = []
    for module in ("shell", "raw"):
        tasks = [{module: text, "changed_when": False} for text in TWELVE]
        play = [{"hosts": "all", "gather_facts": False, "tasks": tasks}]
        (at.scratch / f"{module}.json").write_text(json.dumps(play))
        # A folder of its own for each run would cost nothing; sh makes it, so that each
        # run is cold.
        control = "$(mktemp -d)"
        env = {
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_FORKS": str(at.forks),
            "ANSIBLE_HOST_KEY_CHECKING": "true",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_SSH_ARGS": f"-F {shlex.quote(str(at.state / 'ssh_config'))} {KEX}"
            " -o ControlMaster=auto -o ControlPersist=20s",
        }
        line = f"ANSIBLE_SSH_CONTROL_PATH_DIR={control} exec "
        line += f"{BIN / 'ansible-playbook'} -i ansible.json {module}.json"
        name = f"Ansible, twelve {module} tasks"
        peers.append(Peer(name, ("sh", "-c", line), env, str(at.scratch), slow=True))
    return peers
