"""wait: until a service is healthy, a port or an address answers, a line is logged."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from urllib.parse import urlsplit

from escalade.evidence.probe import Argument
from escalade.model import Comparison
from escalade.model import Node
from escalade.plans import Action
from escalade.plans import Check
from escalade.remedy.acts import SERVICE
from escalade.remedy.acts import narrowed
from escalade.remedy.acts import targets
from escalade.remedy.gates import HEALTHY
from escalade.remedy.gates import RUNNING
from escalade.remedy.gates import of_service
from escalade.remedy.scene import Scene
from escalade.remedy.step import Arguments
from escalade.remedy.step import CannotError
from escalade.remedy.step import StepKind
from escalade.text import Text

__all__ = ["WAIT"]

WAIT_S = 60
MARGIN_S = 5.0
PORTS = range(1, 65_536)
_READY = Text("{what} must be ready", "{what} doit être prêt")
_LOGGED = Text("{what} must be logged", "{what} doit être au journal")
_ANSWERS = ("ok", "silent")
"""Outcomes of a port that is open; not every server speaks first."""


def _actions(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield one wait for each thing that was asked for; a service's health by default."""
    scene = narrowed(scene, node, args)
    port, http, log = args.get("port"), args.get("http"), args.get("log")
    if port is not None:
        yield _port(scene, node, args, str(port))
    if http is not None:
        yield _http(scene, node, args, str(http))
    places = targets(scene, node, args) if log is not None or _of_health(args) else ()
    for each in places:
        if log is None:
            yield _health(scene, each, args)
        else:
            yield from _log(scene, each, args, str(log))


def _of_health(args: Arguments) -> bool:
    """Whether health is waited for: asked for, or nothing else was."""
    others = ("port", "http", "log")
    return bool(args.get("healthy")) or all(args.get(o) is None for o in others)


def _wait(
    scene: Scene, node: Node, args: Arguments, command: str, check: Check, why: Text
) -> Action:
    """Return a wait: nothing is done, and its check must hold in time."""
    bound = args.get("timeout")
    settle_s = float(bound) if isinstance(bound, int) else float(WAIT_S)
    return Action(
        host=scene.host,
        step=WAIT.name,
        node=node,
        do=None,
        command=command,
        why=why,
        after=(check,),
        timeout_s=settle_s + MARGIN_S,
        settle_s=settle_s,
    )


def _health(scene: Scene, node: Node, args: Arguments) -> Action:
    """Return the wait until all containers of a service run and are healthy."""
    if node.stack:
        check = of_service(node, *RUNNING, HEALTHY)
    else:
        check = Check("container", (str(node.service),), (*RUNNING, HEALTHY))
    boxes = scene.boxes(node)
    name = boxes[0].name if boxes else str(node.service)
    look = "{{.State.Health.Status}}"
    command = (
        f'until [ "$(docker inspect -f {shlex.quote(look)} {shlex.quote(name)})" = '
        "healthy ]; do sleep 1; done"
    )
    why = _READY.fill({"what": str(node.service)})
    return _wait(scene, node, args, command, check, why)


def _port(scene: Scene, node: Node, args: Arguments, text: str) -> Action:
    """Return the wait for a port of the host, or `HOST:PORT` as seen from there."""
    host, _, number = text.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not number.isdecimal() or int(number) not in PORTS:
        raise CannotError(f"wait: port is 1 to 65535 or HOST:PORT, not {text!r}")
    check = Check("tcp", (host, number), (Comparison("outcome", "in", _ANSWERS),))
    command = f"until nc -z {shlex.quote(host)} {number}; do sleep 1; done"
    why = _READY.fill({"what": f"{host}:{number}"})
    return _wait(scene, node, args, command, check, why)


def _http(scene: Scene, node: Node, args: Arguments, url: str) -> Action:
    """Return the wait until an http:// address answers with a status below 400."""
    try:
        parts = urlsplit(url)
        port = parts.port or 80
    except ValueError as error:
        raise CannotError(f"wait: http is an http:// address, not {url!r}") from error
    if parts.scheme != "http" or not parts.hostname:
        raise CannotError(f"wait: http is an http:// address, not {url!r}")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    expect = (Comparison("outcome", "eq", "ok"), Comparison("status", "lt", 400))
    check = Check("http", (parts.hostname, str(port), path), expect)
    command = f"until curl -fsS -o /dev/null {shlex.quote(url)}; do sleep 1; done"
    return _wait(scene, node, args, command, check, _READY.fill({"what": url}))


def _log(scene: Scene, node: Node, args: Arguments, text: str) -> Iterator[Action]:
    """Yield the wait, a container, until it has logged a text since its start."""
    boxes = scene.boxes(node)
    if not boxes:
        raise CannotError(f"{node}: it has no container whose log could be read")
    for box in boxes:
        check = Check("log", (box.name, text), (Comparison("count", "ge", 1),))
        words = f"docker logs {shlex.quote(box.name)} 2>&1 | grep -qF -- {shlex.quote(text)}"
        why = _LOGGED.fill({"what": text})
        command = f"until {words}; do sleep 1; done"
        yield _wait(scene, node, args, command, check, why)


WAIT = StepKind(
    name="wait",
    doc="Wait until a service is healthy, a port or address answers, a line is logged.",
    actions=_actions,
    arguments={
        "service": SERVICE,
        "healthy": Argument(bool, default=False),
        "port": Argument(str),
        "http": Argument(str),
        "log": Argument(str),
        "timeout": Argument(int, default=WAIT_S),
    },
    help={
        "service": "service or container, several with commas; all of the stack without it",
        "healthy": "wait for health, too, where something else is waited for",
        "port": "a TCP port of the host, or HOST:PORT as seen from there",
        "http": "an http:// address as seen from the host; a status below 400 is an answer",
        "log": "a text that the service must log after its start",
        "timeout": "seconds that each wait may take",
    },
    positional=("service",),
    timeout_s=300.0,
)
