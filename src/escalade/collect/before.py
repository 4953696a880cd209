"""Evidence first: what is kept of whatever is about to be touched, before it is."""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from escalade.collect.folder import Folder
from escalade.collect.folder import cut
from escalade.collect.folder import safe_name
from escalade.collect.pages import logs_page
from escalade.collect.pages import network_page
from escalade.collect.pages import resources_page
from escalade.collect.records import record_text
from escalade.collect.records import redactor_of
from escalade.model import Node
from escalade.model import Snapshot
from escalade.text import Lang
from escalade.transport.engine_api import EngineApi

__all__ = ["BEFORE", "read_inspects", "save_before"]

BEFORE = 2_000_000
"""Bytes that all of it may take."""
LINES = 400
_HOME = "before"

Inspects = Mapping[tuple[str, str], Mapping[str, Any]]
"""The Engine's records by (host, container). They hold secrets: memory only."""


def read_inspects(
    engine: EngineApi, host: str, containers: Iterable[str], *, timeout_s: float = 3.0
) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return the Engine's records of containers; one that does not answer is left out."""
    from urllib.parse import quote

    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for name in containers:
        path = f"/containers/{quote(name, safe='')}/json"
        record = engine.get(path, timeout_s=timeout_s).json()
        if isinstance(record, Mapping) and record.get("State"):
            found[host, name] = record
    return found


def save_before(
    folder: Path,
    snapshot: Snapshot,
    nodes: Iterable[Node],
    inspects: Inspects,
    *,
    lang: Lang = "en",
    most: int = BEFORE,
) -> tuple[str, ...]:
    """Write logs, records, ports and resources of the places that are touched.

    Returns the files' names in the folder. Raises OSError where they cannot be written:
    then nothing should be touched.
    """
    home = Folder(folder, most)
    redactor = redactor_of(inspects.values())
    touched = sorted(set(nodes), key=lambda n: (n.host, n.stack or "", n.service or ""))
    stacks = dict.fromkeys(Node(n.host, n.stack) for n in touched)
    texts: dict[str, str] = {}
    for host in dict.fromkeys(n.host for n in touched):
        name = f"{safe_name(host)}-resources.txt"
        texts[name] = resources_page(snapshot, Node(host), lang)
    for place in stacks:
        name = f"{safe_name(f'{place.host}-{place.stack or place.host}')}-ports.txt"
        texts[name] = network_page(snapshot, place, lang)
    for (host, box), record in sorted(inspects.items()):
        name = f"{safe_name(f'{host}-{box}')}-inspect.json"
        texts[name] = record_text(record, redactor)
    for node in touched:
        name = f"{safe_name(f'{node.host}-{node.service or node.stack}')}-logs.txt"
        texts[name] = logs_page(snapshot, node, LINES, lang)
    written: list[str] = []
    share = most // max(1, len(texts))
    for name, text in texts.items():
        data = redactor.text(text).encode("utf-8", "replace")
        room = max(share, home.left - share * (len(texts) - len(written) - 1))
        written.append(_write(home, f"{_HOME}/{name}", data, room))
    return tuple(written)


def _write(home: Folder, name: str, data: bytes, room: int) -> str:
    """Write one file within its room: of a log its end, of a record whole or nothing."""
    if name.endswith(".json") and len(data) > min(room, home.left):
        data = json.dumps({"left out": f"{len(data)} bytes"}).encode()
    return home.write(name, cut(data, room, end=name.endswith("-logs.txt")), end=True)
