"""Roots that many hosts have, told once; and what those hosts may have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

from escalade.model import Finding
from escalade.model import HostState
from escalade.model import Severity
from escalade.model import Spread
from escalade.text import LANGS
from escalade.text import NO_TEXT
from escalade.text import Text

__all__ = ["MANY", "spreads"]

UNREACHABLE = "host.unreachable"
MANY = 2
"""Hosts that make a spread."""

_HOST = "{host}"
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_GATEWAY = re.compile(r"its gateway (\S+)")
_REGISTRY = re.compile(
    r"pull access denied|manifest unknown|toomanyrequests|registry[-.\w]*[/:]",
    re.IGNORECASE,
)
# Words of a symptom's name that point beyond the host it is seen on.
_NAMES = {"dns": "dns", "clock": "clock", "not-yet-valid": "clock"}
_CAUSES = {"name": "dns", "route": "network", "gateway": "gateway"}
_A_HOST = Text("the host", "l'hôte")

_BECAUSE = {
    "dns": Text(
        "Likely one cause: their name server.",
        "Sans doute une seule cause : leur serveur de noms.",
    ),
    "network": Text(
        "Likely one cause: the network of this machine.",
        "Sans doute une seule cause : le réseau de cette machine.",
    ),
    "gateway": Text(
        "One cause: their jump host {name}.",
        "Une seule cause : leur rebond SSH {name}.",
    ),
    "registry": Text(
        "Likely one cause: the image registry.",
        "Sans doute une seule cause : le registre d'images.",
    ),
    "clock": Text(
        "Likely one cause: their time server.",
        "Sans doute une seule cause : leur serveur de temps.",
    ),
}
_OWN_CLOCK = Text(
    "Every host is off: the wrong clock may be that of this machine.",
    "Tous les hôtes sont décalés : l'horloge fausse est peut-être celle de cette"
    " machine.",
)
_Key = tuple[str, ...]


def spreads(
    hosts: Sequence[HostState],
    findings: Iterable[Finding],
    titles: Mapping[str, Text],
) -> tuple[Spread, ...]:
    """Return the roots that two hosts or more have, the widest of the worst first.

    `titles` are those of the symptoms as written, with their slots. Roots are the same
    where symptom, service and title are, whatever host and numbers it names. What points
    to one thing that all share (their gateway, their DNS ...) is one, whatever the service.
    """
    causes = {state.host: state for state in hosts}
    groups: dict[_Key, list[Finding]] = {}
    for root in findings:
        if root.caused_by is None and root.severity > Severity.INFO:
            key = _key(root, causes.get(root.node.host), titles)
            groups.setdefault(key, []).append(root)
    found = [
        _spread(key, roots, tuple(causes), titles)
        for key, roots in groups.items()
        if len({root.node.host for root in roots}) >= MANY
    ]
    return tuple(sorted(found, key=lambda s: (-s.severity, -len(s.hosts))))


def _key(
    root: Finding, state: HostState | None, titles: Mapping[str, Text]
) -> tuple[str, ...]:
    """Return what roots have in common that are told as one."""
    shared, name = _shared(root, state)
    standing = str(root.standing)
    if shared:
        return (shared, name, root.symptom, standing)
    cause = (state.cause or "") if state and root.symptom == UNREACHABLE else ""
    title = _NUMBER.sub("#", _general(root, titles).en)
    return ("", cause, root.symptom, standing, root.node.service or "", title)


def _shared(root: Finding, state: HostState | None) -> tuple[str, str]:
    """Return what lies beyond the host that a root points to, and its name."""
    if root.symptom == UNREACHABLE and state is not None:
        gate = _GATEWAY.search(state.detail)
        if gate:
            return "gateway", gate[1]
        return _CAUSES.get(state.cause or "", ""), ""
    _, _, name = root.symptom.partition(".")
    for word, kind in _NAMES.items():
        if word in name:
            return kind, ""
    told = (root.title.en, *(cite.excerpt for cite in root.why))
    return ("registry", "") if any(map(_REGISTRY.search, told)) else ("", "")


def _general(root: Finding, titles: Mapping[str, Text]) -> Text:
    """Return a root's title without its host."""
    written = titles.get(root.symptom)
    if written is None or _HOST not in written.en:
        return root.title
    host = re.compile(rf"(?<![\w.-]){re.escape(root.node.host)}(?![\w-])")
    en, fr = (host.sub(_A_HOST.pick(lang), root.title.pick(lang)) for lang in LANGS)
    return Text(en[:1].upper() + en[1:], fr[:1].upper() + fr[1:])


def _spread(
    key: _Key,
    roots: Sequence[Finding],
    every: Sequence[str],
    titles: Mapping[str, Text],
) -> Spread:
    """Return roots as one, its hosts in the order of all of them."""
    shared, name, *_ = key
    services = {root.node.service for root in roots}
    there = {root.node.host for root in roots}
    hosts = tuple(host for host in every if host in there)
    because = _BECAUSE.get(shared, NO_TEXT).fill({"name": name})
    if shared == "clock" and len(hosts) == len(every):
        because = _OWN_CLOCK
    return Spread(
        symptom=roots[0].symptom,
        service=services.pop() if len(services) == 1 else None,
        severity=max(root.severity for root in roots),
        title=_general(roots[0], titles),
        hosts=hosts,
        of=len(every),
        findings=tuple(root.id for root in roots),
        shared=shared,
        because=because,
    )
