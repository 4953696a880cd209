"""A host's merged variables become a Host: how to connect, and what else is said."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from escalade.errors import nearest
from escalade.inventory.hosts import LOCAL_NAMES
from escalade.inventory.marks import Leaf
from escalade.inventory.marks import Mark
from escalade.inventory.marks import Value
from escalade.inventory.marks import plain
from escalade.inventory.marks import refusal
from escalade.inventory.ssh_args import parse
from escalade.inventory.stacks import STACKS
from escalade.inventory.stacks import check_stacks
from escalade.model import Host

__all__ = ["Variables", "check", "host_of"]

Variables = Mapping[str, Value]

SSH_CONFIG = "escalade_ssh_config"
KNOWN_HOSTS = "escalade_known_hosts"

_OURS = (STACKS, SSH_CONFIG, KNOWN_HOSTS)
_ADDRESS = ("ansible_host", "ansible_ssh_host")
_PORT = ("ansible_port", "ansible_ssh_port")
_USER = ("ansible_user", "ansible_ssh_user")
_IDENTITY = ("ansible_ssh_private_key_file", "ansible_private_key_file")
_CONNECTION = ("ansible_connection",)
_ARGS = ("ansible_ssh_common_args", "ansible_ssh_extra_args")
_READ = (*_ADDRESS, *_PORT, *_USER, *_IDENTITY, *_CONNECTION, *_ARGS)
# Never kept: nothing here logs in by password.
_SECRETS = ("_pass", "_password", "_passphrase")
_LOCAL, _SSH = "local", "ssh"
_KINDS = {
    "local": _LOCAL,
    "ssh": _SSH,
    "smart": _SSH,
    "paramiko": _SSH,
    "paramiko_ssh": _SSH,
    "ansible.builtin.local": _LOCAL,
    "ansible.builtin.ssh": _SSH,
    "ansible.builtin.paramiko_ssh": _SSH,
}
_CLOSE = 0.9
_LARGEST_PORT = 65_535


def check(variables: Variables) -> None:
    """Refuse what is surely a slip: names that are nearly ones that count here."""
    for name, value in variables.items():
        if name.startswith("escalade_") and name not in _OURS:
            raise refusal(value.key, f"unknown variable {name!r}{nearest(name, _OURS)}")
        if name.startswith("ansible_") and name not in _READ:
            close = difflib.get_close_matches(name, _READ, n=1, cutoff=_CLOSE)
            if close:
                what = f"unknown variable {name!r} (did you mean {close[0]!r}?)"
                raise refusal(value.key, what)
    if STACKS in variables:
        check_stacks(variables[STACKS].node)


def host_of(
    name: str,
    variables: Variables,
    *,
    groups: tuple[str, ...],
    port: int | None = None,
) -> Host:
    """Return a host from its merged variables; `port` is one written in its name."""
    address = _text(variables, _ADDRESS)
    usual = _LOCAL if name in LOCAL_NAMES and address is None else _SSH
    said = _ssh_args(variables)
    identity = _path(variables, _IDENTITY) or _expanded(said.get("identityfile"))
    return Host(
        name=name,
        connection=_connection(variables) or usual,
        address=address,
        port=_port(variables) or port or _number(said.get("port")),
        user=_text(variables, _USER) or said.get("user"),
        identity=identity,
        jump=said.get("proxyjump"),
        groups=groups,
        vars=_kept(variables, said),
    )


def _kept(variables: Variables, said: Mapping[str, str]) -> dict[str, object]:
    """Return the variables for those who ask, without passwords."""
    kept = {
        name: plain(value.node)
        for name, value in variables.items()
        if not (name.startswith("ansible_") and name.endswith(_SECRETS))
    }
    for ours, option in ((SSH_CONFIG, "config"), (KNOWN_HOSTS, "userknownhostsfile")):
        path = _path(variables, (ours,)) or _expanded(said.get(option))
        if path:
            kept[ours] = path
    return kept


def _leaf(variables: Variables, names: tuple[str, ...]) -> tuple[str, Leaf] | None:
    """Return the first of some variables that is set, checked to be one value."""
    for name in names:
        if name not in variables:
            continue
        node = variables[name].node
        if not isinstance(node, Leaf):
            raise refusal(node.mark, f"{name}: expected one value")
        if node.vault:
            raise refusal(node.mark, f"{name}: encrypted values cannot be read here")
        if "{{" in str(node.value):
            raise refusal(node.mark, f"{name}: templates are not filled in here")
        if node.value not in (None, ""):
            return name, node
    return None


def _text(variables: Variables, names: tuple[str, ...]) -> str | None:
    """Return a variable as text."""
    found = _leaf(variables, names)
    return None if found is None else str(found[1].value)


def _port(variables: Variables) -> int | None:
    """Return the port as a number that can be one."""
    found = _leaf(variables, _PORT)
    if found is None:
        return None
    name, leaf = found
    number = _number(str(leaf.value))
    if number is None or isinstance(leaf.value, bool):
        raise refusal(
            leaf.mark, f"{name}: expected 1 to {_LARGEST_PORT}, not {leaf.value!r}"
        )
    return number


def _number(text: str | None) -> int | None:
    """Return a port number, None for what is none."""
    if text is None or not text.isdecimal():
        return None
    return number if 1 <= (number := int(text)) <= _LARGEST_PORT else None


def _connection(variables: Variables) -> str | None:
    """Return `local` or `ssh`, None where nothing is said."""
    found = _leaf(variables, _CONNECTION)
    if found is None:
        return None
    name, leaf = found
    word = str(leaf.value)
    if word not in _KINDS:
        known = nearest(word, _KINDS) or " (local and ssh are)"
        raise refusal(leaf.mark, f"{name}: {word!r} is not supported{known}")
    return _KINDS[word]


def _path(variables: Variables, names: tuple[str, ...]) -> str | None:
    """Return a path; a relative one counts from the folder of its inventory file."""
    found = _leaf(variables, names)
    if found is None:
        return None
    path = Path(str(found[1].value)).expanduser()
    return str(path if path.is_absolute() else _folder(found[1].mark) / path)


def _folder(mark: Mark) -> Path:
    """Return the folder of the file that a mark points into."""
    return Path(mark.file).absolute().parent


def _expanded(path: str | None) -> str | None:
    """Return a path of ssh's command line."""
    return None if path is None else str(Path(path).expanduser())


def _ssh_args(variables: Variables) -> dict[str, str]:
    """Return what the arguments for ssh say."""
    found: dict[str, str] = {}
    for name in _ARGS:
        leaf = _leaf(variables, (name,))
        if leaf is None:
            continue
        try:
            found = {**parse(str(leaf[1].value)), **found}
        except ValueError as error:
            raise refusal(leaf[1].mark, f"{name}: {error}") from None
    return found
