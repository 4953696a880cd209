"""Recorded answers as files: one JSON a case, its fact, and what the parser must say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from escalade.evidence.probe import Answer
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Peer
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Target
from escalade.model import Address
from escalade.model import Status

CASES = Path(__file__).resolve().parent.parent / "cases" / "evidence"


@dataclass(frozen=True)
class Case:
    """One recorded question: its target, the answers that came, and their meaning."""

    name: str
    fact: str
    target: Target
    answers: tuple[Answer, ...]
    expect: Parsed

    def parse(self, probe: Probe) -> Parsed:
        """Return what the probe makes of the answers today."""
        return probe.parse(self.target, (), self.answers)

    def reading(self, name: str) -> Any:
        """Return a reading of the only record."""
        (record,) = self.expect.readings
        return record[name]


def cases(probe: str) -> list[Case]:
    """Return all cases of a probe, in order of names."""
    found = [_case(path, probe) for path in sorted((CASES / probe).glob("*.json"))]
    assert found, f"no case of {probe}"
    return found


def case(probe: str, name: str) -> Case:
    """Return one case by its name."""
    return _case(CASES / probe / f"{name}.json", probe)


def text_of(questions: Sequence[Question]) -> str:
    """Return the text of the only question."""
    (question,) = questions
    return question.text  # type: ignore[union-attr]


def _case(path: Path, probe: str) -> Case:
    record = json.loads(path.read_text("utf-8"))
    where = record["target"]
    names = (where["stack"], where["service"], where["replica"])
    expect = record["expect"]
    return Case(
        path.stem,
        record["fact"],
        Target(
            Address("host", *names, probe),
            where["inspect"],
            tuple(Peer(**_frozen(peer)) for peer in where["peers"]),
            where["facts"],
        ),
        tuple(
            Answer(Status(a["status"]), "\n".join(a["body"]).encode(), a["code"])
            for a in record["answers"]
        ),
        Parsed(
            tuple(_frozen(reading) for reading in expect["readings"]),
            Status(expect["status"]),
            expect["complete"],
            expect["reason"],
        ),
    )


def _frozen(record: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in record.items()}
