"""Which service a host name in a stack means: service names, aliases, containers."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from escalade.evidence.probe import Seen
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Reading

__all__ = [
    "containers",
    "names_near",
    "names_of",
    "reading_of",
    "same_place",
    "stack_names",
]


class _Stack(NamedTuple):
    """What is known of a stack as a whole."""

    containers: tuple[Evidence, ...]
    names: Mapping[str, str]


def containers(seen: Seen, address: Address) -> tuple[Evidence, ...]:
    """Return the `container` evidence of every service in the address's stack."""
    return _near(seen, address).containers


def names_near(seen: Seen, address: Address) -> Mapping[str, str]:
    """Return name to service, over all containers of the address's stack."""
    return _near(seen, address).names


def _near(seen: Seen, address: Address) -> _Stack:
    """Return the stack of an address."""
    return _stack(seen, address.host, address.stack)  # type: ignore[arg-type] # any object can be hashed


@lru_cache(maxsize=16)
def _stack(seen: Seen, host: str, stack: str | None) -> _Stack:
    """Return a stack; each of its services asks for it, and there may be hundreds."""
    pieces = seen.of("container", host=host, stack=stack)
    mine = tuple(p for p in pieces if p.address.stack == stack)
    return _Stack(mine, stack_names(mine))


def same_place(seen: Seen, probe: str, address: Address) -> Sequence[Evidence]:
    """Return what another probe saw of the same container."""
    return seen.of(
        probe,
        host=address.host,
        stack=address.stack,
        service=address.service,
        replica=address.replica,
    )


def reading_of(piece: Evidence) -> Reading:
    """Return the one record of a piece, empty where it has none."""
    return piece.readings[0] if piece.readings else {}


def names_of(piece: Evidence) -> Iterable[str]:
    """Yield every name that reaches this container on its networks."""
    if piece.address.service:
        yield piece.address.service
    if piece.address.replica:
        yield piece.address.replica
    aliases = reading_of(piece).get("aliases")
    if isinstance(aliases, tuple):
        yield from aliases
    addresses = reading_of(piece).get("addresses")
    if isinstance(addresses, tuple):
        yield from addresses


def stack_names(pieces: Iterable[Evidence]) -> Mapping[str, str]:
    """Return name to service, over all containers of a stack.

    A service's own name wins over another's alias.
    """
    table: dict[str, str] = {}
    own: dict[str, str] = {}
    for piece in pieces:
        service = piece.address.service
        if service is None:
            continue
        own[service] = service
        for name in names_of(piece):
            table.setdefault(name, service)
    return table | own
