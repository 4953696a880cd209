"""Programs that print an inventory as Ansible's JSON: `--list`, and `--host NAME`."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

from escalade.errors import InventoryError
from escalade.inventory.command import run
from escalade.inventory.groups import Groups
from escalade.inventory.hostnames import checked
from escalade.inventory.marks import Map
from escalade.inventory.marks import Mark
from escalade.inventory.marks import Variables
from escalade.inventory.marks import named
from escalade.inventory.marks import node_of
from escalade.inventory.marks import refusal
from escalade.inventory.names import check

__all__ = ["BOUND_S", "add_script"]

BOUND_S = 60.0
"""Seconds that one program may take for all its answers."""

_META = "_meta"
_KEYS = ("hosts", "vars", "children")


def add_script(groups: Groups, path: Path, *, bound_s: float = BOUND_S) -> None:
    """Add what a program prints. Without `_meta.hostvars` it is asked host by host.

    Raises InventoryError where it fails, takes too long or prints something else.
    """
    mark, end = Mark(str(path)), time.monotonic() + bound_s
    printed = _answer(path, ["--list"], bound_s)
    told = None
    if _META in printed:
        # As in Ansible: then its variables are all there are.
        meta = _dict(printed.pop(_META), mark, _META)
        told = _dict(meta.get("hostvars"), mark, f"{_META}.hostvars")
    own: dict[str, None] = {}
    for name, said in printed.items():
        own |= dict.fromkeys(_add_group(groups, name, said, mark))
    for host in own:
        if told is None or host in told:
            _add_host(groups, path, host, told, end)


def _add_host(
    groups: Groups,
    path: Path,
    host: str,
    told: Mapping[str, object] | None,
    end: float,
) -> None:
    """Add a host's variables: those told with the list, or those asked for now."""
    mark = Mark(str(path))
    if told is None:
        left_s = max(end - time.monotonic(), 0.1)
        said: object = _answer(path, ["--host", host], left_s)
    else:
        said = told[host]
    groups.put_host_vars(host, _variables(said, mark, f"the host {host!r}"))


def _answer(path: Path, words: list[str], bound_s: float) -> dict[str, object]:
    """Return the JSON object that a program prints; nothing at all is an empty one."""
    what = " ".join((str(path), *words))
    try:
        text = run(path, words, timeout_s=bound_s).decode()
        if not text.strip() and words[0] == "--host":
            return {}
        data = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise InventoryError(f"{what}: no JSON: {error.msg} ({place})") from None
    except UnicodeDecodeError:
        raise InventoryError(f"{what}: not UTF-8 text") from None
    except RecursionError:
        raise InventoryError(f"{what}: JSON that is nested too deep") from None
    return _dict(data, Mark(what), "the answer")


def _dict(value: object, mark: Mark, what: str) -> dict[str, object]:
    """Return a JSON object."""
    if not isinstance(value, dict):
        raise refusal(mark, f"{what}: expected an object of JSON")
    return value


def _variables(value: object, mark: Mark, what: str) -> Variables:
    """Return the variables of a group or a host."""
    node = node_of(_dict(value, mark, what), mark)
    variables = named(node) if isinstance(node, Map) else {}
    check(variables)
    return variables


def _add_group(groups: Groups, name: str, said: object, mark: Mark) -> list[str]:
    """Add one group and return its hosts.

    A list is its hosts, an object with no key of ours a host.
    """
    what = f"the group {name!r}"
    if not isinstance(said, dict):
        said = {"hosts": said}
    elif not any(key in said for key in _KEYS):
        said = {"hosts": [name], "vars": said}
    group = groups.group(name, mark)
    hosts = _texts(said.get("hosts", []), mark, f"hosts of {what}")
    for host in hosts:
        groups.put_host(group, checked(host, mark), None, mark=mark)
    groups.put_vars(group, _variables(said.get("vars", {}), mark, f"vars of {what}"))
    for child in _texts(said.get("children", []), mark, f"children of {what}"):
        groups.group(child, mark)
        group.children.setdefault(child, mark)
    return hosts


def _texts(value: object, mark: Mark, what: str) -> list[str]:
    """Return a list of names; of an object, its keys are."""
    value = [*value] if isinstance(value, dict) and "children" in what else value
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise refusal(mark, f"{what}: expected a list of names")
    return value
