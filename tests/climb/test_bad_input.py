"""Bad input is one clear line before anything ran; optional words may be left out."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize(
    ("words", "shows"),
    [
        (("fix",), "Healthy"),
        (("restart", "lone", "diagnose"), "docker restart esc-climb-shop-lone-1"),
        (("fix", "diagnose"), "Healthy"),
        (("fix", "fix"), "Healthy"),
    ],
    ids=" ".join,
)
def test_optional_words_and_several_tasks_in_a_line(shop, words, shows) -> None:
    """A task's name stays a task where a service could stand, too."""
    flags = ("--stack", shop.name)
    line = [part for word in words for part in _with(word, flags)]
    done = shop.inv("--dry", *line[:-2])
    assert done.code == 0, done.err
    assert shows in done.out
    assert done.out.count("Healthy") == sum(w in ("fix", "diagnose") for w in words)


def _with(word: str, flags: tuple[str, ...]) -> tuple[str, ...]:
    """Return a task's word with its flags; a service has none."""
    return (word, *flags) if word != "restart" else (word, *flags)


def test_the_list_and_the_help_know_every_task(shop) -> None:
    """Steps stand beside fix, each with its one line."""
    from tests.hostile.command import run

    listed = run("--list")
    assert listed.code == 0
    for name in ("fix", "apply", "approve", "resume", "restart", "rebuild", "handoff"):
        assert f"  {name}" in listed.out
    told = run("--help", "fix")
    assert told.code == 0
    assert "--max-risk" in told.out
