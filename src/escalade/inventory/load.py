"""Inventory sources to one Inventory: the room's look at the world, in its order."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from escalade.errors import InventoryError
from escalade.inventory.hosts import ALL
from escalade.inventory.hosts import LOCALHOST
from escalade.inventory.hosts import UNGROUPED
from escalade.inventory.hosts import Hosts
from escalade.inventory.hosts import Inventory
from escalade.model import Host

if TYPE_CHECKING:
    from escalade.inventory.tree import Tree

__all__ = ["Source", "inventory_of", "load", "tree_of"]

Source = Path | str
"""A file, a folder or a program, or a list of hosts: `host1,host2:2222,`."""

# The file that ships: recognised by its text, so that the usual start needs no YAML.
_NAME, _LARGEST = "hosts.yaml", 10_000
_SHIPPED = ("all:", "hosts:", "localhost:", "ansible_connection: local")
_THIS_MACHINE = Inventory(
    {LOCALHOST.name: LOCALHOST}, {ALL: (LOCALHOST.name,), UNGROUPED: (LOCALHOST.name,)}
)


def load(
    sources: Sequence[Source],
    *,
    vault: Sequence[tuple[str, Path]] = (),
    here: Path | None = None,
) -> Inventory:
    """Return the hosts of sources in Ansible's formats; without any, this machine.

    Later sources add to the earlier ones and win. `vault` are the files or commands
    that give vault passwords, each with its vault id (or ""). Variables lie beside
    the sources and `here`, the current folder where it is not said, which is what
    Ansible does. Raises InventoryError: `file:line:column: what`.
    """
    if _is_usual(sources):
        return _THIS_MACHINE
    inventory = inventory_of(tree_of(sources, vault=vault, here=here))
    if not inventory.hosts:
        raise InventoryError(f"{', '.join(map(str, sources))}: no host in it")
    return inventory


def tree_of(
    sources: Sequence[Source],
    *,
    vault: Sequence[tuple[str, Path]] = (),
    here: Path | None = None,
) -> Tree:
    """Return everything that sources say, put together; it may hold no host."""
    from escalade.inventory.groups import Groups
    from escalade.inventory.sources import folder_of
    from escalade.inventory.sources import pieces
    from escalade.inventory.tree import grown
    from escalade.inventory.varfiles import VarFiles
    from escalade.inventory.vault import Keyring

    keys, groups = Keyring(vault), Groups()
    for source in sources:
        for piece in pieces(source):
            piece.add_to(groups, keys)
    beside = (folder_of(source) for source in sources)
    folders = [folder for folder in (*beside, here or Path()) if folder is not None]
    return grown(groups, VarFiles(folders, keys), keys)


def _is_usual(sources: Sequence[Source]) -> bool:
    """Whether sources say what the inventory that ships says, and nothing more."""
    return all(_is_shipped(Path(source)) for source in sources)


def _is_shipped(path: Path) -> bool:
    """Whether a file, alone in its folder, says that there is this machine."""
    try:
        if path.is_dir():
            path /= _NAME
        if path.stat().st_size > _LARGEST or _others(path):
            return False
        lines = [line.strip() for line in path.read_text("utf-8-sig").splitlines()]
    except (OSError, ValueError):
        return False
    return tuple(x for x in lines if x and not x.startswith("#")) == _SHIPPED


def _others(path: Path) -> bool:
    """Whether anything else lies in a file's folder."""
    return any(beside.name != path.name for beside in path.parent.iterdir())


def inventory_of(tree: Tree) -> Inventory:
    """Return the value of a tree; hosts that need filling are made when asked for."""
    from escalade.inventory.filling import Filling
    from escalade.inventory.variables import host_of
    from escalade.inventory.variables import is_ready

    members = tree.members()
    if not members[UNGROUPED]:
        del members[UNGROUPED]
    hosts: dict[str, Host | Callable[[], Host]] = {}
    filling = Filling(tree, members)
    for name, variables in tree.variables():
        shown = tuple(g for g in tree.places[name] if g not in (ALL, UNGROUPED))
        make = partial(host_of, name, variables, groups=shown, filling=filling)
        hosts[name] = make() if is_ready(variables) else make
    return Inventory(Hosts(hosts), members, filling.opened)
