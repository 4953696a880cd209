"""Ansible's patterns: `web:db`, `!x`, `&x`, globs, `~regex`, `group[0]`, `@file`, `all`."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path

from escalade.errors import InventoryError
from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.inventory.hosts import ALL
from escalade.inventory.hosts import LOCAL_NAMES
from escalade.inventory.hosts import LOCALHOST
from escalade.inventory.hosts import UNGROUPED
from escalade.inventory.hosts import Inventory
from escalade.model import Host

__all__ = ["chosen", "select"]

# A colon in brackets parts nothing, nor does that of `(?:` in an expression.
_TERM = re.compile(r"(?:\[[^\]]*\]|\(\?:|[^:,])+")
_SUBSCRIPT = re.compile(
    r"(?P<name>.+)\[(?P<first>-?\d+)(?P<range>[:-](?P<last>-?\d*))?\]"
)
_WILD = frozenset("*?[")


def select(inventory: Inventory, patterns: Sequence[str]) -> tuple[Host, ...]:
    """Return the hosts that patterns pick, in the inventory's order; none picks all.

    Every part must match something: UsageError says which does not and what was
    probably meant. Hosts that are not picked are not even made. One that cannot be made
    has a `trouble` instead of a way to it; raises InventoryError where all are so.
    """
    hosts: list[Host] = []
    troubles: list[InventoryError] = []
    for name in chosen(inventory, patterns):
        try:
            # This machine is always there.
            hosts.append(inventory.hosts.get(name, LOCALHOST))
        except InventoryError as error:
            troubles.append(error)
            hosts.append(_unmade(inventory, name, str(error)))
    if len(troubles) == len(hosts):
        raise troubles[0]
    return tuple(hosts)


def _unmade(inventory: Inventory, name: str, why: str) -> Host:
    """Return a host that no variable tells the way to."""
    around = (group for group, names in inventory.groups.items() if name in names)
    groups = tuple(group for group in around if group not in (ALL, UNGROUPED))
    return Host(name, connection="ssh", groups=groups, trouble=why)


def chosen(inventory: Inventory, patterns: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the hosts that patterns pick, as `select` does."""
    terms = [term for pattern in patterns for term in _terms(inventory, pattern)]
    wanted: dict[str, None] = {}
    positive = [term for term in terms if term[0] not in "!&"]
    for term in positive or [ALL]:
        wanted.update(dict.fromkeys(_picked(inventory, term)))
    for term in terms:
        if term[0] == "&":
            both = set(_match(inventory, term[1:]))
            wanted = {name: None for name in wanted if name in both}
    for term in terms:
        if term[0] == "!":
            for name in _match(inventory, term[1:]):
                wanted.pop(name, None)
    if not wanted:
        raise UsageError(f"the pattern {':'.join(patterns)!r} leaves no host")
    known = inventory.hosts
    return (*(n for n in known if n in wanted), *(n for n in wanted if n not in known))


def _terms(inventory: Inventory, pattern: str) -> Iterator[str]:
    """Yield the parts of a pattern; a name that holds colons is one part."""
    if not pattern.strip(",: "):
        raise UsageError(f"an empty pattern: {pattern!r}")
    for part in pattern.split(","):
        bare = part.strip()
        name = bare.lstrip("!&")
        whole = name in inventory.hosts or name in LOCAL_NAMES
        whole = whole or _is_expression(inventory, name)
        whole = whole or (name[:1] == "@" and Path(name[1:]).is_file())
        for term in [bare] if whole else _TERM.findall(bare):
            if not term.strip("!&").strip():
                raise UsageError(f"an empty part in the pattern {pattern!r}")
            yield term.strip()


def _is_expression(inventory: Inventory, name: str) -> bool:
    """Whether a part, its colons included, is one expression that fits something."""
    try:
        return name[:1] == "~" and bool(_by(inventory, re.compile(name[1:])))
    except re.error:
        return False


def _picked(inventory: Inventory, term: str) -> tuple[str, ...]:
    """Return the hosts that a part asks for; of a group of its name a host comes first.

    As in Ansible, where `!` and `&` mean the group.
    """
    return (term,) if term in inventory.hosts else _match(inventory, term)


def _match(inventory: Inventory, term: str) -> tuple[str, ...]:
    """Return the names of the hosts that one part picks."""
    if term.startswith("@"):
        return tuple(_listed(inventory, Path(term[1:])))
    return _known(inventory, term)


def _known(inventory: Inventory, term: str) -> tuple[str, ...]:
    """Return what a part other than a file picks."""
    if term in inventory.groups or term == UNGROUPED:
        # A group may be empty: that is no slip.
        return inventory.groups.get(term, ())
    names = _named(inventory, term)
    if not names:
        raise UsageError(_nobody(inventory, term))
    return names


def _nobody(inventory: Inventory, term: str) -> str:
    """Return what is said of a part that picks no host."""
    known = [*inventory.hosts, *inventory.groups]
    return f"no host or group matches {term!r}{nearest(term, known)}"


def _listed(inventory: Inventory, path: Path) -> Iterator[str]:
    """Yield the hosts that a file names, each line of which must match one."""
    from escalade.inventory.retry import read

    for line, term in read(path):
        try:
            own = term in inventory.hosts
            yield from (term,) if own else _known(inventory, term)
        except UsageError as error:
            raise UsageError(f"@{path}:{line}: {error}") from None


def _named(inventory: Inventory, term: str) -> tuple[str, ...]:
    """Return what a name, a glob, an expression or a subscript stands for."""
    if term.startswith("~"):
        return _by(inventory, _regex(term[1:]))
    if term in inventory.groups or term in inventory.hosts:
        return inventory.groups.get(term, (term,))
    subscript = _SUBSCRIPT.fullmatch(term)
    # `web[1]` is the second of a group; without such a group it is a glob.
    if subscript and (whole := _named(inventory, subscript["name"])):
        return _slice(whole, subscript)
    if _WILD & set(term):
        fits = re.compile(fnmatch.translate(term))
        return _by(inventory, fits)
    if term not in LOCAL_NAMES:
        return ()
    return (next((n for n in inventory.hosts if n in LOCAL_NAMES), LOCALHOST.name),)


def _by(inventory: Inventory, fits: re.Pattern[str]) -> tuple[str, ...]:
    """Return the hosts that fit, and those of the groups that do."""
    groups: Iterable[str] = (name for name in inventory.groups if fits.match(name))
    members = [host for group in groups for host in inventory.groups[group]]
    return (*members, *(host for host in inventory.hosts if fits.match(host)))


def _regex(text: str) -> re.Pattern[str]:
    """Return a compiled expression or say what is wrong with it."""
    try:
        return re.compile(text)
    except re.error as error:
        raise UsageError(f"not a regular expression: {text!r}: {error}") from None


def _slice(names: tuple[str, ...], subscript: re.Match[str]) -> tuple[str, ...]:
    """Return the hosts that `[n]` or `[a:b]` (both ends included) picks."""
    first = int(subscript["first"])
    if subscript["range"] is None:
        return names[first : first + 1 or None]
    # Ansible writes `[1:3]`, and takes `[1-3]` for the same.
    last = int(subscript["last"] or -1)
    if first < 0 or subscript["last"].startswith("-"):
        what = "a range counts from the front; [-1] alone is the last"
        raise UsageError(f"{subscript[0]!r}: {what}")
    return names[first : last + 1 or None]
