"""When the kernel killed processes of a host's containers for their memory."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence

from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import json_or_none
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Get
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Target
from escalade.evidence.probe import failed
from escalade.model import Args
from escalade.model import Reading

__all__ = ["MEMORY_KILLS"]

PATH = "/events?since=1&until={until}&filters=%7B%22event%22%3A%5B%22oom%22%5D%7D"
"""All that the Engine remembers of one kind of event, `{"event": ["oom"]}`."""
SKEW_S = 1
"""Seconds by which our idea of the host's clock may be wrong: for a moment that is
still to come the Engine would wait."""
TIMEOUT_S = 2.0


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask the Engine, which keeps the last 256 events of all kinds."""
    del args
    until = int(target.facts["now"]) - SKEW_S
    return (Get(PATH.format(until=until), timeout_s=TIMEOUT_S),)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record for each kill, oldest first, by the host's clock."""
    del args
    trouble = failed(answers)
    if trouble is not None:
        return trouble
    return Parsed(tuple(_records(answers[0].body, float(target.facts["now"]))))


def _records(body: bytes, now: float) -> Iterator[Reading]:
    """Yield the kills in a body of one JSON object a line."""
    for line in body.splitlines():
        event = as_dict(json_or_none(line))
        time = event.get("timeNano")
        name = as_dict(as_dict(event.get("Actor")).get("Attributes")).get("name")
        if isinstance(time, int) and name:
            at = round(time / 1e9, 3)
            ago = max(0.0, round(now - at, 1))
            yield {"container": str(name), "time": at, "ago_s": ago}


MEMORY_KILLS = Probe(
    name="memory_kills",
    scope="host",
    doc="One record for each time that the kernel killed a process of a container for "
    "its memory, as far back as the Engine remembers: 256 events of all kinds.",
    readings={"container": str, "time": float, "ago_s": float},
    always=True,
    questions=_questions,
    parse=_parse,
)
