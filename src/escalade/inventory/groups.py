"""Ansible's groups: who is in which, and whose variables win."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field

from escalade.errors import nearest
from escalade.inventory.hosts import ALL
from escalade.inventory.hosts import UNGROUPED
from escalade.inventory.hosts import Inventory
from escalade.inventory.marks import Leaf
from escalade.inventory.marks import Map
from escalade.inventory.marks import Mark
from escalade.inventory.marks import Node
from escalade.inventory.marks import Value
from escalade.inventory.marks import refusal
from escalade.inventory.variables import check
from escalade.inventory.variables import host_of
from escalade.model import Host

__all__ = ["Groups"]

_KEYS = ("children", "hosts", "vars")
_RANGE = re.compile(r"\[(\w+):(\w+)(?::(\d+))?\]")
_WITH_PORT = re.compile(r"(?P<name>[^:]+|\[[^\]]*:[^\]]*\]):(?P<port>\d{1,5})")
_PRIORITY = "ansible_group_priority"
_MOST_HOSTS = 10_000


@dataclass(slots=True)
class _Group:
    """A group while it is being read."""

    mark: Mark | None = None
    hosts: dict[str, None] = field(default_factory=dict)
    children: dict[str, Mark] = field(default_factory=dict)
    vars: dict[str, Value] = field(default_factory=dict)


class Groups:
    """What one or several inventory files say; later ones add and win."""

    def __init__(self) -> None:
        self._groups: dict[str, _Group] = {ALL: _Group()}
        self._hosts: dict[str, dict[str, Value]] = {}
        self._ports: dict[str, int] = {}

    def add(self, document: Node) -> None:
        """Read a document: a mapping of groups."""
        if not isinstance(document, Map):
            raise refusal(document.mark, "expected a mapping of groups (all:, ...)")
        for name, value in document.items.items():
            self._add_group(name, value)

    def _add_group(self, name: str, value: Value) -> None:
        """Read one group with those inside it."""
        group = self._groups.setdefault(name, _Group())
        group.mark = group.mark or value.key
        for key, entry in _mapping(value.node, f"the group {name!r}"):
            if key not in _KEYS:
                raise refusal(entry.key, f"unknown key {key!r} in a group{_hint(key)}")
            what = f"{key} of {name!r}"
            if key == "hosts":
                for host, said in _mapping(entry.node, what):
                    self._add_host(group, host, said)
            elif key == "children":
                for child, said in _mapping(entry.node, what):
                    group.children[child] = said.key
                    self._add_group(child, said)
            else:
                group.vars.update(_checked(entry.node, what))

    def _add_host(self, group: _Group, name: str, value: Value) -> None:
        """Read one host, or those of a range, with its own variables."""
        said = _checked(value.node, f"the host {name!r}")
        for each in _expand(name, value.key):
            with_port = _WITH_PORT.fullmatch(each)
            host = with_port["name"].strip("[]") if with_port else each
            if with_port:
                self._ports[host] = int(with_port["port"])
            group.hosts[host] = None
            self._hosts.setdefault(host, {}).update(said)
            if len(self._hosts) > _MOST_HOSTS:
                raise refusal(value.key, f"more than {_MOST_HOSTS} hosts")

    def inventory(self) -> Inventory:
        """Return the value."""
        depths = self._depths()
        members = {name: tuple(self._members(name)) for name in self._groups}
        grouped = {h for name, all_ in members.items() if name != ALL for h in all_}
        members[ALL] = tuple(self._hosts)
        loose = tuple(host for host in self._hosts if host not in grouped)
        if loose:
            members[UNGROUPED] = (*members.get(UNGROUPED, ()), *loose)
        hosts = {name: self._host(name, members, depths) for name in self._hosts}
        return Inventory(hosts, members)

    def _host(
        self, name: str, members: dict[str, tuple[str, ...]], depths: dict[str, int]
    ) -> Host:
        """Return a host: variables of `all`, then of its groups, then its own."""
        groups = [g for g, hosts in members.items() if name in hosts and g in depths]
        groups.sort(key=lambda group: (depths[group], self._priority(group), group))
        merged: dict[str, Value] = {}
        for group in groups:
            merged.update(self._groups[group].vars)
        merged.update(self._hosts[name])
        shown = tuple(group for group in groups if group not in (ALL, UNGROUPED))
        return host_of(name, merged, groups=shown, port=self._ports.get(name))

    def _priority(self, group: str) -> int:
        """Return what decides between groups of one depth, before their names."""
        value = self._groups[group].vars.get(_PRIORITY)
        if value and isinstance(value.node, Leaf) and isinstance(value.node.value, int):
            return value.node.value
        return 1

    def _members(self, name: str) -> Iterator[str]:
        """Yield the hosts of a group and of all below it, each once."""
        seen: dict[str, None] = {}
        waiting = [name]
        done = set()
        while waiting:
            group = waiting.pop()
            if group not in done:
                done.add(group)
                seen.update(self._groups[group].hosts)
                waiting.extend(self._groups[group].children)
        return (host for host in self._hosts if host in seen)

    def _depths(self) -> dict[str, int]:
        """Return how deep each group lies below `all`; refuse a circle."""
        depths = {ALL: 0}

        def visit(name: str, depth: int, path: tuple[str, ...]) -> None:
            if depths.get(name, -1) >= depth and name != ALL:
                return
            depths[name] = max(depth, depths.get(name, 0))
            for child, mark in self._groups[name].children.items():
                if child in (*path, name):
                    circle = " -> ".join((*path, name, child))
                    raise refusal(mark, f"a group inside itself: {circle}")
                visit(child, depth + 1, (*path, name))

        children = {c for group in self._groups.values() for c in group.children}
        tops = [name for name in self._groups if name != ALL and name not in children]
        visit(ALL, 0, ())
        for name in tops or self._groups:
            visit(name, 1, ())
        return depths


def _hint(key: str) -> str:
    """Return what was meant by an unknown key of a group."""
    return nearest(key, _KEYS) or " (hosts, children and vars are known)"


def _mapping(node: Node, what: str) -> list[tuple[str, Value]]:
    """Return entries; nothing is none, and a word alone stands for its name."""
    if isinstance(node, Leaf):
        if node.value is None and not node.vault:
            return []
        if isinstance(node.value, str) and what.startswith(("hosts", "children")):
            return [(node.value, Value(node.mark, Leaf(node.mark, None)))]
    if not isinstance(node, Map):
        raise refusal(node.mark, f"{what}: expected a mapping (`name:` on each line)")
    return list(node.items.items())


def _checked(node: Node, what: str) -> dict[str, Value]:
    """Return variables that hold no slip that can be seen."""
    variables = dict(_mapping(node, what))
    check(variables)
    return variables


def _expand(name: str, mark: Mark) -> Iterator[str]:
    """Yield the names that a pattern like `web[01:20]` stands for."""
    found = _RANGE.search(name)
    if found is None:
        if not name.strip() or any(c.isspace() for c in name):
            raise refusal(mark, f"not a host name: {name!r}")
        yield name
        return
    for middle in _steps(found, mark):
        yield from _expand(name[: found.start()] + middle + name[found.end() :], mark)


def _steps(found: re.Match[str], mark: Mark) -> Iterator[str]:
    """Yield what stands between the brackets of a range."""
    first, last, step = found[1], found[2], int(found[3] or 1)
    if step and first.isdecimal() and last.isdecimal() and int(first) <= int(last):
        width = len(first) if first.startswith("0") else 0
        numbers = range(int(first), min(int(last), int(first) + _MOST_HOSTS) + 1, step)
        return (str(number).zfill(width) for number in numbers)
    if step and len(first) == len(last) == 1 and "a" <= first.lower() <= last.lower():
        return (chr(code) for code in range(ord(first), ord(last) + 1, step))
    raise refusal(mark, f"not a range: {found[0]!r}")
