"""The steps of a level, as an operator would type them."""

from __future__ import annotations

from escalade.diagnosis.spoken import spoken
from escalade.model import Node
from escalade.model import Step

NODE = Node("web1", "app", "db")


def said(*steps: Step) -> tuple[str, ...]:
    """Return the lines of some steps."""
    return spoken(steps, NODE, "generic.died")


def test_the_root_is_filled_in() -> None:
    """Its service stands without a flag, everything else behind one."""
    args = {"service": "{{ root.service }}", "to": "{{ root.host }}/{{ root.stack }}"}
    assert said(Step("logs", args)) == ("logs db --to web1/app",)


def test_lists_and_switches_are_flags() -> None:
    """A flag for each item; what is false is not there; a name with its hyphens."""
    args = {"see": ["a", "b"], "no_cache": True, "pull": False}
    assert said(Step("x", args)) == ("x --see a --see b --no-cache",)


def test_a_group_is_told_step_by_step() -> None:
    """How it is carried out is not: that is the plan's to tell."""
    inner = (Step("logs"), Step("restart", attempts=3, on_failed=(Step("bundle"),)))
    assert said(Step("group", group=inner), Step("up")) == ("logs", "restart", "up")


def test_what_a_shell_would_split_is_quoted() -> None:
    """A line can be typed as it stands."""
    assert said(Step("run", {"argv": ["a b"]})) == ("run --argv 'a b'",)
