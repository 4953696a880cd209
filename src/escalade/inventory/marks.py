"""Inventory data as nodes that know their file, line and column."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import NamedTuple

from escalade.errors import InventoryError
from escalade.model import Scalar

__all__ = [
    "Leaf",
    "Map",
    "Mark",
    "Node",
    "Seq",
    "Value",
    "Variables",
    "guarded",
    "named",
    "node_of",
    "plain",
    "printed",
    "refusal",
]

_VAULT = "__ansible_vault"
_UNSAFE = "__ansible_unsafe"


class Mark(NamedTuple):
    """A position in a file, counted from 1; line 0 is the whole file."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return `file:line:column`."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class Leaf(NamedTuple):
    """A scalar. What is encrypted has no value; `vault` is its encrypted text.

    `unsafe` text is no template; `secret` stood in a file that was encrypted.
    """

    mark: Mark
    value: Scalar
    vault: str | None = None
    unsafe: bool = False
    secret: bool = False

    def __repr__(self) -> str:
        """Return the place alone: the value may be a secret."""
        return f"Leaf({self.mark})"

    @property
    def shown(self) -> str:
        """Return the value as an error may show it."""
        return "what it holds" if self.secret else repr(self.value)


class Seq(NamedTuple):
    """A list."""

    mark: Mark
    items: tuple[Node, ...]


class Map(NamedTuple):
    """A mapping; its keys are text, as written."""

    mark: Mark
    items: Mapping[str, Value]


class Value(NamedTuple):
    """A mapping's entry: where its key stands, and what it holds.

    `name` is the key where YAML reads another than what is written (`yes`, 0x10).
    """

    key: Mark
    node: Node
    name: str | None = None


Node = Leaf | Seq | Map
Variables = Mapping[str, Value]
"""Variables by name."""


def refusal(mark: Mark, what: str) -> InventoryError:
    """Return the error of a position, to be raised."""
    return InventoryError(f"{mark}: {what}")


def named(node: Map) -> dict[str, Value]:
    """Return a mapping's entries by the names that YAML reads."""
    return {value.name or key: value for key, value in node.items.items()}


def plain(node: Node, leaf: Callable[[Leaf], object]) -> object:
    """Return a node as dicts, lists and what `leaf` makes of each scalar."""
    return _plain(node, leaf, {})


def _plain(
    node: Node, leaf: Callable[[Leaf], object], done: dict[int, object]
) -> object:
    """Return a node's data; what an anchor repeats is made once and shared."""
    if isinstance(node, Leaf):
        return leaf(node)
    if id(node) not in done:
        done[id(node)] = (
            {key: _plain(value.node, leaf, done) for key, value in named(node).items()}
            if isinstance(node, Map)
            else [_plain(item, leaf, done) for item in node.items]
        )
    return done[id(node)]


def printed(node: Node) -> object:
    """Return a node as Ansible prints it: encrypted values stay encrypted."""
    return plain(node, _printed)


def _printed(leaf: Leaf) -> object:
    """Return a scalar as Ansible prints it."""
    if leaf.vault is not None:
        return {_VAULT: leaf.vault}
    if leaf.unsafe and isinstance(leaf.value, str):
        return {_UNSAFE: leaf.value}
    return leaf.value


def node_of(value: object, mark: Mark) -> Node:
    """Return the node of data that a program printed, all of it at one mark.

    Raises InventoryError for what JSON cannot say.
    """
    if value is None or isinstance(value, str | int | float | bool):
        return Leaf(mark, value)
    if isinstance(value, Mapping):
        return _map_of(value, mark)
    if isinstance(value, list | tuple | set):
        return Seq(mark, tuple(node_of(item, mark) for item in value))
    if isinstance(value, bytes):
        return Leaf(mark, value.decode("utf-8", "surrogateescape"), unsafe=True)
    if hasattr(value, "isoformat"):
        return Leaf(mark, str(value.isoformat()))
    raise refusal(mark, f"a {type(value).__name__} is no value of an inventory")


def guarded(node: Node) -> Node:
    """Return a node whose values stood in an encrypted file."""
    if isinstance(node, Leaf):
        return node._replace(secret=True)
    if isinstance(node, Seq):
        return Seq(node.mark, tuple(guarded(item) for item in node.items))
    entries = node.items.items()
    return Map(
        node.mark,
        {key: value._replace(node=guarded(value.node)) for key, value in entries},
    )


def _map_of(value: Mapping[object, object], mark: Mark) -> Node:
    """Return a mapping's node, or the encrypted or unsafe text that it stands for."""
    if len(value) == 1:
        ((key, inner),) = value.items()
        if key == _VAULT and isinstance(inner, str):
            return Leaf(mark, None, vault=inner)
        if key == _UNSAFE and isinstance(inner, str):
            return Leaf(mark, inner, unsafe=True)
    entries = {_key(key, mark): node_of(inner, mark) for key, inner in value.items()}
    return Map(mark, {key: Value(mark, node) for key, node in entries.items()})


def _key(key: object, mark: Mark) -> str:
    """Return a key as JSON writes it."""
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, int | float):
        import json

        return json.dumps(key)
    raise refusal(mark, f"a {type(key).__name__} is no key of an inventory")
