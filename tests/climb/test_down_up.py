"""What `down` took away comes back with `up`, though no container tells of it any more."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.climb.stack import HANGS_S
from tests.climb.stack import IMAGE
from tests.climb.stack import PLAIN
from tests.climb.stack import Stack
from tests.climb.stack import docker
from tests.hostile.command import run

pytestmark = pytest.mark.engine

FILE = f"""
name: NAME
services:
  db:
    image: {IMAGE}
    command: [redis-server, --protected-mode, "no"]
    stop_grace_period: 1s
    healthcheck: {{test: [CMD, redis-cli, ping], interval: 1s, timeout: 8s}}
  side:
    image: {PLAIN}
    init: true
    command: [sleep, infinity]
    stop_grace_period: 1s
    depends_on: {{db: {{condition: service_healthy}}}}
  once:
    image: {PLAIN}
    command: ["true"]
"""


@pytest.fixture
def stack(tmp_path) -> Iterator[Stack]:
    """Return a stack of this file's own, taken away in the end."""
    found = Stack("esc-climb-away", tmp_path)
    (tmp_path / "compose.yaml").write_text(FILE.replace("NAME", found.name))
    found.compose("up", "-d")
    yield found
    found.compose("down", "-v", "--timeout", "1", check=False)


def inv(stack, *words: str):
    """Run a task on the stack, named even where nothing of it is there."""
    return run(*words, "--stack", stack.name, timeout=HANGS_S)


def states(stack) -> dict[str, str]:
    """Return the state of each container of a stack."""
    return {
        box.removeprefix(f"{stack.name}-").removesuffix("-1"): docker(
            "inspect", "-f", "{{.State.Status}}", box
        ).strip()
        for box in stack.boxes()
    }


def test_what_was_taken_down_is_brought_up_again(stack, state) -> None:
    """From the same files, until it is healthy; the plan says how beforehand."""
    down = inv(stack, "down", "--yes")
    assert down.code == 0, down
    assert states(stack) == {}
    plan = inv(stack, "up", "--plan")
    assert plan.code == 0, plan
    assert f"-p {stack.name} " in plan.out
    assert " up -d " in plan.said
    assert states(stack) == {}
    up = inv(stack, "up", "--format", "json")
    assert up.code == 0, up
    assert states(stack) == {"db": "running", "side": "running", "once": "exited"}
    report = json.loads(up.out)
    assert {row["service"] for row in report["restarted"]} == {"db", "side"}
    kept = [path.stat().st_mode & 0o777 for path in (state / "projects").iterdir()]
    assert kept == [0o600]


def test_one_service_comes_with_what_it_needs(stack) -> None:
    """And with nothing else; a name that was not there is refused with the nearest."""
    assert inv(stack, "down", "--yes").code == 0
    wrong = inv(stack, "up", "sidee")
    assert wrong.code == 1, wrong
    assert "did you mean 'side'?" in wrong.complaint
    up = inv(stack, "up", "side")
    assert up.code == 0, up
    assert states(stack) == {"db": "running", "side": "running"}


def test_what_is_held_stays_down(stack) -> None:
    """Unless it is asked for."""
    assert inv(stack, "stop", "side", "--hold", "--yes").code == 0
    assert inv(stack, "down", "--yes").code == 0
    up = inv(stack, "up")
    assert up.code == 0, up
    assert states(stack).get("side") != "running"
    assert states(stack)["db"] == "running"


def test_files_that_are_gone_are_told(stack) -> None:
    """The command's own words, and no false success."""
    assert inv(stack, "down", "--yes").code == 0
    (stack.folder / "compose.yaml").rename(stack.folder / "away.yaml")
    up = inv(stack, "up")
    (stack.folder / "away.yaml").rename(stack.folder / "compose.yaml")
    assert up.code == 2, up
    assert "no such file" in up.said


def test_a_profile_in_use_comes_back(stack, state) -> None:
    """What ran of a profile runs again, though nobody names the profile."""
    file = stack.folder / "compose.yaml"
    file.write_text(
        file.read_text().replace("  side:\n", "  side:\n    profiles: [x]\n")
    )
    stack.compose("--profile", "x", "up", "-d")
    assert inv(stack, "down", "--yes").code == 0
    assert states(stack) == {}
    up = inv(stack, "up")
    assert up.code == 0, up
    assert states(stack)["side"] == "running"
