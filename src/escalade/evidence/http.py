"""An HTTP GET to a container at its own address, from the host."""

from __future__ import annotations

from collections.abc import Sequence

from escalade.evidence.httptext import complete
from escalade.evidence.httptext import request
from escalade.evidence.httptext import status_and_body
from escalade.evidence.parsing import own_address
from escalade.evidence.parsing import whole
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Argument
from escalade.evidence.probe import Dial
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Target
from escalade.evidence.probe import failed
from escalade.model import Args

__all__ = ["HTTP"]


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask the container's first address."""
    given = dict(args)
    address, port = own_address(target), whole(given.get("port"))
    if address is None or port is None:
        return ()
    said = request(address, port, str(given.get("path") or "/"))
    return (Dial(address, port, said, limit=65_536, done=complete),)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record; a container without an address is unreachable."""
    del target, args
    if not answers:
        return Parsed(({"outcome": "unreachable", "status": None, "body": ""},))
    trouble = failed(answers)
    if trouble is not None:
        return trouble
    code, text = status_and_body(answers[0].body)
    record = {
        "outcome": answers[0].outcome,
        "status": code,
        "body": text,
        "took_s": round(answers[0].took_s, 3),
    }
    return Parsed((record,))


HTTP = Probe(
    name="http",
    scope="container",
    doc="What a container answers to a GET at its own address, asked from the host.",
    readings={"outcome": str, "status": int, "body": str, "took_s": float},
    arguments={"port": Argument(int, required=True), "path": Argument(str, "/")},
    needs_running=True,
    questions=_questions,
    parse=_parse,
)
