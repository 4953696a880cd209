"""A stack's Compose project as a command line needs it: files, folder, options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from escalade.evidence.probe import Seen
from escalade.model import Node
from escalade.remedy.boxes import Box
from escalade.remedy.boxes import labels_of
from escalade.remedy.boxes import newest_of

__all__ = ["Project", "project_of"]

UNSAID = "no container of the stack says where its Compose files are"


@dataclass(frozen=True, slots=True)
class Project:
    """What to tell Docker Compose so that it means this stack.

    `known` is False where its files cannot be used there: `reason` says why in one line.
    `options` are the words after `docker compose`; `unset` the variables that the files
    use and nobody sets on that host. `services` and those of them that `ran` are told of a
    stack that was taken down.
    """

    stack: str
    known: bool
    options: tuple[str, ...] = ()
    folder: str = ""
    files: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    reason: str = ""
    services: tuple[str, ...] = ()
    ran: tuple[str, ...] = ()


def project_of(seen: Seen, place: Node, boxes: Sequence[Box]) -> Project:
    """Return the project of a stack, from its containers' labels and its files.

    Files that nobody tried to read (a quick look) are taken at the labels' word.
    """
    stack = str(place.stack)
    # What was made last was made from the files that count now.
    newest = newest_of(boxes)
    files = labels_of(newest, "config_files")
    if not files:
        return Project(stack, known=False, reason=UNSAID)
    folder = next(iter(labels_of(newest, "working_dir")), "")
    env_files = labels_of(newest, "env_files")
    words = ["-p", stack]
    words += ["--project-directory", folder] if folder else []
    words += [word for file in files for word in ("-f", file)]
    words += [word for file in env_files for word in ("--env-file", file)]
    looked = seen.of("compose", host=place.host, stack=stack)
    read = [p for p in looked if p.status.answered]
    unset = [r.get("unset_variables") for p in read for r in p.readings]
    return Project(
        stack=stack,
        known=bool(read) or not looked,
        options=tuple(words),
        folder=folder,
        files=files,
        env_files=env_files,
        unset=next((u for u in unset if isinstance(u, tuple)), ()),
        reason="" if read or not looked else looked[0].reason,
    )
