"""YAML text to nodes, read as Ansible reads it; keys given twice are refused.

Numbers that only YAML 1.1 takes for numbers (0777, 1:30) are refused in the inventory
itself, since nobody means them there; files of variables hold file modes, and keep them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from escalade.inventory.marks import Leaf
from escalade.inventory.marks import Map
from escalade.inventory.marks import Mark
from escalade.inventory.marks import Node
from escalade.inventory.marks import Seq
from escalade.inventory.marks import Value
from escalade.inventory.marks import refusal

__all__ = ["read"]

_DEEPEST = 50
# What aliases may stand for, and how often what a long file says by itself.
_MOST, _RATIO = 1_000_000, 20
_WEIGHED = 100
_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
_STRING = f"{_TAG}str"
_NULL = f"{_TAG}null"
_DECIMAL = r"[-+]?(?:0|[1-9][0-9_]{0,40})"
_TRUE = ("true", "yes", "on")
_FALSE = ("false", "no", "off")
_VAULT_TAGS = ("!vault", "!vault-encrypted")
_UNSAFE = "!unsafe"
_MAPPINGS = (f"{_TAG}map", f"{_TAG}set", _UNSAFE)
_SEQUENCES = (f"{_TAG}seq", f"{_TAG}omap", f"{_TAG}pairs", _UNSAFE)
_PAIRS = _SEQUENCES[1:3]


def read(
    file: str, text: str, *, strict: bool = True, secret: bool = False
) -> Node | None:
    """Return the one document of a text, None where it is empty.

    `strict` refuses numbers that could be text; `secret` says that the text was
    encrypted. Raises InventoryError: `file:line:column: what`.
    """
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
    if root is None or root.tag == _NULL:
        return None
    return _Reader(file, strict=strict, secret=secret).node(root, 0)


def _words(error: Any) -> str:
    """Return what a YAML error says, on one line."""
    parts = (error.problem, error.context and f"({error.context})")
    return " ".join(str(part) for part in parts if part)


class _Reader:
    """Turns the library's nodes into ours; an anchor's node is read once."""

    def __init__(self, file: str, *, strict: bool, secret: bool) -> None:
        self._file = file
        self._strict = strict
        self._secret = secret
        self._unsafe = 0
        self._done: dict[int, Node] = {}
        self._open: set[int] = set()
        self._sizes: dict[int, int] = {}
        self._written = 0
        self._borrowed = 0

    def mark(self, node: Any) -> Mark:
        """Return where a node starts."""
        at = node.start_mark
        return Mark(self._file, at.line + 1, at.column + 1)

    def node(self, node: Any, depth: int) -> Node:
        """Return a node and all below it."""
        if node.id == "scalar":
            return self._leaf(node)
        if depth > _DEEPEST:
            raise refusal(self.mark(node), f"nested more than {_DEEPEST} deep")
        if id(node) in self._open:
            raise refusal(self.mark(node), "an anchor that holds itself")
        if id(node) in self._done:
            self._lend(node)
        else:
            unsafe = node.tag == _UNSAFE
            before = self._written + self._borrowed
            self._open.add(id(node))
            self._unsafe += unsafe
            self._done[id(node)] = self._read(node, depth)
            self._unsafe -= unsafe
            self._open.discard(id(node))
            self._sizes[id(node)] = 1 + self._written + self._borrowed - before
        return self._done[id(node)]

    def _lend(self, node: Any) -> None:
        """Count what an alias stands for: whoever writes it out writes all of it."""
        self._borrowed += self._sizes[id(node)]
        if self._borrowed > max(_MOST, _RATIO * self._written):
            what = f"aliases that stand for more than {_MOST} values"
            raise refusal(self.mark(node), what)

    def _read(self, node: Any, depth: int) -> Node:
        """Return one mapping or list."""
        mark = self.mark(node)
        if node.tag not in (_MAPPINGS if node.id == "mapping" else _SEQUENCES):
            raise refusal(mark, _unknown(node.tag))
        if node.id == "mapping":
            entries = dict(self._entries(node, depth))
            if node.tag == _MAPPINGS[1]:
                leaves = (self._leaf(key) for key, _ in node.value)
                return Seq(mark, tuple(leaves))
            return Map(mark, entries)
        if node.tag in _PAIRS:
            return Seq(mark, tuple(self._pair(item, depth) for item in node.value))
        return Seq(mark, tuple(self.node(item, depth + 1) for item in node.value))

    def _pair(self, node: Any, depth: int) -> Node:
        """Return one entry of an ordered mapping: its key and its value."""
        if node.id != "mapping" or len(node.value) != 1:
            raise refusal(self.mark(node), "expected one `key: value`")
        pair = tuple(self.node(part, depth + 2) for part in node.value[0])
        return Seq(self.mark(node), pair)

    def _entries(self, node: Any, depth: int) -> Iterator[tuple[str, Value]]:
        """Yield a mapping's entries: first what `<<` lends, then its own."""
        own: dict[str, Value] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                yield from self._lent(value, depth)
                continue
            if key.id != "scalar" or not key.value:
                raise refusal(self.mark(key), "a key must be a word")
            if key.value in own:
                first = own[key.value].key.line
                raise refusal(
                    self.mark(key), f"duplicate key {key.value!r} (line {first})"
                )
            name = None if key.tag == _STRING else self._name(key)
            own[key.value] = Value(self.mark(key), self.node(value, depth + 1), name)
        yield from own.items()

    def _lent(self, node: Any, depth: int) -> Iterator[tuple[str, Value]]:
        """Yield what a merge key brings in; the first mapping of a list wins."""
        parts = node.value if node.id == "sequence" else [node]
        for part in reversed(parts):
            lent = self.node(part, depth + 1)
            if not isinstance(lent, Map):
                raise refusal(self.mark(part), "<< takes a mapping")
            yield from lent.items.items()

    def _name(self, key: Any) -> str | None:
        """Return a key as JSON writes it, None where that is what is written."""
        kind = key.tag.removeprefix(_TAG)
        if kind == "timestamp":
            raise refusal(self.mark(key), "a date is no key: put it in quotes")
        if kind not in ("null", "bool", "int", "float"):
            return None
        import json

        return json.dumps(_scalar(self.mark(key), key.value, kind))

    def _leaf(self, node: Any) -> Leaf:
        """Return a scalar."""
        # A long text counts as several.
        self._written += 1 + len(node.value) // _WEIGHED
        mark, tag, unsafe = self.mark(node), node.tag, self._unsafe > 0
        if tag in _VAULT_TAGS:
            return Leaf(mark, None, node.value, unsafe, self._secret)
        if tag == _UNSAFE:
            tag, unsafe = _implied(node), True
        if tag == _STRING:
            return Leaf(mark, node.value, None, unsafe, self._secret)
        if not tag.startswith(_TAG):
            raise refusal(mark, _unknown(tag))
        kind = tag.removeprefix(_TAG)
        if self._strict and kind in ("int", "float"):
            _check_number(mark, node.value)
        value = _scalar(mark, node.value, kind)
        return Leaf(mark, value, None, unsafe, self._secret)


def _unknown(tag: str) -> str:
    """Return what is said of a tag that nobody reads."""
    return f"unknown tag {tag.replace(_TAG, '!!')!r}"


def _implied(node: Any) -> str:
    """Return the tag that a scalar would have without the one written before it."""
    import yaml

    if node.style:
        return _STRING
    resolver = yaml.resolver.Resolver()
    kind = yaml.ScalarNode
    return str(resolver.resolve(kind, node.value, (True, False)))  # type: ignore[no-untyped-call]


def _scalar(mark: Mark, text: str, kind: str) -> str | int | float | bool | None:
    """Return a scalar of a kind that YAML resolved or a tag named."""
    if kind == "null":
        return None
    try:
        if kind == "bool":
            return (*_FALSE, *_TRUE).index(text.lower()) >= len(_FALSE)
        if kind == "int":
            return _whole(text.replace("_", ""))
        if kind == "float":
            return _broken(text.replace("_", "").lower())
        if kind == "timestamp":
            return _moment(text)
    except (ValueError, AttributeError, OverflowError):
        raise refusal(mark, f"{text!r} is no {kind}") from None
    if kind == "value":
        raise refusal(mark, '= is a special word of YAML: put it in quotes ("=")')
    raise refusal(mark, _unknown(f"!!{kind}"))


def _check_number(mark: Mark, text: str) -> None:
    """Refuse what only YAML 1.1 calls a number: octal, and base 60."""
    octal = text.lstrip("+-")[:1] == "0" and not re.fullmatch(_DECIMAL, text)
    plain = "." in text or text.lstrip("+-")[1:2] in ("x", "b")
    if ":" in text or (octal and not plain):
        raise refusal(
            mark, f'{text} could be a text or a number: put it in quotes ("{text}")'
        )


def _whole(text: str) -> int:
    """Return a whole number as YAML 1.1 writes it, its underscores gone."""
    sign, digits = (-1, text[1:]) if text[0] == "-" else (1, text.lstrip("+"))
    if digits[:2] in ("0x", "0b"):
        return sign * int(digits, 0)
    if ":" in digits:
        return sign * int(_base60(digits))
    return sign * int(digits, 8 if digits[0] == "0" and digits != "0" else 10)


def _broken(text: str) -> float:
    """Return a number with a point as YAML 1.1 writes it."""
    if ":" in text:
        sign = -1.0 if text[0] == "-" else 1.0
        return sign * _base60(text.lstrip("+-"))
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


def _base60(text: str) -> float:
    """Return a number whose digits are counted in sixties (`1:30` is 90)."""
    total = 0.0
    for part in text.split(":"):
        total = total * 60 + float(part)
    return total


def _moment(text: str) -> str:
    """Return a date or time as ISO 8601 writes it."""
    import yaml

    node = yaml.ScalarNode(f"{_TAG}timestamp", text)
    made = yaml.constructor.SafeConstructor().construct_yaml_timestamp(node)
    return str(made.isoformat())
