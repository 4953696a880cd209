"""An Engine so slow that Compose runs out of its time: what it began comes to its end."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from escalade.plans import Ended
from escalade.remedy.steps import recreate
from tests.remedy.performing import docker
from tests.remedy.performing import inspect
from tests.remedy.scenes import actions
from tests.remedy.scenes import carried_out
from tests.remedy.scenes import look

pytestmark = pytest.mark.engine

STACK = "esc-gap-slow"
BOX = f"{STACK}-db-1"
FILES = """
services:
  db:
    image: escalade-bed/redis:1
    init: true
    command: [sleep, infinity]
    stop_grace_period: 1s
"""
CREATED = """
for word; do
  shift
  [ "$word" = -d ] && word=--no-start
  set -- "$@" "$word"
done
"$real" "$@"
"""
STOPPED = f"""
docker stop {BOX}
"""
# It stands for Compose: what it was asked for goes half of the way, and no further.
SHIM = """#!/bin/sh
real=REAL
case "$*" in
*--force-recreate*) HALF
  exec sleep 300 ;;
esac
exec "$real" "$@"
"""


def plugin() -> str:
    """Return where the real Docker Compose is."""
    told = subprocess.run(
        ["docker", "info", "-f", "{{json .ClientInfo.Plugins}}"],
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (part.partition('"')[0] for part in told.stdout.split('"Path":"')[1:])
    return next(p for p in paths if p.endswith("/docker-compose"))


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[None]:
    """Give a stack of one service, and take it down in the end."""
    (tmp_path / "compose.yaml").write_text(FILES)
    words = ["docker", "compose", "-p", STACK, "--project-directory", str(tmp_path)]
    subprocess.run([*words, "up", "-d"], check=True, capture_output=True)
    yield
    subprocess.run([*words, "down", "-t", "1"], check=True, capture_output=True)


@pytest.fixture
def stuck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return what puts a Compose into place that goes only so far."""

    def put(half: str) -> None:
        folder = tmp_path / "home" / ".docker" / "cli-plugins"
        folder.mkdir(parents=True)
        shim = folder / "docker-compose"
        shim.write_text(SHIM.replace("REAL", plugin()).replace("HALF", half))
        shim.chmod(0o755)
        config = Path(os.environ["HOME"]) / ".docker" / "config.json"
        if config.exists():
            shutil.copy(config, folder.parent)
        monkeypatch.setenv("HOME", str(tmp_path / "home"))

    monkeypatch.setattr(recreate, "COMPOSE_S", 7.0)
    return put


def test_a_container_that_was_made_is_started_too(stack, stuck):
    """Cut between create and start, it is no end: the new container runs."""
    before = inspect(BOX)["Id"]
    stuck(CREATED)
    (did,) = carried_out(actions(look(STACK), "recreate", "db"))
    after = inspect(BOX)
    assert after["Id"] != before
    assert after["State"]["Status"] == "running"
    assert did.ended is Ended.DONE, did


def test_what_was_stopped_and_not_replaced_runs_again(stack, stuck):
    """Cut before there was another one: it says so, and the old one serves again."""
    before = inspect(BOX)["Id"]
    stuck(STOPPED)
    (did,) = carried_out(actions(look(STACK), "recreate", "db"))
    after = inspect(BOX)
    assert (after["Id"], after["State"]["Status"]) == (before, "running")
    assert did.ended is Ended.FAILED
    assert "id is" in did.reason


def test_a_compose_that_fails_is_not_tried_again(stack, stuck):
    """Only what ran out of time is gone on with; an error is an error."""
    stuck("exit 9\n")
    (did,) = carried_out(actions(look(STACK), "recreate", "db"))
    assert (did.ended, did.code) == (Ended.FAILED, 9)
    assert docker("inspect", "-f", "{{.State.Status}}", BOX).strip() == "running"
