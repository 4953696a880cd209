"""The container steps on a real Engine: what each does, and what it leaves alone."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from escalade.errors import UsageError
from escalade.plans import Ended
from escalade.plans import Risk
from tests.remedy.performing import docker
from tests.remedy.performing import eventually
from tests.remedy.performing import inspect
from tests.remedy.scenes import actions
from tests.remedy.scenes import carried_out
from tests.remedy.scenes import commands
from tests.remedy.scenes import look

pytestmark = pytest.mark.engine

STACK = "esc-scene"
TAG = "esc-scene/app:1"
HEALTH = """
      test: ["CMD-SHELL", "redis-cli -e ping"]
      interval: 1s
      timeout: 2s
      retries: 3"""
FILES = f"""
services:
  store:
    image: escalade-bed/redis:1
    init: true
    command: ["redis-server", "--save", "", "--protected-mode", "no"]
    networks:
      default:
        aliases: [cache]
    healthcheck:{HEALTH}
  side:
    image: escalade-bed/redis:1
    init: true
    command: ["sleep", "600"]
    network_mode: "service:store"
    stop_grace_period: 1s
  app:
    image: {TAG}
    command: ["redis-server", "--port", "7000", "--save", ""]
    env_file: [app.env]
    environment:
      STORE_URL: redis://store:6379
    depends_on:
      store:
        condition: service_healthy
"""


def compose(folder: Path, *words: str) -> None:
    """Run Docker Compose on the stack, as an operator would."""
    done = subprocess.run(
        ["docker", "compose", "-p", STACK, "-f", str(folder / "c.yaml"), *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the folder of a stack of three services, taken down in the end."""
    home = tmp_path_factory.mktemp("scene")
    (home / "c.yaml").write_text(FILES)
    (home / "app.env").write_text("KEYS=a\n")
    docker("tag", "escalade-bed/redis:1", TAG)
    # What a run that was killed left behind has the folder of that run.
    compose(home, "down", "-t", "1")
    yield home
    compose(home, "down", "-t", "1")
    docker("rmi", TAG)


@pytest.fixture
def stack(folder: Path) -> Path:
    """Give the stack, up and unchanged."""
    (folder / "c.yaml").write_text(FILES)
    (folder / "app.env").write_text("KEYS=a\n")
    docker("tag", "escalade-bed/redis:1", TAG)
    compose(folder, "up", "-d", "--wait", "-t", "1")
    return folder


def started(service: str) -> str:
    """Return when a service's container was started."""
    return inspect(f"{STACK}-{service}-1")["State"]["StartedAt"]


def ident(service: str) -> str:
    """Return the id of a service's container."""
    return inspect(f"{STACK}-{service}-1")["Id"]


def health(service: str) -> str:
    """Return what a service's health check says."""
    return inspect(f"{STACK}-{service}-1")["State"]["Health"]["Status"]


def well(todo) -> None:
    """Carry actions out, all of which must end well."""
    ended = carried_out(todo)
    assert ended
    assert [did.ended for did in ended] == [Ended.DONE] * len(ended), ended


def test_what_is_not_running_is_restarted_as_safe(stack):
    """A stopped service restarts with its sharer, the dependant is left alone."""
    before = {name: started(name) for name in ("store", "side", "app")}
    docker("stop", "-t", "1", f"{STACK}-store-1")
    scene = look(STACK)
    todo = actions(scene, "restart", "store")
    assert [act.command for act in todo if act.touches] == [
        "docker restart esc-scene-store-1",
        "docker restart esc-scene-side-1",
    ]
    assert {act.risk for act in todo} == {Risk.SAFE}
    well(todo)
    after = {name: started(name) for name in before}
    assert after["store"] > before["store"]
    assert after["side"] > after["store"]
    assert after["app"] == before["app"]
    assert docker("exec", f"{STACK}-side-1", "redis-cli", "ping") == "PONG"


def test_what_is_frozen_is_restarted_without_its_whole_grace(stack):
    """A signal stopped it: TERM never arrives, and KILL comes after 3 seconds."""
    docker("kill", "-s", "STOP", f"{STACK}-app-1")
    scene = look(STACK)
    assert "signal" in scene.idle(scene.node(_place(scene), "app")).en
    todo = actions(scene, "restart", "app")
    assert [act.command for act in todo] == ["docker restart -t 3 esc-scene-app-1"]
    assert todo[0].risk is Risk.SAFE
    well(todo)
    asked = ("exec", f"{STACK}-app-1", "redis-cli", "-p", "7000", "ping")
    assert eventually(lambda: docker(*asked) == "PONG")


def _place(scene):
    """Return the stack as a place."""
    return scene.services(STACK)[0]


def test_a_pause_ends(stack):
    """A paused container goes on as the same process."""
    before = started("store")
    docker("pause", f"{STACK}-store-1")
    scene = look(STACK)
    with pytest.raises(UsageError, match="is paused"):
        actions(scene, "restart", "store")
    todo = actions(scene, "unpause", "store")
    assert [act.command for act in todo] == ["docker unpause esc-scene-store-1"]
    well(todo)
    assert started("store") == before
    assert eventually(lambda: health("store") == "healthy")


def test_a_lost_network_is_joined_again_under_every_name(stack):
    """A service that left its network is found again by its name and its alias."""
    docker("network", "disconnect", f"{STACK}_default", f"{STACK}-store-1")
    scene = look(STACK)
    todo = actions(scene, "reconnect", "store")
    words = f"--alias store --alias cache {STACK}_default {STACK}-store-1"
    assert [act.command for act in todo] == [f"docker network connect {words}"]
    assert todo[0].risk is Risk.SAFE
    well(todo)
    for name in ("store", "cache"):
        answer = docker("exec", f"{STACK}-app-1", "redis-cli", "-h", name, "ping")
        assert answer == "PONG"
    with pytest.raises(UsageError, match="lacks no network"):
        actions(look(STACK), "reconnect", "store")


def test_a_connection_without_a_name_is_made_anew(stack):
    """Connected by hand without an alias, nobody finds it: it joins with its names."""
    docker("network", "disconnect", f"{STACK}_default", f"{STACK}-store-1")
    docker("network", "connect", f"{STACK}_default", f"{STACK}-store-1")
    todo = actions(look(STACK), "reconnect", "store")
    assert [act.command.split()[2] for act in todo] == ["disconnect", "connect"]
    well(todo)
    answer = docker("exec", f"{STACK}-app-1", "redis-cli", "-h", "store", "ping")
    assert answer == "PONG"


def test_nothing_has_drifted_in_an_unchanged_stack(stack):
    """Hashes and images of a stack just brought up are those of its files."""
    scene = look(STACK)
    nodes = scene.services(STACK)
    assert [n.service for n in nodes] == ["app", "side", "store"]
    assert [scene.drift(n) for n in nodes] == [None] * 3
    assert [scene.drift_known(n) for n in nodes] == [True] * 3


@pytest.mark.parametrize("what", ["env file", "definition", "image"])
def test_a_change_makes_a_restart_recreate(stack, what):
    """What a restart would not take up is recreated, and only that service."""
    before = {name: ident(name) for name in ("store", "side", "app")}
    if what == "env file":
        (stack / "app.env").write_text("KEYS=b\n")
    elif what == "definition":
        (stack / "c.yaml").write_text(FILES.replace('"7000"', '"7001"'))
    else:
        docker("tag", "escalade-bed/base:1", TAG)
    scene = look(STACK)
    changed = [n.service for n in scene.services(STACK) if scene.drift(n)]
    assert changed == ["app"]
    todo = actions(scene, "restart", "app")
    assert [act.command.partition("up ")[2] for act in todo] == [
        "-d --force-recreate app"
    ]
    assert todo[0].risk is Risk.DISRUPTIVE
    if what == "image":  # that image has no Redis to run
        return
    well(todo)
    after = {name: ident(name) for name in before}
    assert after["app"] != before["app"]
    assert {**after, "app": ""} == {**before, "app": ""}


def test_who_shares_a_network_is_recreated_with_its_owner(stack):
    """A new container has a new namespace: the sharer gets a new container in it."""
    before = ident("side")
    todo = actions(look(STACK), "recreate", "store")
    assert len(todo) == 1
    assert [node.service for node in todo[0].touches] == ["store", "side"]
    well(todo)
    assert ident("side") != before
    assert docker("exec", f"{STACK}-side-1", "redis-cli", "ping") == "PONG"


def test_whose_network_owner_was_replaced_is_recreated(stack):
    """A plain restart would fail: the container whose network it shares is gone."""
    docker("rm", "-f", f"{STACK}-store-1")
    compose(stack, "up", "-d", "--no-deps", "store")
    scene = look(STACK)
    assert "was replaced" in scene.drift(scene.node(_place(scene), "side")).en
    todo = actions(scene, "restart", "side")
    assert "--force-recreate side" in todo[0].command
    well(todo)
    assert docker("exec", f"{STACK}-side-1", "redis-cli", "ping") == "PONG"


def test_the_whole_stack_restarts_in_order_without_its_files(stack):
    """Files that are gone: the Engine restarts all, each when its need is healthy."""
    (stack / "c.yaml").rename(stack / "gone.yaml")
    try:
        scene = look(STACK)
        assert not scene.project(STACK).known
        todo = actions(scene, "restart")
        with pytest.raises(UsageError, match="restart it instead"):
            actions(scene, "recreate", "app")
        assert "docker rm esc-scene-app-1" in commands(scene, "down")
        assert max(a.risk for a in actions(scene, "down")) is Risk.DESTRUCTIVE
        well(todo)
    finally:
        (stack / "gone.yaml").rename(stack / "c.yaml")
    assert started("store") < started("app")
    assert started("store") < started("side")
    health = inspect(f"{STACK}-store-1")["State"]["Health"]["Log"]
    assert any(entry["Start"] < started("app") for entry in health)


def test_a_hold_and_its_end(stack):
    """A held service is stopped first declared so, left alone, and started again."""
    scene = look(STACK)
    todo = actions(scene, "stop", "app", hold=True)
    assert [type(act.do).__name__ for act in todo] == ["Collect", "Call"]
    well(todo)
    app = scene.node(_place(scene), "app")
    scene = look(STACK, holds=frozenset({app}))
    assert scene.held(app)
    with pytest.raises(UsageError, match="meant to be stopped"):
        actions(scene, "restart", "app")
    assert "--no-deps side store" in " ".join(commands(scene, "up")).replace(
        "store side", "side store"
    )
    todo = actions(scene, "start", "app")
    assert todo[0].do.what == "unhold"
    well(todo)
    assert inspect(f"{STACK}-app-1")["State"]["Running"]


def test_up_makes_what_is_missing_and_touches_nothing_else(stack):
    """A removed container comes back, as a safe action, and no other is touched."""
    before = {name: ident(name) for name in ("store", "side")}
    docker("rm", "-f", f"{STACK}-app-1")
    scene = look(STACK)
    todo = actions(scene, "up", "app")
    assert [(act.risk, [n.service for n in act.touches]) for act in todo] == [
        (Risk.SAFE, ["app"])
    ]
    well(todo)
    assert {name: ident(name) for name in before} == before


def test_a_safe_restart_ends_with_a_healthy_stack(stack):
    """Down and up again: new containers, in order, and volumes are never asked for."""
    before = {name: ident(name) for name in ("store", "side", "app")}
    todo = actions(look(STACK), "safe-restart", grace=1)
    assert not any(" -v" in act.command for act in todo)
    assert [" ".join(act.command.split()[6:]) for act in todo] == [
        f"-f {stack / 'c.yaml'} down -t 1",
        f"-f {stack / 'c.yaml'} up -d --no-deps store",
        f"-f {stack / 'c.yaml'} up -d --no-deps app side",
    ]
    well(todo)
    assert all(ident(name) != before[name] for name in before)
    assert health("store") == "healthy"
    assert started("store") < started("app")
