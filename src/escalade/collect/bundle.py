"""The support bundle: one capped archive with all that is known, and no secret in it."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zlib
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace

from escalade.collect.folder import cut
from escalade.collect.folder import safe_name
from escalade.collect.pages import logs_page
from escalade.collect.pages import network_page
from escalade.collect.pages import part_of
from escalade.collect.pages import resources_page
from escalade.collect.records import record_text
from escalade.collect.story import Story
from escalade.evidence.codec import dump
from escalade.model import Node
from escalade.model import Snapshot
from escalade.redact import Redactor
from escalade.report.times import rfc3339
from escalade.text import Lang
from escalade.text import Text

__all__ = ["BUNDLE", "Bundle", "bundle_of"]

BUNDLE = 10_000_000
"""Bytes that a bundle may take."""
MEMBER = 40_000_000
"""Bytes that one file in it may have, unpacked."""
LINES = 5000
_ABOUT = Text(
    """# Support bundle of {run}

{title}
Place: {place}
Recorded: {time}

- evidence.jsonl: what every probe saw; judge it anywhere with
  `invoke diagnose --from evidence.jsonl`
- logs/, inspect/: each container's log lines and the Engine's record of it
- network.txt, resources.txt: the same evidence as tables
- plan.json, events.jsonl: what was planned and done, where it is known

Secrets were taken out before anything was written: of variables only names and lengths
are left.
""",
    """# Paquet de diagnostic de {run}

{title}
Lieu : {place}
Relevé : {time}

- evidence.jsonl : ce que chaque sonde a vu ; à juger n'importe où avec
  `invoke diagnose --from evidence.jsonl`
- logs/, inspect/ : les lignes de journal de chaque conteneur et sa fiche du moteur
- network.txt, resources.txt : les mêmes preuves en tableaux
- plan.json, events.jsonl : ce qui a été prévu et fait, si on le sait

Les secrets ont été retirés avant toute écriture : des variables, il ne reste que les noms
et les longueurs.
""",
)
_LEFT_OUT = Text(
    "\nLeft out, the bundle would be too large: {names}\n",
    "\nOmis, le paquet serait trop grand : {names}\n",
)


@dataclass(frozen=True, slots=True)
class Bundle:
    """An archive, what is in it, and what was left out or cut for want of room."""

    data: bytes
    names: tuple[str, ...]
    short: tuple[str, ...] = ()


def bundle_of(
    snapshot: Snapshot,
    story: Story,
    *,
    redactor: Redactor,
    lang: Lang,
    most: int = BUNDLE,
) -> Bundle:
    """Return the bundle of a run: a tar.gz of at most `most` bytes.

    What matters more is added first; what does not fit any more is cut or left out.
    """
    room = most - 10_000
    members: dict[str, bytes] = {}
    short: list[str] = []
    for name, text in _members(snapshot, story, redactor, lang):
        data = cut(text.encode("utf-8", "replace"), MEMBER)
        cost = _cost(data)
        if cost > room:
            short.append(name)
            data = cut(data, room * len(data) // (2 * cost), end=True)
            cost = _cost(data)
        if data and cost <= room:
            members[name] = data
            room -= cost
    members["README.md"] = _about(snapshot, story, short, lang, redactor).encode()
    return Bundle(_packed(members, snapshot), tuple(members), tuple(short))


def _cost(data: bytes) -> int:
    """Return what a member takes in the archive: its data packed, and its heading."""
    return len(zlib.compress(data, 6)) + 1024


def _members(
    snapshot: Snapshot, story: Story, redactor: Redactor, lang: Lang
) -> Iterator[tuple[str, str]]:
    """Yield each file's name and text, what matters most first."""
    place = Node(story.node.host, story.node.stack)
    seen = _clean(part_of(snapshot, place), redactor)
    yield "evidence.jsonl", "".join(f"{line}\n" for line in dump(seen))
    if story.plan is not None:
        yield "plan.json", redactor.text(_json(story.plan, indent=2)) + "\n"
    if story.events:
        lines = (redactor.text(_json(event)) for event in story.events)
        yield "events.jsonl", "".join(f"{line}\n" for line in lines)
    yield "network.txt", redactor.text(network_page(seen, place, lang))
    yield "resources.txt", redactor.text(resources_page(seen, place, lang))
    for name, record in sorted(story.inspects.items()):
        yield f"inspect/{safe_name(name)}.json", record_text(record, redactor)
    boxes = {p.address.replica for p in seen.evidence if p.address.probe == "log"}
    for box in sorted(b for b in boxes if b):
        page = logs_page(seen, replace(place, service=box), LINES, lang)
        yield f"logs/{safe_name(box)}.txt", redactor.text(page)


def _json(value: Mapping[str, object], *, indent: int | None = None) -> str:
    """Return a value as JSON; what JSON has not stands there as text."""
    return json.dumps(value, indent=indent, default=str)


def _clean(snapshot: Snapshot, redactor: Redactor) -> Snapshot:
    """Return a snapshot whose records hold no secret that the redactor knows."""
    pieces = tuple(
        replace(
            piece,
            readings=redactor.readings(piece.readings),
            reason=redactor.text(piece.reason),
        )
        for piece in snapshot.evidence
    )
    return replace(snapshot, evidence=pieces)


def _about(
    snapshot: Snapshot,
    story: Story,
    short: list[str],
    lang: Lang,
    redactor: Redactor,
) -> str:
    """Return what the bundle is, for whoever opens it."""
    values = {
        "run": story.run,
        "title": redactor.text(story.title.pick(lang)),
        "place": f"{story.node} ({story.node.stack})",
        "time": rfc3339(snapshot.recorded) or "?",
    }
    more = _LEFT_OUT.fill({"names": ", ".join(short)}).pick(lang) if short else ""
    return _ABOUT.fill(values).pick(lang) + more


def _packed(members: Mapping[str, bytes], snapshot: Snapshot) -> bytes:
    """Return the archive; one snapshot and one story make the same bytes each time."""
    out = io.BytesIO()
    when = int(snapshot.recorded)
    with (
        gzip.GzipFile(fileobj=out, mode="wb", mtime=when, filename="") as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, data in members.items():
            head = tarfile.TarInfo(f"escalade-bundle/{name}")
            head.size, head.mtime, head.mode = len(data), when, 0o600
            archive.addfile(head, io.BytesIO(data))
    return out.getvalue()
