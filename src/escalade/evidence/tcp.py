"""A TCP connect to a container at its own address, from the host."""

from __future__ import annotations

from collections.abc import Sequence

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

__all__ = ["TCP"]

CONNECTED = ("ok", "silent", "closed")


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Connect and say nothing: the container itself accepts, no proxy stands between."""
    address, port = own_address(target), whole(dict(args).get("port"))
    if address is None or port is None:
        return ()
    return (Dial(address, port, limit=0),)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record; a container without an address is unreachable."""
    del target, args
    if not answers:
        return Parsed(({"outcome": "unreachable", "took_s": 0.0},))
    trouble = failed(answers)
    if trouble is not None:
        return trouble
    outcome = "ok" if answers[0].outcome in CONNECTED else answers[0].outcome
    return Parsed(({"outcome": outcome, "took_s": round(answers[0].took_s, 3)},))


TCP = Probe(
    name="tcp",
    scope="container",
    doc="Whether a container accepts a TCP connection at its own address.",
    readings={"outcome": str, "took_s": float},
    arguments={"port": Argument(int, required=True)},
    needs_running=True,
    questions=_questions,
    parse=_parse,
)
