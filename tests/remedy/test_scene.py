"""The scene: what one snapshot saw of one host, in the words that steps ask in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from escalade.errors import UsageError
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Node
from escalade.model import Snapshot
from escalade.model import Status
from escalade.plans import Risk
from escalade.remedy.order import Needs
from escalade.remedy.order import in_order
from escalade.remedy.scene import Scene
from tests.remedy.more import piece
from tests.remedy.scenes import added
from tests.remedy.scenes import changed
from tests.remedy.scenes import recorded
from tests.remedy.scenes import scene_of
from tests.remedy.scenes import snapshot
from tests.remedy.scenes import without

AGENT = "eloquence-multiagent"
STACK = "eloquence"
HERE = "localhost"
IDLE = {
    "ag-02": {AGENT: "keeps restarting"},
    "dk-04": {"vosk-stt": "keeps restarting"},
    "dk-05": {AGENT: "is on no network"},
    "dk-05b": {"redis": "is on no network"},
    "dk-06": {"mistral-conversation": "keeps restarting"},
    "dk-09": {"livekit-server": "is not running"},
    "gn-01": {"db": "is not running"},
    "gn-02": {"front": "is paused"},
    "lk-01": {"livekit-server": "is not running"},
    "lk-02": {"livekit-server": "is paused"},
    "lk-02b": {"livekit-server": "stopped by a signal"},
    "lk-05": {"livekit-server": "answers on none of its ports"},
    "lk-07": {"livekit-server": "keeps restarting", "redis": "is not running"},
    "lk-08": {"redis": "is not running"},
    "rd-08": {"redis": "is paused"},
    "tk-04": {"token-service": "is not running"},
    "vs-01": {"vosk-stt": "keeps restarting"},
}
SERVING = (
    "healthy",
    "ag-03",  # the agent dials a name that does not exist
    "ag-06",  # its health check lies
    "dk-14",  # Redis's health check cannot run
    "lk-06",  # another secret
    "lk-19",  # a caller asks at a wrong port
    "lm-02",  # answers with errors, but is healthy
    "rd-02",  # asks for a password
    "rd-04",  # is full
    "rd-05",  # cannot save
    "tk-01",
)


def idle_services(scene: Scene) -> dict[str, str]:
    """Return the services that serve nobody, and why."""
    nodes = [node for stack in scene.stacks() for node in scene.services(stack)]
    found = {node.service: scene.idle(node) for node in nodes}
    return {name: text.en for name, text in found.items() if text}


@pytest.mark.parametrize("case", IDLE)
def test_who_serves_nobody_is_told_with_the_reason(case):
    """In each recorded incident exactly those are safe to restart that serve nobody."""
    found = idle_services(recorded(case))
    assert set(found) == set(IDLE[case])
    assert all(words in found[name] for name, words in IDLE[case].items())


@pytest.mark.parametrize("case", SERVING)
def test_who_may_still_serve_is_never_called_idle(case):
    """A wrong key, a lying health check or a full memory is no proof of silence."""
    assert idle_services(recorded(case)) == {}


def test_the_risk_follows_from_serving():
    """Restarting what serves nobody is safe, what may serve is disruptive."""
    scene = recorded("lk-08")
    risks = {node.service: scene.risk(node) for node in scene.services(STACK)}
    assert risks.pop("redis") is Risk.SAFE
    assert set(risks.values()) == {Risk.DISRUPTIVE}


def test_a_record_that_was_not_read_is_no_proof():
    """The Engine did not tell of a container: it may serve."""
    scene = scene_of(without(snapshot("lk-08"), "container"))
    assert idle_services(scene) == {}
    redis = scene.node(Node(HERE, STACK), "redis")
    assert not scene.boxes(redis)[0].known


def _sick(outcome: str | None, *, port: int = 6379, probe: str = "reach") -> Scene:
    """Return a scene in which Redis is unhealthy and one question was put to it."""
    seen = changed("healthy", "redis", health="unhealthy")
    seen = without(without(seen, "reach"), "redis")
    if outcome is None:
        return scene_of(seen)
    asker = "token-service" if probe == "reach" else "redis"
    record = {"outcome": outcome}
    if probe == "reach":
        record |= {"service": "redis", "port": port}
    names = (STACK, asker, f"eloquence-{asker}-1")
    place = Address(HERE, *names, probe, args=(("n", 1),))
    return scene_of(added(seen, Evidence(place, Status.OK, (record,))))


@pytest.mark.parametrize(
    ("asked", "idle"),
    [
        # Nobody asked, or nobody could: no proof.
        ({"outcome": None}, False),
        ({"outcome": "dns"}, False),
        ({"outcome": "refused", "port": 6380}, False),
        # Somebody got an answer: the health check lies.
        ({"outcome": "ok"}, False),
        ({"outcome": "ok", "probe": "redis"}, False),
        # Somebody asked and was not served.
        ({"outcome": "silent"}, True),
        ({"outcome": "reset"}, True),
        ({"outcome": "silent", "probe": "redis"}, True),
    ],
)
def test_unhealthy_counts_only_where_somebody_asked_in_vain(asked, idle):
    """A health check alone proves nothing, and does not outweigh an answer."""
    found = idle_services(_sick(**asked))
    assert set(found) == ({"redis"} if idle else set())
    assert all("health check" in why for why in found.values())


def test_an_error_answer_is_no_answer():
    """A server that says 500 to all, and to its health check no, serves nobody."""
    seen = changed("healthy", "livekit-server", health="unhealthy")
    broken = tuple(
        replace(p, readings=tuple({**r, "status": 500} for r in p.readings))
        if p.address.probe == "published" and p.address.service == "livekit-server"
        else p
        for p in without(without(seen, "reach"), "http").evidence
    )
    assert set(idle_services(scene_of(replace(seen, evidence=broken)))) == {
        "livekit-server"
    }


def test_a_wrong_port_of_a_caller_is_no_silence():
    """A refusal at a port that a service does not have says nothing of it."""
    place = Address(HERE, STACK, "token-service", "eloquence-token-service-1", "reach")
    record = {"service": "redis", "port": 6380, "outcome": "refused"}
    seen = without(without(snapshot("healthy"), "reach"), "redis")
    wrong = added(
        seen, Evidence(replace(place, args=(("n", 1),)), Status.OK, (record,))
    )
    right = added(
        seen,
        Evidence(
            replace(place, args=(("n", 1),)), Status.OK, ({**record, "port": 6379},)
        ),
    )
    assert idle_services(scene_of(wrong)) == {}
    assert set(idle_services(scene_of(right))) == {"redis"}


def test_one_replica_that_serves_is_a_service_that_serves():
    """A service is idle only if all of its containers are; each has its own risk."""
    seen = snapshot("lk-08")
    twin = next(
        p
        for p in seen.evidence
        if p.address.probe == "container" and p.address.service == "redis"
    )
    place = replace(twin.address, replica="eloquence-redis-2")
    more = {
        **twin.readings[0],
        "name": "eloquence-redis-2",
        "number": 2,
        "id": "b" * 12,
    }
    more |= {"state": "running", "running": True, "health": "healthy"}
    scene = scene_of(added(seen, replace(twin, address=place, readings=(more,))))
    redis = scene.node(Node(HERE, STACK), "redis")
    assert [box.name for box in scene.boxes(redis)] == [
        "eloquence-redis-1",
        "eloquence-redis-2",
    ]
    assert scene.serves(redis)
    assert [scene.box_risk(box) for box in scene.boxes(redis)] == [
        Risk.SAFE,
        Risk.DISRUPTIVE,
    ]


def test_who_shares_a_dead_network_serves_nobody():
    """The container whose network it shares is stopped: nobody reaches it."""
    seen = changed("lk-08", "vosk-stt", network_mode="container:125ea513f132")
    scene = scene_of(seen)
    vosk = scene.node(Node(HERE, STACK), "vosk-stt")
    redis = scene.node(Node(HERE, STACK), "redis")
    assert scene.sharers(redis) == (vosk,)
    assert "network" in scene.idle(vosk).en
    assert scene.ordered([vosk, redis]) == (redis, vosk)
    assert not scene.lost_network(vosk)


def test_who_missed_the_new_start_of_its_network_serves_nobody():
    """Its owner was started again since: what it is in, nobody else is in."""
    mode = {"network_mode": "container:d4eaf68ed66b"}
    for stale in (True, False):
        seen = changed("healthy", "vosk-stt", **mode, network_stale=stale)
        found = idle_services(scene_of(seen))
        assert set(found) == ({"vosk-stt"} if stale else set())
        assert all("network" in why for why in found.values())


def test_whose_network_owner_is_gone_must_be_made_again():
    """Nobody has the id that it shares: a restart would fail."""
    seen = changed("healthy", "vosk-stt", network_mode="container:" + "0" * 64)
    scene = scene_of(seen)
    vosk = scene.node(Node(HERE, STACK), "vosk-stt")
    assert scene.lost_network(vosk)
    assert "replaced" in scene.drift(vosk).en


# ------------------------------------------------------------------- names


def test_a_name_is_a_service_or_a_container():
    """Both lead to the service, with or without the stack."""
    scene = recorded("lk-08")
    redis = Node(HERE, STACK, "redis")
    assert scene.node(Node(HERE, STACK), "redis") == redis
    assert scene.node(Node(HERE), "eloquence-redis-1") == redis
    assert scene.node(Node(HERE), " redis ") == redis


def test_an_unknown_name_gets_the_nearest():
    """A typo is answered with what was probably meant."""
    scene = recorded("lk-08")
    with pytest.raises(UsageError, match=r"no service 'redsi' .did you mean 'redis'"):
        scene.node(Node(HERE, STACK), "redsi")


@pytest.mark.parametrize(
    ("stack", "hint"),
    [
        ("eloquense", r" \(did you mean 'eloquence'\?\)"),
        ("nosuch", "; there are: eloquence, shop"),
    ],
)
def test_an_unknown_stack_is_told_before_its_services(stack, hint):
    """Also of a stack that nobody looked at, as the host lists it."""
    listed = piece("host", {"stacks": ("eloquence", "shop")})
    scene = scene_of(added(snapshot("lk-08"), listed))
    with pytest.raises(UsageError, match=f"^localhost: no stack '{stack}'{hint}$"):
        scene.node(Node(HERE, stack), "redis")


def test_a_name_of_two_stacks_wants_the_stack():
    """Two stacks with a service of one name: nobody guesses which."""
    seen = snapshot("lk-08")
    twin = tuple(
        replace(p, address=replace(p.address, stack="second"))
        for p in seen.evidence
        if p.address.service == "redis"
    )
    scene = scene_of(added(seen, *twin))
    with pytest.raises(UsageError, match="stacks eloquence, second"):
        scene.node(Node(HERE), "redis")
    assert scene.node(Node(HERE, "second"), "redis").stack == "second"


def test_a_container_of_no_stack_is_called_by_its_name():
    """It is its own service, in no stack; a stack's service of that name comes first."""
    seen = snapshot("lk-08")
    loose = tuple(
        replace(p, address=replace(p.address, stack=None, service=name, replica=name))
        for p in seen.evidence
        if p.address.probe == "container" and p.address.service == "vosk-stt"
        for name in ("alone", "redis")
    )
    scene = scene_of(added(seen, *loose))
    node = scene.node(Node(HERE), "alone")
    assert node == Node(HERE, None, "alone")
    assert [box.name for box in scene.boxes(node)] == ["alone"]
    assert scene.node(Node(HERE), "redis").stack == STACK


def test_other_hosts_are_not_seen():
    """A scene is of one host."""
    seen = snapshot("lk-08")
    away = tuple(
        replace(p, address=replace(p.address, host="b")) for p in seen.evidence
    )
    both = Snapshot(seen.recorded, seen.mode, seen.hosts, (*seen.evidence, *away))
    assert scene_of(both).services(STACK) == recorded("lk-08").services(STACK)
    assert Scene(both, "c", {}).stacks() == ()


# ------------------------------------------------------------------- order


def test_redis_starts_first_and_the_agent_last():
    """The guide's order follows from what each service declares and names."""
    scene = recorded("healthy")
    names = [node.service for node in scene.ordered(scene.services(STACK))]
    assert names.index("redis") < names.index("livekit-server") < names.index(AGENT)
    assert names[-1] == AGENT


def test_the_order_holds_where_those_between_are_left_out():
    """The agent needs Redis through LiveKit, too."""
    scene = recorded("healthy")
    token = scene.node(Node(HERE, STACK), "token-service")
    redis = scene.node(Node(HERE, STACK), "redis")
    assert redis in scene.needs(token)
    assert redis not in scene.needs_directly(token)
    assert scene.ordered([token, redis]) == (redis, token)


def test_dependants_are_those_that_need_it_themselves():
    """Redis has LiveKit and the agent, not the token service."""
    scene = recorded("healthy")
    redis = scene.node(Node(HERE, STACK), "redis")
    names = {node.service for node in scene.dependants(redis)}
    assert names == {"livekit-server", AGENT}


def test_in_a_circle_the_declared_outweighs_the_named():
    """`depends_on` decides where variables name each other."""
    a, b, c = (Node(HERE, "s", name) for name in "abc")
    needs = Needs({a: frozenset({b})}, {b: frozenset({a}), c: frozenset({a})})
    assert in_order((a, b, c), needs) == (b, a, c)
    both = Needs({a: frozenset({b}), b: frozenset({a})}, {})
    assert in_order((b, a), both) == (a, b)


# ---------------------------------------------------- files, drift and wishes


def test_the_project_is_told_by_its_labels():
    """Name, folder and files of the containers' labels, env files included."""
    scene = scene_of(changed("healthy", AGENT, env_files="/srv/bed/prod.env"))
    project = scene.project(STACK)
    assert project.known
    assert project.options == (
        *("-p", "eloquence", "--project-directory", "/srv/bed"),
        *("-f", "/srv/bed/compose.yaml", "--env-file", "/srv/bed/prod.env"),
    )
    assert (project.folder, project.files) == ("/srv/bed", ("/srv/bed/compose.yaml",))


def test_files_that_cannot_be_read_are_not_known():
    """The reason of the probe says why Compose is of no help."""
    project = scene_of(without(snapshot("healthy"), "compose")).project(STACK)
    assert (project.known, project.reason) == (False, "gone")


def drift_piece(**record: object) -> Evidence:
    """Return what the probe `drift` might have seen of Redis."""
    known = {
        "container": "eloquence-redis-1",
        "service": "redis",
        "config_hash": "a",
        "declared_hash": "a",
        "made_by": "2.26.1",
        "compose_version": "2.26.1",
        "image_id": "sha256:1",
        "tag_id": "sha256:1",
    }
    place = Address(HERE, STACK, None, None, "drift")
    return Evidence(place, Status.OK, (known | record,))


@pytest.mark.parametrize(
    ("record", "words", "known"),
    [
        ({}, "", True),
        ({"declared_hash": "b"}, "definition", True),
        ({"tag_id": "sha256:2"}, "image", True),
        ({"declared_hash": None}, "", False),
        ({"declared_hash": "b", "compose_version": "2.30.0"}, "", False),
        ({"tag_id": None}, "", True),
    ],
)
def test_drift_is_told_only_where_it_can_be(record, words, known):
    """Equal hashes are no drift; hashes of two releases of Compose say nothing."""
    scene = scene_of(added(snapshot("healthy"), drift_piece(**record)))
    redis = scene.node(Node(HERE, STACK), "redis")
    drift = scene.drift(redis)
    assert words in drift.en if words else drift is None
    assert scene.drift_known(redis) is known


def test_variables_that_nobody_sets_make_the_hash_unsure():
    """The shell of the first `up` may have set them: then the files did not change."""
    seen = snapshot("healthy")
    pieces = tuple(
        replace(
            p, readings=tuple({**r, "unset_variables": ("TAG",)} for r in p.readings)
        )
        if p.address.probe == "compose"
        else p
        for p in seen.evidence
    )
    told = drift_piece(declared_hash="b")
    scene = scene_of(replace(seen, evidence=(*pieces, told)))
    assert scene.drift(scene.node(Node(HERE, STACK), "redis")) is None


def test_a_rebuilt_image_is_drift_without_being_asked():
    """The probe `images` is always there, and tells as well."""
    seen = snapshot("healthy")
    pieces = tuple(
        replace(
            p,
            readings=tuple(
                {**r, "current": r["container"] != "eloquence-redis-1"}
                for r in p.readings
            ),
        )
        if p.address.probe == "images"
        else p
        for p in seen.evidence
    )
    scene = scene_of(replace(seen, evidence=pieces))
    drifting = [n.service for n in scene.services(STACK) if scene.drift(n)]
    assert drifting == ["redis"]


def test_held_is_what_somebody_declared_stopped():
    """By the inventory or by `stop --hold`."""
    redis = Node(HERE, STACK, "redis")
    assert recorded("lk-08", holds=frozenset({redis})).held(redis)
    assert scene_of(changed("lk-08", "redis", desired="stopped")).held(redis)
    assert not recorded("lk-08").held(redis)
