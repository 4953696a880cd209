"""YAML text to plain data with the position of every key and value.

Everything that YAML would let pass silently is a problem here: keys given twice,
scalars that readers take in different ways, tags, nesting and aliases without end.
Keys are always text, as written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from yaml.nodes import MappingNode
from yaml.nodes import Node
from yaml.nodes import ScalarNode
from yaml.nodes import SequenceNode

from escalade.runbooks.problems import START
from escalade.runbooks.problems import Mark
from escalade.runbooks.problems import Problems
from escalade.runbooks.scalars import AmbiguousError
from escalade.runbooks.scalars import scalar
from escalade.runbooks.syntax import syntax

__all__ = ["Document", "Place", "read"]

Place = tuple[str | int, ...]
"""The way from the top of a document to a value: keys and list positions."""

_DEEPEST = 40
_MOST = 20_000
_MERGE = "tag:yaml.org,2002:merge"


@dataclass(slots=True)
class Document:
    """One file's data and where each key and value of it stands."""

    file: str
    problems: Problems
    data: Any = None
    keys: dict[Place, Mark] = field(default_factory=dict)
    values: dict[Place, Mark] = field(default_factory=dict)
    written: dict[Place, str] = field(default_factory=dict)

    def key(self, place: Place) -> Mark:
        """Return the position of a key, else of its value, else of what holds it."""
        while place:
            mark = self.keys.get(place) or self.values.get(place)
            if mark:
                return mark
            place = place[:-1]
        return self.values.get((), START)

    def value(self, place: Place) -> Mark:
        """Return the position of a value, else of the nearest thing that holds it."""
        return self.values.get(place) or self.key(place)


def read(file: str, text: str, problems: Problems) -> Document | None:
    """Return the document, or None where the text is not YAML (which is reported)."""
    document = Document(file, problems)
    root = syntax(text, problems)
    if root is None:
        return None
    _Walk(document).walk(root, ())
    return document


class _Walk:
    """Turns nodes into data, filling the document's positions on the way."""

    def __init__(self, document: Document) -> None:
        """Start with an empty document."""
        self.document = document
        self.problems = document.problems
        self.left = _MOST
        document.data = None

    def walk(self, root: Node, place: Place) -> None:
        """Read the whole tree, or report that it has no end."""
        try:
            self.document.data = self.any(root, place)
        except _EndlessError as endless:
            self.problems.settle(endless.mark, str(endless))
            self.document.data = None

    def any(self, node: Node, place: Place) -> Any:
        """Return the data of one node."""
        mark = _mark(node)
        self.document.values[place] = mark
        self.left -= 1
        if self.left < 0:
            raise _EndlessError(mark, f"more than {_MOST} values, aliases included")
        if len(place) > _DEEPEST:
            raise _EndlessError(mark, f"nested more than {_DEEPEST} levels deep")
        if isinstance(node, ScalarNode):
            return self.scalar(node, place)
        if isinstance(node, MappingNode):
            self.tag(node, "map")
            return self.mapping(node, place)
        self.tag(node, "seq")
        return [self.any(item, (*place, i)) for i, item in enumerate(node.value)]

    def tag(self, node: Node, expected: str) -> None:
        """Report a tag that would ask for an object."""
        if node.tag != f"tag:yaml.org,2002:{expected}":
            self.problems.settle(_mark(node), f"the tag {node.tag} is not supported")

    def scalar(self, node: ScalarNode, place: Place) -> Any:
        """Return a scalar's value; its text where that is ambiguous."""
        self.document.written[place] = node.value
        try:
            return scalar(node.tag, node.value, plain=not node.style)
        except AmbiguousError as unclear:
            self.problems.settle(_mark(node), str(unclear))
            return node.value

    def mapping(self, node: MappingNode, place: Place) -> dict[str, Any]:
        """Return a mapping; explicit keys win over merged ones."""
        own: dict[str, Any] = {}
        for key, key_node, value_node in self.own(node):
            self.document.keys[(*place, key)] = _mark(key_node)
            own[key] = self.any(value_node, (*place, key))
        lent: dict[str, Any] = {}
        for key_node, value_node in self.merged(node, len(place)):
            key = key_node.value
            if isinstance(key, str) and key not in own and key not in lent:
                self.document.keys[(*place, key)] = _mark(key_node)
                lent[key] = self.any(value_node, (*place, key))
        return {**lent, **own}

    def own(self, node: MappingNode) -> Iterator[tuple[str, Node, Node]]:
        """Yield the mapping's explicit pairs; a key given twice is reported."""
        first: dict[str, Mark] = {}
        for key_node, value_node in node.value:
            merge = key_node.tag == _MERGE
            key = "<<" if merge else self.word(key_node)
            if key is None:
                continue
            if key in first:
                since = f"first in line {first[key].line}"
                self.problems.add(_mark(key_node), f"duplicate key {key!r} ({since})")
                continue
            first[key] = _mark(key_node)
            if not merge:
                yield key, key_node, value_node

    def word(self, node: Node) -> str | None:
        """Return a key as it is written; None (reported) where it is no word."""
        if not isinstance(node, ScalarNode) or not node.value:
            self.problems.settle(_mark(node), "a key must be a word")
            return None
        try:
            scalar(node.tag, node.value, plain=not node.style)
        except AmbiguousError as unclear:
            self.problems.settle(_mark(node), f"the key {unclear}")
        return str(node.value)

    def merged(self, node: MappingNode, depth: int) -> Iterator[tuple[Node, Node]]:
        """Yield the pairs that `<<` brings in, the nearest first."""
        if depth > _DEEPEST:
            raise _EndlessError(_mark(node), f"nested more than {_DEEPEST} levels deep")
        for key_node, value_node in node.value:
            if key_node.tag != _MERGE:
                continue
            many = isinstance(value_node, SequenceNode)
            for part in value_node.value if many else [value_node]:
                if not isinstance(part, MappingNode):
                    self.problems.settle(_mark(part), "<< takes a mapping")
                    continue
                yield from (pair for pair in part.value if pair[0].tag != _MERGE)
                yield from self.merged(part, depth + 1)


class _EndlessError(Exception):
    """The document is larger or deeper than any runbook."""

    def __init__(self, mark: Mark, text: str) -> None:
        """Keep the position."""
        super().__init__(text)
        self.mark = mark


def _mark(node: Node) -> Mark:
    """Return where a node starts, counted from 1."""
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)
