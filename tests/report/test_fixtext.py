"""What people read of a run of `fix`, letter by letter: tests/cases/report/fix-*."""

from __future__ import annotations

from dataclasses import replace

import pytest

from escalade.model import Severity
from escalade.report.fixlive import did_lines
from escalade.report.fixplan import plan_lines
from escalade.report.fixtext import end_lines
from escalade.report.fixtext import fix_lines
from escalade.report.fixtext import fix_text
from escalade.report.look import Look
from escalade.report.plain import plain
from escalade.report.safe import cells
from escalade.text import LANGS
from escalade.text import Text
from tests.report import stories
from tests.report.stories import STORIES


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", STORIES)
def test_story(name, lang, cases, golden):
    """A whole run on 80 columns is what its golden file says."""
    story = STORIES[name](cases)
    golden(f"fix-{name}.{lang}.txt", fix_text(story, Look(lang=lang)))


@pytest.mark.parametrize("lang", LANGS)
def test_verbose(lang, cases, golden):
    """In verbose, outputs, the digest and the message itself are shown."""
    look = Look(lang=lang, verbose=True)
    text = fix_text(stories.handed_off(cases), look)
    text += fix_text(stories.by_hand(cases), look)
    golden(f"fix-verbose.{lang}.txt", text)


@pytest.mark.parametrize("width", [20, 40, 61, 80, 140])
@pytest.mark.parametrize("name", STORIES)
def test_no_line_is_wider_than_asked(name, width, cases):
    """No line passes the width."""
    for lang in LANGS:
        text = fix_text(STORIES[name](cases), Look(lang=lang, width=width))
        assert max(map(cells, text.splitlines())) <= width


@pytest.mark.parametrize("name", STORIES)
def test_same_lines_in_both_languages(name, cases):
    """English and French have the same lines where width does not matter."""
    told = [
        fix_lines(STORIES[name](cases), Look(lang=lang, width=140)) for lang in LANGS
    ]
    assert len(told[0]) == len(told[1])


def test_a_plan_says_all_that_is_needed(cases):
    """Command, host, risk, why and undo of each action stand in the plan."""
    text = plain(plan_lines(stories.first(), Look()), Look())
    for word in (
        "docker start eloquence-redis-1",
        "localhost",
        "safe",
        "redis is not running",
        "docker stop eloquence-redis-1",
    ):
        assert word in text


@pytest.mark.parametrize(
    ("name", "task"),
    [("waiting", "approve"), ("interrupted", "resume"), ("cured", "show")],
)
def test_the_next_command(name, task, cases):
    """What is left open says how to go on."""
    text = fix_text(STORIES[name](cases), Look(program="./inv"))
    assert f"./inv {task} {stories.RUN}" in text


def test_a_saved_run_proposes_no_command(cases):
    """A report on saved evidence proposes nothing that needs the hosts."""
    assert "invoke show" not in fix_text(stories.cured(cases), Look(live=False))


def test_the_end_alone(cases):
    """A live run told its actions as they came: the end does not repeat them."""
    look = Look()
    text = plain(end_lines(stories.cured(cases), look), look)
    assert text.startswith("✓ Cured and verified · at level 1 · 4.2 s")
    assert "docker start" not in text


def test_a_brake_on_the_way_to_a_cure(cases):
    """What a brake refused is told line by line, and a cure is a cure all the same."""
    why = Text("3 remedies in 15 min\n  10:00 start", "3 remèdes\n  10:00 start")
    text = fix_text(replace(stories.cured(cases), refused=why), Look())
    assert "✓ Cured and verified" in text
    assert "  3 remedies in 15 min\n  10:00 start\n" in text


def test_hostile_words_stay_words(cases):
    """What a command wrote cannot take the terminal over."""
    action = replace(stories.start("1"), command="\x1b[2Jx")
    odd = stories.did("1", output="\x1b]0;owned\x07", reason="\x1b[31mred")
    look = Look(verbose=True)
    text = plain(did_lines(odd, action, look), look)
    assert "\x1b" not in text
    assert "\x07" not in text


def test_a_warning_beside_a_cure_is_no_cause_that_remains(cases):
    """Restarts are still counted after it: told, and not as what is left to do."""
    story = stories.cured(cases)
    seen = story.before.roots[0]
    warned = replace(
        seen,
        id="other",
        severity=Severity.WARNING,
        title=Text("restarted 16 times", "redémarré 16 fois"),
    )
    assert story.after is not None
    after = replace(story.after, findings=(warned,))
    text = plain(end_lines(replace(story, after=after), Look()), Look())
    assert "restarted 16 times" in text
    assert "remain" not in text
