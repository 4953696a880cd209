"""rebuild and rollback: what they plan, and what they do on a real Engine."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from escalade.model import Node
from escalade.model import Status
from escalade.plans import Ended
from escalade.plans import Risk
from escalade.remedy.catalog import steps
from escalade.remedy.images import Reference
from escalade.remedy.images import is_rollback
from escalade.remedy.images import rollback_of
from escalade.remedy.step import CannotError
from tests.remedy.more import healthy
from tests.remedy.more import look
from tests.remedy.more import piece
from tests.remedy.more import tag
from tests.remedy.performing import docker
from tests.remedy.performing import inspect
from tests.remedy.scenes import actions
from tests.remedy.scenes import added
from tests.remedy.scenes import carried_out
from tests.remedy.scenes import commands
from tests.remedy.scenes import scene_of
from tests.remedy.scenes import snapshot
from tests.remedy.scenes import without

STACK = "esc-more"


@pytest.mark.parametrize(
    ("text", "known", "kept"),
    [
        ("app", ("app", "latest", ""), "app:escalade-rollback"),
        ("a/b:1.2", ("a/b", "1.2", ""), "a/b:escalade-rollback-1.2"),
        ("reg:5000/a", ("reg:5000/a", "latest", ""), "reg:5000/a:escalade-rollback"),
        ("a:1@sha256:9", ("a", "1", "sha256:9"), "a:escalade-rollback-1"),
    ],
)
def test_references(text, known, kept) -> None:
    """A registry's port is no tag; each tag of a repository is kept apart."""
    assert Reference.read(text) == Reference(*known)
    assert str(rollback_of(text)) == kept
    assert is_rollback(kept)
    assert not is_rollback(text)


# ------------------------------------------------------------------ what is planned


def built(service: str, *, builds: bool, **more: object):
    """Return the healthy stack, one service of which is built here."""
    seen = snapshot("healthy")
    pieces = tuple(
        replace(
            each,
            readings=tuple(
                {**r, "builds": builds, **more} if r["service"] == service else r
                for r in each.readings
            ),
        )
        if each.address.probe == "compose"
        else each
        for each in seen.evidence
    )
    return replace(seen, evidence=pieces)


def image_id(service: str) -> str:
    """Return the image that a service of the healthy stack runs."""
    scene = scene_of(snapshot("healthy"))
    return scene.boxes(scene.node(Node(scene.host), service))[0].image_id


def test_a_rebuild_keeps_builds_and_replaces() -> None:
    """The tag is safe, the others disruptive and taken back by one task.

    It moves after the build: one that fails leaves it on the last image that was good.
    """
    identity = image_id("redis")
    tags = piece("image_tags", tag("escalade-bed/redis:1", identity))
    scene = scene_of(added(built("redis", builds=True), tags))
    build, keep, renew = actions(scene, "rebuild", "redis")
    kept = "escalade-bed/redis:escalade-rollback-1"
    assert keep.command == f"docker tag {identity[7:19]} {kept}"
    assert (keep.risk, keep.touches, keep.undo) == (Risk.SAFE, (), f"docker rmi {kept}")
    assert build.command.endswith(" build redis")
    assert build.command.startswith("docker compose -p eloquence ")
    assert (build.risk, build.timeout_s, build.after) == (Risk.DISRUPTIVE, 900, ())
    assert renew.command.endswith(" up -d --force-recreate redis")
    assert [node.service for node in renew.touches] == ["redis"]
    asked = {one.reading for check in renew.after for one in check.expect}
    assert asked == {"id", "running", "restarting", "health"}
    assert renew.settle_s >= 30
    undo = "invoke rollback redis --limit localhost --stack eloquence"
    assert (build.undo, renew.undo) == (undo, undo)


def test_a_tag_that_is_so_already_has_no_undo() -> None:
    """A second rebuild keeps the image that is kept: the same command takes back nothing."""
    identity = image_id("redis")
    kept = "escalade-bed/redis:escalade-rollback-1"
    tags = piece("image_tags", tag("escalade-bed/redis:1", identity))
    again = piece("image_tags", tag(kept, identity))
    scene = scene_of(added(built("redis", builds=True), tags, again))
    _, keep, _ = actions(scene, "rebuild", "redis")
    assert keep.command == f"docker tag {identity[7:19]} {kept}"
    assert keep.undo == ""
    other = piece("image_tags", tag(kept, "sha256:" + "b" * 64))
    scene = scene_of(added(built("redis", builds=True), tags, other))
    assert actions(scene, "rebuild", "redis")[1].undo == f"docker tag {'b' * 12} {kept}"


def test_what_is_not_built_is_pulled() -> None:
    """Its image comes from a registry."""
    scene = scene_of(built("redis", builds=False))
    pull, _ = actions(scene, "rebuild", "redis")
    assert pull.command.endswith(" pull redis")


def test_a_build_takes_its_flags() -> None:
    """Each layer anew, newer base images, a bound of its own."""
    scene = scene_of(built("redis", builds=True))
    build, _ = actions(scene, "rebuild", "redis", no_cache=True, pull=True, timeout=60)
    assert build.command.endswith(" build --no-cache --pull redis")
    assert build.timeout_s == 60


def test_a_held_service_is_built_and_not_started() -> None:
    """It is meant to be stopped."""
    seen = built("redis", builds=True)
    scene = scene_of(seen)
    node = scene.node(Node(scene.host), "redis")
    held = scene_of(seen, holds=frozenset({node}))
    assert [a.command.split()[-2] for a in actions(held, "rebuild", "redis")] == [
        "build"
    ]


def test_a_rebuild_needs_a_service_and_its_files() -> None:
    """A whole stack is not rebuilt by a slip; without Compose files nothing can be."""
    scene = healthy()
    with pytest.raises(CannotError, match="which service"):
        commands(scene, "rebuild")
    blind = scene_of(without(snapshot("healthy"), "compose"))
    with pytest.raises(CannotError, match="gone"):
        commands(blind, "rebuild", "redis")


@pytest.mark.parametrize("step", ["rebuild", "rollback", "recreate"])
def test_a_lone_container_is_not_made_anew(step) -> None:
    """Nobody here knows how it was made; the line says what works."""
    seen = snapshot("healthy")
    loose = tuple(
        replace(p, address=replace(p.address, stack=None, service=p.address.replica))
        if p.address.replica == "eloquence-redis-1"
        else p
        for p in seen.evidence
    )
    scene = scene_of(replace(seen, evidence=loose))
    kind = steps()[step]
    args = {name: one.default for name, one in kind.arguments.items()}
    args["service"] = "eloquence-redis-1"
    with pytest.raises(CannotError, match=r"no (Compose )?stack\b.*restart"):
        list(kind.actions(scene, Node(scene.host), args))


def test_a_rollback_moves_the_tag_and_replaces() -> None:
    """The way back from the way back is in the plan, too."""
    now, kept = image_id("redis"), "sha256:" + "b" * 64
    tags = piece(
        "image_tags",
        tag("escalade-bed/redis:1", now),
        tag("escalade-bed/redis:escalade-rollback-1", kept),
    )
    move, renew = actions(healthy(tags), "rollback", "redis")
    assert move.command == (
        "docker tag escalade-bed/redis:escalade-rollback-1 escalade-bed/redis:1"
    )
    assert move.undo == f"docker tag {now[7:19]} escalade-bed/redis:1"
    assert move.risk is Risk.DISRUPTIVE
    assert move.after[0].expect[0].value == kept
    assert renew.command.endswith(" up -d --force-recreate redis")


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        ((), "nobody asked"),
        ((piece("image_tags", status=Status.DENIED, reason="no"),), "not known: no"),
        (
            (piece("image_tags", tag("escalade-bed/redis:1", "x")),),
            "nothing was rebuilt",
        ),
        (
            (
                piece(
                    "image_tags",
                    tag("escalade-bed/redis:1", image_id("redis")),
                    tag("escalade-bed/redis:escalade-rollback-1", image_id("redis")),
                ),
            ),
            "already",
        ),
    ],
)
def test_no_way_back_is_told(pieces, told) -> None:
    """Not known is not the same as not there."""
    with pytest.raises(CannotError, match=told):
        commands(healthy(*pieces), "rollback", "redis")


def test_a_pinned_image_has_no_way_back() -> None:
    """A digest in the Compose file means that image and no other."""
    seen = built("redis", builds=False, image="escalade-bed/redis@sha256:12")
    scene = scene_of(added(seen, piece("image_tags")))
    with pytest.raises(CannotError, match="digest"):
        commands(scene, "rollback", "redis")


def test_both_ask_for_the_tags() -> None:
    """The road asks what a step needs before it is planned."""
    assert steps()["rebuild"].asks == ("image_tags",)
    assert steps()["rollback"].asks == ("image_tags",)


# -------------------------------------------------------------------- what is done

FILES = """
services:
  app:
    build: .
    image: esc-more/app:1
    init: true
    command: ["redis-server", "--save", "", "--port", "7000"]
    healthcheck:
      test: ["CMD", "redis-cli", "-p", "7000", "ping"]
      interval: 1s
      timeout: 2s
      retries: 3
  other:
    image: esc-more/app:1
    command: ["sleep", "600"]
    init: true
"""


def compose(folder: Path, *words: str) -> None:
    """Run Docker Compose on the stack, as an operator would."""
    command = ["docker", "compose", "-p", STACK, "-f", str(folder / "c.yaml"), *words]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


def sources(folder: Path, version: str) -> None:
    """Write the sources of the image."""
    text = f"FROM escalade-bed/redis:1\nLABEL esc-more={version}\n"
    (folder / "Dockerfile").write_text(text)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Path]:
    """Give a stack whose one service is built from sources, up; taken down in the end."""
    (tmp_path / "c.yaml").write_text(FILES)
    sources(tmp_path, "one")
    compose(tmp_path, "build", "app")
    compose(tmp_path, "up", "-d", "--wait", "-t", "1")
    yield tmp_path
    compose(tmp_path, "down", "-t", "1", "-v")
    listed = docker("images", "-q", "--filter", "label=esc-more").split()
    if listed:
        docker("rmi", "-f", *set(listed))


def version() -> str:
    """Return the version of the image that runs."""
    return inspect(f"{STACK}-app-1")["Config"]["Labels"]["esc-more"]


def well(todo) -> None:
    """Carry actions out, all of which must end well."""
    ended = carried_out(todo)
    assert [did.ended for did in ended] == [Ended.DONE] * len(todo), ended


@pytest.mark.engine
def test_there_and_back(stack: Path) -> None:
    """A rebuild runs the new image, healthy, and keeps the old; a rollback takes it back."""
    other = inspect(f"{STACK}-other-1")["State"]["StartedAt"]
    sources(stack, "two")
    well(actions(look(STACK, "image_tags"), "rebuild", "app"))
    assert version() == "two"
    assert inspect(f"{STACK}-app-1")["State"]["Health"]["Status"] == "healthy"
    well(actions(look(STACK, "image_tags"), "rollback", "app"))
    assert version() == "one"
    with pytest.raises(CannotError, match="already"):
        commands(look(STACK, "image_tags"), "rollback", "app")
    assert inspect(f"{STACK}-other-1")["State"]["StartedAt"] == other


@pytest.mark.engine
def test_a_build_that_fails_touches_nothing(stack: Path) -> None:
    """The container of before runs on; the failure has Compose's own words."""
    before = inspect(f"{STACK}-app-1")["Id"]
    (stack / "Dockerfile").write_text("FROM escalade-bed/redis:1\nRUN exit 9\n")
    todo = actions(look(STACK, "image_tags"), "rebuild", "app")
    (build,) = carried_out(todo[:1])
    assert build.ended is Ended.FAILED
    assert "9" in build.output
    assert inspect(f"{STACK}-app-1")["Id"] == before
