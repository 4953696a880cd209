"""The inventory as Ansible prints it: `ansible-inventory --list` and `--graph`."""

from __future__ import annotations

from collections.abc import Container

from escalade.inventory.hosts import ALL
from escalade.inventory.marks import printed
from escalade.inventory.tree import Tree

__all__ = ["graph", "listing"]

# What Ansible itself sets, and never prints as a variable of a host.
_MAGIC = frozenset(
    (
        "ansible_collection_name",
        "ansible_config_file",
        "ansible_dependent_role_names",
        "ansible_diff_mode",
        "ansible_facts",
        "ansible_forks",
        "ansible_inventory_sources",
        "ansible_limit",
        "ansible_play_batch",
        "ansible_play_hosts",
        "ansible_play_hosts_all",
        "ansible_play_role_names",
        "ansible_playbook_python",
        "ansible_role_name",
        "ansible_role_names",
        "ansible_run_tags",
        "ansible_skip_tags",
        "ansible_verbosity",
        "ansible_version",
        "group_names",
        "groups",
        "hostvars",
        "inventory_dir",
        "inventory_file",
        "inventory_hostname",
        "inventory_hostname_short",
        "play_hosts",
        "playbook_dir",
        "role_name",
        "role_names",
        "role_path",
        "role_uuid",
    )
)
_PROFILE = "inventory_legacy"


def listing(tree: Tree, chosen: Container[str] | None = None) -> dict[str, object]:
    """Return what `ansible-inventory --list` prints, of `chosen` hosts or of all.

    Templates are left as they are, and encrypted values stay encrypted.
    """
    hostvars = {}
    for host, variables in tree.variables():
        if host in tree.strays:
            continue
        shown = {k: printed(v.node) for k, v in variables.items() if k not in _MAGIC}
        if shown and (chosen is None or host in chosen):
            hostvars[host] = shown
    listed: dict[str, object] = {
        "_meta": {"hostvars": hostvars, "profile": _PROFILE},
    }
    for name, group in tree.groups.items():
        hosts = [h for h in group.hosts if chosen is None or h in chosen]
        entry = {"hosts": hosts if name != ALL else [], "children": [*group.children]}
        if any(entry.values()):
            listed[name] = {key: names for key, names in entry.items() if names}
    return listed


def graph(tree: Tree, top: str = ALL, chosen: Container[str] | None = None) -> str:
    """Return the groups as a tree, as `ansible-inventory --graph` draws it."""
    lines = []
    waiting = [(f"@{top}", 0)]
    while waiting:
        name, depth = waiting.pop()
        # The first letter tells a group (@) from a host (=).
        if not name.startswith("@"):
            lines.append(f"{_branch(depth)}{name[1:]}")
            continue
        lines.append(f"{_branch(depth)}{name}:")
        group = tree.groups[name[1:]]
        hosts = group.hosts if name[1:] != ALL else ()
        below = [f"@{child}" for child in group.children]
        below += [f"={host}" for host in hosts if chosen is None or host in chosen]
        waiting += [(each, depth + 1) for each in reversed(below)]
    return "\n".join(lines)


def _branch(depth: int) -> str:
    """Return what stands before a name at a depth."""
    return "  " + "|  " * (depth - 1) + "|--" if depth else ""
