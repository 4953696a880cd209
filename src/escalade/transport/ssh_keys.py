"""How to log in: the keys that are named, read once a process, else what SSH tries."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

__all__ = ["Login", "login_with"]

_keys: dict[str, Any] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Login:
    """Keyword arguments for the SSH client, and what was wrong with the keys named."""

    kwargs: dict[str, Any]
    troubles: tuple[str, ...] = field(default=())


def login_with(identities: Sequence[str]) -> Login:
    """Return how to log in with these key files.

    Where a key is named and can be read, only it is offered: neither the agent nor
    the usual files of ~/.ssh are asked. A named key that has a passphrase, or only a
    public half, is left to the agent.
    """
    if not identities:
        return Login({"look_for_keys": True, "allow_agent": True})
    keys, troubles = [], []
    for path in identities:
        key = _load(path)
        if isinstance(key, str):
            troubles.append(f"{path}: {key}")
        else:
            keys.append((path, key))
    kwargs = {"look_for_keys": False, "allow_agent": bool(troubles)}
    if not keys:
        return Login(kwargs, tuple(troubles))
    more = {"key_filename": [path for path, _ in keys[1:]]} if len(keys) > 1 else {}
    return Login({**kwargs, **more, "pkey": keys[0][1]}, tuple(troubles))


def _load(path: str) -> Any:
    """Return a private key, or in words why it cannot be used."""
    with _lock:
        if path not in _keys:
            _keys[path] = _read(path)
        return _keys[path]


def _read(path: str) -> Any:
    """Read a private key."""
    from paramiko.pkey import PKey

    try:
        return PKey.from_path(Path(path))
    except OSError as error:
        return error.strerror or "cannot be read"
    except TypeError:
        return "has a passphrase; the SSH agent does not hold it"
    except Exception as error:
        return f"not a private key ({type(error).__name__})"
