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
from escalade.transport.ssh_blocks import AS_IT_IS
from escalade.transport.ssh_blocks import Blocks

__all__ = ["Hop", "hop_for", "read_config"]

USER_CONFIG = "~/.ssh/config"
SYSTEM_CONFIG = "/etc/ssh/ssh_config"
KNOWN_HOSTS = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")
SYSTEM_KNOWN_HOSTS = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")

_DEEPEST = 16
_PROXIES = ("proxyjump", "proxycommand")
_Place = tuple[str, int, str]
"""Address, port and user: what makes a hop one and the same."""
_INCLUDE = re.compile(r"^\s*include(?:\s*=\s*|\s+)(.+)$", re.IGNORECASE)
_BLOCK = re.compile(r"^\s*(?:host|match)\b", re.IGNORECASE)
_configs: dict[tuple[tuple[Path, int], ...], Blocks] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Hop:
    """One SSH server on the way: how to reach it and how to know it.

    `known_as` is its name in the known_hosts files; `via` the hop before it. Of
    `known_hosts`, enrolment writes to `own_known_hosts` only, the user's.
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
    own_known_hosts: tuple[Path, ...] = ()


class _LoopError(Exception):
    """A jump leads to a server that is on the way already."""


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
        "jumpkey": host.vars.get("escalade_jump_key"),
        "hostkeyalias": host.vars.get("escalade_host_key_alias"),
        "userknownhostsfile": host.vars.get("escalade_known_hosts"),
    }
    # A jump of the inventory's own stands above any proxy of ssh_config.
    if host.jump:
        said["proxycommand"] = "none"
    return _hop(host.name, config, said=said, seen=())


def _hop(
    name: str, config: Blocks, *, said: Mapping[str, Any], seen: tuple[_Place, ...]
) -> Hop:
    """Return one hop with those before it; raise _LoopError for one that was seen."""
    asked = str(said.get("hostname") or name)
    if "@" in asked or asked.count(":") == 1 or asked.split() != [asked]:
        hint = "user and port have variables of their own"
        raise ValueError(f"{asked!r} is no address: {hint}")
    found = _found(name, asked, config, port=said.get("port"))
    ours = {key: value for key, value in said.items() if value and key != "hostname"}
    options = {**found, **ours}
    address, port = str(options["hostname"]), int(options.get("port") or 22)
    user = str(options.get("user") or _local_user())
    place = (address.lower(), port, user)
    if any(place[:2] == p[:2] and said.get("user") in (None, p[2]) for p in seen):
        raise _LoopError(name)
    own = tuple(_files(options.get("userknownhostsfile"), KNOWN_HOSTS))
    system = _files(options.get("globalknownhostsfile"), SYSTEM_KNOWN_HOSTS)
    return Hop(
        name=name,
        address=address,
        port=port,
        user=user,
        known_as=str(options.get("hostkeyalias") or known_as(address, port)).lower(),
        known_hosts=(*own, *system),
        own_known_hosts=own,
        identities=tuple(_identities(options)),
        proxy_command=_command(options),
        via=_via(options, config, names=(name, asked), seen=(*seen, place)),
    )


def _found(name: str, asked: str, config: Blocks, *, port: object) -> dict[str, Any]:
    """Return what ssh_config says of a host that ssh is asked for by another name.

    As Ansible has it, the address is looked up; a block that spells out the name counts
    as one for the address, and what else fits the name fills what is left open.
    """
    said = (f"Port {port}",) if port else ()
    if asked == name:
        return _one_way(config.lookup(name, said=said))
    first = _one_way(config.lookup(asked, alias=name, said=said))
    # The name itself goes to no resolver here.
    own = (AS_IT_IS, f"HostName {asked}", *said)
    rest = _one_way(config.lookup(name, said=own))
    taken = _PROXIES if any(way in first for way in _PROXIES) else ()
    return {**{key: rest[key] for key in rest if key not in taken}, **first}


def _one_way(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return options with only the first of ProxyJump and ProxyCommand, as in ssh."""
    ways = [key for key in found if key in _PROXIES]
    return {key: value for key, value in found.items() if key not in ways[1:]}


def _local_user() -> str:
    """Return who runs this process: the user of a host that says none."""
    import getpass

    return getpass.getuser()


def _via(
    options: Mapping[str, Any],
    config: Blocks,
    *,
    names: tuple[str, ...],
    seen: tuple[_Place, ...],
) -> Hop | None:
    """Return the last of the hops that ProxyJump names, each behind the one before."""
    jumps = str(options.get("proxyjump") or "none")
    key = options.get("jumpkey")
    hop: Hop | None = None
    if jumps.lower() == "none":
        return None
    for word in jumps.split(","):
        user, name, port = _shorthand(word.strip())
        said = {"user": user, "port": port, "proxyjump": "none" if hop else None}
        said_key = {"identityfile": [key] if key else None}
        try:
            nearer = _hop(name, config, said={**said, **said_key}, seen=seen)
        except _LoopError:
            # `Host *` with a ProxyJump holds for the gateway itself too.
            if _is_general(jumps, config, names):
                break
            what = f"ProxyJump {jumps}: {name} leads back to itself"
            raise ValueError(what) from None
        hop = nearer if hop is None else _behind(nearer, hop)
    return hop


def _is_general(jumps: str, config: Blocks, names: tuple[str, ...]) -> bool:
    """Whether blocks that name none of a host's names say its ProxyJump."""
    found = (config.shared(name, by=names).get("proxyjump") for name in names)
    return jumps in found


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


def _files(said: object, usual: tuple[str, ...]) -> Iterator[Path]:
    """Yield known_hosts files, the first one first."""
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
