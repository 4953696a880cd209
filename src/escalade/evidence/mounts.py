"""What is mounted into a container, and what stands at the source on the host."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Script
from escalade.evidence.probe import Target
from escalade.model import Args
from escalade.model import Reading

__all__ = ["MOUNTS"]

_KINDS = ("file", "directory", "missing")
_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
_LOOK = """for p in {paths}; do
if [ -d "$p" ]; then echo directory
elif [ -e "$p" ]; then echo file
else echo missing; fi
done"""


def _mounts(target: Target) -> list[Mapping[str, Any]]:
    """Return the container's mounts, by destination."""
    mounts = map(as_dict, as_list(target.inspect.get("Mounts")))
    return sorted(mounts, key=lambda mount: str(mount.get("Destination")))


def _sources(target: Target) -> list[str]:
    """Return the host's paths that are bound into the container."""
    binds = [m for m in _mounts(target) if m.get("Type") == "bind"]
    return [str(mount.get("Source")) for mount in binds]


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Look at each bound path: Docker makes a folder of a file that is missing."""
    del args
    sources = _sources(target)
    if not sources:
        return ()
    return (Script(_LOOK.format(paths=shlex.join(sources)), limit=8192),)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record a mount; without an answer the kind is `unknown`."""
    del args
    kinds: dict[str, str] = {}
    lost = [answer for answer in answers if not answer.status.answered]
    for answer in answers:
        words = answer.body.decode("ascii", "replace").split()
        kinds = dict(zip(_sources(target), words, strict=False))
    readings = tuple(_reading(mount, kinds) for mount in _mounts(target))
    reason = lost[0].reason if lost else ""
    return Parsed(readings, complete=not lost, reason=reason)


def _reading(mount: Mapping[str, Any], kinds: Mapping[str, str]) -> Reading:
    """Return one mount."""
    source, bound = str(mount.get("Source") or ""), mount.get("Type") == "bind"
    kind = kinds.get(source, "unknown") if bound else "directory"
    name = str(mount.get("Name") or "")
    return {
        "type": str(mount.get("Type") or ""),
        "source": name or source,
        "destination": str(mount.get("Destination") or ""),
        "writable": bool(mount.get("RW")),
        "kind": kind if kind in _KINDS else "unknown",
        "named": bool(name) and not _ANONYMOUS.fullmatch(name),
    }


MOUNTS = Probe(
    name="mounts",
    scope="container",
    doc="One record for each mount: kind is file, directory, missing or unknown, as it "
    "stands on the host.",
    readings={
        "type": str,
        "source": str,
        "destination": str,
        "writable": bool,
        "kind": str,
        "named": bool,
    },
    always=True,
    questions=_questions,
    parse=_parse,
)
