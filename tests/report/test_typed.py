"""What a remedy's steps come to: tasks that one can type, or words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from escalade.model import HostState
from escalade.model import Node
from escalade.report.look import Look
from escalade.report.typed import Act
from escalade.report.typed import typed
from escalade.report.typed import where_of

NODE = Node("localhost", "eloquence", "redis")


def test_a_step_is_a_task():
    """A step is typed as the task of its name, by the program's own name."""
    assert typed("restart redis", Look()) == Act("invoke restart redis")
    look = Look(program="./inv")
    assert typed("logs redis --lines 100", look).text == "./inv logs redis --lines 100"
    assert typed("bundle", look).text == "./inv bundle"


def test_words_stay_quoted():
    """What holds a space is quoted for a shell."""
    assert typed("run 'a b; c'", Look()).text == "invoke run 'a b; c'"


def test_an_open_quote_is_no_command():
    """What no shell could read is told as it is."""
    assert typed("run 'a", Look()) == Act("run 'a", command=False)


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "hand off to on-call"), ("fr", "relais à l'astreinte")]
)
def test_a_hand_off_is_no_command(lang, words):
    """A hand-off is told in words, in the reader's language."""
    act = typed("handoff --to on-call", Look(lang=lang))
    assert not act.command
    assert words in act.text


def test_this_machine_alone_needs_no_flag(cases):
    """One stack on this machine alone is not named."""
    assert where_of(cases["one-root"](), NODE) == ""


def test_another_host_is_named(cases):
    """A host that is not this machine is always named: a task goes to all of them."""
    base = cases["one-root"]()
    alone = replace(base, hosts=(HostState("web1", reachable=True),))
    assert where_of(alone, Node("web1", "eloquence", "redis")) == " --limit web1"
    assert where_of(cases["two-hosts"](), NODE) == " --limit localhost"


def test_one_of_several_stacks_is_named(cases):
    """A stack is named where its host has another."""
    base = cases["one-root"]()
    other = replace(base.services[0], node=Node("localhost", "shop", "db"))
    both = replace(base, services=(*base.services, other))
    assert where_of(both, NODE) == " --stack eloquence"


def test_markdown_says_what_the_terminal_says(cases):
    """A ticket has the same lines to type."""
    from escalade import paths
    from escalade.report.markdown import render

    text = render(cases["one-root"](), paths.templates(), lang="en")
    assert "`invoke restart redis`" in text
    assert "docker compose" not in text
