"""Shared networks, replicas and stopped shells on a real Engine."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from escalade.plans import Ended
from escalade.plans import Risk
from tests.remedy.performing import docker
from tests.remedy.performing import eventually
from tests.remedy.performing import inspect
from tests.remedy.scenes import actions
from tests.remedy.scenes import carried_out
from tests.remedy.scenes import look

pytestmark = pytest.mark.engine

STACK = "esc-mend-a"
FILES = """
services:
  store:
    image: escalade-bed/redis:1
    command: ["redis-server", "--save", ""]
  side:
    image: escalade-bed/redis:1
    init: true
    command: ["sleep", "600"]
    network_mode: "service:store"
    stop_grace_period: 1s
  web:
    image: escalade-bed/redis:1
    command: ["redis-server", "--save", ""]
    deploy: {replicas: 3}
  loop:
    image: escalade-bed/redis:1
    command: ["sh", "-c", "while :; do sleep 0.2; done"]
    stop_grace_period: 1s
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the stack, removed in the end."""
    file = tmp_path_factory.mktemp("mend") / "c.yaml"
    file.write_text(FILES)

    def compose(*words: str) -> None:
        line = ["docker", "compose", "-p", STACK, "-f", str(file), *words]
        subprocess.run(line, capture_output=True, timeout=120, check=True)

    compose("down", "-t", "1")
    compose("up", "-d")
    yield
    compose("down", "-t", "1")


def box(service: str, number: int = 1) -> str:
    """Return the name of a service's container."""
    return f"{STACK}-{service}-{number}"


def started(service: str, number: int = 1) -> str:
    """Return when a container was started."""
    return inspect(box(service, number))["State"]["StartedAt"]


def pings() -> bool:
    """Whether the store answers who shares its network."""
    line = ["docker", "exec", box("side"), "redis-cli", "ping"]
    done = subprocess.run(line, capture_output=True, timeout=30, check=False)
    return done.stdout == b"PONG\n"


def well(todo) -> None:
    """Carry actions out, all of which must end well."""
    ended = carried_out(todo)
    assert ended
    assert [did.ended for did in ended] == [Ended.DONE] * len(ended), ended


def test_a_start_takes_those_along_who_share_the_network(stack):
    """Left as it is, the sharer would be alone in the namespace of before."""
    assert eventually(pings)
    docker("kill", box("store"))
    todo = actions(look(STACK), "start", "store")
    assert [act.command for act in todo] == [
        f"docker start {box('store')}",
        f"docker restart {box('side')}",
    ]
    assert {act.risk for act in todo} == {Risk.SAFE}
    well(todo)
    assert eventually(pings)


def test_who_was_left_behind_is_seen_and_restarted(stack):
    """Whoever starts the owner alone leaves it so; a restart of it is enough, and safe."""
    docker("restart", "-t", "1", box("store"))
    assert not pings()

    def idle():
        scene = look(STACK)
        (node,) = [n for n in scene.services(STACK) if n.service == "side"]
        return scene.idle(node)

    assert eventually(idle, within_s=40.0)
    (act,) = actions(look(STACK), "restart", "side")
    assert act.risk is Risk.SAFE
    assert "begun anew" in act.why.en
    well([act])
    assert eventually(pings)
    assert idle() is None


def test_replicas_are_touched_one_by_one(stack):
    """The dead one is started alone, and who is named is restarted alone."""
    docker("kill", box("web", 2))
    todo = actions(look(STACK), "start", "web")
    assert [act.command for act in todo] == [f"docker start {box('web', 2)}"]
    assert {act.risk for act in todo} == {Risk.SAFE}
    well(todo)
    before = {number: started("web", number) for number in (1, 2, 3)}
    well(actions(look(STACK), "restart", box("web", 3)))
    again = [number for number in before if started("web", number) != before[number]]
    assert again == [3]


def test_a_stopped_shell_is_frozen(stack):
    """What it had started has ended, and it does not even bury it."""

    def idle():
        scene = look(STACK)
        (node,) = [n for n in scene.services(STACK) if n.service == "loop"]
        return scene.idle(node)

    assert idle() is None
    docker("kill", "-s", "STOP", box("loop"))
    assert eventually(lambda: idle() is not None)
    assert "signal" in idle().en
    well(actions(look(STACK), "restart", "loop"))
    assert idle() is None
