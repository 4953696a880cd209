"""Why the Engine could not start a container: the cause at the end of its chain."""

from __future__ import annotations

import re

from escalade.evidence.names import reading_of
from escalade.evidence.names import same_place
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Seen
from escalade.evidence.probe import View
from escalade.model import Address
from escalade.model import Args

__all__ = ["REFUSAL", "cause"]

OPEN_FILES = "open-files"
_WRAPPERS = (
    "OCI runtime create failed",
    "OCI runtime start failed",
    "failed to create shim task",
    "failed to create task for container",
    "runc create failed",
    "runc start failed",
    "unable to start container process",
)
"""What containerd and runc say before they come to the point."""
_ADVICE = re.compile(r"Are you trying |unknown$")
_NAMES = re.compile(r"[\"/]")


def cause(error: str) -> str:
    """Return the end of an error's chain: the last thing named, and what befell it.

    `a: b: mount /x: not a directory: unknown` is `mount /x: not a directory`.
    """
    clauses = [
        clause
        for clause in error.split(": ")
        if clause not in _WRAPPERS and not _ADVICE.match(clause)
    ]
    if not clauses or len(clauses) == len(error.split(": ")):
        return error
    named = [i for i, clause in enumerate(clauses) if _NAMES.search(clause)]
    start = named[-1] if named else max(0, len(clauses) - 2)
    # What is done to the last thing named stands before it: `exec`, `chdir to cwd`.
    before = clauses[start - 1 : start] if clauses[start][:1] == '"' else []
    return ": ".join([*before, *clauses[start:]])


def _view(seen: Seen, address: Address, args: Args) -> View:
    """Return the Engine's complaint about a container; none where it has none."""
    del args
    boxes = [p for p in same_place(seen, "container", address) if p.status.answered]
    if not boxes:
        return View(unknown="the container was not read")
    error = str(reading_of(boxes[0]).get("error") or "")
    about = OPEN_FILES if "too many open files" in error else "other"
    record = {"error": error, "cause": cause(error), "about": about}
    return View((record,) if error else ())


REFUSAL = Probe(
    name="refusal",
    scope="container",
    doc="What the Engine said when it could not start a container; no record where it "
    "said nothing. cause: the end of the chain, where the cause stands. about: "
    "open-files where too few were allowed, else other.",
    readings={"error": str, "cause": str, "about": str},
    derived=True,
    quick=True,
    view=_view,
)
