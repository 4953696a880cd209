"""What the host tasks do: list the inventory, show a fingerprint, remember a key."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from escalade.model import Host
from escalade.model import Status
from escalade.report.emit import emit
from escalade.run import hosts_for
from escalade.tasks.desk import settings_for
from escalade.text import Lang
from escalade.text import Text

if TYPE_CHECKING:
    from invoke.context import Context

    from escalade.transport.trust import Offer

__all__ = ["show", "trust"]

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


def show(context: Context, flags: Mapping[str, object]) -> None:
    """Print the hosts chosen, one line each."""
    for host in hosts_for(settings_for(context, flags)):
        where = "" if host.connection == "local" else _where(host)
        _tell(f"{host.name:24} {host.connection:6} {where:28} {' '.join(host.groups)}")


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
        ended = enrol(
            host,
            lambda offer: _agree(offer, settings.lang, agreed=agreed),
            replace=replace,
            ssh_config=settings.ssh_config,
        )
        if ended.output.status is Status.OK:
            _tell(TRUSTED.fill({"host": host.name}).pick(settings.lang))
        else:
            print(f"{host.name}: {ended.output.reason}", file=sys.stderr)
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
