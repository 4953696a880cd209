"""What the sources say of groups and hosts, gathered in their order; later ones win."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from escalade.errors import nearest
from escalade.inventory.hostnames import MOST_HOSTS
from escalade.inventory.hostnames import checked
from escalade.inventory.hostnames import expand
from escalade.inventory.hostnames import split
from escalade.inventory.hosts import ALL
from escalade.inventory.hosts import UNGROUPED
from escalade.inventory.marks import Leaf
from escalade.inventory.marks import Map
from escalade.inventory.marks import Mark
from escalade.inventory.marks import Node
from escalade.inventory.marks import Value
from escalade.inventory.marks import Variables
from escalade.inventory.marks import named
from escalade.inventory.marks import refusal
from escalade.inventory.names import check

__all__ = ["Group", "Groups"]

_KEYS = ("children", "hosts", "vars")
_PRIORITY = "ansible_group_priority"
_PORT = "ansible_port"


@dataclass(slots=True)
class Group:
    """A group while it is being read; `children` knows where each is named."""

    hosts: dict[str, None] = field(default_factory=dict)
    children: dict[str, Mark] = field(default_factory=dict)
    vars: dict[str, Value] = field(default_factory=dict)
    priority: int = 1


class Groups:
    """Groups and hosts as read so far, by name."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {ALL: Group(), UNGROUPED: Group()}
        self.groups[ALL].children[UNGROUPED] = Mark("")
        self.hosts: dict[str, dict[str, Value]] = {}
        self.origins: dict[str, str] = {}

    def group(self, name: str, mark: Mark) -> Group:
        """Return a group, a new one where it is not known."""
        if not name:
            raise refusal(mark, "a group needs a name")
        return self.groups.setdefault(name, Group())

    def put_host(
        self, group: Group, name: str, port: int | None, *, mark: Mark
    ) -> None:
        """Put a host into a group.

        A port counts only where the host is named for the first time.
        """
        group.hosts[name] = None
        if name not in self.hosts:
            leaf = Leaf(mark, port)
            self.hosts[name] = {_PORT: Value(mark, leaf)} if port else {}
            self.origins[name] = mark.file
            if len(self.hosts) > MOST_HOSTS:
                raise refusal(mark, f"more than {MOST_HOSTS} hosts")

    def put_host_vars(self, name: str, variables: Variables) -> None:
        """Give a host its variables; to Ansible, a group of its name comes first."""
        if name in self.groups:
            self.put_vars(self.groups[name], variables)
        else:
            self.hosts[name].update(variables)

    def put_vars(self, group: Group, variables: Variables) -> None:
        """Give a group its variables."""
        group.vars.update(variables)
        priority = group.vars.pop(_PRIORITY, None)
        if priority is not None:
            group.priority = _whole(priority)

    def add_list(self, source: str) -> None:
        """Read a list of hosts, as in `-i host1,host2:2222,`."""
        mark = Mark(source)
        for part in source.split(","):
            if part.strip():
                name, port = split(part.strip())
                # A list knows no ranges.
                if "[" in name:
                    name, port = part.strip(), None
                if name not in self.hosts:
                    group = self.groups[UNGROUPED]
                    self.put_host(group, checked(name, mark), port, mark=mark)

    def add(self, document: Node) -> None:
        """Read a document: a mapping of groups."""
        if not isinstance(document, Map):
            raise refusal(document.mark, "expected a mapping of groups (all:, ...)")
        plugin = document.items.get("plugin")
        if plugin and isinstance(plugin.node, Leaf) and plugin.node.value:
            raise refusal(plugin.key, _plugin(plugin.node))
        for name, value in document.items.items():
            self._add_group(name, value)

    def _add_group(self, name: str, value: Value) -> None:
        """Read one group with those inside it."""
        group = self.group(name, value.key)
        for key, entry in _mapping(value.node, f"the group {name!r}").items():
            if key not in _KEYS:
                raise refusal(entry.key, f"unknown key {key!r} in a group{_hint(key)}")
            what = f"{key} of {name!r}"
            if key == "hosts":
                for host, said in _mapping(entry.node, what, lone=True).items():
                    self._add_hosts(group, host, said)
            elif key == "children":
                for child, said in _mapping(entry.node, what, lone=True).items():
                    self._add_group(child, said)
                    group.children.setdefault(child, said.key)
            else:
                self.put_vars(group, _checked(entry.node, what, lone=True))

    def _add_hosts(self, group: Group, pattern: str, value: Value) -> None:
        """Read one host, or those of a range, with its own variables."""
        said = _checked(value.node, f"the host {pattern!r}")
        names, port = split(pattern)
        for name in expand(names, value.key):
            self.put_host(group, name, port, mark=value.key)
            self.put_host_vars(name, said)


def _plugin(name: Leaf) -> str:
    """Return what is said of a file that configures a plugin of Ansible's."""
    return (
        f"Ansible's inventory plugin {name.shown} is not run here: take a program that "
        "prints the inventory (ansible-inventory --list does)"
    )


def _hint(key: str) -> str:
    """Return what was meant by an unknown key of a group."""
    return nearest(key, _KEYS) or " (hosts, children and vars are known)"


def _whole(value: Value) -> int:
    """Return the priority of a group."""
    node = value.node
    try:
        if isinstance(node, Leaf) and isinstance(node.value, int | float | str):
            return int(node.value)
    except (ValueError, OverflowError):
        pass
    raise refusal(node.mark, f"{_PRIORITY}: expected a whole number")


def _mapping(node: Node, what: str, *, lone: bool = False) -> Mapping[str, Value]:
    """Return entries; nothing is none, and a `lone` word stands for its name."""
    if isinstance(node, Map):
        return node.items
    if isinstance(node, Leaf) and node.vault is None:
        if node.value is None:
            return {}
        if lone and isinstance(node.value, str) and node.value:
            return {node.value: Value(node.mark, Leaf(node.mark, None))}
    raise refusal(node.mark, f"{what}: expected a mapping (`name:` on each line)")


def _checked(node: Node, what: str, *, lone: bool = False) -> Variables:
    """Return variables that hold no slip that can be seen."""
    entries = _mapping(node, what, lone=lone)
    variables = named(Map(node.mark, entries)) if entries else {}
    check(variables)
    return variables
