"""Small roots, books and steps for the pure tests of plans; their scene is a real one."""

from __future__ import annotations

from dataclasses import replace

from escalade.evidence.probe import Argument
from escalade.model import All
from escalade.model import Ask
from escalade.model import Comparison
from escalade.model import Confidence
from escalade.model import Diagnosis
from escalade.model import Finding
from escalade.model import HostState
from escalade.model import Kind
from escalade.model import Ladder
from escalade.model import Node
from escalade.model import Remedy
from escalade.model import Runbook
from escalade.model import ServiceState
from escalade.model import Severity
from escalade.model import Step
from escalade.model import Symptom
from escalade.model import Verdict
from escalade.plans import Action
from escalade.plans import Call
from escalade.plans import Climb
from escalade.plans import Collect
from escalade.plans import PlannedStep
from escalade.plans import Risk
from escalade.remedy.scene import Scene
from escalade.remedy.step import CannotError
from escalade.remedy.step import StepKind
from escalade.runbooks.book import Book
from escalade.text import Text
from tests.diagnosis.world import HOST
from tests.diagnosis.world import STACK
from tests.diagnosis.world import box
from tests.diagnosis.world import node
from tests.diagnosis.world import snapshot

WHEN = Ask("container", (), (Comparison("state", "eq", "exited"),))
RIPE = All((WHEN, Ask("container", (), (Comparison("uptime_s", "ge", 20),))))


def root(symptom: str, service: str | None, **more) -> Finding:
    """Return a proven root of an error with the ladder `mend`, or one that differs."""
    more.setdefault("remedy", Remedy("mend", 1, ("kick",), None))
    place = more.pop("node", node(service) if service else Node(HOST))
    values = {
        "id": f"{symptom}@{service}",
        "severity": Severity.ERROR,
        "confidence": Confidence.PROVEN,
        "kind": Kind.INTRINSIC,
        "title": Text(f"{symptom} is wrong", f"{symptom} va mal"),
        "why": (),
    }
    return Finding(**{**values, "symptom": symptom, "node": place, **more})


def row(service: str, **over) -> ServiceState:
    """Return a healthy row of the board, or one that differs."""
    values = {"state": "running", "health": "healthy", "verdict": "ok"}
    return ServiceState(node(service), f"app-{service}-1", **{**values, **over})


def diagnosis(*findings: Finding, services=("db", "web", "api"), **over) -> Diagnosis:
    """Return a diagnosis with these findings over healthy services."""
    rows = tuple(s if isinstance(s, ServiceState) else row(s) for s in services)
    values = {
        "run": "r",
        "started": 100.0,
        "took_s": 1.0,
        "mode": "full",
        "verdict": Verdict.FINDINGS if findings else Verdict.HEALTHY,
        "exit": 2 if findings else 0,
        "hosts": (HostState(HOST, reachable=True),),
        "services": rows,
        "findings": findings,
        "gaps": (),
        "stacks": (STACK,),
    }
    return Diagnosis(**{**values, **over})


def scene(*services: str) -> dict[str, Scene]:
    """Return the scene of one host whose containers run."""
    names = services or ("db", "web", "api")
    boxes = [
        box(name, id=f"{name}-id", image_id="sha256:1", config_hash="c", running=True)
        for name in names
    ]
    return {HOST: Scene(snapshot(*boxes), HOST, {})}


def _kick(scene, at, args):
    """Restart the services named."""
    for name in str(args["service"]).split(","):
        one = scene.node(at, name)
        yield Action(
            host=at.host,
            step="kick",
            node=one,
            do=Call("POST", f"/containers/{name}/restart"),
            command=f"docker restart {name}",
            risk=Risk.DISRUPTIVE,
            touches=(one,),
        )


def _read(scene, at, args):
    """Read what can be read."""
    words = " ".join(f"{name}={value}" for name, value in args.items())
    yield Action(at.host, "read", at, Collect("logs"), command=f"read {words}".rstrip())


def _refuse(scene, at, args):
    """Do nothing: it cannot be done here."""
    raise CannotError("there is no file")
    yield


SERVICE = {"service": Argument(str, default="")}
KINDS = {
    kind.name: kind
    for kind in (
        StepKind("kick", "Kick.", _kick, arguments=SERVICE),
        StepKind(
            "read",
            "Read.",
            _read,
            scope="host",
            arguments={
                "lines": Argument(int, default=10),
                "wait_s": Argument(float),
                "names": Argument(str, many=True),
                "deep": Argument(bool, default=False),
                "of": Argument(str, choices=("logs", "ports")),
            },
        ),
        StepKind("refuse", "Cannot.", _refuse),
        StepKind("bundle", "Bundle.", _read, scope="stack"),
        StepKind("handoff", "Hand off.", _read, scope="stack"),
    )
}


def book(*, levels=None, verify=(), symptoms=("r.down", "r.slow")) -> Book:
    """Return a book of one runbook with the ladder `mend`."""
    plain = {
        1: (Step("kick", {"service": "{{ root.service }}"}),),
        2: (Step("read", {"lines": 400}), Step("kick", {"service": "web"})),
        3: (Step("read"),),
    }
    ladder = Ladder("mend", levels or plain, verify)
    known = [
        Symptom(
            id=one,
            runbook="r",
            role="any",
            kind=Kind.INTRINSIC,
            title=Text(one, one),
            severity=Severity.ERROR,
            confidence=Confidence.PROVEN,
            when=RIPE if one == "r.slow" else WHEN,
        )
        for one in symptoms
    ]
    runbook = Runbook("r", Text("r", "r"), "any", tuple(known), {"mend": ladder})
    return Book((runbook,), ())


def climb(**over) -> Climb:
    """Return a climb that restarted db, or one that differs."""
    action = Action(
        host=HOST,
        step="kick",
        node=node("db"),
        do=Call("POST", "/containers/db/restart"),
        command="docker restart db",
        touches=(node("db"),),
        id="1.1.1.1",
    )
    base = Climb(
        id="1.1",
        node=node("db"),
        symptom="r.down",
        finding="r.down@db",
        title=Text("down", "arrêté"),
        ladder="mend",
        level=1,
        steps=(PlannedStep("1.1.1", "kick", node("db"), (action,)),),
    )
    return replace(base, **over)
