"""What the tests of the journal write: a place, a journal, and a run from end to end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from escalade.journal import facts
from escalade.journal.place import Place
from escalade.journal.place import state_folder
from escalade.journal.recorder import ClimbRecorder
from escalade.journal.store import Journal
from escalade.journal.store import open_journal
from escalade.model import Confidence
from escalade.model import Diagnosis
from escalade.model import Finding
from escalade.model import HostState
from escalade.model import Kind
from escalade.model import Node
from escalade.model import Remedy
from escalade.model import ServiceState
from escalade.model import Severity
from escalade.model import Verdict
from escalade.plans import Action
from escalade.plans import Call
from escalade.plans import Climb
from escalade.plans import Did
from escalade.plans import Ended
from escalade.plans import Outcome
from escalade.plans import Plan
from escalade.plans import PlannedStep
from escalade.plans import Verified
from escalade.redact import MARK
from escalade.shapes import shaped
from escalade.text import Text

REDIS = Node("web1", "eloquence", "redis")
RUN = "20261124T170900Z-ab12cd"
START = 1_795_540_140.0
MARKED = MARK


def place(folder: Path) -> Place:
    """Return a state folder of a test's own."""
    return state_folder({"ESCALADE_STATE": str(folder)})


def ticking(start: float = START, step: float = 1.0) -> Callable[[], float]:
    """Return a clock that goes on by a step at each look."""
    now = start - step

    def clock() -> float:
        nonlocal now
        now += step
        return now

    return clock


def journal(folder: Path, **more: object) -> Journal:
    """Return a journal of a test's own, secrets known by their shape."""
    settings = {"redact": shaped, "clock": ticking(), **more}
    return open_journal(place(folder), **settings)


def action(name: str = "1.1.1", **more: object) -> Action:
    """Return the start of a container."""
    settings = {
        "host": "web1",
        "step": "start",
        "node": REDIS,
        "do": Call("POST", "/containers/eloquence-redis-1/start"),
        "command": "docker start eloquence-redis-1",
        "why": Text("it is not running", "il ne tourne pas"),
        "undo": "docker stop eloquence-redis-1",
        "id": name,
    }
    return Action(**{**settings, **more})


def climb(*actions: Action, level: int = 1) -> Climb:
    """Return a level of the ladder of a Redis that does not run."""
    step = PlannedStep("1.1", "start", REDIS, actions or (action(),))
    title = Text("Redis is not running", "Redis ne tourne pas")
    return Climb(
        "1", REDIS, "redis.stopped", "f-redis", title, "restart", level, (step,)
    )


def plan(*climbs: Climb) -> Plan:
    """Return a plan."""
    return Plan(RUN, 1, START, climbs or (climb(),), {}, "c0ffee" * 10)


def diagnosis(*, stopped: bool = True) -> Diagnosis:
    """Return a diagnosis of a stack whose Redis is stopped, or well."""
    title = Text("Redis is not running", "Redis ne tourne pas")
    finding = Finding(
        "f-redis",
        "redis.stopped",
        REDIS,
        Severity.CRITICAL,
        Confidence.PROVEN,
        Kind.INTRINSIC,
        title,
        (),
        Remedy("restart", 1, (), None),
    )
    row = ServiceState(REDIS, "eloquence-redis-1", "exited", None, "bad")
    return Diagnosis(
        run=RUN,
        started=START,
        took_s=0.1,
        mode="full",
        verdict=Verdict.FINDINGS if stopped else Verdict.HEALTHY,
        exit=2 if stopped else 0,
        hosts=(HostState("web1", reachable=True),),
        services=(row,),
        findings=(finding,) if stopped else (),
        gaps=(),
    )


def write_run(into: Journal, run: str = RUN, *, end: bool = True) -> None:
    """Write a whole run: found, planned, approved, done, verified, ended."""
    into.begin(
        run,
        "fix",
        who="anna",
        argv=("invoke", "fix", "redis", "--yes"),
        why="page at three",
        version="0.1.0",
    )
    into.event(run, "diagnosed", data=facts.diagnosed(diagnosis()))
    data = {"climbs": [{"steps": [{"actions": [_action_data()]}]}]}
    into.event(run, "planned", data=facts.planned(plan(), data))
    into.event(run, "approved", data={"by": "anna", "digest": "c0ffee"})
    into.event(run, "locked", node=REDIS)
    writer = ClimbRecorder(into, run, 1, climb())
    writer.intent(action(), 1)
    writer.group(action(), "4711")
    writer.result(Did("1.1.1", Ended.DONE, took_s=0.8, code=204, output="ok\nwell"))
    reason = Text("it is gone in three looks", "il a disparu de trois examens")
    writer.verified(Verified("1", Outcome.CURED, reason))
    into.event(run, "diagnosed", data=facts.diagnosed(diagnosis(stopped=False)))
    if end:
        into.event(run, "ended", data={"exit": 0, "outcome": "cured", "level": 1})


def _action_data() -> dict[str, object]:
    """Return an action as the plan's own codec has it, as far as it is shown."""
    return {"host": "web1", "command": "docker start eloquence-redis-1"}
