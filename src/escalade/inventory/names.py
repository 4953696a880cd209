"""The variables that count here, by name, and slips in writing them."""

from __future__ import annotations

from escalade.errors import nearest
from escalade.inventory.marks import Variables
from escalade.inventory.marks import refusal
from escalade.inventory.stacks import STACKS
from escalade.inventory.stacks import check_stacks

__all__ = [
    "ADDRESS",
    "ARGS",
    "BECOME",
    "BECOME_FILE",
    "BECOME_METHOD",
    "BECOME_USER",
    "CONNECTION",
    "FILLED",
    "IDENTITY",
    "JUMP_KEY",
    "KEY_ALIAS",
    "KNOWN_HOSTS",
    "PORT",
    "SSH_CONFIG",
    "USER",
    "check",
]

SSH_CONFIG = "escalade_ssh_config"
KNOWN_HOSTS = "escalade_known_hosts"
# These two come out of the arguments for ssh and are no variables that one writes.
KEY_ALIAS = "escalade_host_key_alias"
JUMP_KEY = "escalade_jump_key"
ADDRESS = ("ansible_host", "ansible_ssh_host")
PORT = ("ansible_port", "ansible_ssh_port")
USER = ("ansible_user", "ansible_ssh_user")
IDENTITY = ("ansible_ssh_private_key_file", "ansible_private_key_file")
CONNECTION = ("ansible_connection",)
ARGS = ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args")
"""In the order of ssh's line, where the first word on a matter counts."""
BECOME = ("ansible_become",)
BECOME_USER = ("ansible_become_user",)
BECOME_METHOD = ("ansible_become_method",)
BECOME_FILE = ("ansible_become_password_file",)

_OURS = (STACKS, SSH_CONFIG, KNOWN_HOSTS)
_SUDO = (*BECOME, *BECOME_USER, *BECOME_METHOD, *BECOME_FILE)
_READ = (*ADDRESS, *PORT, *USER, *IDENTITY, *CONNECTION, *ARGS, *_SUDO)
FILLED = frozenset((*_READ, SSH_CONFIG, KNOWN_HOSTS))
"""Variables whose templates are filled and whose encrypted values are decrypted."""
# Ansible's own, close to those above and no slip.
_THEIRS = frozenset(
    (
        "ansible_become_exe",
        "ansible_become_flags",
        "ansible_become_pass",
        "ansible_become_password",
        "ansible_hosts",
        "ansible_ports",
        "ansible_scp_extra_args",
        "ansible_sftp_extra_args",
        "ansible_ssh_executable",
        "ansible_users",
    )
)
_CLOSE = 0.9


def check(variables: Variables) -> None:
    """Refuse what is surely a slip: names that are nearly ones that count here."""
    for name, value in variables.items():
        if name.startswith("ansible_"):
            if name not in FILLED and name not in _THEIRS:
                close = _close(name)
                if close:
                    what = f"unknown variable {name!r} (did you mean {close!r}?)"
                    raise refusal(value.key, what)
        elif name.startswith("escalade_") and name not in _OURS:
            raise refusal(value.key, f"unknown variable {name!r}{nearest(name, _OURS)}")
    if STACKS in variables:
        check_stacks(variables[STACKS].node)


def _close(name: str) -> str:
    """Return the name that was probably meant, empty where none is near."""
    import difflib

    return next(iter(difflib.get_close_matches(name, _READ, n=1, cutoff=_CLOSE)), "")
