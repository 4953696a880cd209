"""Which questions the runbooks have for what was found: pure, asked once a host."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from escalade.diagnosis.roles import bind
from escalade.evidence.probe import Probe
from escalade.model import Address
from escalade.model import Ask
from escalade.model import Condition
from escalade.model import Evidence
from escalade.model import Node
from escalade.model import Not
from escalade.runbooks.book import PLACES
from escalade.runbooks.book import Book

__all__ = ["asks", "wanted"]


def asks(condition: Condition) -> Iterator[Ask]:
    """Yield every question in a condition."""
    if isinstance(condition, Ask):
        yield condition
    elif isinstance(condition, Not):
        yield from asks(condition.part)
    else:
        for part in condition.parts:
            yield from asks(part)


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
    book: Book, catalog: Mapping[str, Probe], evidence: Sequence[Evidence]
) -> tuple[Address, ...]:
    """Return the questions with arguments, or of probes that are not always asked.

    A probe that scans is told the arguments of its view as well.
    """
    roles = bind(book.roles, evidence)
    boxes = [p.address for p in evidence if p.address.probe == "container"]
    found: dict[Address, None] = {}
    for role, ask, probe in _questions(book, catalog):
        args = ask.args if probe.scans else probe.question_args(ask.args)
        for at in _places(probe, role, boxes, roles):
            address = Address(*at, probe=probe.name, args=args)
            found[address] = None
    return tuple(found)


def _places(
    probe: Probe, role: str, boxes: Iterable[Address], roles: Mapping[Node, str]
) -> Iterator[tuple[str, str | None, str | None, str | None]]:
    """Yield where a question is put: host, stack or every replica of a role."""
    for box in boxes:
        if probe.scope == "host":
            yield box.host, None, None, None
        elif probe.scope == "stack" and box.stack:
            yield box.host, box.stack, None, None
        elif role in PLACES or roles.get(box.node) == role:
            yield box.host, box.stack, box.service, box.replica
