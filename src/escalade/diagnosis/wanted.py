"""Which questions the runbooks have for what was found: pure, asked once a host."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace

from escalade.diagnosis.roles import bind
from escalade.evidence.probe import Probe
from escalade.model import Address
from escalade.model import Ask
from escalade.model import Condition
from escalade.model import Evidence
from escalade.model import Node
from escalade.model import Not
from escalade.model import Symptom
from escalade.runbooks.book import PLACES
from escalade.runbooks.book import Book

__all__ = ["asks", "brief", "wanted"]

HOST = "host"
"""The role of a runbook that is about hosts."""


def asks(condition: Condition) -> Iterator[Ask]:
    """Yield every question in a condition."""
    if isinstance(condition, Ask):
        yield condition
    elif isinstance(condition, Not):
        yield from asks(condition.part)
    else:
        for part in condition.parts:
            yield from asks(part)


def brief(book: Book, catalog: Mapping[str, Probe]) -> Book:
    """Return the book without standing symptoms that ask what takes seconds.

    Nobody acts on those, and each look of a run that acts would wait for the answer.
    """

    def kept(symptom: Symptom) -> bool:
        slow = any(catalog[ask.probe].slow for ask in asks(symptom.when))
        return not (symptom.standing and slow)

    runbooks = tuple(
        replace(each, symptoms=tuple(filter(kept, each.symptoms)))
        for each in book.runbooks
    )
    return replace(book, runbooks=runbooks)


def _questions(
    book: Book, catalog: Mapping[str, Probe]
) -> Iterator[tuple[str, Ask, Probe]]:
    """Yield each question of each runbook with the role that it is put to."""
    for runbook in book.runbooks:
        for symptom in runbook.symptoms:
            for ask in asks(symptom.when):
                probe = catalog[ask.probe]
                asked = probe.question_args(ask.args)
                more = asked or not probe.always or probe.scans
                if not probe.derived and more:
                    yield ask.of or runbook.role, ask, probe


def wanted(
    book: Book, catalog: Mapping[str, Probe], evidence: Sequence[Evidence], *, host: str
) -> tuple[Address, ...]:
    """Return the questions to a host with arguments, or of probes not always asked.

    A probe that scans is told the arguments of its view as well. The host itself is
    asked what runbooks ask of hosts even where no container is.
    """
    roles = bind(book.roles, evidence)
    boxes = [p.address for p in evidence if p.address.probe == "container"]
    found: dict[Address, None] = {}
    for role, ask, probe in _questions(book, catalog):
        args = ask.args if probe.scans else probe.question_args(ask.args)
        if probe.scope == "host" and (boxes or role == HOST):
            found[Address(host, None, None, None, probe.name, args)] = None
        for at in _places(probe, role, boxes, roles):
            address = Address(*at, probe=probe.name, args=args)
            found[address] = None
    return tuple(found)


def _places(
    probe: Probe, role: str, boxes: Iterable[Address], roles: Mapping[Node, str]
) -> Iterator[tuple[str, str | None, str | None, str | None]]:
    """Yield where a question is put: a stack, or every replica of a role."""
    for box in boxes:
        if probe.scope == "stack" and box.stack:
            yield box.host, box.stack, None, None
        elif probe.scope == "container" and (
            role in PLACES or roles.get(box.node) == role
        ):
            yield box.host, box.stack, box.service, box.replica
