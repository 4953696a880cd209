"""A step as an operator types it today: our own tasks, else the docker command."""

from __future__ import annotations

import shlex

from escalade.model import Node
from escalade.report.look import Look

__all__ = ["typed"]

OURS = ("logs", "resources")
"""Steps that are tasks of ours already; the others are told as what they do."""
COMPOSE = {
    "start": "start",
    "stop": "stop",
    "restart": "restart",
    "unpause": "unpause",
    "recreate": "up -d --force-recreate --no-deps",
    "reconnect": "up -d --force-recreate --no-deps",
    "rebuild": "up -d --build --no-deps",
}
ELSE = {
    "network": "docker network inspect {stack}_default",
    "bundle": "{program} diagnose --deep --save incident.jsonl",
}


def typed(step: str, node: Node, look: Look) -> str:
    """Return the command line that does a step of a remedy at a node."""
    name, *words = step.split()
    here = node.host == "localhost"
    if name in OURS:
        limit = [] if here else ["--limit", node.host]
        return " ".join([look.program, name, *words, *limit])
    stack = shlex.quote(node.stack or "")
    if name in COMPOSE:
        service = shlex.quote(node.service or "")
        line = f"docker compose -p {stack} {COMPOSE[name]} {service}"
    elif name in ELSE:
        line = ELSE[name].format(stack=stack, program=look.program)
    else:
        return step
    remote = not here and line.startswith("docker")
    return f"ssh {shlex.quote(node.host)} {line}" if remote else line
