"""What a variable holds when it is used: templates filled, encrypted values decrypted.

Only variables that say how to connect are filled, and only for a host that is asked for.
Jinja2 runs sandboxed; what is not defined is an error with its place.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from functools import total_ordering
from pathlib import Path
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
from escalade.inventory.templates import render
from escalade.inventory.templates import undefined
from escalade.inventory.tree import Tree

__all__ = ["Filled", "Filling", "is_filled"]

_SIGNS = ("{{", "{%", "{#")
_DEEPEST = 20
_LONGEST = 200

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


class _UndefinedError(InventoryError):
    """A template names what is not defined: so is what it would give."""


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
        with scope.told(leaf.mark):
            # What a list or a mapping holds is filled here.
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
    """What the templates of one host can speak of, asked by another's or not.

    `opened`: something that was read stood in a vault.
    """

    def __init__(
        self,
        filling: Filling,
        host: str,
        variables: Variables,
        *,
        asking: _Scope | None = None,
    ) -> None:
        self.filling = filling
        self.host = host
        self.variables = variables
        self.opened = False
        self._asking = asking

    def vault_was_read(self) -> None:
        """Remember, here and wherever this was asked for, that a vault was read."""
        self.opened = True
        if self._asking:
            self._asking.vault_was_read()

    def leaf(self, leaf: Leaf, trail: Trail) -> object:
        """Return a scalar, decrypted and filled."""
        value: object = leaf.value
        if leaf.vault is not None:
            value = self.filling.tree.keys.decrypt(leaf.vault, leaf.mark)
        if leaf.vault is not None or leaf.secret:
            self.vault_was_read()
            if isinstance(value, str):
                known.learn(value)
        clear = leaf._replace(value=value if isinstance(value, str) else leaf.value)
        if _is_template(clear):
            with self.told(leaf.mark):
                return render(str(value), lambda name: self.named(name, trail))
        return value

    def view(self, node: Node, trail: Trail) -> object:
        """Return a node as templates see it: what it holds is filled when asked for."""
        if isinstance(node, Leaf):
            try:
                return self.leaf(node, trail)
            except _UndefinedError as error:
                return undefined(error)
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

    @contextmanager
    def told(self, mark: Mark) -> Iterator[None]:
        """Tell what a template raises with its place."""
        try:
            yield
        except InventoryError:
            raise
        except Exception as error:
            import jinja2

            words = type(error).__name__
            # Its words may quote what was decrypted.
            if not self.opened:
                said = str(error).partition("\n")[0][:_LONGEST]
                ours = isinstance(error, jinja2.TemplateError)
                words = said if ours else f"{said} ({words})" if said else words
            what = f"{mark}: template: {words}"
            if isinstance(error, jinja2.UndefinedError):
                raise _UndefinedError(what) from None
            raise InventoryError(what) from None


class _Dict(Mapping[str, object]):
    """A mapping whose values are filled when a template asks for them."""

    def __init__(self, scope: _Scope, entries: Variables, trail: Trail) -> None:
        self._scope = scope
        self._entries = entries
        self._trail = trail

    def __getitem__(self, key: str) -> object:
        """Return a value."""
        return self._scope.view(self._entries[key].node, self._trail)

    def __contains__(self, key: object) -> bool:
        """Whether there is such a key, whatever it holds."""
        return key in self._entries

    def __repr__(self) -> str:
        """Return all of it as text."""
        return repr(dict(self))

    def __iter__(self) -> Iterator[str]:
        """Yield the keys."""
        return iter(self._entries)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._entries)


@total_ordering
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

    def __repr__(self) -> str:
        """Return all of it as text."""
        return repr(list(self))

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        """Whether a list holds the same."""
        return isinstance(other, list | _List) and list(self) == list(other)

    def __lt__(self, other: list[Any]) -> bool:
        """Whether it comes before a list."""
        return list(self) < list(other)

    def __add__(self, other: list[object]) -> list[object]:
        """Return it with a list behind it."""
        return [*self, *other]

    def __radd__(self, other: list[object]) -> list[object]:
        """Return it behind a list."""
        return [*other, *self]

    def __mul__(self, times: int) -> list[object]:
        """Return it several times."""
        return list(self) * times

    __rmul__ = __mul__


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
        self._scope = _Scope(filling, host, filling.variables(host), asking=asking)
        self._trail = trail

    def __getitem__(self, name: str) -> object:
        """Return what a name stands for there."""
        return self._scope.named(name, self._trail)

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
