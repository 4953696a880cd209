"""What the host tasks do: show the inventory, show a fingerprint, remember a key."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.inventory.hosts import ALL
from escalade.model import Host
from escalade.model import Status
from escalade.report.emit import emit
from escalade.run import hosts_for
from escalade.tasks.desk import checked_format
from escalade.tasks.desk import settings_for
from escalade.text import Lang
from escalade.text import Text

if TYPE_CHECKING:
    from invoke.context import Context

    from escalade.inventory.tree import Tree
    from escalade.settings import Settings
    from escalade.transport.trust import Offer

__all__ = ["KINDS", "draw", "show", "trust"]

KINDS = ("text", "json", "ansible")
"""How the hosts are listed."""

OFFERED = Text(
    "{server} ({name}) offers a key that is not known: {kind} {fingerprint}",
    "{server} ({name}) présente une clé inconnue : {kind} {fingerprint}",
)
CHANGED = Text(
    "WARNING: another key was known for {name}: the host was made anew, or somebody "
    "is in between. Find out which before you agree.",
    "ATTENTION : une autre clé était connue pour {name} : l'hôte a été refait, ou "
    "quelqu'un s'interpose. Cherchez lequel des deux avant d'accepter.",
)
QUESTION = Text("Remember it? [y/N] ", "La retenir ? [o/N] ")
NOT_ASKED = Text(
    "not remembered: answer at a terminal, or compare the fingerprint and say --yes",
    "non retenue : répondez à un terminal, ou comparez l'empreinte et dites --yes",
)
TRUSTED = Text("{host}: the key is known now", "{host} : la clé est connue désormais")
YES = ("y", "yes", "o", "oui")


def show(context: Context, flags: Mapping[str, object], kind: str) -> None:
    """Print the hosts chosen: a line each, or JSON of ours or of Ansible's."""
    settings = settings_for(context, flags)
    if checked_format(kind, KINDS) == "ansible":
        from escalade.inventory.export import listing

        tree, chosen = _tree(settings)
        listed = listing(tree, chosen)
        data = json.dumps(listed, indent=4, sort_keys=True, ensure_ascii=False)
        emit(f"{data}\n", whole=True)
        return
    hosts = hosts_for(settings)
    if kind == "json":
        rows = [_row(host) for host in hosts]
        _tell(json.dumps({"schema": "escalade.hosts/1", "hosts": rows}, indent=2))
        return
    for host in hosts:
        if host.trouble:
            _tell(f"{host.name:24} {'':6} {host.trouble}")
            continue
        where = "" if host.connection == "local" else _where(host)
        _tell(f"{host.name:24} {host.connection:6} {where:28} {' '.join(host.groups)}")


def draw(context: Context, flags: Mapping[str, object], group: str) -> None:
    """Print the groups as a tree, as `ansible-inventory --graph` does."""
    from escalade.inventory.export import graph

    tree, chosen = _tree(settings_for(context, flags))
    top = group or ALL
    if top not in tree.groups:
        raise UsageError(f"no group {top!r}{nearest(top, tree.groups)}")
    _tell(graph(tree, top, chosen))


def _tree(settings: Settings) -> tuple[Tree, tuple[str, ...] | None]:
    """Return the inventory as read, and the names chosen; None where all are."""
    from escalade.inventory.load import inventory_of
    from escalade.inventory.load import tree_of
    from escalade.inventory.patterns import chosen

    tree = tree_of(settings.inventory, vault=settings.vault_password_file)
    names = chosen(inventory_of(tree), settings.limit) if settings.limit else None
    return tree, names


def _row(host: Host) -> dict[str, object]:
    """Return a host for programs."""
    if host.trouble:
        return {
            "host": host.name,
            "trouble": host.trouble,
            "groups": list(host.groups),
        }
    return {
        "host": host.name,
        "connection": host.connection,
        "address": host.address,
        "port": host.port,
        # The name of a user may come out of a vault; a text for people hides it.
        "user": f"{host.user}" if host.user else None,
        "jump": host.jump,
        "groups": list(host.groups),
    }


def _tell(text: str) -> None:
    """Print one line."""
    emit(f"{text}\n")


def _where(host: Host) -> str:
    """Return user, address and port as far as the inventory says them."""
    user = f"{host.user}@" if host.user else ""
    port = f":{host.port}" if host.port else ""
    return f"{user}{host.address or host.name}{port}"


def trust(
    context: Context,
    flags: Mapping[str, object],
    name: str,
    *,
    agreed: bool,
    replace: bool,
) -> int:
    """Show the key that a host offers and remember it once somebody agrees."""
    from escalade.transport.trust import trust as enrol

    settings = settings_for(context, {**flags, "limit": [name]})
    code = 0
    for host in hosts_for(settings):
        if host.trouble:
            emit(f"{host.name}: {host.trouble}\n", sys.stderr)
            code = 2
            continue
        ended = enrol(
            host,
            lambda offer: _agree(offer, settings.lang, agreed=agreed),
            replace=replace,
            ssh_config=settings.ssh_config,
        )
        if ended.output.status is Status.OK:
            _tell(TRUSTED.fill({"host": host.name}).pick(settings.lang))
        else:
            reason, name = ended.output.reason, host.name
            # It may begin with the name already, or with that of a jump host.
            named = reason.startswith((f"{name}: ", f"{name} ("))
            emit(f"{'' if named else f'{name}: '}{reason}\n", sys.stderr)
            code = 2
    return code


def _agree(offer: Offer, lang: Lang, *, agreed: bool) -> bool:
    """Show the fingerprint and ask."""
    words = {
        "server": offer.server,
        "name": offer.name,
        "kind": offer.key.type,
        "fingerprint": offer.key.fingerprint,
    }
    _tell(OFFERED.fill(words).pick(lang))
    if offer.changed:
        _tell(CHANGED.fill(words).pick(lang))
    if agreed:
        return True
    if not sys.stdin.isatty():
        print(NOT_ASKED.pick(lang), file=sys.stderr)
        return False
    try:
        return input(QUESTION.pick(lang)).strip().lower() in YES
    except EOFError:
        return False
