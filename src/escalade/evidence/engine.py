"""Whether the host's Docker Engine answers, and if not, why."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from escalade.evidence.discover import LIST
from escalade.evidence.discover import listed
from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import json_or_none
from escalade.evidence.parsing import whole
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Get
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Target
from escalade.model import Args
from escalade.model import Status

__all__ = ["CAUSES", "ENGINE"]

CAUSES = ("not-installed", "not-running", "no-permission", "timeout", "error")
LIST_S = 4.0
"""An Engine that needs longer for its list than this answers nobody in time."""


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask for the containers first: what everything else rests on."""
    del args
    asked = (Get(LIST, timeout_s=LIST_S), Get("/version", timeout_s=LIST_S))
    quick = target.facts.get("mode") == "quick"
    return asked if quick else (*asked, Get("/info", timeout_s=LIST_S))


def _json(answer: Answer | None) -> Any:
    """Return an answer's JSON, None where there is none."""
    if answer is None or answer.status is not Status.OK:
        return None
    return json_or_none(answer.body)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record; an Engine that does not answer is a reading, not a gap."""
    del target, args
    listing = answers[0]
    version = as_dict(_json(answers[1] if len(answers) > 1 else None))
    info = as_dict(_json(answers[2] if len(answers) > 2 else None))  # noqa: PLR2004
    containers = _json(listing)
    trouble = listing.reason or _garbled(containers)
    reachable = not trouble
    record = {
        "reachable": reachable,
        "cause": None if reachable else _cause(listing),
        "detail": trouble,
        "version": _word(version, "Version"),
        "api": _word(version, "ApiVersion"),
        "containers": len(containers) if reachable else None,
        "driver": _word(info, "Driver"),
        "cgroup": whole(info.get("CgroupVersion")),
    }
    return Parsed((record,))


def _garbled(containers: object) -> str:
    """Return what is wrong with a list of containers, "" where nothing is."""
    try:
        listed(containers)
    except TypeError as error:
        return str(error)
    return ""


def _cause(listing: Answer) -> str:
    """Return why there is no list, in one of the words of `CAUSES`."""
    if listing.outcome in CAUSES:
        return listing.outcome
    by_status = {Status.TIMEOUT: "timeout", Status.DENIED: "no-permission"}
    return by_status.get(listing.status, "error")


def _word(record: Mapping[str, Any], name: str) -> str | None:
    """Return a text of a record."""
    value = record.get(name)
    return None if value is None else str(value)


ENGINE = Probe(
    name="engine",
    scope="host",
    doc="Whether the Docker Engine answers; cause is not-installed, not-running, "
    "no-permission, timeout or error.",
    readings={
        "reachable": bool,
        "cause": str,
        "detail": str,
        "version": str,
        "api": str,
        "containers": int,
        "driver": str,
        "cgroup": int,
    },
    always=True,
    quick=True,
    questions=_questions,
    parse=_parse,
    headline=("version", "containers"),
)
