"""Where this machine's Docker Engine listens, and why it does not."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path

from escalade.transport.base import Tcp
from escalade.transport.base import Trouble
from escalade.transport.sockets import SocketChannel
from escalade.transport.sockets import dial
from escalade.transport.sockets import dial_unix

__all__ = ["CAUSES", "connect_engine", "engine_cause", "engine_places"]

CAUSES = ("not-installed", "not-running", "no-permission", "timeout", "error")
"""Why an Engine does not answer, in the words of the `engine` probe."""

SYSTEM_SOCKET = "/var/run/docker.sock"
_PORT = 2375
_GARBLED = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
_PROGRAMS = ("dockerd", "docker", "podman")
_MORE_PATH = "/usr/local/bin:/usr/bin:/usr/sbin:/usr/local/sbin:/snap/bin"
_BY_OUTCOME = {
    "not-installed": "not-installed",
    "missing": "not-running",
    "refused": "not-running",
    "reset": "not-running",
    "closed": "not-running",
    "denied": "no-permission",
    "timeout": "timeout",
}

Place = Path | Tcp


def engine_cause(trouble: Trouble) -> str:
    """Return the `engine` probe's word for a trouble on the way to the Engine."""
    return _BY_OUTCOME.get(trouble.outcome, "error")


def connect_engine(
    *, timeout_s: float, environ: Mapping[str, str] | None = None
) -> SocketChannel | Trouble:
    """Return a channel to this machine's Engine, or the first telling trouble."""
    env = os.environ if environ is None else environ
    places = engine_places(env)
    if isinstance(places, Trouble):
        return places
    troubles = []
    for place in places:
        connected = _dial(place, timeout_s)
        if isinstance(connected, socket.socket):
            return SocketChannel(connected)
        troubles.append(
            Trouble(connected.outcome, f"{_name(place)}: {connected.detail}")
        )
    telling = [t for t in troubles if t.outcome != "missing"] or troubles
    trouble = telling[0]
    if trouble.outcome == "missing" and not _installed(env):
        return Trouble("not-installed", "no Engine's socket and no docker program here")
    return trouble


def engine_places(environ: Mapping[str, str]) -> tuple[Place, ...] | Trouble:
    """Return where to look, as the docker program does.

    DOCKER_HOST, else the current context, else the system's socket and then the
    user's own (rootless).
    """
    said = environ.get("DOCKER_HOST") or _context_host(environ)
    if isinstance(said, Trouble):
        return said
    if said:
        return _parse(said, environ)
    places = [Path(SYSTEM_SOCKET)]
    runtime = environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    return (*places, Path(runtime, "docker.sock"))


def _parse(said: str, environ: Mapping[str, str]) -> tuple[Place, ...] | Trouble:
    """Return the place that an address names."""
    scheme, _, rest = said.partition("://")
    if scheme == "unix":
        return (Path(rest or SYSTEM_SOCKET),)
    if scheme not in ("tcp", "http"):
        hint = " (put that host into the inventory)" if scheme == "ssh" else ""
        return Trouble("unreachable", f"DOCKER_HOST={said} is not supported{hint}")
    if environ.get("DOCKER_TLS_VERIFY"):
        return Trouble("unreachable", f"DOCKER_HOST={said} with TLS is not supported")
    if "@" in rest:
        return Trouble("unreachable", "DOCKER_HOST with a user name is not supported")
    host, colon, port = rest.rstrip("/").rpartition(":")
    if not colon or not port.isdecimal():
        host, port = rest.rstrip("/"), str(_PORT)
    return (Tcp(host.strip("[]") or "127.0.0.1", int(port)),)


def _context_host(environ: Mapping[str, str]) -> str | Trouble:
    """Return the address of the docker program's current context, "" for its default.

    One that is named and not there is a trouble: another Engine would be taken for it.
    """
    import json

    home = Path(environ.get("HOME") or "/nonexistent")
    folder = Path(environ.get("DOCKER_CONFIG") or home / ".docker")
    name = environ.get("DOCKER_CONTEXT") or _current_context(folder)
    if not name or name == "default":
        return ""
    for meta in (folder / "contexts" / "meta").glob("*/meta.json"):
        with contextlib.suppress(OSError, *_GARBLED):
            context = json.loads(meta.read_bytes())
            if context["Name"] == name:
                return str(context["Endpoints"]["docker"].get("Host") or "")
    return Trouble("unreachable", f"there is no docker context {name!r}")


def _current_context(folder: Path) -> str:
    """Return the context that the docker program's settings name, "" without one."""
    import json

    try:
        settings = json.loads((folder / "config.json").read_bytes())
        name = settings.get("currentContext")
        return name if isinstance(name, str) else ""
    except (OSError, *_GARBLED):
        return ""


def _dial(place: Place, timeout_s: float) -> socket.socket | Trouble:
    """Connect to one place."""
    if isinstance(place, Tcp):
        return dial(place.host, place.port, timeout_s=timeout_s)
    return dial_unix(str(place), timeout_s=timeout_s)


def _name(place: Place) -> str:
    """Return a place as people write it."""
    return f"{place.host}:{place.port}" if isinstance(place, Tcp) else str(place)


def _installed(environ: Mapping[str, str], names: Iterable[str] = _PROGRAMS) -> bool:
    """Whether a program that brings an Engine is on this machine."""
    path = f"{environ.get('PATH', '')}:{_MORE_PATH}"
    return any(shutil.which(name, path=path) for name in names)
