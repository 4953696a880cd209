"""What the variables of chosen hosts keep secret is learnt, so that nothing shows it."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping

from escalade import known
from escalade.errors import InventoryError
from escalade.inventory.vault import Secret
from escalade.model import Host

__all__ = ["learn_from"]


def learn_from(hosts: Iterable[Host]) -> None:
    """Decrypt what the hosts' variables hold, beside other work; no text is faster.

    What no given password opens stays shut, and so unknown to us.
    """
    secrets = [secret for host in hosts for secret in _secrets(host.vars)]
    if not secrets:
        return
    import threading

    thread = threading.Thread(target=_learn, args=(secrets,), daemon=True)
    thread.start()
    known.soon(thread.join)


def _learn(secrets: Iterable[Secret]) -> None:
    """Learn what each secret is."""
    for secret in secrets:
        try:
            known.learn(secret.reveal())
        except InventoryError:
            continue


def _secrets(value: object) -> Iterator[Secret]:
    """Yield the secrets in a variable's value."""
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _secrets(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _secrets(item)
