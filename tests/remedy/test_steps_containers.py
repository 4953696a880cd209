"""The container steps over recorded incidents: which actions, in which order, and why."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace

import pytest

from escalade.errors import UsageError
from escalade.model import Comparison
from escalade.model import Node
from escalade.model import Snapshot
from escalade.plans import Call
from escalade.plans import Check
from escalade.plans import Collect
from escalade.plans import Risk
from escalade.plans import Shell
from escalade.remedy.catalog import steps
from escalade.remedy.gates import gate_s
from tests.remedy.scenes import actions
from tests.remedy.scenes import added
from tests.remedy.scenes import changed
from tests.remedy.scenes import commands
from tests.remedy.scenes import recorded
from tests.remedy.scenes import scene_of
from tests.remedy.scenes import snapshot
from tests.remedy.scenes import without
from tests.remedy.test_scene import drift_piece

MINE = (
    "start",
    "stop",
    "restart",
    "recreate",
    "unpause",
    "reconnect",
    "up",
    "down",
    "safe-restart",
)
HERE = "localhost"
STACK = "eloquence"
AGENT = "eloquence-multiagent"
REDIS = Node(HERE, STACK, "redis")
COMPOSE = (
    "docker compose -p eloquence --project-directory /srv/bed -f /srv/bed/compose.yaml "
)
ORDER = (
    "mistral-conversation",
    "redis",
    "livekit-server",
    "token-service",
    "vosk-stt",
    AGENT,
)


def changes(todo):
    """Return the commands of the actions that touch a container."""
    return [act.command for act in todo if act.touches]


@pytest.mark.parametrize("name", MINE)
def test_every_step_says_what_it_is(name):
    """One line for the list, and one for each argument."""
    kind = steps()[name]
    assert kind.doc.endswith(".")
    assert set(kind.help) == set(kind.arguments)
    assert set(kind.positional) <= set(kind.arguments)


@pytest.mark.parametrize("name", MINE)
def test_every_action_tells_all_that_a_plan_shows(name):
    """Command, why in both languages, bounds, and a way to see that it happened."""
    case = {"unpause": "rd-08", "reconnect": "dk-05b"}.get(name, "lk-08")
    service = None if name in ("down", "safe-restart") else "redis"
    for act in actions(recorded(case), name, service):
        assert act.step == name
        assert act.host == HERE
        assert act.command
        assert act.why.en
        assert act.why.fr
        assert act.why.en != act.why.fr
        assert act.timeout_s > 0
        assert act.after or isinstance(act.do, Collect)
        assert shlex.split(act.command)


# ------------------------------------------------------------------ restart


def test_a_stopped_redis_is_restarted_alone():
    """One request to the Engine, safe, proved by a later start; nobody else is touched."""
    (act,) = actions(recorded("lk-08"), "restart", "redis")
    assert act.do == Call("POST", "/containers/eloquence-redis-1/restart")
    assert act.command == "docker restart eloquence-redis-1"
    assert act.risk is Risk.SAFE
    assert act.touches == (REDIS,)
    assert act.why.pick("en") == "redis is not running"
    assert act.why.pick("fr") == "redis ne tourne pas"
    assert act.undo == ""
    assert act.after == (
        Check(
            "container",
            ("eloquence-redis-1",),
            (
                Comparison("started_at", "gt", 1795545732.031618),
                Comparison("running", "eq", value=True),
                Comparison("restarting", "eq", value=False),
            ),
        ),
    )


def test_what_may_serve_is_restarted_as_disruptive():
    """Nothing proves that the agent serves nobody."""
    (act,) = actions(recorded("lk-08"), "restart", AGENT)
    assert act.risk is Risk.DISRUPTIVE
    assert act.command == "docker restart eloquence-multiagent"


def test_what_is_frozen_gets_a_short_grace():
    """No TERM reaches it, and users are waiting."""
    (act,) = actions(recorded("lk-02b"), "restart", "livekit-server")
    assert act.command == "docker restart -t 3 eloquence-livekit-server-1"
    assert act.do.path.endswith("/restart?t=3")
    assert act.risk is Risk.SAFE


def test_the_grace_is_the_containers_own_unless_one_is_given():
    """A stop_grace_period stands in the container; what is asked for outweighs it."""
    scene = scene_of(changed("healthy", "redis", stop_grace_s=45))
    (act,) = actions(scene, "restart", "redis")
    assert (act.command, act.timeout_s) == ("docker restart eloquence-redis-1", 75.0)
    (act,) = actions(scene, "restart", "redis", grace=5)
    assert act.command == "docker restart -t 5 eloquence-redis-1"
    assert act.timeout_s == 35.0


def test_several_restart_in_the_order_of_their_needs():
    """Whatever the order in which they are named; each waits for what it needs."""
    todo = actions(recorded("lk-08"), "restart", f"{AGENT}, livekit-server,redis")
    assert [(act.node.service, bool(act.touches)) for act in todo] == [
        ("redis", True),
        ("redis", False),
        ("livekit-server", True),
        ("livekit-server", False),
        (AGENT, True),
    ]
    waits = [act for act in todo if act.do is None]
    assert all(act.risk is Risk.SAFE and act.settle_s == 53.0 for act in waits)
    assert waits[0].command.startswith('until [ "$(docker inspect -f ')


def test_the_whole_stack_restarts_in_order():
    """Without a service: all of them, Redis before LiveKit before the agent."""
    todo = actions(recorded("healthy"), "restart")
    assert [act.node.service for act in todo if act.touches] == list(ORDER)


def test_a_stack_without_files_restarts_in_order():
    """The Engine alone is enough, whatever became of the Compose files."""
    scene = scene_of(without(snapshot("healthy"), "compose"))
    todo = actions(scene, "restart")
    assert [act.node.service for act in todo if act.touches] == list(ORDER)
    assert all(isinstance(act.do, Call) for act in todo if act.touches)


def test_who_shares_the_network_restarts_after_its_owner():
    """Its network namespace is gone otherwise."""
    seen = changed("lk-08", "vosk-stt", network_mode="container:125ea513f132")
    todo = actions(scene_of(seen), "restart", "redis")
    assert changes(todo) == [
        "docker restart eloquence-redis-1",
        "docker restart -t 3 eloquence-vosk-stt-1",
    ]
    assert {act.risk for act in todo} == {Risk.SAFE}


def test_a_health_check_that_lies_is_not_waited_for():
    """It said no while the service served, and would go on saying no."""
    todo = actions(recorded("dk-14"), "restart", "redis,livekit-server")
    assert [act.do is None for act in todo] == [False, False]


def test_what_is_paused_is_left_alone_unless_asked():
    """One who paused it may have had a reason; the answer says what would help."""
    scene = recorded("rd-08")
    with pytest.raises(UsageError, match=r"is paused .unpause it"):
        actions(scene, "restart", "redis")
    assert "docker restart eloquence-redis-1" not in commands(scene, "restart")
    assert commands(scene, "restart", "redis", paused=True) == [
        "docker unpause eloquence-redis-1",
        "docker restart eloquence-redis-1",
    ]


def test_what_is_held_is_left_alone_unless_asked():
    """It is meant to be stopped."""
    scene = recorded("lk-08", holds=frozenset({REDIS}))
    with pytest.raises(UsageError, match="meant to be stopped"):
        actions(scene, "restart", "redis")
    assert "docker restart eloquence-redis-1" not in commands(scene, "restart")
    assert commands(scene, "restart", "redis", held=True)


def test_a_task_that_ended_well_is_left_alone():
    """A migration does not run again because a stack is restarted."""
    scene = scene_of(changed("lk-08", "redis", oneshot=True))
    assert "docker restart eloquence-redis-1" not in commands(scene, "restart")


def test_a_changed_definition_is_recreated():
    """A restart would not take it up."""
    scene = scene_of(added(snapshot("healthy"), drift_piece(declared_hash="b")))
    (act,) = actions(scene, "restart", "redis")
    assert act.command == COMPOSE + "up -d --force-recreate redis"
    assert "changed" in act.why.en
    assert act.risk is Risk.DISRUPTIVE


def test_a_changed_definition_is_restarted_where_the_files_are_gone():
    """Nothing else can be done from there."""
    seen = without(
        added(snapshot("healthy"), drift_piece(tag_id="sha256:2")), "compose"
    )
    assert commands(scene_of(seen), "restart", "redis") == [
        "docker restart eloquence-redis-1"
    ]


def test_what_has_no_container_is_brought_up():
    """There is nothing to restart."""
    seen = snapshot("lk-08")
    gone = tuple(p for p in seen.evidence if p.address.service != "redis")
    (act,) = actions(scene_of(replace(seen, evidence=gone)), "restart", "redis")
    assert act.command == COMPOSE + "up -d --no-deps redis"
    assert act.risk is Risk.SAFE


def test_an_unknown_service_is_refused_with_the_nearest():
    """Before anything ran."""
    with pytest.raises(UsageError, match=r"did you mean 'redis'"):
        actions(recorded("lk-08"), "restart", "redis,redos")


def test_a_stack_must_be_said_where_there_are_several():
    """Nobody guesses which is meant."""
    seen = snapshot("lk-08")
    twin = tuple(
        replace(p, address=replace(p.address, stack="b"))
        for p in seen.evidence
        if p.address.service == "redis"
    )
    kind = steps()["restart"]
    args = {name: one.default for name, one in kind.arguments.items()}
    scene = scene_of(added(seen, *twin))
    with pytest.raises(UsageError, match="say which stack: b, eloquence"):
        list(kind.actions(scene, Node(HERE), args))
    with pytest.raises(UsageError, match="no stack 'eloquense'"):
        list(kind.actions(scene, Node(HERE, "eloquense"), args))


# ---------------------------------------------------------- recreate, up, down


@pytest.mark.parametrize("step", ["start", "restart", "recreate"])
def test_who_loops_for_want_of_it_is_begun_again_after_it(step):
    """The Engine's pause would keep the server away long after Redis is back."""
    first, again = actions(recorded("lk-07"), step, "redis")
    assert first.node == REDIS
    assert again.command.startswith("docker restart ")
    assert again.touches == (Node(HERE, STACK, "livekit-server"),)
    assert again.risk is Risk.SAFE
    # Whether it then stays up is not what the step is asked for.
    assert [one.reading for one in again.after[0].expect] == ["started_at"]
    assert "for want of redis" in again.why.en


def test_who_loops_is_left_alone_where_it_is_held_or_needs_something_else():
    """A hold stands; what is brought back must be what it lacks."""
    held = recorded("lk-07", holds=frozenset({Node(HERE, STACK, "livekit-server")}))
    assert commands(held, "start", "redis") == ["docker start eloquence-redis-1"]
    assert len(commands(recorded("lk-07"), "restart", "vosk-stt")) == 1


def test_recreate_replaces_one_service_and_no_other():
    """Compose is told not to touch what it depends on."""
    (act,) = actions(recorded("healthy"), "recreate", "livekit-server")
    words = "up -d --no-deps --force-recreate livekit-server"
    assert act.command == COMPOSE + words
    assert isinstance(act.do, Shell)
    typed = act.command.removeprefix("docker compose ")
    assert f'timeout -k 5 70 "$@" {typed}\n' in act.do.line
    # What its time did not suffice for is brought to an end, and not begun anew.
    assert act.do.line.endswith(f'"$@" {typed.replace("--force-recreate ", "")}')
    assert act.timeout_s == 130
    assert act.risk is Risk.DISRUPTIVE
    (check,) = act.after
    assert check.of == "service"
    box = recorded("healthy").boxes(Node(HERE, STACK, "livekit-server"))[0]
    assert check.expect[0] == Comparison("id", "not_in", (box.id,))


def test_recreate_without_files_says_what_would_work():
    """One line with the reason and the way out."""
    scene = scene_of(without(snapshot("healthy"), "compose"))
    with pytest.raises(UsageError, match="restart it instead"):
        actions(scene, "recreate", "redis")


def test_up_of_one_service_brings_what_it_lacks():
    """Those it needs that do not run come with it; nobody else is touched."""
    (act,) = actions(recorded("lk-07"), "up", "token-service")
    assert act.command == (
        COMPOSE + "up -d --no-deps redis livekit-server token-service"
    )


def test_up_of_a_stack_waits_for_the_health_of_all():
    """A health gate for each service, within its own numbers."""
    (act,) = actions(recorded("lk-08"), "up")
    assert act.command == COMPOSE + "up -d"
    assert [check.target[1] for check in act.after] == list(ORDER)
    gate = Comparison("health", "in", ("healthy", "none"))
    assert all(gate in check.expect for check in act.after)
    assert act.settle_s == 83.0


def test_up_leaves_the_held_stopped():
    """It names all others, so that Compose does not start the one."""
    (act,) = actions(recorded("lk-08", holds=frozenset({REDIS})), "up")
    names = " ".join(name for name in ORDER if name != "redis")
    assert act.command == f"{COMPOSE}up -d --no-deps {names}"


def test_up_is_safe_where_nothing_changed():
    """It starts what does not run and replaces nothing."""
    todo = actions(scene_of(added(snapshot("lk-08"), drift_piece())), "up", "redis")
    assert [(act.risk, act.touches, act.always) for act in todo] == [
        (Risk.SAFE, (REDIS,), False)
    ]


@pytest.mark.parametrize("step", ["down", "safe-restart"])
def test_no_volume_ever_goes(step):
    """Nobody loses data by a procedure that is called safe."""
    words = [w for c in commands(recorded("lk-08"), step) for w in c.split()]
    assert not {"-v", "--volumes", "--rmi", "--remove-orphans"} & set(words)


def test_down_names_the_profiles_whose_containers_are_there():
    """Compose would not see them otherwise, and could not remove the network."""
    seen = snapshot("healthy")
    pieces = tuple(
        replace(
            p,
            readings=tuple(
                {**r, "profiles": ("voice",) if r["service"] == "vosk-stt" else ()}
                for r in p.readings
            ),
        )
        if p.address.probe == "compose"
        else p
        for p in seen.evidence
    )
    (act,) = actions(scene_of(replace(seen, evidence=pieces)), "down")
    assert act.command == COMPOSE + "--profile voice down"
    assert act.undo == COMPOSE + "--profile voice up -d"


def test_down_without_files_is_destructive():
    """Nobody could make the containers again from there; they stop before they go."""
    scene = scene_of(without(snapshot("healthy"), "compose"))
    todo = actions(scene, "down")
    assert max(act.risk for act in todo) is Risk.DESTRUCTIVE
    assert [c.split()[1] for c in changes(todo)] == ["stop"] * 6 + ["rm"] * 6
    assert changes(todo)[0] == "docker stop eloquence-multiagent"


def test_safe_restart_without_files_keeps_the_containers():
    """Stopped in reverse, started in order, each when what it needs is healthy."""
    scene = scene_of(without(snapshot("healthy"), "compose"))
    todo = actions(scene, "safe-restart")
    verbs = [c.split()[1] for c in changes(todo)]
    assert verbs == ["stop"] * 6 + ["start"] * 6
    assert todo[-1].do is None
    assert all(act.risk is not Risk.DESTRUCTIVE for act in todo)


def test_safe_restart_goes_by_the_files_where_they_wait_for_health():
    """The bed declares service_healthy everywhere: one `up` does it in order."""
    assert [
        c.removeprefix(COMPOSE) for c in commands(recorded("healthy"), "safe-restart")
    ] == [
        "down",
        "up -d",
    ]


def test_safe_restart_goes_rank_by_rank_where_they_do_not():
    """Files without conditions: each rank is up and healthy before the next."""
    seen = snapshot("healthy")
    pieces = tuple(
        replace(p, readings=tuple({**r, "depends": ()} for r in p.readings))
        if p.address.probe == "compose"
        else p
        for p in seen.evidence
    )
    todo = commands(scene_of(replace(seen, evidence=pieces)), "safe-restart")
    assert [c.removeprefix(COMPOSE) for c in todo] == [
        "down",
        "up -d --no-deps mistral-conversation redis vosk-stt",
        "up -d --no-deps livekit-server",
        "up -d --no-deps token-service eloquence-multiagent",
    ]


# ------------------------------------------- start, stop, unpause, reconnect


def test_start_and_stop_undo_each_other():
    """The plan says how to take either back."""
    (start,) = actions(recorded("lk-08"), "start", "redis")
    (stop,) = actions(recorded("healthy"), "stop", "redis")
    assert (start.command, start.undo) == (stop.undo, stop.command)
    assert (start.risk, stop.risk) == (Risk.SAFE, Risk.DISRUPTIVE)


def test_a_restarting_container_does_not_count_as_stopped():
    """Between two tries nothing runs; the stop is still to be done."""
    (act,) = actions(recorded("dk-04"), "stop", "vosk-stt")
    assert Comparison("restarting", "eq", value=False) in act.after[0].expect


def test_a_stack_stops_in_reverse():
    """Those first that nobody needs."""
    todo = actions(recorded("healthy"), "stop")
    assert [act.node.service for act in todo] == list(reversed(ORDER))


def test_a_hold_is_declared_before_the_stop_and_ends_with_a_start():
    """Whoever looks in between must not start it again."""
    hold, stop = actions(recorded("healthy"), "stop", "redis", hold=True)
    wanted = (("service", "redis"), ("stack", STACK))
    assert hold.do == Collect("hold", wanted)
    assert (hold.risk, hold.touches) == (Risk.SAFE, ())
    assert stop.touches == (REDIS,)
    held = recorded("lk-08", holds=frozenset({REDIS}))
    release, start = actions(held, "start", "redis")
    assert release.do == Collect("unhold", wanted)
    assert start.command == "docker start eloquence-redis-1"


def test_who_shares_the_network_is_restarted_after_a_start_of_its_owner():
    """What runs in the namespace of before is alone there; what is held stays as it is."""
    seen = changed("lk-08", "vosk-stt", network_mode="container:125ea513f132")
    todo = actions(scene_of(seen), "start", "redis")
    assert changes(todo) == [
        "docker start eloquence-redis-1",
        "docker restart -t 3 eloquence-vosk-stt-1",
    ]
    assert {act.risk for act in todo} == {Risk.SAFE}
    assert todo[-1].after[0].expect[0].op == "gt"
    vosk = Node(HERE, STACK, "vosk-stt")
    held = scene_of(seen, holds=frozenset({vosk}))
    assert changes(actions(held, "start", "redis")) == todo[0].command.splitlines()
    down = changed("lk-08", "vosk-stt", network_mode="none")
    assert len(changes(actions(scene_of(down), "start", "redis"))) == 1


def test_the_start_of_all_restarts_those_who_share_a_network_after_its_owner():
    """A start of what runs in the namespace of before would do nothing."""
    seen = changed("lk-08", "vosk-stt", network_mode="container:125ea513f132")
    todo = changes(actions(scene_of(seen), "start"))
    mine = [words for words in todo if "redis" in words or "vosk" in words]
    assert mine == [
        "docker start eloquence-redis-1",
        "docker restart -t 3 eloquence-vosk-stt-1",
    ]


def replicas(*states, seen=None):
    """Return a scene whose redis has one replica for each state, all else as recorded."""
    seen = seen or snapshot("healthy")
    one = next(
        p
        for p in seen.evidence
        if p.address.probe == "container" and p.address.service == "redis"
    )
    pieces = [p for p in seen.evidence if p is not one]
    for number, state in enumerate(states, 1):
        name = f"eloquence-redis-{number}"
        record = {"name": name, "number": number, "id": str(number) * 12}
        record |= {"state": state, "running": state != "exited"}
        record["paused"] = state == "paused"
        place = replace(one.address, replica=name)
        readings = ({**one.readings[0], **record},)
        pieces.append(replace(one, address=place, readings=readings))
    return scene_of(replace(seen, evidence=tuple(pieces)))


def test_the_dead_replica_alone_is_started():
    """Those that live are not touched: the start of one is safe."""
    todo = actions(replicas("running", "exited", "running"), "start", "redis")
    assert changes(todo) == ["docker start eloquence-redis-2"]
    assert {act.risk for act in todo} == {Risk.SAFE}
    todo = actions(replicas("paused", "exited"), "start", "redis")
    assert changes(todo) == ["docker start eloquence-redis-2"]


@pytest.mark.parametrize("step", ["restart", "stop", "start"])
def test_a_container_that_is_named_is_touched_alone(step):
    """Its name, or its own and another's; a service's name is all of them."""
    scene = replicas("running", "running", "running")
    names = [f"eloquence-redis-{number}" for number in (1, 2, 3)]

    def touched(words: str) -> list[str]:
        return [words.split()[-1] for words in changes(actions(scene, step, words))]

    assert touched(names[1]) == [names[1]]
    assert touched(f"{names[2]},{names[0]}") == [names[0], names[2]]
    assert touched(f"{names[2]}, redis") == names
    assert touched("redis") == names


def test_the_paused_one_that_is_named_goes_on_alone():
    """The other pause is left as it is."""
    todo = actions(replicas("paused", "paused"), "unpause", "eloquence-redis-2")
    assert changes(todo) == ["docker unpause eloquence-redis-2"]


def test_a_replica_cannot_be_held():
    """A hold is of a service: it would hide the fault of the others."""
    scene = replicas("running", "running")
    with pytest.raises(UsageError, match=r"hold is of all of redis .name the service"):
        actions(scene, "stop", "eloquence-redis-2", hold=True)


def test_who_shares_the_network_of_another_replica_is_left_alone():
    """Only what lives in the namespace of the one that is named restarts with it."""
    seen = changed("healthy", "vosk-stt", network_mode=f"container:{'1' * 12}")
    scene = replicas("running", "running", seen=seen)
    assert len(changes(actions(scene, "restart", "eloquence-redis-1"))) == 2
    assert len(changes(actions(scene, "restart", "eloquence-redis-2"))) == 1


def test_a_paused_container_is_not_started():
    """The Engine refuses it; the answer says what to do instead."""
    with pytest.raises(UsageError, match="unpause it"):
        actions(recorded("rd-08"), "start", "redis")


def test_unpausing_is_safe_and_touches_the_paused_alone():
    """The same process goes on."""
    (act,) = actions(recorded("rd-08"), "unpause")
    assert act.command == "docker unpause eloquence-redis-1"
    assert (act.risk, act.undo) == (Risk.SAFE, "docker pause eloquence-redis-1")
    with pytest.raises(UsageError, match="nothing is paused"):
        actions(recorded("healthy"), "unpause", "redis")


def test_reconnecting_gives_the_names_back():
    """Without its alias nobody would find it, though it is on the network."""
    (act,) = actions(recorded("dk-05b"), "reconnect", "redis")
    joined = "eloquence_default eloquence-redis-1"
    assert act.command == f"docker network connect --alias redis {joined}"
    assert act.undo == f"docker network disconnect {joined}"
    assert act.do.path == "/networks/eloquence_default/connect"
    assert json.loads(act.do.body) == {
        "Container": "eloquence-redis-1",
        "EndpointConfig": {"Aliases": ["redis"]},
    }
    assert (act.risk, act.touches) == (Risk.SAFE, ())


@pytest.mark.parametrize("lost", ["compose", "network_mode"])
def test_reconnecting_works_without_the_files(lost):
    """The network that it was made on, else the one that all others share."""
    seen = snapshot("dk-05b")
    if lost == "network_mode":
        seen = changed("dk-05b", "redis", network_mode="default")
    (act,) = actions(scene_of(without(seen, "compose")), "reconnect", "redis")
    assert act.do.path == "/networks/eloquence_default/connect"


def test_a_name_lost_on_one_of_two_networks_comes_back():
    """What the other network still calls it helps nobody there."""
    both = ("eloquence_back", "eloquence_default")
    words = {"networks": both, "aliases": ("redis",), "state": "running"}
    seen = changed("dk-05b", "redis", **words, nameless=("eloquence_default",))
    found = actions(scene_of(seen), "reconnect", "redis")
    assert [act.do.path for act in found[:2]] == [
        "/networks/eloquence_default/disconnect",
        "/networks/eloquence_default/connect",
    ]
    with pytest.raises(UsageError, match="lacks no network"):
        actions(scene_of(changed("dk-05b", "redis", **words)), "reconnect", "redis")


def test_reconnecting_knows_aliases_and_fixed_addresses():
    """Whatever the files give a service on its network comes back."""
    seen = snapshot("dk-05b")
    more = {
        "network_names": ("default:eloquence_default",),
        "aliases": ("default:cache",),
        "fixed_addresses": ("default:192.168.16.99",),
    }
    pieces = tuple(
        replace(p, readings=tuple({**r, **more} for r in p.readings))
        if p.address.probe == "compose"
        else p
        for p in seen.evidence
    )
    (act,) = actions(scene_of(replace(seen, evidence=pieces)), "reconnect", "redis")
    assert "--alias redis --alias cache --ip 192.168.16.99" in act.command
    assert json.loads(act.do.body)["EndpointConfig"] == {
        "Aliases": ["redis", "cache"],
        "IPAMConfig": {"IPv4Address": "192.168.16.99"},
    }


def test_a_network_that_is_gone_cannot_be_joined():
    """Compose would make it again; the answer says so."""
    seen = snapshot("dk-05b")
    pieces = tuple(
        replace(
            p,
            readings=tuple(r for r in p.readings if r["name"] != "eloquence_default"),
        )
        if p.address.probe == "networks"
        else p
        for p in seen.evidence
    )
    scene = scene_of(without(replace(seen, evidence=pieces), "compose"))
    with pytest.raises(UsageError, match=r"eloquence_default .* is gone .up makes it"):
        actions(scene, "reconnect", "redis")


def test_a_gate_takes_its_time_from_the_health_check():
    """start_period + interval x (retries + 1) + timeout, within 30 and 180 seconds."""
    check = {
        "healthcheck": True,
        "health_start_period_s": 20.0,
        "health_interval_s": 10.0,
        "health_retries": 3,
        "health_timeout_s": 5.0,
    }
    assert gate_s(check) == 65.0
    assert gate_s(check | {"health_interval_s": 1.0}) == 30.0
    assert gate_s(check | {"health_start_period_s": 3600.0}) == 180.0
    assert gate_s({"healthcheck": False}) == 0.0


# ------------------------------------------------------- by hand, and odd names


def scaled(count: int) -> Snapshot:
    """Return the stack in health with so many containers of the token service."""
    seen = snapshot("healthy")
    (box,) = (
        p
        for p in seen.evidence
        if p.address.probe == "container" and p.address.service == "token-service"
    )
    more = (
        replace(box, address=replace(box.address, replica=f"token-{number}"))
        for number in range(1, count)
    )
    return added(seen, *more)


@pytest.mark.parametrize("step", ["up", "recreate"])
def test_who_was_scaled_by_hand_keeps_its_containers(step):
    """The files would have one, and Compose would remove two that serve."""
    (act,) = actions(scene_of(scaled(3)), step, "token-service")
    assert act.command.endswith(" --scale token-service=3 token-service")
    (act,) = actions(scene_of(scaled(1)), step, "token-service")
    assert "--scale" not in act.command


def test_a_stack_with_one_that_was_scaled_is_brought_up_whole():
    """`up` without names keeps them, too."""
    (act,) = actions(scene_of(scaled(3)), "up")
    assert act.command == COMPOSE + "up -d --scale token-service=3"


def test_a_name_that_looks_like_an_option_is_none():
    """Compose takes such names in its files."""
    seen = snapshot("healthy")
    odd = tuple(
        replace(
            p,
            address=replace(p.address, service="-web"),
        )
        if p.address.service == "token-service"
        else p
        for p in seen.evidence
    )
    (act,) = actions(scene_of(replace(seen, evidence=odd)), "recreate", "-web")
    assert act.command.endswith("up -d --no-deps --force-recreate -- -web")
