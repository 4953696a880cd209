"""YAML text to nodes that know their line and column; keys given twice are refused.

Values are read as Ansible reads them (`yes` is true), except numbers that only YAML 1.1
takes for numbers (0777, 1:30): those are refused, since nobody means them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from escalade.errors import InventoryError
from escalade.model import Scalar

__all__ = ["Leaf", "Map", "Mark", "Node", "Seq", "Value", "plain", "read", "refusal"]

_DEEPEST = 50
_TAG = "tag:yaml.org,2002:"
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9_]{0,40})")
_BASED = re.compile(r"[-+]?0[xb][0-9a-fA-F_]{1,40}")
_TRUE = ("true", "yes", "on")
_SECRET_TAGS = ("!vault", "!vault-encrypted")


@dataclass(frozen=True, slots=True)
class Mark:
    """A position in a file, counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """Return `file:line:column`."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar; `value` is None too for what is encrypted (`vault`)."""

    mark: Mark
    value: Scalar
    vault: bool = False


@dataclass(frozen=True, slots=True)
class Seq:
    """A list."""

    mark: Mark
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Map:
    """A mapping; its keys are text, as written."""

    mark: Mark
    items: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Value:
    """A mapping's entry: where its key stands, and what it holds."""

    key: Mark
    node: Node


Node = Leaf | Seq | Map


def refusal(mark: Mark, what: str) -> InventoryError:
    """Return the error of a position, to be raised."""
    return InventoryError(f"{mark}: {what}")


def plain(node: Node) -> object:
    """Return a node as dicts, lists and scalars; encrypted values are None."""
    return _plain(node, {})


def _plain(node: Node, done: dict[int, object]) -> object:
    """Return a node's data; what an anchor repeats is made once and shared."""
    if isinstance(node, Leaf):
        return node.value
    if id(node) not in done:
        done[id(node)] = (
            {key: _plain(value.node, done) for key, value in node.items.items()}
            if isinstance(node, Map)
            else [_plain(item, done) for item in node.items]
        )
    return done[id(node)]


def read(file: str, text: str) -> Node | None:
    """Return the one document of a text, None where it is empty."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        root = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        mark = Mark(file, at.line + 1, at.column + 1) if at else Mark(file, 1, 1)
        raise refusal(mark, _words(error)) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        column = len(before) - before.rfind("\n")
        mark = Mark(file, before.count("\n") + 1, column)
        raise refusal(
            mark, f"a character that YAML does not allow (#x{error.character:04x})"
        ) from None
    except RecursionError:
        raise refusal(Mark(file, 1, 1), f"nested more than {_DEEPEST} deep") from None
    return None if root is None else _Reader(file).node(root, 0)


def _words(error: Any) -> str:
    """Return what a YAML error says, on one line."""
    parts = (error.problem, error.context and f"({error.context})")
    return " ".join(str(part) for part in parts if part)


class _Reader:
    """Turns the library's nodes into ours; an anchor's node is read once."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._done: dict[int, Node] = {}
        self._open: set[int] = set()

    def mark(self, node: Any) -> Mark:
        """Return where a node starts."""
        at = node.start_mark
        return Mark(self._file, at.line + 1, at.column + 1)

    def node(self, node: Any, depth: int) -> Node:
        """Return a node and all below it."""
        if depth > _DEEPEST:
            raise refusal(self.mark(node), f"nested more than {_DEEPEST} deep")
        if id(node) in self._open:
            raise refusal(self.mark(node), "an anchor that holds itself")
        if id(node) not in self._done:
            self._open.add(id(node))
            self._done[id(node)] = self._read(node, depth)
            self._open.discard(id(node))
        return self._done[id(node)]

    def _read(self, node: Any, depth: int) -> Node:
        """Return one node by its kind."""
        if node.id == "mapping":
            return Map(self.mark(node), dict(self._entries(node, depth)))
        if node.id == "sequence":
            items = tuple(self.node(item, depth + 1) for item in node.value)
            return Seq(self.mark(node), items)
        return self._leaf(node)

    def _entries(self, node: Any, depth: int) -> Iterator[tuple[str, Value]]:
        """Yield a mapping's entries: first what `<<` lends, then its own."""
        own: dict[str, Value] = {}
        for key, value in node.value:
            if key.tag == f"{_TAG}merge":
                yield from self._lent(value, depth)
                continue
            if key.id != "scalar" or not key.value:
                raise refusal(self.mark(key), "a key must be a word")
            if key.value in own:
                first = own[key.value].key.line
                raise refusal(
                    self.mark(key), f"duplicate key {key.value!r} (line {first})"
                )
            own[key.value] = Value(self.mark(key), self.node(value, depth + 1))
        yield from own.items()

    def _lent(self, node: Any, depth: int) -> Iterator[tuple[str, Value]]:
        """Yield what a merge key brings in; the first mapping of a list wins."""
        parts = node.value if node.id == "sequence" else [node]
        for part in reversed(parts):
            lent = self.node(part, depth + 1)
            if not isinstance(lent, Map):
                raise refusal(self.mark(part), "<< takes a mapping")
            yield from lent.items.items()

    def _leaf(self, node: Any) -> Leaf:
        """Return a scalar."""
        mark = self.mark(node)
        kind = node.tag.removeprefix(_TAG)
        if kind == "null":
            return Leaf(mark, None)
        if kind == "bool":
            return Leaf(mark, node.value.lower() in _TRUE)
        if kind in ("int", "float"):
            return Leaf(mark, _number(mark, node.value, kind))
        if node.tag in _SECRET_TAGS:
            return Leaf(mark, None, vault=True)
        return Leaf(mark, str(node.value))


def _number(mark: Mark, text: str, kind: str) -> int | float:
    """Return a number, or refuse what only YAML 1.1 calls one."""
    if kind == "float" and ":" not in text:
        return float(
            text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan")
        )
    if _DECIMAL.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    raise refusal(
        mark, f'{text} could be a text or a number: put it in quotes ("{text}")'
    )
