"""As whom a host is worked on, and where the password for that comes from."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from escalade.errors import InventoryError
from escalade.inventory.vault import Secret
from escalade.model import Host

__all__ = ["FILE", "METHODS", "PASSWORD", "password_for", "wanted"]

PASSWORD = "escalade_become_password"  # noqa: S105 -- the name of a variable
"""The variable of a Host that holds its own password for sudo, a `Secret`."""
FILE = "escalade_become_password_file"
"""The variable of a Host that names the file or command that gives it."""
METHODS = ("sudo", "ansible.builtin.sudo")
ROOT = "root"

_COMMAND_S = 30.0
_TRUE = ("1", "on", "t", "true", "y", "yes")
_FALSE = ("", "0", "f", "false", "n", "no", "off")


def wanted(become: str | None, user: str | None) -> str | None:
    """Return whom to become, as Ansible reads it; None: nobody.

    Raises ValueError for a word that is neither yes nor no.
    """
    word = (become or "").strip().lower()
    if word in _FALSE:
        return None
    if word not in _TRUE:
        raise ValueError("expected true or false")
    return user or ROOT


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

    if not path.is_file():
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
    return password
