"""Bad input is one clear line before anything ran; optional words may be left out."""

from __future__ import annotations

import pytest

from tests.climb.stack import HANGS_S
from tests.hostile.command import run

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("fix", "--level", "9"), "--level 9: expected 1, 2 or 3"),
        (("fix", "--level", "-1"), "--level"),
        (("fix", "redis.stoped"), "did you mean 'redis.stopped'?"),
        (("fix", "lonee"), "did you mean 'lone'?"),
        (("restart", "lonee"), "did you mean 'lone'?"),
        (("restart", "lone", "--grace", "soon"), "grace is a whole number"),
        (("fix", "--max-risk", "some"), "safe, disruptive, destructive"),
        (("fix", "--format", "xml"), "text or json"),
        (("resume", "nobody"), "no run 'nobody'"),
        (("approve", "nobody"), "no run 'nobody'"),
        (("resume", "last"), "no run in the journal"),
        (("apply", "/nonexistent/plan.json"), "/nonexistent/plan.json"),
        (("apply", "/"), "directory"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_wrong_is_one_line(shop, state, words, says) -> None:
    """Exit 1, the word and what would do; no run is begun."""
    before = shop.marks()
    done = shop.inv(*words)
    assert done.code == 1, done.out
    assert says in done.complaint
    assert not (state / "runs").exists()
    assert shop.marks() == before


@pytest.mark.parametrize("words", [("restart", "lone"), ("recreate", "lone"), ("up",)])
def test_a_stack_that_is_not_there_is_told_as_such(shop, state, words) -> None:
    """Exit 1 with the nearest stack's name, whatever the service is called."""
    done = run(*words, "--stack", shop.name[:-1], timeout=HANGS_S)
    assert done.code == 1, done.out
    assert done.complaint.endswith(
        f"no stack {shop.name[:-1]!r} (did you mean {shop.name!r}?)"
    )
    assert not (state / "runs").exists()


@pytest.mark.parametrize(
    ("words", "shows"),
    [
        (("fix", "HERE"), ["Plan only"]),
        (("fix", "HERE", "diagnose", "HERE"), ["Plan only", "Healthy"]),
        (("fix", "diagnose", "HERE", "--quick"), ["Plan only", "Healthy"]),
        (("restart", "HERE", "lone"), ["docker restart esc-climb-shop-lone-1"]),
        (
            ("restart", "lone", "HERE", "diagnose", "HERE"),
            ["docker restart esc-climb-shop-lone-1", "Healthy"],
        ),
    ],
    ids=" ".join,
)
def test_optional_words_and_several_tasks_in_a_line(shop, words, shows) -> None:
    """A task's name stays a task where a service could stand, too."""
    here = ("--stack", shop.name)
    line = [w for word in words for w in (here if word == "HERE" else (word,))]
    done = run("--dry", *line, env={"ESCALADE_STACKS": shop.name}, timeout=HANGS_S)
    assert done.code == 0, done.err
    at = 0
    for words_ in shows:
        at = done.out.index(words_, at) + 1


def test_a_name_that_a_task_has_is_said_with_its_flag(shop) -> None:
    """`--service logs` means a service, and there is none."""
    done = shop.inv("--dry", "restart", "--service", "logs")
    assert done.code == 1
    assert "no service 'logs'" in done.complaint


def test_the_list_and_the_help_know_every_task(shop) -> None:
    """Steps stand beside fix, each with its one line."""
    listed = run("--list")
    assert listed.code == 0
    for name in ("fix", "apply", "approve", "resume", "restart", "rebuild", "handoff"):
        assert f"  {name}" in listed.out
    told = run("--help", "fix")
    assert told.code == 0
    assert "--max-risk" in told.out
