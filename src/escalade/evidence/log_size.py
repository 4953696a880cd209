"""How much room a container's log takes on its host, and whether it is bounded."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import whole
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Script
from escalade.evidence.probe import Target
from escalade.evidence.probe import failed
from escalade.model import Args
from escalade.model import Reading
from escalade.model import Status

__all__ = ["LOG_SIZE"]

# What was rotated away counts, too: it is on the same disk.
_LOOK = """p={path}; if [ -r "$p" ]; then s=0
for f in "$p" "$p".*; do [ -f "$f" ] && s=$((s + $(wc -c <"$f"))); done; echo "$s"
else echo unreadable; fi"""


def _driver(inspect: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return a container's log driver and its options."""
    config = as_dict(as_dict(inspect.get("HostConfig")).get("LogConfig"))
    return str(config.get("Type") or ""), as_dict(config.get("Config"))


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask for the size of the files, where the driver writes some."""
    del args
    path = str(target.inspect.get("LogPath") or "")
    if not path.startswith("/"):
        return ()
    return (Script(_LOOK.format(path=shlex.quote(path)), limit=200),)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record; none where the driver keeps no file."""
    del args
    if not answers:
        return Parsed()
    if trouble := failed(answers):
        return trouble
    size = whole(answers[0].body.decode("ascii", "replace"))
    if size is None:
        reason = "its log file cannot be read by this user"
        return Parsed(status=Status.DENIED, complete=False, reason=reason)
    driver, options = _driver(target.inspect)
    record: Reading = {
        "driver": driver,
        "size": size,
        "bounded": driver == "local" or bool(options.get("max-size")),
    }
    return Parsed((record,))


LOG_SIZE = Probe(
    name="log_size",
    scope="container",
    doc="Bytes of the container's log files on its host, rotated ones included; no "
    "record where its driver keeps no file. bounded: the driver ends them at a size.",
    readings={"driver": str, "size": int, "bounded": bool},
    questions=_questions,
    parse=_parse,
    headline=("size",),
)
