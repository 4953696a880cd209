"""What SSH needs to know to reach a host: the inventory first, then ssh_config."""

from __future__ import annotations

import os
import re
import shlex
import threading
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from escalade.model import Host
from escalade.transport.hostkeys import known_as
from escalade.transport.ssh_blocks import Blocks

__all__ = ["Hop", "hop_for", "read_config"]

USER_CONFIG = "~/.ssh/config"
SYSTEM_CONFIG = "/etc/ssh/ssh_config"
KNOWN_HOSTS = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")
SYSTEM_KNOWN_HOSTS = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")

_DEEPEST = 16
_INCLUDE = re.compile(r"^\s*include(?:\s*=\s*|\s+)(.+)$", re.IGNORECASE)
_BLOCK = re.compile(r"^\s*(?:host|match)\b", re.IGNORECASE)
_configs: dict[tuple[tuple[Path, int], ...], Blocks] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Hop:
    """One SSH server on the way: how to reach it and how to know it.

    `known_as` is its name in the known_hosts files; `via` the hop before it.
    """

    name: str
    address: str
    port: int
    user: str
    known_as: str
    known_hosts: tuple[Path, ...]
    identities: tuple[str, ...] = ()
    proxy_command: str = ""
    via: Hop | None = None


def hop_for(host: Host, *, ssh_config: Path | None = None) -> Hop:
    """Return the way to a host; raise OSError or ValueError for a bad ssh_config."""
    path = host.vars.get("escalade_ssh_config") or ssh_config
    config = read_config(Path(str(path)) if path else None)
    said = {
        "hostname": host.address,
        "port": host.port,
        "user": host.user,
        "identityfile": [host.identity] if host.identity else None,
        "proxyjump": host.jump,
        "userknownhostsfile": host.vars.get("escalade_known_hosts"),
    }
    # A jump of the inventory's own stands above any proxy of ssh_config.
    if host.jump:
        said["proxycommand"] = "none"
    return _hop(host.name, config, said=said, seen=())


def _hop(
    name: str, config: Blocks, *, said: Mapping[str, Any], seen: tuple[str, ...]
) -> Hop:
    """Return one hop with those before it."""
    found = config.lookup(name)
    if said.get("hostname"):
        found = {**config.lookup(said["hostname"]), **found}
    options = {**found, **{key: value for key, value in said.items() if value}}
    address, port = str(options["hostname"]), int(options.get("port") or 22)
    if "@" in address or address.count(":") == 1:
        hint = "user and port have variables of their own"
        raise ValueError(f"{address!r} is no address: {hint}")
    return Hop(
        name=name,
        address=address,
        port=port,
        user=str(options.get("user") or _local_user()),
        known_as=str(options.get("hostkeyalias") or known_as(address, port)).lower(),
        known_hosts=tuple(_known_hosts(options)),
        identities=tuple(_identities(options)),
        proxy_command=_command(options),
        via=_via(options, config, seen=(*seen, name, address)),
    )


def _local_user() -> str:
    """Return who runs this process: the user of a host that says none."""
    import getpass

    return getpass.getuser()


def _via(
    options: Mapping[str, Any], config: Blocks, *, seen: tuple[str, ...]
) -> Hop | None:
    """Return the last of the hops that ProxyJump names, each behind the one before."""
    jumps = str(options.get("proxyjump") or "none")
    hop: Hop | None = None
    if jumps.lower() == "none":
        return None
    for word in jumps.split(","):
        user, name, port = _shorthand(word.strip())
        # `Host *` with a ProxyJump holds for the gateway itself too.
        if name in seen:
            continue
        said = {"user": user, "port": port, "proxyjump": "none" if hop else None}
        nearer = _hop(name, config, said=said, seen=seen)
        hop = nearer if hop is None else _behind(nearer, hop)
    return hop


def _behind(hop: Hop, via: Hop) -> Hop:
    """Return a hop that is reached through another."""
    from dataclasses import replace

    return replace(hop, via=via, proxy_command="")


def _shorthand(word: str) -> tuple[str | None, str, int | None]:
    """Return user, host and port of `[user@]host[:port]`, also as an ssh:// URL."""
    user, at, place = word.removeprefix("ssh://").rstrip("/").rpartition("@")
    name, colon, port = place.rpartition(":")
    if not colon or not port.isdecimal() or (":" in name and name[0] != "["):
        name, port = place, ""
    return user if at else None, name.strip("[]"), int(port) if port else None


def _identities(options: Mapping[str, Any]) -> Iterator[str]:
    """Yield the private keys that are named."""
    named = options.get("identityfile") or []
    for name in [named] if isinstance(named, str) else named:
        if name.lower() != "none":
            yield str(Path(name).expanduser())


def _known_hosts(options: Mapping[str, Any]) -> Iterator[Path]:
    """Yield the known_hosts files, the one that enrolment writes to first."""
    for key, usual in (
        ("userknownhostsfile", KNOWN_HOSTS),
        ("globalknownhostsfile", SYSTEM_KNOWN_HOSTS),
    ):
        said = options.get(key)
        for name in shlex.split(str(said)) if said else usual:
            if name.lower() != "none":
                yield Path(name.replace("%d", "~")).expanduser()


def _command(options: Mapping[str, Any]) -> str:
    """Return the ProxyCommand, "" where there is none or a jump stands above it."""
    command = str(options.get("proxycommand") or "none")
    jump = str(options.get("proxyjump") or "none")
    return "" if command.lower() == "none" or jump.lower() != "none" else command


# ---------------------------------------------------------------------- files


def read_config(path: Path | None) -> Blocks:
    """Return the SSH configuration, read once unless it changes."""
    files = (path,) if path else (Path(USER_CONFIG), Path(SYSTEM_CONFIG))
    whole = tuple(file.expanduser() for file in files)
    stamp = tuple((file, _changed_at(file)) for file in whole)
    with _lock:
        if stamp not in _configs:
            from paramiko.ssh_exception import ConfigParseError

            try:
                _configs[stamp] = Blocks(_lines(whole, must=bool(path)))
            except ConfigParseError as error:
                raise ValueError(f"{whole[0]}: {error}") from error
        return _configs[stamp]


def _changed_at(file: Path) -> int:
    """Return when a file was last written, 0 where it is not there."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _lines(files: tuple[Path, ...], *, must: bool) -> Iterator[str]:
    """Yield the lines of files, of those that need not be there if they are."""
    for file in files:
        if must or file.is_file():
            yield from _included(file, depth=0)
            # What follows must not fall into the last block.
            yield "Host *"


def _included(path: Path, *, depth: int) -> Iterator[str]:
    """Yield a file's lines with those of the files it includes in their place."""
    block = "Host *"
    for line in path.read_text("utf-8", "replace").splitlines():
        include = _INCLUDE.match(line)
        if include is None:
            block = line if _BLOCK.match(line) else block
            yield line
            continue
        if depth >= _DEEPEST:
            raise ValueError(f"{path}: Include is nested more than {_DEEPEST} deep")
        for pattern in shlex.split(include[1]):
            for inner in _matches(pattern, path):
                yield from _included(inner, depth=depth + 1)
                yield block


def _matches(pattern: str, including: Path) -> list[Path]:
    """Return the files that an Include names; relative ones lie beside the file."""
    import glob

    whole = os.path.join(including.parent, Path(pattern).expanduser())  # noqa: PTH118 -- an absolute pattern wins
    return [Path(name) for name in sorted(glob.glob(whole)) if Path(name).is_file()]  # noqa: PTH207 -- absolute patterns
