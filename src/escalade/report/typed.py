"""A step as an operator types it today: our own tasks, else the docker command."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath
from typing import NamedTuple

from escalade.model import Diagnosis
from escalade.model import Node
from escalade.model import ServiceState
from escalade.report import words
from escalade.report.look import Look

__all__ = ["Act", "home_of", "typed"]

OURS = ("logs", "resources")
"""Steps that are tasks of ours already; the others are told as what they do."""
SIMPLE = ("start", "stop", "restart", "unpause")
"""What Compose and the Engine itself do to containers that are there: no file needed."""
MADE = {
    "recreate": "--force-recreate --no-deps",
    "reconnect": "--force-recreate --no-deps",
    "rebuild": "--build --no-deps",
}
"""What needs the project's own files: options of `up -d`."""
LABEL = "com.docker.compose.project"


class Act(NamedTuple):
    """What a step comes to: a command line, or words where nobody can type it."""

    text: str
    command: bool = True


def typed(step: str, node: Node, look: Look, home: ServiceState | None = None) -> Act:
    """Return what a step of a remedy at a node comes to.

    `home` is a row of the board that knows the container and the project's files.
    """
    name, *rest = step.split()
    here = node.host == "localhost"
    if name == "handoff":
        to = rest[1] if rest[:1] == ["--to"] and rest[1:] else ""
        return Act(words.hand_to(to, look.lang), command=False)
    if name in OURS:
        limit = [] if here else ["--limit", shlex.quote(node.host)]
        return Act(" ".join([look.program, name, *map(shlex.quote, rest), *limit]))
    if name == "bundle":
        return Act(f"{look.program} diagnose --deep --save incident.jsonl")
    line = _docker(name, node, home)
    if line is None:
        return Act(step, command=False)
    # ssh joins its words with spaces: what is quoted must be quoted once more.
    remote = line if "'" not in line else shlex.quote(line)
    return Act(line if here else f"ssh {shlex.quote(node.host)} {remote}")


def home_of(diagnosis: Diagnosis, node: Node) -> ServiceState | None:
    """Return the row of a node, else one of its stack that knows the project's files."""
    rows = [r for r in diagnosis.services if r.node.host == node.host]
    own = [r for r in rows if r.node == node]
    stack = [r for r in rows if r.node.stack == node.stack and r.files and node.stack]
    return next(iter([*(r for r in own if r.files), *stack, *own]), None)


def _docker(name: str, node: Node, home: ServiceState | None) -> str | None:
    """Return the docker command of a step; None where there is none."""
    project, service = shlex.quote(node.stack or ""), shlex.quote(node.service or "")
    box = (home and home.container) or node.service
    line = None
    if not node.stack:
        line = f"docker {name} {shlex.quote(box)}" if name in SIMPLE and box else None
    elif name == "network":
        line = f"docker network ls --filter label={LABEL}={project}"
    elif name in SIMPLE and node.service:
        line = f"docker compose -p {project} {name} {service}"
    elif name in MADE and node.service:
        where = _files(home)
        line = f"docker compose {where}-p {project} up -d {MADE[name]} {service}"
    return line


def _files(home: ServiceState | None) -> str:
    """Return the options that find a project's files from any folder."""
    if home is None or not home.files:
        return ""
    files = [f"-f {shlex.quote(file)}" for file in home.files]
    # Compose takes the first file's folder by itself.
    if home.folder not in ("", str(PurePosixPath(home.files[0]).parent)):
        files.insert(0, f"--project-directory {shlex.quote(home.folder)}")
    return " ".join(files) + " "
