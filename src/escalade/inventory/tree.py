"""The groups as a whole: who is in which, how deep, and whose variables win."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass

from escalade.inventory.groups import Group
from escalade.inventory.groups import Groups
from escalade.inventory.hosts import ALL
from escalade.inventory.hosts import UNGROUPED
from escalade.inventory.marks import Mark
from escalade.inventory.marks import Value
from escalade.inventory.marks import Variables
from escalade.inventory.marks import refusal
from escalade.inventory.varfiles import VarFiles
from escalade.inventory.vault import Keyring

__all__ = ["Tree", "grown"]

_SHOWN = 8
_ENDS = frozenset((ALL, UNGROUPED))


@dataclass(frozen=True, slots=True)
class Tree:
    """Everything that the sources say, put together.

    `places` gives each host's groups, those above them too, the weakest first;
    `origins` names the source that spoke of it first. `strays` are hosts that Ansible
    loses from sight, and from `all`: `ungrouped` was put into a group, or a group
    has their name.
    """

    groups: Mapping[str, Group]
    hosts: Mapping[str, Variables]
    places: Mapping[str, tuple[str, ...]]
    origins: Mapping[str, str]
    strays: frozenset[str]
    files: VarFiles
    keys: Keyring

    def members(self) -> dict[str, tuple[str, ...]]:
        """Return each group's hosts in Ansible's order: its own, then level by level."""
        found = {name: dict.fromkeys(self._below(name)) for name in self.groups}
        found[ALL] |= dict.fromkeys(self.hosts)
        return {name: tuple(hosts) for name, hosts in found.items()}

    def _below(self, name: str) -> Iterator[str]:
        """Yield the hosts of a group and of all groups inside it."""
        level, seen = [name], {name}
        while level:
            for each in level:
                yield from self.groups[each].hosts
            inside = (child for each in level for child in self.groups[each].children)
            level = [child for child in dict.fromkeys(inside) if child not in seen]
            seen.update(level)

    def variables(self) -> Iterator[tuple[str, dict[str, Value]]]:
        """Yield each host with its variables, as Ansible merges them.

        First what the sources say of its groups, then the files of `all`, of its other
        groups, then what the sources say of itself, then its own files.
        """
        known: dict[tuple[str, ...], dict[str, Value]] = {}
        for host, groups in self.places.items():
            if groups not in known:
                known[groups] = self._of_groups(groups)
            own = (self.hosts[host], *self.files.host(host))
            merged = dict(known[groups])
            for layer in own:
                merged.update(layer)
            yield host, merged

    def _of_groups(self, groups: tuple[str, ...]) -> dict[str, Value]:
        """Return the variables that a host has from its groups, the weakest first."""
        merged: dict[str, Value] = {}
        for name in groups:
            merged.update(self.groups[name].vars)
        rest = tuple(name for name in groups if name != ALL)
        for layer in (*self.files.groups((ALL,)), *self.files.groups(rest)):
            merged.update(layer)
        return merged


def grown(said: Groups, files: VarFiles, keys: Keyring) -> Tree:
    """Return the tree of what was read. Raises InventoryError for a circle."""
    groups = said.groups
    inside = {child for group in groups.values() for child in group.children}
    for name in groups:
        if name != ALL and name not in inside:
            groups[ALL].children[name] = Mark("")
    depths = _depths(groups)
    above = _above(groups, depths)
    known = len(groups[UNGROUPED].children)
    taken = _settle(said, above)
    if len(groups[UNGROUPED].children) > known:
        depths = _depths(groups)
        above = _above(groups, depths)
    direct: dict[str, list[str]] = {host: [] for host in said.hosts}
    for name, group in groups.items():
        for host in group.hosts:
            direct[host].append(name)
    strays = frozenset(host for host, names in direct.items() if not names)
    places = _places(groups, direct, depths, above)
    for host in taken:
        places[host] = tuple(name for name in places[host] if name != UNGROUPED)
    return Tree(groups, said.hosts, places, said.origins, strays, files, keys)


def _places(
    groups: Mapping[str, Group],
    direct: Mapping[str, list[str]],
    depths: Mapping[str, int],
    above: Mapping[str, frozenset[str]],
) -> dict[str, tuple[str, ...]]:
    """Return each host's groups with those above, by depth, priority and name."""

    def weight(name: str) -> tuple[int, int, str]:
        return depths[name], groups[name].priority, name

    known: dict[tuple[str, ...], tuple[str, ...]] = {}
    places = {}
    for host, names in direct.items():
        key = tuple(names)
        if key not in known:
            everything = {ALL}.union(names, *(above[name] for name in names))
            known[key] = tuple(sorted(everything, key=weight))
        places[host] = known[key]
    return places


def _settle(said: Groups, above: Mapping[str, frozenset[str]]) -> list[str]:
    """Put hosts of no group into `ungrouped`; return those of another, taken out.

    As in Ansible, a group goes there instead of a host of its name.
    """
    ungrouped = said.groups[UNGROUPED]
    elsewhere = {
        host
        for name, group in said.groups.items()
        if name not in _ENDS
        for host in group.hosts
    }
    if above[UNGROUPED] - _ENDS:
        # `ungrouped` is itself in a group, and so are its hosts.
        elsewhere.update(ungrouped.hosts)
    taken = [host for host in ungrouped.hosts if host in elsewhere]
    for host in taken:
        del ungrouped.hosts[host]
    for host in said.hosts:
        if host in elsewhere or host in ungrouped.hosts:
            continue
        if host in said.groups:
            ungrouped.children.setdefault(host, Mark(said.origins[host]))
        else:
            ungrouped.hosts[host] = None
    return taken


def _depths(groups: Mapping[str, Group]) -> dict[str, int]:
    """Return the longest way from `all` to each group, those above first."""
    waits = dict.fromkeys(groups, 0)
    for group in groups.values():
        for child in group.children:
            waits[child] += 1
    depths: dict[str, int] = {}
    ready = [ALL] if not waits[ALL] else []
    reached = dict.fromkeys(ready, 0)
    while ready:
        name = ready.pop()
        depths[name] = reached[name]
        for child in groups[name].children:
            reached[child] = max(reached.get(child, 0), depths[name] + 1)
            waits[child] -= 1
            if not waits[child]:
                ready.append(child)
    if len(depths) < len(groups):
        _refuse_circle(groups)
    return depths


def _refuse_circle(groups: Mapping[str, Group]) -> None:
    """Name the first circle among the groups, where it closes."""
    done: set[str] = set()
    for start in groups:
        path = [start]
        ways = [iter(groups[start].children.items())]
        while path:
            child, mark = next(ways[-1], (None, None))
            if child is None or mark is None:
                done.add(path.pop())
                ways.pop()
            elif child in path:
                told = _told(mark, groups, path)
                raise refusal(told, f"a group inside itself: {_way((*path, child))}")
            elif child not in done:
                path.append(child)
                ways.append(iter(groups[child].children.items()))


def _way(names: tuple[str, ...]) -> str:
    """Return a way through groups, its middle left out where it is long."""
    half = _SHOWN // 2
    short = names if len(names) <= _SHOWN else (*names[:half], "...", *names[-half:])
    return " -> ".join(short)


def _told(mark: Mark, groups: Mapping[str, Group], path: list[str]) -> Mark:
    """Return where a circle is written: a top group is put under `all` by nobody."""
    if mark.file:
        return mark
    marks = (mark for name in path for mark in groups[name].children.values())
    return next((mark for mark in marks if mark.file), mark)


def _above(
    groups: Mapping[str, Group], depths: Mapping[str, int]
) -> dict[str, frozenset[str]]:
    """Return the groups above each one, all the way up."""
    above: dict[str, frozenset[str]] = dict.fromkeys(groups, frozenset())
    for name in depths:
        further = above[name] | {name}
        for child in groups[name].children:
            above[child] |= further
    return above
