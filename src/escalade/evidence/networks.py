"""The networks of a host's Engine, and who is on each."""

from __future__ import annotations

from collections.abc import Sequence

from escalade.evidence.parsing import PROJECT
from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
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
from escalade.model import Status

__all__ = ["NETWORKS"]


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask for the list; it does not say who is on a network, the containers do."""
    del target, args
    return (Get("/networks"),)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record a network, by name."""
    del args
    trouble = failed(answers)
    if trouble is not None:
        return trouble
    listed = json_or_none(answers[0].body)
    if not isinstance(listed, list):
        return Parsed(status=Status.ERROR, complete=False, reason="not a list")
    nets = sorted(map(as_dict, listed), key=lambda net: str(net.get("Name")))
    return Parsed(tuple(_reading(net, target) for net in nets))


def _reading(net: object, target: Target) -> Reading:
    """Return one network."""
    record = as_dict(net)
    name = str(record.get("Name") or "")
    subnets = [
        str(as_dict(part).get("Subnet"))
        for part in as_list(as_dict(record.get("IPAM")).get("Config"))
    ]
    members = [
        box
        for box, inspect in as_dict(target.facts.get("inspects")).items()
        if name in as_dict(as_dict(inspect.get("NetworkSettings")).get("Networks"))
    ]
    stack = as_dict(record.get("Labels")).get(PROJECT)
    return {
        "name": name,
        "driver": str(record.get("Driver") or ""),
        "stack": None if stack is None else str(stack),
        "internal": bool(record.get("Internal")),
        "subnet": subnets[0] if subnets else None,
        "containers": tuple(sorted(members)),
    }


NETWORKS = Probe(
    name="networks",
    scope="host",
    doc="One record for each network of the Engine, and the containers on it.",
    readings={
        "name": str,
        "driver": str,
        "stack": str,
        "internal": bool,
        "subnet": str,
        "containers": tuple,
    },
    always=True,
    questions=_questions,
    parse=_parse,
)
