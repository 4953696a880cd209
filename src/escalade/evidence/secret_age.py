"""When the files that hold a container's secrets were last changed, never what they hold.

A secret that stands in the environment has no date of its own; the file that it came
from has: Compose's `secrets:` and the project's env files.
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator
from collections.abc import Sequence

from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
from escalade.evidence.parsing import texts
from escalade.evidence.parsing import whole
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Script
from escalade.evidence.probe import Target
from escalade.evidence.probe import failed
from escalade.evidence.secrets import variables_of
from escalade.model import Args
from escalade.model import Reading
from escalade.shapes import secret_name

__all__ = ["SECRET_AGE"]

SECRETS = "/run/secrets/"
FOLDER = "com.docker.compose.project.working_dir"
ENV_FILES = "com.docker.compose.project.environment_file"
_LOOK = (
    'for p in {paths}; do stat -c %Y -- "$p" 2>/dev/null || '
    '{{ [ -e "$p" ] && echo hidden || echo missing; }}; done'
)


def _files(target: Target) -> Iterator[tuple[str, str]]:
    """Yield the kind and path of each file, as the host has it."""
    for mount in map(as_dict, as_list(target.inspect.get("Mounts"))):
        source = str(mount.get("Source") or "")
        inside = str(mount.get("Destination") or "")
        named = secret_name(posixpath.basename(inside))
        if mount.get("Type") == "bind" and (inside.startswith(SECRETS) or named):
            yield "secret", source
    if not any(map(secret_name, variables_of(target.inspect))):
        return
    labels = as_dict(as_dict(target.inspect.get("Config")).get("Labels"))
    told = texts(str(labels.get(ENV_FILES) or "").split(","))
    folder = str(labels.get(FOLDER) or "")
    if folder.startswith("/"):
        for name in told or (".env",):
            yield "env-file", posixpath.join(folder, name)


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask for the dates."""
    del args
    paths = [path for _, path in _files(target)]
    if not paths:
        return ()
    return (Script(_LOOK.format(paths=shlex.join(paths)), limit=8192),)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record a file that is there."""
    del args
    if not answers:
        return Parsed()
    if trouble := failed(answers):
        return trouble
    words = answers[0].body.decode("ascii", "replace").split()
    now = float(target.facts.get("now") or 0.0)
    pairs = list(zip(_files(target), words, strict=False))
    readings: tuple[Reading, ...] = tuple(
        {
            "kind": kind,
            "file": path,
            "changed_at": float(changed),
            "age_s": max(0.0, now - changed),
        }
        for (kind, path), word in pairs
        if (changed := whole(word)) is not None
    )
    hidden = [path for (_, path), word in pairs if word == "hidden"]
    reason = f"{hidden[0]} cannot be seen by this user" if hidden else ""
    return Parsed(readings, complete=not hidden, reason=reason)


SECRET_AGE = Probe(
    name="secret_age",
    scope="container",
    doc="One record for each file of the host that the container's secrets come from: "
    "Compose's secrets, and the project's env files where a variable is a secret. "
    "age_s: since it was last changed.",
    readings={"kind": str, "file": str, "changed_at": float, "age_s": float},
    questions=_questions,
    parse=_parse,
    headline=("file", "age_s"),
)
