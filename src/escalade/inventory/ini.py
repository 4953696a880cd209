"""Ansible's INI format: sections of hosts, of `:children` and of `:vars`."""

from __future__ import annotations

import re
import shlex
import warnings
from dataclasses import dataclass
from dataclasses import field

from escalade.errors import nearest
from escalade.inventory.groups import Groups
from escalade.inventory.hostnames import expand
from escalade.inventory.hostnames import split
from escalade.inventory.hosts import UNGROUPED
from escalade.inventory.marks import Leaf
from escalade.inventory.marks import Mark
from escalade.inventory.marks import Node
from escalade.inventory.marks import Value
from escalade.inventory.marks import guarded
from escalade.inventory.marks import node_of
from escalade.inventory.marks import refusal
from escalade.inventory.names import check

__all__ = ["add_ini"]

_SECTION = re.compile(r"\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?")
_CHILD = re.compile(r"([^:\]\s]+)\s*(?:#.*)?")
_HOSTS, _CHILDREN, _VARS = "hosts", "children", "vars"
_KINDS = (_HOSTS, _CHILDREN, _VARS)
# How a literal of Python begins; a word that is none need not be tried.
_LITERAL = re.compile(
    r"[ \t]*(?:[-+.\d(\[{'\"]|[bBrRuU]{1,2}['\"]|True|False|None|set\()"
)


@dataclass(slots=True)
class _Awaited:
    """A group that was spoken of before its own section: who has it inside, and where."""

    mark: Mark
    what: str
    parents: dict[str, Mark] = field(default_factory=dict)


def add_ini(groups: Groups, file: str, text: str, *, secret: bool = False) -> None:
    """Add what a text in the INI format says.

    Raises InventoryError: `file:line:column: what`.
    """
    _Reader(groups, file, secret=secret).read(text)


class _Reader:
    """Reads one text, line by line."""

    def __init__(self, groups: Groups, file: str, *, secret: bool) -> None:
        self._groups = groups
        self._file = file
        self._secret = secret
        self._section, self._kind = UNGROUPED, _HOSTS
        self._awaited: dict[str, _Awaited] = {}

    def read(self, text: str) -> None:
        """Read all lines, and see that every group spoken of is there."""
        for number, line in enumerate(text.split("\n"), start=1):
            said = line.strip()
            if said and said[0] not in "#;":
                column = line.index(said[0]) + 1
                self._line(said, Mark(self._file, number, column))
        for name, awaited in self._awaited.items():
            known = nearest(name, self._groups.groups.keys() - self._awaited.keys())
            raise refusal(awaited.mark, f"{awaited.what}: no group {name!r}{known}")

    def _line(self, said: str, mark: Mark) -> None:
        """Read one line that says something."""
        section = _SECTION.fullmatch(said)
        if section:
            self._enter(section[1], section[2] or _HOSTS, mark)
        elif said[0] == "[" and said[-1] == "]":
            raise refusal(mark, "not a section: [name], [name:children] or [name:vars]")
        elif self._kind == _VARS:
            self._variable(said, mark)
        elif self._kind == _CHILDREN:
            self._child(said, mark)
        else:
            self._host(said, mark)

    def _enter(self, name: str, kind: str, mark: Mark) -> None:
        """Begin a section."""
        if kind not in _KINDS:
            known = nearest(kind, _KINDS) or " (children and vars are)"
            raise refusal(mark, f"[{name}:{kind}] is no section{known}")
        self._section, self._kind = name, kind
        if kind != _VARS:
            self._groups.group(name, mark)
            awaited = self._awaited.pop(name, None)
            for parent, place in awaited.parents.items() if awaited else ():
                self._groups.groups[parent].children.setdefault(name, place)
        elif name not in self._groups.groups:
            self._awaited.setdefault(name, _Awaited(mark, f"[{name}:vars]"))
            self._groups.group(name, mark)

    def _child(self, said: str, mark: Mark) -> None:
        """Read the name of a group inside the section's."""
        found = _CHILD.fullmatch(said)
        if found is None:
            raise refusal(mark, "expected the name of a group")
        name, parent = found[1], self._section
        if name in self._groups.groups:
            self._groups.groups[parent].children.setdefault(name, mark)
        else:
            what = f"[{parent}:children]"
            awaited = self._awaited.setdefault(name, _Awaited(mark, what))
            awaited.parents.setdefault(parent, mark)

    def _variable(self, said: str, mark: Mark) -> None:
        """Read a variable of the section's group."""
        name, equals, value = said.partition("=")
        if not equals:
            raise refusal(mark, "expected `name=value`")
        made = {name.strip(): Value(mark, self._value(value.strip(), mark))}
        check(made)
        self._groups.put_vars(self._groups.groups[self._section], made)

    def _host(self, said: str, mark: Mark) -> None:
        """Read hosts with their variables."""
        try:
            words = shlex.split(said, comments=True)
        except ValueError as error:
            raise refusal(mark, f"{error}".lower()) from None
        pattern = words[0] if words else ""
        if pattern.endswith(":"):
            raise refusal(mark, f"{pattern!r}: a port is expected after the colon")
        if pattern == "---":
            raise refusal(mark, "--- begins a YAML file, and this is none")
        variables = {}
        for word in words[1:]:
            name, equals, value = word.partition("=")
            if not equals:
                place = mark._replace(column=mark.column + max(said.find(word), 0))
                raise refusal(place, f"expected `name=value`, not {word!r}")
            variables[name] = Value(mark, self._value(value, mark))
        check(variables)
        names, port = split(pattern)
        group = self._groups.groups[self._section]
        for name in expand(names, mark):
            self._groups.put_host(group, name, port, mark=mark)
            self._groups.put_host_vars(name, variables)

    def _value(self, text: str, mark: Mark) -> Node:
        """Return a value: a literal of Python, or the text as it is."""
        node = _literal(text, mark)
        return guarded(node) if self._secret else node


def _literal(text: str, mark: Mark) -> Node:
    """Return what a text is as a literal of Python; the text itself where it is none."""
    if not _LITERAL.match(text):
        return Leaf(mark, text)
    import ast

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return Leaf(mark, text)
    if value is ...:
        return Leaf(mark, text)
    return node_of(str(value) if isinstance(value, complex) else value, mark)
