"""A host's merged variables become a Host: how to connect, and what else is said."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from escalade.errors import nearest
from escalade.inventory import become
from escalade.inventory.filling import Filled
from escalade.inventory.filling import Filling
from escalade.inventory.filling import is_filled
from escalade.inventory.hosts import LOCAL_NAMES
from escalade.inventory.marks import Leaf
from escalade.inventory.marks import Mark
from escalade.inventory.marks import Variables
from escalade.inventory.marks import plain
from escalade.inventory.marks import refusal
from escalade.inventory.names import ADDRESS
from escalade.inventory.names import ARGS
from escalade.inventory.names import BECOME
from escalade.inventory.names import BECOME_FILE
from escalade.inventory.names import BECOME_METHOD
from escalade.inventory.names import BECOME_USER
from escalade.inventory.names import CONNECTION
from escalade.inventory.names import FILLED
from escalade.inventory.names import IDENTITY
from escalade.inventory.names import JUMP_KEY
from escalade.inventory.names import KEY_ALIAS
from escalade.inventory.names import KNOWN_HOSTS
from escalade.inventory.names import PORT
from escalade.inventory.names import SSH_CONFIG
from escalade.inventory.names import USER
from escalade.inventory.ssh_args import parse
from escalade.inventory.varfiles import GROUP_VARS
from escalade.inventory.varfiles import HOST_VARS
from escalade.inventory.vault import Keyring
from escalade.inventory.vault import Secret
from escalade.inventory.vault import Veiled
from escalade.model import Host

__all__ = ["host_of", "is_ready"]

# Never kept: nothing here logs in by password.
_SECRETS = ("_pass", "_password", "_passphrase")
_SUDO = ("ansible_become_password", "ansible_become_pass")
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
_LARGEST_PORT = 65_535
# Who says any of these goes by ssh.
_WAYS = (*ADDRESS, *PORT, *USER, *IDENTITY, *ARGS)


class _Said(NamedTuple):
    """What a variable says, where, and how an error may show it."""

    name: str
    text: str
    mark: Mark
    shown: str
    secret: bool


class _Reader(NamedTuple):
    """A host's variables, and what fills them."""

    host: str
    variables: Variables
    filling: Filling

    def said(self, names: tuple[str, ...]) -> _Said | None:
        """Return the first of some variables that is set, checked to be one value."""
        for name in names:
            if name not in self.variables:
                continue
            node = self.variables[name].node
            if not isinstance(node, Leaf):
                raise refusal(node.mark, f"{name}: expected one value")
            found = self._said(name, node)
            if found.text:
                return found
        return None

    def _said(self, name: str, leaf: Leaf) -> _Said:
        """Return what a variable says, filled where it needs to be."""
        if is_filled(leaf):
            text = self.filling.text(self.host, self.variables, name, leaf)
        else:
            text = Filled("" if leaf.value is None else leaf.value)
            text.secret = leaf.secret
            if leaf.secret:
                self.filling.keep(str(text))
        shown = "what it holds" if text.secret else repr(str(text))
        if not text.secret and not isinstance(leaf.value, str):
            shown = leaf.shown
        return _Said(name, str(text), leaf.mark, shown, text.secret)


def is_ready(variables: Variables) -> bool:
    """Whether a host can be made at once: nothing that counts needs filling."""
    return not any(is_filled(variables[n].node) for n in FILLED & variables.keys())


def host_of(
    name: str, variables: Variables, *, groups: tuple[str, ...], filling: Filling
) -> Host:
    """Return a host from its merged variables. Raises InventoryError."""
    reader = _Reader(name, variables, filling)
    said = _ssh_args(reader)
    identity = _path(reader, IDENTITY) or _expanded(said.get("identityfile"))
    user = reader.said(USER)
    named = None if user is None else Veiled(user.text) if user.secret else user.text
    return Host(
        name=name,
        connection=_connection(reader) or _usual(reader),
        address=_text(reader, ADDRESS),
        port=_port(reader) or _number(said.get("port")),
        user=named or said.get("user"),
        identity=identity,
        jump=said.get("proxyjump"),
        groups=groups,
        vars=_kept(reader, said),
        become=_become(reader),
    )


def _become(reader: _Reader) -> str | None:
    """Return whom to become on a host; empty: nobody, None: it does not say."""
    asked, user = reader.said(BECOME), reader.said(BECOME_USER)
    method = reader.said(BECOME_METHOD)
    if asked is None:
        return None
    try:
        found = become.wanted(asked.text, user.text if user else None)
    except ValueError as error:
        what = f"{asked.name}: {error}, not {asked.shown}"
        raise refusal(asked.mark, what) from None
    if found and method is not None and method.text not in become.METHODS:
        what = f"{method.name}: {method.shown} is not supported (sudo is)"
        raise refusal(method.mark, what)
    return found


def _password(name: str, variables: Variables, filling: Filling) -> Secret | None:
    """Return the password for sudo on a host, None where the inventory says none.

    It is decrypted and filled when it is revealed.
    """
    if not any(word in variables for word in _SUDO):
        return None
    reader = _Reader(name, variables, filling)

    def reveal() -> str:
        found = reader.said(_SUDO)
        if found:
            filling.keep(found.text)
        return found.text if found else ""

    return Secret(reveal)


def _kept(reader: _Reader, said: Mapping[str, str]) -> dict[str, object]:
    """Return the variables for those who ask, without passwords."""
    keys = reader.filling.tree.keys
    kept = {
        name: plain(value.node, lambda leaf: _clear(leaf, keys))
        for name, value in reader.variables.items()
        if not (name.startswith("ansible_") and name.endswith(_SECRETS))
    }
    for ours, option in ((SSH_CONFIG, "config"), (KNOWN_HOSTS, "userknownhostsfile")):
        path = _path(reader, (ours,)) or _expanded(said.get(option))
        if path:
            kept[ours] = path
    if said.get("hostkeyalias"):
        kept[KEY_ALIAS] = said["hostkeyalias"]
    if said.get("jumpkey"):
        kept[JUMP_KEY] = _expanded(said["jumpkey"])
    user = reader.said(BECOME_USER)
    if user is not None:
        kept[become.USER] = user.text
    file = _path(reader, BECOME_FILE)
    if file:
        kept[become.FILE] = file
    password = _password(reader.host, reader.variables, reader.filling)
    if password is not None:
        kept[become.PASSWORD] = password
    return kept


def _clear(leaf: Leaf, keys: Keyring) -> object:
    """Return a scalar's value; what was encrypted shows itself only when revealed."""
    vault = leaf.vault
    if vault is not None:
        return Secret(lambda: keys.decrypt(vault, leaf.mark))
    if leaf.secret and isinstance(leaf.value, str):
        text = leaf.value
        return Secret(lambda: text)
    return leaf.value


def _text(reader: _Reader, names: tuple[str, ...]) -> str | None:
    """Return a variable as text."""
    found = reader.said(names)
    return None if found is None else found.text


def _port(reader: _Reader) -> int | None:
    """Return the port as a number that can be one."""
    found = reader.said(PORT)
    if found is None:
        return None
    number = _number(found.text)
    if number is None:
        what = f"{found.name}: expected 1 to {_LARGEST_PORT}, not {found.shown}"
        raise refusal(found.mark, what)
    return number


def _number(text: str | None) -> int | None:
    """Return a port number, None for what is none."""
    if text is None or not text.isdecimal():
        return None
    return number if 1 <= (number := int(text)) <= _LARGEST_PORT else None


def _connection(reader: _Reader) -> str | None:
    """Return `local` or `ssh`, None where nothing is said."""
    found = reader.said(CONNECTION)
    if found is None:
        return None
    if found.text not in _KINDS:
        known = " (local and ssh are)"
        if not found.secret:
            known = nearest(found.text, _KINDS) or known
        what = f"{found.name}: {found.shown} is not supported{known}"
        raise refusal(found.mark, what)
    return _KINDS[found.text]


def _usual(reader: _Reader) -> str:
    """Return the connection where none is said: this machine needs no way to it."""
    here = reader.host in LOCAL_NAMES and reader.said(_WAYS) is None
    return _LOCAL if here else _SSH


def _path(reader: _Reader, names: tuple[str, ...]) -> str | None:
    """Return a path; a relative one counts from the folder of its inventory."""
    found = reader.said(names)
    if found is None:
        return None
    path = Path(found.text).expanduser()
    return str(path if path.is_absolute() else _folder(found.mark) / path)


def _folder(mark: Mark) -> Path:
    """Return the folder of the inventory that a mark points into."""
    folder = Path(mark.file).absolute().parent
    for above in (folder, *folder.parents):
        if above.name in (GROUP_VARS, HOST_VARS):
            return above.parent
    return folder


def _expanded(path: str | None) -> str | None:
    """Return a path of ssh's command line."""
    return None if path is None else str(Path(path).expanduser())


def _ssh_args(reader: _Reader) -> dict[str, str]:
    """Return what the arguments for ssh say."""
    found: dict[str, str] = {}
    for name in ARGS:
        said = reader.said((name,))
        if said is None:
            continue
        try:
            found = {**parse(said.text), **found}
        except ValueError as error:
            why = "what it holds is not understood" if said.secret else str(error)
            raise refusal(said.mark, f"{name}: {why}") from None
    return found
