"""Runs of `fix` as the reports get them, built by hand: one for each golden file."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import replace

from escalade.model import All
from escalade.model import Any
from escalade.model import Ask
from escalade.model import Comparison
from escalade.model import Diagnosis
from escalade.model import Node
from escalade.model import Not
from escalade.plans import Action
from escalade.plans import Call
from escalade.plans import Climb
from escalade.plans import Collect
from escalade.plans import Control
from escalade.plans import Did
from escalade.plans import Ended
from escalade.plans import Outcome
from escalade.plans import Plan
from escalade.plans import PlannedStep
from escalade.plans import Risk
from escalade.plans import Verified
from escalade.report.fixstory import FixStory
from escalade.report.fixstory import HandedOff
from escalade.text import Text

NOW = 1_787_330_942.25
RUN = "20260821-164902-7f3a"
REDIS = Node("localhost", "eloquence", "redis")
BEGINS = Text("its ladder begins at level 1", "son échelle commence au niveau 1")
NOT_CURED = Text(
    "level 1 did not cure it: still there: Redis is not running (redis on localhost)",
    "le niveau 1 ne l'a pas guéri : toujours là : Redis ne tourne pas (redis sur localhost)",
)
Cases = Mapping[str, Callable[[], Diagnosis]]


def reading(at: str, command: str, what: str = "logs") -> Action:
    """Return an action that only reads."""
    return Action("localhost", what, REDIS, Collect(what), command, id=at)


def start(at: str, **over) -> Action:
    """Return the start of Redis, or another action that changes something."""
    values = {
        "host": "localhost",
        "step": "start",
        "node": REDIS,
        "do": Call("POST", "/containers/eloquence-redis-1/start"),
        "command": "docker start eloquence-redis-1",
        "why": Text("redis is not running", "redis ne tourne pas"),
        "undo": "docker stop eloquence-redis-1",
        "touches": (REDIS,),
        "id": at,
    }
    return Action(**{**values, **over})


def rebuild(at: str) -> Action:
    """Return a disruptive action without undo."""
    return start(
        at,
        step="rebuild",
        command="docker compose -p eloquence up -d --build --no-deps redis",
        risk=Risk.DISRUPTIVE,
        why=Text("its image may be at fault", "son image est peut-être en cause"),
        undo="",
    )


def step(at: str, name: str, *actions: Action, **over) -> PlannedStep:
    """Return a planned step."""
    return PlannedStep(at, name, REDIS, actions, **over)


def climb(at: str, level: int, *steps: PlannedStep, **over) -> Climb:
    """Return a climb of the stopped Redis."""
    values = {
        "id": at,
        "node": REDIS,
        "symptom": "redis.stopped",
        "finding": "redis.stopped@localhost/redis",
        "title": Text("Redis is not running", "Redis ne tourne pas"),
        "ladder": "start",
        "level": level,
        "steps": steps,
        "reason": BEGINS,
    }
    return Climb(**{**values, **over})


def plan(number: int, *climbs: Climb) -> Plan:
    """Return the plan of one round."""
    return Plan(RUN, number, NOW, climbs, {"runbooks": "b"}, f"{number}" * 64)


def first() -> Plan:
    """Return the plan of level 1."""
    look = reading("1.1.1.1", "docker logs --tail 100 eloquence-redis-1")
    return plan(
        1,
        climb(
            "1.1",
            1,
            step("1.1.1", "logs", look),
            step("1.1.2", "start", start("1.1.2.1")),
        ),
    )


def second() -> Plan:
    """Return the plan of level 2: a rebuild that is tried twice, with a handler."""
    steps = (
        step(
            "2.1.1",
            "rebuild",
            rebuild("2.1.1.1"),
            control=Control(attempts=2),
            on_failed=(
                step("2.1.1.f1", "logs", reading("2.1.1.f1.1", "docker logs redis")),
            ),
        ),
    )
    return plan(2, climb("2.1", 2, *steps, reason=NOT_CURED))


def third() -> Plan:
    """Return the plan of level 3: a hand-off with its advice."""
    steps = (
        step("3.1.1", "bundle", reading("3.1.1.1", "invoke bundle", "bundle")),
        step("3.1.2", "handoff", reading("3.1.2.1", "invoke handoff", "handoff")),
    )
    advice = Text("Look at its data folder.", "Regardez son dossier de données.")
    return plan(3, climb("3.1", 3, *steps, reason=NOT_CURED, advice=advice))


def did(at: str, ended: Ended = Ended.DONE, **over) -> Did:
    """Return how an action ended."""
    return Did(at, ended, **{"started": NOW, "took_s": 1.2, **over})


def cured(cases: Cases) -> FixStory:
    """Level 1 cures a stopped Redis."""
    return FixStory(
        run=RUN,
        started=NOW,
        took_s=4.2,
        before=cases["one-root"](),
        after=cases["healthy"](),
        plans=(first(),),
        dids=(did("1.1.1.1", took_s=0.05), did("1.1.2.1", code=204)),
        verified=(Verified("1.1", Outcome.CURED),),
        outcome=Outcome.CURED,
        level=1,
        restarted=(REDIS,),
    )


def handed_off(cases: Cases) -> FixStory:
    """Three levels, none of which cures; the rebuild leaves something running."""
    still = Text(
        "still there: Redis is not running (redis on localhost)",
        "toujours là : Redis ne tourne pas (redis sur localhost)",
    )
    worse = Text("new since the actions: x", "nouveau depuis les actions : x")
    return FixStory(
        run=RUN,
        started=NOW,
        took_s=95.0,
        before=cases["one-root"](),
        after=cases["one-root"](),
        plans=(first(), second(), third()),
        dids=(
            did("1.1.1.1"),
            did("1.1.2.1", Ended.SKIPPED, took_s=0.0),
            did("2.1.1.1", Ended.FAILED, code=1, reason="build failed: no space left"),
            did(
                "2.1.1.1",
                Ended.TIMEOUT,
                attempt=2,
                took_s=600.0,
                reason="not done after 600 s",
                orphan="process group 4711",
            ),
            did("3.1.1.1", kept=("bundle.tar.gz",)),
            did("3.1.2.1"),
        ),
        verified=(
            Verified("1.1", Outcome.PERSISTS, still),
            Verified("2.1", Outcome.WORSE, worse, new=("x",)),
            Verified("3.1", Outcome.PERSISTS, still),
        ),
        escalations=(NOT_CURED,),
        outcome=Outcome.PERSISTS,
        level=3,
        exit=4,
        restarted=(REDIS,),
        handoffs=(
            HandedOff(
                Text("Redis is not running.\nSee its log.", "Redis ne tourne pas."),
                REDIS,
                "on-call",
                f"runs/{RUN}/handoff.md",
                "redis.stopped@localhost/redis",
                "redis.stopped",
            ),
        ),
        kept=(f"runs/{RUN}/3.1.1.1-bundle.tar.gz",),
    )


def dry(cases: Cases) -> FixStory:
    """Return a plan that was shown, and nothing else."""
    return FixStory(
        RUN, NOW, 1.1, cases["one-root"](), plans=(first(),), exit=2, dry=True
    )


def waiting(cases: Cases) -> FixStory:
    """Return a disruptive plan without a terminal to ask on."""
    return replace(
        dry(cases), plans=(second(),), dry=False, exit=5, waiting_approval=True
    )


def refused(cases: Cases) -> FixStory:
    """Return a plan above what is allowed."""
    why = Text("the plan is disruptive", "le plan est « perturbateur »")
    return replace(dry(cases), plans=(second(),), dry=False, exit=5, refused=why)


def interrupted(cases: Cases) -> FixStory:
    """Ctrl-C while the start was under way."""
    return replace(
        cured(cases),
        after=None,
        outcome=None,
        exit=130,
        dids=(did("1.1.1.1"), did("1.1.2.1", Ended.INTERRUPTED)),
        verified=(),
    )


def well(cases: Cases) -> FixStory:
    """Nothing to fix."""
    empty = plan(1)
    return FixStory(RUN, NOW, 0.8, cases["healthy"](), plans=(empty,))


def waits(cases: Cases) -> FixStory:
    """Redis is loading: nothing is run; another step cannot be planned."""
    advice = Text("It answers by itself.", "Il répondra de lui-même.")
    loading = climb(
        "1.1", 0, remedy="wait", ladder=None, advice=advice, reason=Text("", "")
    )
    lost = climb(
        "1.2",
        1,
        step("1.2.1", "start", trouble="no service 'redsi' (did you mean 'redis'?)"),
        reason=Text("level 1 cannot run", "le niveau 1 ne peut pas tourner"),
    )
    return FixStory(
        RUN,
        NOW,
        2.0,
        cases["one-root"](),
        after=cases["one-root"](),
        plans=(plan(1, loading, lost),),
        verified=(Verified("1.1", Outcome.UNKNOWN, Text("too early", "trop tôt")),),
        outcome=Outcome.UNKNOWN,
        exit=3,
    )


def by_hand(cases: Cases) -> FixStory:
    """Return a step called by hand: no finding, no ladder."""
    one = climb(
        "1.1",
        0,
        step("1.1.1", "start", start("1.1.1.1")),
        finding="",
        symptom="",
        ladder=None,
        title=Text("start", "start"),
        reason=Text("", ""),
    )
    return FixStory(
        RUN,
        NOW,
        1.3,
        cases["healthy"](),
        plans=(plan(1, one),),
        dids=(did("1.1.1.1", code=204, output="started\nit is up"),),
        restarted=(REDIS,),
    )


def not_done(cases: Cases) -> FixStory:
    """Return a step called by hand that failed; verification has no say in it."""
    failed = did("1.1.1.1", Ended.FAILED, code=500, reason="no such image")
    said = Verified("1.1", Outcome.PERSISTS, Text("start: no such image", ""))
    story = replace(by_hand(cases), dids=(failed,), verified=(said,), exit=2)
    return replace(story, restarted=())


def tied(cases: Cases) -> FixStory:
    """Build a level whose steps are done only at times, a handler for each failure."""
    here = Ask("registered", (("name", "first"),), (Comparison("ended", "eq", "done"),))
    old = Ask("container", (), (Comparison("uptime_s", "ge", 20),), every=True)
    either = Any((here, All((old, Not(here)))))
    tag = start("1.1.1.1", command="docker tag shop:new shop", touches=(), undo="")
    look = reading("1.1.1.u1.1", "docker logs redis")
    first_step = step(
        "1.1.1",
        "tag",
        tag,
        on_failed=(step("1.1.1.f1", "logs", reading("1.1.1.f1.1", "docker ps")),),
        on_unreachable=(step("1.1.1.u1", "logs", look),),
        on_timeout=(step("1.1.1.t1", "stop", start("1.1.1.t1.1", command="kill 1")),),
        always=(step("1.1.1.a1", "logs", reading("1.1.1.a1.1", "docker version")),),
    )
    second_step = step(
        "1.1.2", "rebuild", rebuild("1.1.2.1"), control=Control(when=either)
    )
    steps = (first_step, second_step, step("1.1.3", "start", start("1.1.3.1")))
    why = "its condition does not hold"
    return replace(
        cured(cases),
        plans=(plan(1, climb("1.1", 1, *steps)),),
        dids=(
            did("1.1.1.1"),
            did("1.1.2.1", Ended.SKIPPED, took_s=0.0, reason=why),
            did("1.1.3.1", Ended.SKIPPED, took_s=0.0, reason="it is so already"),
        ),
    )


def unseen(cases: Cases) -> FixStory:
    """Return a dry run in which nothing was seen that a plan could be made of."""
    return FixStory(
        RUN, NOW, 0.4, cases["gaps-only"](), plans=(plan(1),), exit=3, dry=True
    )


def passed_on(cases: Cases) -> FixStory:
    """Two roots, two messages: each is named."""
    story = handed_off(cases)
    (one,) = story.handoffs
    node = Node("localhost", "eloquence", "token-service")
    other = replace(one, node=node, file=f"runs/{RUN}/3.2.2.1-handoff.md")
    kept = (*story.kept, f"runs/{RUN}/3.2.1.1-bundle.tar.gz")
    return replace(story, handoffs=(one, other), kept=kept)


def collected(cases: Cases) -> FixStory:
    """Look at the networks by hand: it is shown, and kept."""
    what = reading("1.1.1.1", "docker network ls", "network")
    one = climb(
        "1.1",
        0,
        step("1.1.1", "network", what),
        finding="",
        symptom="",
        ladder=None,
        title=Text("network", "network"),
        reason=Text("", ""),
    )
    table = "NETWORK        DRIVER\nshop_default   bridge"
    file = "1.1.1.1-network.txt"
    return FixStory(
        RUN,
        NOW,
        0.7,
        cases["healthy"](),
        plans=(plan(1, one),),
        dids=(did("1.1.1.1", output=table, kept=(file,)),),
        verified=(Verified("1.1", Outcome.CURED),),
        kept=(f"runs/{RUN}/{file}",),
    )


STORIES: Mapping[str, Callable[[Cases], FixStory]] = {
    "cured": cured,
    "handed-off": handed_off,
    "dry": dry,
    "waiting": waiting,
    "refused": refused,
    "interrupted": interrupted,
    "well": well,
    "waits": waits,
    "by-hand": by_hand,
    "not-done": not_done,
    "tied": tied,
    "unseen": unseen,
    "no-stack": lambda cases: replace(unseen(cases), before=cases["no-stack"]()),
    "passed-on": passed_on,
    "collected": collected,
}
