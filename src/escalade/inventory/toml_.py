"""An inventory in TOML: tables of groups with `hosts`, `children` and `vars`."""

from __future__ import annotations

import re

from escalade.inventory.groups import Groups
from escalade.inventory.marks import Map
from escalade.inventory.marks import Mark
from escalade.inventory.marks import Node
from escalade.inventory.marks import Seq
from escalade.inventory.marks import Value
from escalade.inventory.marks import node_of
from escalade.inventory.marks import refusal

__all__ = ["add_toml"]

_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")


def add_toml(groups: Groups, file: str, text: str) -> None:
    """Add what a text in TOML says; its parser tells a place only for its own errors.

    Raises InventoryError: `file:line:column: what`, or `file: what`.
    """
    import tomllib

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _PLACE.search(str(error))
        mark = Mark(file, int(found[1]), int(found[2])) if found else Mark(file)
        raise refusal(mark, _PLACE.sub("", str(error))) from None
    mark = Mark(file)
    tables = {name: _table(node_of(said, mark)) for name, said in data.items()}
    groups.add(Map(mark, {name: Value(mark, node) for name, node in tables.items()}))


def _table(node: Node) -> Node:
    """Return a group's table with its children as a mapping, as YAML has them."""
    if not isinstance(node, Map):
        return node
    items = dict(node.items)
    if "children" in items:
        children = items["children"].node
        if not isinstance(children, Seq):
            raise refusal(node.mark, "children: expected a list of names")
        names = [str(getattr(item, "value", "")) for item in children.items]
        empty = Value(node.mark, node_of(None, node.mark))
        inside = Map(node.mark, dict.fromkeys(names, empty))
        items["children"] = Value(node.mark, inside)
    return Map(node.mark, items)
