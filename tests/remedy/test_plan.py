"""Each recorded incident comes to the right level and commands; and the rules of a plan."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from escalade.errors import UsageError
from escalade.model import Confidence
from escalade.model import Node
from escalade.model import Remedy
from escalade.model import Severity
from escalade.model import Step
from escalade.plans import Risk
from escalade.plans import UserTask
from escalade.plans import flat
from escalade.remedy.choose import Wish
from escalade.remedy.plan import Called
from escalade.remedy.plan import plan_for
from escalade.remedy.plan import plan_steps
from escalade.remedy.step import StepKind
from escalade.remedy.unseen import Unseen
from escalade.remedy.verify import touched
from escalade.text import NO_TEXT
from escalade.text import Text
from tests.diagnosis.world import HOST
from tests.diagnosis.world import box
from tests.diagnosis.world import node
from tests.remedy import toys
from tests.remedy.replayed import CASES
from tests.remedy.replayed import incident
from tests.remedy.replayed import plan_of

FILES = sorted(path.stem for path in CASES.glob("*.jsonl"))
AGENT, SERVER = "eloquence-multiagent", "eloquence-livekit-server-1"
CONNECT = "docker network connect --alias"
# The commands that change something, by incident: symptom, lowest level, commands.
# Where there is none, the climb hands off with the exact edit.
TABLE: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "ag-02-agent-lacks-its-key": ("agent.variable-missing", 3, ()),
    "ag-03-agent-s-url-has-a-typo": ("generic.name-unknown", 3, ()),
    "ag-05-packets-from-the-agent-to-the-server-are-dropped": (
        "generic.cannot-reach",
        1,
        (f"docker restart {AGENT}",),
    ),
    "ag-06-agent-s-health-check-asks-the-wrong-place": (
        "agent.healthcheck-wrong",
        3,
        (),
    ),
    "ag-06k-agent-holds-another-secret": ("agent.keys-differ", 3, ()),
    "ag-16-agent-s-image-lacks-a-library": (
        "generic.module-missing",
        2,
        (f"build {AGENT}", f"up -d --no-deps --force-recreate {AGENT}"),
    ),
    "dk-04-speech-to-text-fails-at-once": (
        "generic.crash-looping",
        2,
        ("build vosk-stt", "up -d --force-recreate vosk-stt"),
    ),
    "dk-05-agent-disconnected-from-its-network": (
        "generic.no-network",
        1,
        (f"{CONNECT} {AGENT} eloquence_default {AGENT}",),
    ),
    "dk-05b-redis-disconnected-from-its-network": (
        "generic.no-network",
        1,
        (f"{CONNECT} redis eloquence_default eloquence-redis-1",),
    ),
    "dk-06-model-service-out-of-memory": ("generic.out-of-memory-loop", 3, ()),
    "dk-09-config-file-missing-at-its-mount": ("generic.cannot-start", 3, ()),
    "dk-12-command-does-not-exist": ("generic.command-missing", 3, ()),
    "dk-14-redis-s-health-check-cannot-run": ("generic.healthcheck-broken", 3, ()),
    "gn-01-database-stopped": ("generic.died", 1, ("docker start shop-db-1",)),
    "gn-02-web-server-paused": ("generic.paused", 1, ("docker unpause shop-front-1",)),
    "gn-03-worker-names-a-database-that-does-not-exist": (
        "generic.name-unknown",
        3,
        (),
    ),
    "gn-04-worker-disconnected-from-its-network": (
        "generic.no-network",
        1,
        (f"{CONNECT} worker shop_default shop-worker-1",),
    ),
    "lk-01-server-stopped": ("livekit.stopped", 1, (f"docker start {SERVER}",)),
    "lk-02-server-paused": ("generic.paused", 1, (f"docker unpause {SERVER}",)),
    "lk-02b-server-frozen-by-sigstop": (
        "generic.frozen",
        1,
        (f"docker restart -t 3 {SERVER}",),
    ),
    "lk-03-unknown-flag": ("livekit.config-unparsable", 3, ()),
    "lk-04-malformed-keys": ("livekit.keys-missing", 3, ()),
    "lk-05-bound-to-localhost": ("livekit.loopback-only", 3, ()),
    "lk-06-server-holds-another-secret": ("livekit.keys-differ", 3, ()),
    "lk-07-redis-down-server-restarted": (
        "redis.stopped",
        1,
        (
            "docker start eloquence-redis-1",
            "docker restart eloquence-livekit-server-1",
        ),
    ),
    "lk-07b-redis-address-is-a-url": ("livekit.redis-address-malformed", 3, ()),
    "lk-08-redis-lost-at-run-time": (
        "redis.stopped",
        1,
        ("docker start eloquence-redis-1",),
    ),
    "lk-10-host-port-taken": ("generic.port-taken", 3, ()),
    "lk-19-agent-s-url-has-a-wrong-port": ("agent.wrong-port", 3, ()),
    "lk-19b-agent-s-url-has-the-wrong-scheme": ("agent.wrong-url", 3, ()),
    "lm-01-model-service-refuses-the-key": ("llm.key-refused", 3, ()),
    "lm-02-model-service-fails": (
        "llm.failing",
        1,
        ("docker restart eloquence-mistral-conversation-1",),
    ),
    "rd-02-redis-asks-for-a-password": ("redis.password-required", 3, ()),
    "rd-04-redis-has-reached-maxmemory": ("redis.out-of-memory", 3, ()),
    "rd-05-redis-cannot-save": ("redis.cannot-save", 3, ()),
    "rd-08-redis-frozen": ("generic.paused", 1, ("docker unpause eloquence-redis-1",)),
    "tk-01-tokens-are-expired": ("token.expired", 3, ()),
    "tk-03-token-service-signs-with-another-secret": ("token.keys-differ", 3, ()),
    "tk-04-token-service-stopped": (
        "token.stopped",
        1,
        ("docker start eloquence-token-service-1",),
    ),
    "tk-04b-token-service-has-no-secret": ("token.keyless", 3, ()),
    "vs-01-speech-model-missing": ("stt.model-missing", 3, ()),
}


def short(command: str) -> str:
    """Return a Compose command without the options that find its project."""
    found = re.search(r"^docker compose .*? ((?:build|up) .*)$", command)
    return found[1] if found else command


# ------------------------------------------------------- recorded incidents


def test_every_incident_has_a_row():
    """No recorded fault is without its level and commands."""
    assert {*TABLE, "healthy"} == set(FILES)


@pytest.mark.parametrize("name", TABLE)
def test_an_incident_comes_to_its_level_and_commands(name):
    """The one root of an incident has a climb at the lowest level that can cure it."""
    plan = plan_of(name)
    symptom, level, commands = TABLE[name]
    assert [(c.symptom, c.level) for c in plan.climbs] == [(symptom, level)]
    done = [short(a.command) for a in plan.actions if not a.reads]
    assert tuple(done) == commands


def repair_set(scene, root):
    """Return the services that may be touched for a root: others serve on."""
    looping = {
        other
        for other in scene.dependants(root)
        if all("keeps restarting" in box.en for box in _idle(scene, other))
    }
    return {root, *scene.sharers(root), *looping}


def _idle(scene, node):
    """Return why each container of a service serves nobody, "" where it may serve."""
    return [scene.box_idle(box) or NO_TEXT for box in scene.boxes(node)]


@pytest.mark.parametrize("name", TABLE)
def test_no_action_leaves_the_repair_set(name):
    """Nothing but the root, who shares its network namespace, and who loops for want of it."""
    _, scenes = incident(name)
    for climb in plan_of(name).climbs:
        assert set(touched(climb)) <= repair_set(scenes[climb.node.host], climb.node)


@pytest.mark.parametrize("name", TABLE)
def test_every_level_of_an_incident_can_be_planned(name):
    """Each level above can be planned too, and what cannot says so in one line."""
    for level in (2, 3):
        plan = plan_of(name, level=level)
        assert [c.level >= min(level, 3) for c in plan.climbs] == [True]
        for step in plan.steps:
            assert "\n" not in step.trouble
        for climb in plan.climbs:
            scene = incident(name)[1][climb.node.host]
            assert set(touched(climb)) <= repair_set(scene, climb.node)


@pytest.mark.parametrize("name", [n for n, row in TABLE.items() if not row[2]])
def test_a_hand_off_has_the_exact_edit(name):
    """What no command cures is handed off with advice in both languages."""
    climb = plan_of(name).climbs[0]
    assert [step.name for step in climb.steps][-2:] == ["bundle", "handoff"]
    assert climb.advice is not None
    assert climb.advice.en
    assert climb.advice.fr


def test_a_healthy_stack_has_no_plan():
    """Weaknesses that were there before are told, not acted on."""
    told, _ = incident("healthy")
    assert plan_of("healthy").climbs == ()
    assert told.exit == 0


def test_the_same_look_makes_the_same_plan():
    """A plan is a value: made twice, it is equal, digest included."""
    name = "ag-16-agent-s-image-lacks-a-library"
    assert plan_of(name, made=1.0) == plan_of(name, made=1.0)


def test_a_plan_rests_on_what_it_touches():
    """Symptom, container, image and configuration of what is touched are facts of it."""
    plan = plan_of("lk-08-redis-lost-at-run-time", extra={"runbooks": "b"})
    place = "localhost/eloquence-redis-1"
    names = {
        "symptom redis.stopped at localhost/eloquence/redis",
        f"container {place}",
        f"image of {place}",
        f"configuration of {place}",
        "runbooks",
    }
    assert set(plan.rests) == names
    assert all(plan.rests.values())


@pytest.mark.parametrize(
    "word", ["redis.stopped", "redis", "livekit-server", "livekit.redis-lost"]
)
def test_a_consequence_leads_to_its_root(word):
    """A symptom, runbook or service that suffers is fixed at its root."""
    plan = plan_of("lk-08-redis-lost-at-run-time", only=(word,))
    assert [climb.symptom for climb in plan.climbs] == ["redis.stopped"]


@pytest.mark.parametrize("word", ["vosk-stt", "token.stopped", "stt"])
def test_what_is_well_has_no_climb(word):
    """A known name that is not in trouble has nothing to do."""
    assert plan_of("lk-08-redis-lost-at-run-time", only=(word,)).climbs == ()


def test_an_unknown_name_is_refused():
    """A name that nothing has is refused with the nearest that something has."""
    with pytest.raises(UsageError, match=re.escape("did you mean 'redis.stopped'?")):
        plan_of("healthy", only=("redis.stoped",))


# ---------------------------------------------------------------- the rules


def planned(*roots, book=None, scenes=None, **wish):
    """Return the plan of some roots with small steps."""
    told = toys.diagnosis(*roots)
    return plan_for(
        told, scenes or toys.scene(), book or toys.book(), toys.KINDS, Wish("t", **wish)
    )


def commands(plan):
    return [action.command for action in plan.actions]


DOWN = toys.root("r.down", "db")


def test_ids_say_where_an_action_stands():
    """Ids begin with the round, so that none is given twice in a run."""
    plan = planned(DOWN, toys.root("r.slow", "web"), level=2, round=2)
    assert [c.id for c in plan.climbs] == ["2.1", "2.2"]
    assert [s.id for s in plan.climbs[0].steps] == ["2.1.1", "2.1.2"]
    ids = [a.id for a in plan.actions]
    assert ids[0] == "2.1.1.1"
    assert len(set(ids)) == len(ids)


def test_ids_of_groups_and_handlers():
    """What stands below a step has an id of its own."""
    kick = Step("kick", {"service": "db"})
    whole = Step("group", group=(kick, kick), on_failed=(kick,), always=(kick,))
    plan = planned(DOWN, book=toys.book(levels={1: (whole,)}))
    ids = [step.id for step in plan.steps]
    assert ids == ["1.1.1", "1.1.1.g1", "1.1.1.g2", "1.1.1.f1", "1.1.1.a1"]
    assert plan.actions[-1].id == "1.1.1.a1.1"


@pytest.mark.parametrize(
    ("wish", "level"),
    [
        ({}, 1),
        ({"level": 1}, 1),
        ({"level": 2}, 2),
        ({"level": 9}, 3),
        ({"levels": {"r.down@db": 2}}, 2),
        ({"levels": {"r.down@db": 3}, "level": 2}, 3),
        ({"levels": {"other": 3}}, 1),
    ],
)
def test_the_level_that_is_due(wish, level):
    """The highest of start level, what is due and what was asked for."""
    assert planned(DOWN, **wish).climbs[0].level == level


def test_the_start_level_is_the_least():
    """Nobody can ask for a level below the one where a symptom begins."""
    start = replace(DOWN, remedy=Remedy("mend", 2, ("kick",), None))
    climb = planned(start, level=1).climbs[0]
    assert (climb.level, climb.reason.en) == (2, "its ladder begins at level 2")


def test_asked_for_above_the_ladder_is_its_highest():
    """A level asked for by hand stays on the ladder; what is due beyond it hands off."""
    book = toys.book(levels={1: (Step("kick", {"service": "db"}),)})
    assert planned(DOWN, book=book, level=3).climbs[0].level == 1
    climb = planned(DOWN, book=book, levels={DOWN.id: 2}).climbs[0]
    assert climb.level == 3
    assert [step.name for step in climb.steps] == ["bundle", "handoff"]


def test_above_the_highest_allowed_nothing_is_planned():
    """A level that is not allowed is named, and has no steps."""
    climb = planned(DOWN, levels={DOWN.id: 2}, max_level=1).climbs[0]
    assert (climb.level, climb.steps) == (2, ())
    assert "level 1 is the highest" in climb.reason.en


def test_the_reason_of_an_escalation_is_kept():
    """Why a level was climbed to stands with its climb."""
    why = Text("level 1 did not cure it", "le niveau 1 ne l'a pas guéri")
    plan = planned(DOWN, levels={DOWN.id: 2}, reasons={DOWN.id: why})
    assert plan.climbs[0].reason == why


@pytest.mark.parametrize(
    ("over", "remedy", "level", "names"),
    [
        ({"remedy": Remedy(None, None, ("wait",), None)}, "wait", 0, []),
        ({"remedy": Remedy(None, None, ("none",), None)}, "none", 0, []),
        (
            {"remedy": Remedy(None, None, ("handoff",), None)},
            "handoff",
            3,
            ["bundle", "handoff"],
        ),
        ({"suspected": True}, "handoff", 3, ["bundle", "handoff"]),
        ({"confidence": Confidence.LIKELY}, "handoff", 3, ["bundle", "handoff"]),
    ],
)
def test_where_nothing_is_to_be_changed(over, remedy, level, names):
    """Wait and none run nothing; what is not sure or not curable is handed off."""
    plan = planned(replace(DOWN, **over))
    climb = plan.climbs[0]
    assert (climb.remedy, climb.level) == (remedy, level)
    assert [step.name for step in climb.steps] == names
    assert all(action.reads for action in plan.actions)
    assert climb.reason.en


def test_reading_needs_no_confidence():
    """A level that changes nothing runs on a guess."""
    book = toys.book(levels={1: (Step("read"),)})
    climb = planned(replace(DOWN, confidence=Confidence.GUESS), book=book).climbs[0]
    assert (climb.remedy, climb.level) == ("ladder", 1)


def test_what_is_not_acted_on():
    """Weaknesses of old, notes, and what another root explains have no climb."""
    plan = planned(
        toys.root("r.old", "web", standing=True),
        toys.root("r.note", "web", severity=Severity.INFO),
        DOWN,
        toys.root("r.hurt", "api", caused_by=DOWN.id),
    )
    assert [climb.finding for climb in plan.climbs] == [DOWN.id]


def test_what_others_depend_on_comes_first():
    """Roots of a stack are in order of starting, the host's own before all of them."""
    from escalade.remedy.scene import Scene
    from tests.diagnosis.world import snapshot

    boxes = [
        box("api", name="api", depends=("web:service_started",)),
        box("web", name="web", depends=("db:service_started",)),
        box("db", name="db", depends=()),
    ]
    scenes = {HOST: Scene(snapshot(*boxes), HOST, {})}
    roots = [toys.root("r.down", name) for name in ("api", "web", "db")]
    lost = toys.root("r.disk", None, remedy=Remedy(None, None, ("handoff",), None))
    plan = planned(*roots, lost, scenes=scenes)
    assert [c.node.service for c in plan.climbs] == [None, "db", "web", "api"]


def test_no_service_is_touched_twice():
    """What one climb does to a service, a later one does not do once more; it is told."""
    plan = planned(DOWN, toys.root("r.down", "web"), level=2)
    assert commands(plan).count("docker restart web") == 1
    assert "web is left to the climb of db" in plan.climbs[1].reason.en
    assert "read lines=400" in commands(plan)[-1]


# -------------------------------------------------------- templates and types


def one(step: Step, **wish):
    """Return the plan of a level with one step."""
    return planned(DOWN, book=toys.book(levels={1: (step,)}), **wish)


def test_templates_are_filled_from_the_root():
    """Names of the root and variables of the step are filled in, once."""
    args = {"names": ["{{ root.service }}", "{{ root.host }}/{{ vars.x | upper }}"]}
    plan = one(Step("read", args, vars={"x": "{{ root.symptom }}"}))
    assert "names=('db', 'here/R.DOWN')" in commands(plan)[0]


def test_what_is_filled_in_is_no_template():
    """A service whose name looks like a template is only a name."""
    odd = toys.root("r.down", "{{ root.host }}")
    book = toys.book(levels={1: (Step("read", {"names": "{{ root.service }}"}),)})
    plan = planned(odd, book=book)
    assert "{{ root.host }}" in commands(plan)[0]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ({"lines": "40"}, "lines=40 "),
        ({"lines": 40}, "lines=40 "),
        ({"wait_s": "1m30s"}, "wait_s=90.0 "),
        ({"deep": "yes"}, "deep=True"),
        ({"names": "a, b"}, "names=('a', 'b')"),
        ({"of": "ports"}, "of=ports"),
        ({}, "lines=10 wait_s=None"),
    ],
)
def test_arguments_are_typed(args, told):
    """Text becomes what the step's argument is; what is not given has its default."""
    assert told in commands(one(Step("read", args)))[0]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (Step("read", {"lines": "many"}), "read: lines is a whole number, not 'many'"),
        (Step("read", {"of": "port"}), "(did you mean 'ports'?)"),
        (
            Step("read", {"line": 5}),
            "read has no argument 'line' (did you mean 'lines'?)",
        ),
        (Step("read", {"names": "{{ vars.x }}"}), "names: vars.x is not known here"),
        (Step("read", {"names": "a{{ vars.x }}"}), "'x'"),
        (Step("read", {"names": "{{ root.servce }}"}), "(did you mean 'service'?)"),
        (Step("read", {"names": "{% if %}"}), "names: '{% if %}'"),
        (Step("raed"), "no step or task 'raed' (did you mean 'read'?)"),
        (Step("kick", {"service": "bd"}), "no service 'bd' (did you mean 'db'?)"),
        (Step("raed", source="r.yaml:5"), "(did you mean 'read'?) (r.yaml:5)"),
        (Step("refuse", source="r.yaml:5"), "there is no file"),
    ],
)
def test_what_cannot_be_planned_says_why(step, told):
    """A level with a step that cannot be planned does not run, and says so."""
    plan = planned(
        DOWN, book=toys.book(levels={1: (Step("kick", {"service": "db"}), step)})
    )
    climb = plan.climbs[0]
    assert told in climb.steps[1].trouble
    assert told in climb.reason.en
    assert plan.actions == ()


def test_what_cannot_be_planned_in_a_group_stops_the_level_too():
    """Neither what stands before it runs, nor what would handle its failure."""
    refuse = Step("refuse", source="r.yaml:5")
    group = Step("group", group=(Step("kick", {"service": "web"}), refuse))
    group = replace(group, on_failed=(Step("kick", {"service": "api"}),))
    first = Step("kick", {"service": "db"})
    plan = planned(DOWN, book=toys.book(levels={1: (first, group)}))
    assert "refuse: there is no file" in plan.climbs[0].reason.en
    assert commands(plan) == []


def test_a_handler_that_cannot_be_planned_stops_nothing():
    """It may never be needed: nothing was kept yet that it could go back to."""
    step = Step("kick", {"service": "db"}, on_failed=(Step("refuse"),))
    assert commands(one(step)) == ["docker restart db"]


def test_every_attempt_has_a_bound():
    """A step without a timeout has its kind's."""
    assert one(Step("read")).steps[0].control.timeout_s == 120.0
    assert one(Step("read", timeout_s=7.0)).steps[0].control.timeout_s == 7.0


def test_a_task_of_the_operator_s_own():
    """A task may be named as a step; it has the risk that it declares."""
    tasks = {"flush_all": Risk.DISRUPTIVE}
    step = Step("flush_all", {"region": "eu", "dry_run": True, "keep": ["a", "b"]})
    action = one(step, user_tasks=tasks).actions[0]
    words = ("flush_all", "--region=eu", "--dry-run", "--keep=a", "--keep=b")
    assert action.do == UserTask(words)
    assert (action.risk, action.reads) == (Risk.DISRUPTIVE, False)


# ------------------------------------------------------------------- by hand


def test_a_step_by_hand_is_one_climb_a_place():
    """A step called by hand is on no ladder and stands for no finding."""
    plan = plan_steps(
        [Called("kick", {"service": "db"})],
        [node("db"), node("web")],
        toys.scene(),
        toys.KINDS,
        Wish("t"),
    )
    assert [(c.ladder, c.level, c.finding) for c in plan.climbs] == [(None, 0, "")] * 2
    assert commands(plan) == ["docker restart db"] * 2
    assert "container here/app-db-1" in plan.rests


def test_a_service_step_has_the_node_s_service():
    """Without a service given, a step is about the one where it is called."""
    plan = plan_steps(
        [Called("kick")], [node("web")], toys.scene(), toys.KINDS, Wish("t")
    )
    assert commands(plan) == ["docker restart web"]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (Called("kik"), "no step 'kik' (did you mean 'kick'?)"),
        (Called("kick", {"servce": "db"}), "no argument 'servce'"),
    ],
)
def test_a_wrong_call_is_refused(call, told):
    """An unknown step or argument is refused before anything is planned."""
    with pytest.raises(UsageError, match=re.escape(told)):
        plan_steps([call], [node("db")], toys.scene(), toys.KINDS, Wish("t"))


def test_a_place_that_was_not_seen():
    """A host without a scene has a step that says so."""
    plan = plan_steps([Called("kick")], [node("db")], {}, toys.KINDS, Wish("t"))
    assert plan.steps[0].trouble == "here was not seen"


def test_a_required_argument():
    """What a step cannot do without is asked for."""
    from escalade.evidence.probe import Argument

    kind = StepKind(
        "need", "Need.", toys._read, arguments={"file": Argument(str, required=True)}
    )
    with pytest.raises(UsageError, match="need needs the argument 'file'"):
        plan_steps(
            [Called("need")], [node("db")], toys.scene(), {"need": kind}, Wish("t")
        )


@pytest.mark.parametrize(
    ("whole", "call", "refused"),
    [
        (True, Called("kick"), True),
        (False, Called("kick"), True),
        (True, Called("read"), False),
        (False, Called("refuse"), True),
    ],
)
def test_a_place_that_nobody_could_look_at(whole, call, refused):
    """What needs it says why it was not seen; what only reads is planned as ever."""
    lost = {"here": Unseen("here cannot be reached: refused", host=whole)}
    plan = plan_steps(
        [call], [node("db")], toys.scene(), toys.KINDS, Wish("t"), unseen=lost
    )
    (step,) = plan.steps
    assert step.trouble == ("here cannot be reached: refused" if refused else "")
    assert bool(step.actions) is not refused


def test_a_step_of_a_host_says_that_a_stack_does_not_narrow_it():
    """What it is called for is the host; a step of a service keeps the stack."""
    at = Node(HOST, "app")
    wide = plan_steps([Called("read")], [at], toys.scene(), toys.KINDS, Wish("t"))
    (climb,) = wide.climbs
    assert climb.node == Node(HOST)
    assert climb.reason.en == "about all of here: the stack app does not narrow it"
    plain = plan_steps(
        [Called("read")], [Node(HOST)], toys.scene(), toys.KINDS, Wish("t")
    )
    assert plain.climbs[0].reason.en == ""
    kick = [Called("kick", {"service": "db"})]
    narrow = plan_steps(kick, [at], toys.scene(), toys.KINDS, Wish("t"))
    assert narrow.climbs[0].node == at
    assert narrow.climbs[0].reason.en == ""


# ----------------------------------------------------------------------- tags


def _tagged_book():
    """Return a ladder of a group and two steps, with tags."""
    kick = Step("kick", {"service": "db"}, tags=("act",))
    read = Step("read", {"lines": 5})
    inner = (Step("read", {"lines": 1}, tags=("look",)), Step("read", {"lines": 2}))
    return toys.book(levels={1: (read, Step("group", group=inner), kick)})


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({}, ["read 5", "read 1", "read 2", "kick"]),
        ({"tags": ("act",)}, ["kick"]),
        ({"tags": ("look",)}, ["read 1"]),
        ({"tags": ("look", "act")}, ["read 1", "kick"]),
        ({"skip_tags": ("act",)}, ["read 5", "read 1", "read 2"]),
        ({"tags": ("act",), "skip_tags": ("act",)}, []),
    ],
)
def test_tags_choose_steps(wish, told):
    """Of a group with no tag of its own, those of its steps that have one."""
    climb = planned(DOWN, book=_tagged_book(), **wish).climbs[0]
    steps = [s for top in climb.steps for s in flat(top) if s.actions]
    words = {"kick": "kick"}
    said = [
        words.get(s.name) or f"read {s.actions[0].command.split('lines=')[1][0]}"
        for s in steps
    ]
    assert said == told
    assert ("has no step that the tags choose" in climb.reason.en) is (not told)


def test_a_tag_that_no_step_has_is_refused():
    """With the nearest one."""
    with pytest.raises(UsageError, match=r"no tag 'acct' \(did you mean 'act'\?\)"):
        planned(DOWN, book=_tagged_book(), tags=("acct",))
