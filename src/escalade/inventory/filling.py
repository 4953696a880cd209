"""What a variable holds when it is used: templates filled, encrypted values decrypted.

Only variables that say how to connect are filled, and only for a host that is asked for.
Jinja2 runs sandboxed; what is not defined is an error with its place.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

from escalade import known
from escalade.errors import InventoryError
from escalade.inventory.hosts import ALL
from escalade.inventory.marks import Leaf
from escalade.inventory.marks import Map
from escalade.inventory.marks import Mark
from escalade.inventory.marks import Node
from escalade.inventory.marks import Variables
from escalade.inventory.marks import named
from escalade.inventory.marks import refusal
from escalade.inventory.tree import Tree

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["Filled", "Filling", "is_filled"]

_SIGNS = ("{{", "{%", "{#")
_DEEPEST = 20
_LONGEST = 200

# No template can speak of it.
_SCOPE = ""

Trail = tuple[tuple[str, str], ...]
"""The variables that are being filled, each with its host, the outermost first."""


def is_filled(node: Node) -> bool:
    """Whether a variable needs filling: a template, or an encrypted value."""
    if not isinstance(node, Leaf):
        return False
    return node.vault is not None or _is_template(node)


def _is_template(leaf: Leaf) -> bool:
    """Whether a scalar is a template."""
    value = leaf.value
    if leaf.unsafe or not isinstance(value, str):
        return False
    return any(sign in value for sign in _SIGNS)


class Filled(str):
    """A text that was filled; `secret` where it came out of a vault, in part at least."""

    __slots__ = ("secret",)
    secret: bool


class Filling:
    """Fills the variables of all hosts of a tree.

    `opened` collects what was decrypted, for those who must keep it out of reports.
    """

    def __init__(self, tree: Tree, members: Mapping[str, tuple[str, ...]]) -> None:
        self.tree = tree
        self.members = members
        self.opened: set[str] = set()
        self._merged: dict[str, Variables] = {}

    def text(self, host: str, variables: Variables, name: str, leaf: Leaf) -> Filled:
        """Return what a variable of a host says. Raises InventoryError."""
        scope = _Scope(self, host, variables)
        made = scope.leaf(leaf, ((host, name),))
        text = Filled("" if made is None else made)
        text.secret = scope.opened
        if scope.opened:
            self.keep(str(text))
        return text

    def keep(self, text: str) -> None:
        """Keep what was decrypted out of all that is told from now on."""
        self.opened.add(text)
        known.learn(text)

    def variables(self, host: str) -> Variables:
        """Return the variables of a host, as merged."""
        if not self._merged:
            self._merged = dict(self.tree.variables())
        return self._merged[host]


class _Scope:
    """What the templates of one host can speak of."""

    def __init__(self, filling: Filling, host: str, variables: Variables) -> None:
        self.filling = filling
        self.host = host
        self.variables = variables
        self.opened = False

    def leaf(self, leaf: Leaf, trail: Trail) -> object:
        """Return a scalar, decrypted and filled."""
        value: object = leaf.value
        if leaf.vault is not None:
            value = self.filling.tree.keys.decrypt(leaf.vault, leaf.mark)
        if leaf.vault is not None or leaf.secret:
            self.opened = True
            if isinstance(value, str):
                known.learn(value)
        clear = leaf._replace(value=value if isinstance(value, str) else leaf.value)
        if _is_template(clear):
            return self._render(str(value), leaf.mark, trail)
        return value

    def view(self, node: Node, trail: Trail) -> object:
        """Return a node as templates see it: what it holds is filled when asked for."""
        if isinstance(node, Leaf):
            return self.leaf(node, trail)
        if isinstance(node, Map):
            return _Dict(self, named(node), trail)
        return _List(self, node.items, trail)

    def named(self, name: str, trail: Trail) -> object:
        """Return what a name stands for. Raises KeyError where it stands for nothing."""
        known = self._magic(name, trail)
        if known is not None:
            return known
        value = self.variables[name]
        here = (self.host, name)
        if here in trail or len(trail) > _DEEPEST:
            circle = " -> ".join(known for _, known in (*trail, here))
            raise refusal(value.key, f"templates that need each other: {circle}")
        return self.view(value.node, (*trail, here))

    def _magic(self, name: str, trail: Trail) -> object:
        """Return what Ansible itself says of a host, None for a plain variable."""
        if name == "hostvars":
            return _HostVars(self, trail)
        make = _MAGIC.get(name)
        return make(self.filling, self.host) if make else None

    def _render(self, text: str, mark: Mark, trail: Trail) -> str:
        """Return a template filled."""
        import jinja2

        try:
            template = _environment().from_string(text)
            return template.render({_SCOPE: (self, trail)})
        except InventoryError:
            raise
        except Exception as error:
            words = type(error).__name__
            # Its words may quote what was decrypted.
            if not self.opened:
                said = str(error).partition("\n")[0][:_LONGEST]
                ours = isinstance(error, jinja2.TemplateError)
                words = said if ours else f"{said} ({words})" if said else words
            raise refusal(mark, f"template: {words}") from None


class _Dict(Mapping[str, object]):
    """A mapping whose values are filled when a template asks for them."""

    def __init__(self, scope: _Scope, entries: Variables, trail: Trail) -> None:
        self._scope = scope
        self._entries = entries
        self._trail = trail

    def __getitem__(self, key: str) -> object:
        """Return a value."""
        return self._scope.view(self._entries[key].node, self._trail)

    def __iter__(self) -> Iterator[str]:
        """Yield the keys."""
        return iter(self._entries)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._entries)


class _List(Sequence[object]):
    """A list whose items are filled when a template asks for them."""

    def __init__(self, scope: _Scope, nodes: tuple[Node, ...], trail: Trail) -> None:
        self._scope = scope
        self._nodes = nodes
        self._trail = trail

    def __getitem__(self, place: Any) -> Any:
        """Return an item, or several."""
        if isinstance(place, slice):
            return _List(self._scope, self._nodes[place], self._trail)
        return self._scope.view(self._nodes[place], self._trail)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._nodes)


class _HostVars(Mapping[str, object]):
    """The variables of all hosts, by host."""

    def __init__(self, scope: _Scope, trail: Trail) -> None:
        self._scope = scope
        self._trail = trail

    def __getitem__(self, host: str) -> object:
        """Return the variables of a host."""
        filling = self._scope.filling
        if host not in filling.tree.places:
            raise KeyError(host)
        return _Others(self._scope, host, self._trail)

    def __iter__(self) -> Iterator[str]:
        """Yield the hosts."""
        return iter(self._scope.filling.tree.places)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._scope.filling.tree.places)


class _Others(Mapping[str, object]):
    """The variables of another host, filled as that host's."""

    def __init__(self, asking: _Scope, host: str, trail: Trail) -> None:
        filling = asking.filling
        self._asking = asking
        self._scope = _Scope(filling, host, filling.variables(host))
        self._trail = trail

    def __getitem__(self, name: str) -> object:
        """Return what a name stands for there."""
        known = self._scope.named(name, self._trail)
        self._asking.opened |= self._scope.opened
        return known

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._scope.variables)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._scope.variables)


def _origin(filling: Filling, host: str) -> Path:
    """Return the source that spoke of a host first."""
    return Path(filling.tree.origins[host]).absolute()


# What Ansible itself says of a host.
_MAGIC: Mapping[str, Callable[[Filling, str], object]] = {
    "inventory_hostname": lambda _, host: host,
    "inventory_hostname_short": lambda _, host: host.partition(".")[0],
    "inventory_file": lambda filling, host: str(_origin(filling, host)),
    "inventory_dir": lambda filling, host: str(_origin(filling, host).parent),
    "group_names": lambda filling, host: sorted(
        group for group in filling.tree.places[host] if group != ALL
    ),
    "groups": lambda filling, _: {
        group: list(names) for group, names in filling.members.items()
    },
    "playbook_dir": lambda _, __: str(Path.cwd()),
}


@cache
def _environment() -> Environment:
    """Return the sandbox, with the few words of Ansible's that connections need."""
    from jinja2 import StrictUndefined
    from jinja2.runtime import Context
    from jinja2.sandbox import SandboxedEnvironment
    from jinja2.utils import missing

    class Names(Context):
        """Looks up only the names that a template really uses."""

        def resolve_or_missing(self, key: str) -> Any:
            """Return what a name stands for."""
            scope, trail = self.parent[_SCOPE]
            try:
                return scope.named(key, trail)
            except KeyError:
                return self.environment.globals.get(key, missing)

    # What is made here are names and paths, never HTML.
    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.context_class = Names
    environment.globals["lookup"] = _lookup
    environment.filters["ternary"] = _ternary
    environment.filters["regex_replace"] = _regex_replace
    return environment


def _lookup(kind: str, name: str) -> str:
    """Return a variable of this process: `lookup('env', 'USER')`."""
    if kind not in ("env", "ansible.builtin.env"):
        from jinja2 import TemplateRuntimeError

        raise TemplateRuntimeError(f"only lookup('env', ...) is known, not {kind!r}")
    return os.environ.get(name, "")


def _ternary(value: object, first: object, second: object) -> object:
    """Return the first where the value holds, else the second."""
    return first if value else second


def _regex_replace(value: object, pattern: str, replacement: str = "") -> str:
    """Return a text with what fits replaced."""
    return re.sub(pattern, replacement, str(value))
