"""As whom a host is worked on, and where the password for that comes from."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from escalade import known
from escalade.errors import InventoryError
from escalade.inventory.vault import Secret
from escalade.model import Host

__all__ = ["FILE", "METHODS", "PASSWORD", "USER", "becoming", "password_for", "wanted"]

PASSWORD = "escalade_become_password"  # noqa: S105 -- the name of a variable
"""The variable of a Host that holds its own password for sudo, a `Secret`."""
FILE = "escalade_become_password_file"
"""The variable of a Host that names the file or command that gives it."""
USER = "escalade_become_user"
"""The variable of a Host that names whom to become, should anybody be become there."""
METHODS = ("sudo", "ansible.builtin.sudo")
ROOT = "root"

_COMMAND_S = 30.0
_TRUE = ("1", "on", "t", "true", "y", "yes")
_FALSE = ("", "0", "f", "false", "n", "no", "off")


def wanted(become: str | None, user: str | None) -> str | None:
    """Return whom to become, as Ansible reads it; empty: nobody; None: nothing is said.

    Raises ValueError for a word that is neither yes nor no.
    """
    if become is None:
        return None
    word = become.strip().lower()
    if word in _FALSE:
        return ""
    if word not in _TRUE:
        raise ValueError("expected true or false")
    return user or ROOT


def becoming(host: Host, *, become: bool, user: str) -> Host:
    """Return a host as flags and settings have it, where its own variables say nothing.

    `become` is for hosts that do not say whether, `user` for those that do not say whom.
    """
    if not (become if host.become is None else host.become):
        return host
    said = host.vars.get(USER)
    whom = said if isinstance(said, str) and said else user or ROOT
    return host if host.become == whom else replace(host, become=whom)


def password_for(host: Host, file: Path | None) -> Callable[[], str] | None:
    """Return what gives sudo's password on a host, None where nothing does.

    Its own variable wins, then its own file, then `file` for all hosts: a command that
    prints it where it can be run. Asked late: calling it may raise `InventoryError`.
    """
    own = host.vars.get(PASSWORD)
    if isinstance(own, Secret):
        return own.reveal
    said = host.vars.get(FILE)
    path = Path(str(said)) if said else file
    return None if path is None else lambda: _read(path)


def _read(path: Path) -> str:
    """Return the password that a file holds or a command prints."""
    from escalade.inventory.command import run

    if path.is_dir():
        raise InventoryError(f"{path}: is a folder, not a file with a password")
    if not path.exists():
        raise InventoryError(f"{path}: no such file")
    try:
        if os.access(path, os.X_OK):
            held = run(path, (), timeout_s=_COMMAND_S)
        else:
            held = path.read_bytes()
        password = held.decode().strip("\r\n")
    except OSError as error:
        raise InventoryError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InventoryError(f"{path}: not UTF-8 text") from None
    if not password or "\n" in password:
        raise InventoryError(f"{path}: expected one line that is the password")
    known.learn(password)
    return password
