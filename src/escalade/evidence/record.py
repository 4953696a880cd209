"""The shape of the Engine's records: one that is not as promised is read by nobody.

What a parser takes for "nothing there" may only be what it cannot read, and would make
a container look healthy. null may stand everywhere: the Engine writes it for "none".
"""

from __future__ import annotations

from typing import Any

__all__ = ["INSPECT", "LISTED", "flaw"]

Shape = type | tuple[type, ...] | dict[str, Any] | list[Any]
"""A kind of value, the fields of an object (`*`: all), or the items of a list."""

_NUMBER = (int, float)
_TEXTS = [str]
_LABELS = {"*": str}

LISTED: Shape = {"Id": str, "Names": _TEXTS, "Labels": _LABELS}
INSPECT: Shape = {
    "Id": str,
    "Path": str,
    "Args": _TEXTS,
    "Image": str,
    "Created": str,
    "RestartCount": int,
    "State": {
        "Status": str,
        "Running": bool,
        "Paused": bool,
        "Restarting": bool,
        "OOMKilled": bool,
        "Dead": bool,
        "Pid": int,
        "ExitCode": int,
        "Error": str,
        "StartedAt": str,
        "FinishedAt": str,
        "Health": {
            "Status": str,
            "FailingStreak": int,
            "Log": [{"Start": str, "End": str, "ExitCode": int, "Output": str}],
        },
    },
    "Config": {
        "Env": _TEXTS,
        "Labels": _LABELS,
        "Image": str,
        "Hostname": str,
        "Cmd": _TEXTS,
        "Entrypoint": _TEXTS,
        "ExposedPorts": {},
        "Tty": bool,
        "Healthcheck": {
            "Test": _TEXTS,
            "Interval": _NUMBER,
            "Timeout": _NUMBER,
            "StartPeriod": _NUMBER,
            "Retries": int,
        },
    },
    "HostConfig": {
        "NetworkMode": str,
        "RestartPolicy": {"Name": str},
        "LogConfig": {"Type": str},
        "PortBindings": {"*": [{"HostPort": str, "HostIp": str}]},
        "ExtraHosts": _TEXTS,
        "Memory": int,
        "NanoCpus": int,
        "CpuQuota": int,
        "CpuPeriod": int,
        "PidsLimit": int,
    },
    "NetworkSettings": {
        "Networks": {"*": {"IPAddress": str, "Aliases": _TEXTS}},
        "Ports": {"*": [{"HostPort": str, "HostIp": str}]},
    },
    "Mounts": [{"Type": str, "Source": str, "Destination": str, "RW": bool}],
}
"""The fields that probes read; others may hold what they like."""


def flaw(value: object, shape: Shape | None, path: str = "") -> str:
    """Return where a value is not of a shape (`Config.Env`), "" where it is."""
    if shape is None or (value is None and path):
        return ""
    if isinstance(shape, dict):
        return _object_flaw(value, shape, path)
    if isinstance(shape, list):
        return _list_flaw(value, shape, path)
    kinds = shape if isinstance(shape, tuple) else (shape,)
    fits = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
    return "" if fits else path or "all of it"


def _object_flaw(value: object, shape: dict[str, Any], path: str) -> str:
    """Return where an object has a field of another shape."""
    if not isinstance(value, dict):
        return path or "all of it"
    names = value if "*" in shape else shape
    for name in names:
        part = f"{path}.{name}" if path else name
        if found := flaw(value.get(name), shape.get(name, shape.get("*")), part):
            return found
    return ""


def _list_flaw(value: object, shape: list[Any], path: str) -> str:
    """Return where a list has an item of another shape."""
    if not isinstance(value, list):
        return path or "all of it"
    found = (flaw(item, shape[0], f"{path}[{n}]") for n, item in enumerate(value))
    return next((each for each in found if each), "")
