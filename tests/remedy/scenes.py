"""What the tests of the container steps share: scenes, recorded and real."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import replace
from functools import cache
from pathlib import Path

from escalade.diagnosis.roles import bind
from escalade.evidence.catalog import probes
from escalade.evidence.codec import load
from escalade.evidence.gather import GatherOptions
from escalade.evidence.gather import gather
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Host
from escalade.model import Node
from escalade.model import Snapshot
from escalade.model import Status
from escalade.plans import Action
from escalade.plans import Collect
from escalade.plans import Did
from escalade.remedy.catalog import steps
from escalade.remedy.perform import Performer
from escalade.remedy.scene import Scene
from escalade.runbooks.load import load as load_runbooks
from escalade.transport.local import LocalTransport

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "cases" / "incidents"
HOST = "localhost"


@cache
def book():
    """Return the shipped runbooks."""
    return load_runbooks([ROOT / "runbooks"], probes())


@cache
def snapshot(case: str) -> Snapshot:
    """Return the recorded incident whose name starts so."""
    (file,) = CASES.glob(f"{case}-*.jsonl") if case != "healthy" else [_healthy()]
    with file.open() as lines:
        return load(lines, file.name)


def _healthy() -> Path:
    """Return the recording of the stack in health."""
    return CASES / "healthy.jsonl"


def recorded(case: str, *, holds: frozenset[Node] = frozenset()) -> Scene:
    """Return the scene of a recorded incident."""
    return scene_of(snapshot(case), holds=holds)


def scene_of(seen: Snapshot, *, holds: frozenset[Node] = frozenset()) -> Scene:
    """Return the scene of a snapshot's only host."""
    roles = bind(book().roles, seen.evidence)
    return Scene(seen, seen.hosts[0].host, roles, holds=holds)


def changed(case: str, service: str, **readings: object) -> Snapshot:
    """Return a recorded incident in which a container's record says something else."""
    seen = snapshot(case)
    pieces = tuple(
        replace(piece, readings=({**piece.readings[0], **readings},))
        if piece.address.probe == "container" and piece.address.service == service
        else piece
        for piece in seen.evidence
    )
    return replace(seen, evidence=pieces)


def without(seen: Snapshot, probe: str) -> Snapshot:
    """Return a snapshot in which a probe had no answer."""
    pieces = tuple(
        replace(
            piece, status=Status.UNSUPPORTED, readings=(), complete=False, reason="gone"
        )
        if piece.address.probe == probe
        else piece
        for piece in seen.evidence
    )
    return replace(seen, evidence=pieces)


def added(seen: Snapshot, *pieces: Evidence) -> Snapshot:
    """Return a snapshot with more evidence."""
    return replace(seen, evidence=(*seen.evidence, *pieces))


def actions(
    scene: Scene, step: str, service: str | None = None, **more: object
) -> list[Action]:
    """Return what a step would do, called on a service or on the first stack."""
    kind = steps()[step]
    args = {name: one.default for name, one in kind.arguments.items()} | more
    node = Node(scene.host, scene.stacks()[0], service)
    return list(kind.actions(scene, node, args))


def commands(scene: Scene, step: str, service: str | None = None, **more) -> list[str]:
    """Return the commands of a step, as an operator would type them."""
    return [act.command for act in actions(scene, step, service, **more)]


# ------------------------------------------------------------------ the world


def look(stack: str, **more: object) -> Scene:
    """Return the scene of a stack that runs here, with its drift."""
    host = Host(HOST)
    transport = LocalTransport(host)

    def wanted(seen: tuple[Evidence, ...]) -> tuple[Address, ...]:
        return (Address(HOST, stack, None, None, "drift"),)

    # Others may use this machine: a bound of its own keeps the answers whole.
    options = GatherOptions(stacks=(stack,), deadline_s=30.0)
    found = gather(host, transport, wanted=wanted, options=options)
    seen = Snapshot(time.time(), "full", (found.state,), found.evidence)
    return scene_of(seen, **more)


def carried_out(todo: list[Action]) -> list[Did]:
    """Carry actions out here, in order, and return how each ended."""
    host = Host(HOST)
    performer = Performer(
        host,
        LocalTransport(host),
        stop=threading.Event(),
        redact=lambda text: text,
        tag=f"esc-scene-{secrets.token_hex(4)}",
    )
    ended = [
        performer.perform(
            replace(act, id=f"1.1/{number}"),
            1,
            timeout_s=120.0,
            started=lambda _group: None,
            say=lambda _line: None,
        )
        for number, act in enumerate(todo, 1)
        if not isinstance(act.do, Collect)
    ]
    performer.close()
    return ended
