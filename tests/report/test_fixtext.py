"""What people read of a run of `fix`, letter by letter: tests/cases/report/fix-*."""

from __future__ import annotations

from dataclasses import replace

import pytest

from escalade.model import Severity
from escalade.report import fixwords
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


def test_each_handler_has_its_own_heading(cases):
    """What is done when the host is lost is not what is done when time is over."""
    text = fix_text(stories.tied(cases), Look())
    for head in ("if it fails", "if the host is lost", "if it is not done in time"):
        assert text.count(head) == 1


def test_what_is_done_only_at_times_says_when(cases):
    """The condition stands above the actions it holds for, which stand further in."""
    text = fix_text(stories.tied(cases), Look(width=140))
    told = (
        "rebuild · only if registered(name=first): ended = done or (container, every "
        "one: uptime_s ≥ 20 and not (registered(name=first): ended = done))"
    )
    assert told in " ".join(text.split())
    rows = text.splitlines()
    heads = ("rebuild · only if", "6  docker compose", "7  docker start")
    rebuild, inside, after = (
        next(len(row) - len(row.lstrip()) for row in rows if head in row)
        for head in heads
    )
    assert rebuild <= after < inside


def test_what_was_left_out_says_why(cases):
    """A condition that does not hold is not "it is so already"."""
    en = fix_text(stories.tied(cases), Look(width=140))
    assert "skipped: its condition does not hold" in en
    assert "it is so already" in en
    fr = fix_text(stories.tied(cases), Look(lang="fr", width=140))
    assert "sa condition n'est pas remplie" in fr


def test_what_touches_no_container_serves_nobody_and_disturbs_nobody(cases):
    """A tag is safe because it disturbs nobody, not because a service is down."""
    text = fix_text(stories.tied(cases), Look(width=140))
    tag = text[text.index("docker tag") :].splitlines()[1]
    assert "disturbs nobody" in tag
    assert "serves nobody now" in text


def test_a_step_by_hand_is_done_or_not_done(cases):
    """It cures nothing, so nothing persists either."""
    for story, word in (("collected", "✓ done:"), ("not-done", "✗ not done:")):
        text = fix_text(STORIES[story](cases), Look())
        assert word in text
        for wrong in ("cured", "Cured", "persists"):
            assert wrong not in text


def test_a_plan_without_sight_says_what_is_missing(cases):
    """A dry run that could see nothing is not "nothing to do"."""
    text = fix_text(stories.unseen(cases), Look())
    assert text.startswith("? Cannot tell")
    assert "could hide an error" in text
    assert "Nothing to do" not in text
    assert "can be seen: blog, shop" in fix_text(STORIES["no-stack"](cases), Look())


def test_every_message_and_bundle_is_named(cases):
    """Two roots handed off in one run leave two messages and two bundles."""
    story = stories.passed_on(cases)
    text = fix_text(story, Look(width=140))
    for each in story.handoffs:
        assert each.file in text
    for path in story.kept:
        assert path in text


def test_what_ends_with_a_code_is_not_called_done(cases):
    """All that ran is well, and a host is left all the same: the exit code decides."""
    story = replace(stories.by_hand(cases), exit=2)
    (head, *_) = plain(end_lines(story, Look()), Look()).splitlines()
    assert head.startswith("✗ Not done")


def test_what_stops_after_actions_is_not_called_refused(cases):
    """The same code stands for both: what ran, or was kept from its turn, tells."""
    story = replace(stories.by_hand(cases), exit=5)
    for each in (story, replace(story, dids=(), unbegun=("web2",))):
        assert fix_text(each, Look()).count("✗ Stopped") == 1
    assert "✗ Refused" in fix_text(replace(story, dids=()), Look())


def test_what_was_collected_by_hand_is_shown(cases):
    """Its table as it is, and where it is kept."""
    story = stories.collected(cases)
    text = fix_text(story, Look())
    assert "    shop_default   bridge\n" in text
    assert story.kept[0] in text


def test_every_reason_for_leaving_out_has_words():
    """What the executor writes is what the report translates."""
    from escalade.remedy import execute

    for said in execute.SAID.values():
        assert f"its condition {said}" in fixwords.SKIPS


def test_what_nobody_planned_for_is_told(cases):
    """Something is wrong, and no plan names it: the causes stand at the end."""
    ill = stories.cured(cases).before
    story = replace(stories.well(cases), before=ill, exit=2)
    text = fix_text(story, Look())
    assert "Not well, and nothing was planned for it" in text
    assert ill.roots[0].title.en in text
    assert "Nothing to fix" not in text


@pytest.mark.parametrize("changes", [True, False])
def test_a_network_that_was_changed_is_no_service_untouched(cases, changes):
    """Nothing was restarted, and something was changed all the same."""
    kind = stories.start if changes else stories.reading
    action = kind("1.1.1.1") if changes else kind("1.1.1.1", "docker logs redis")
    one = stories.plan(1, stories.climb("1.1", 1, stories.step("1.1.1", "x", action)))
    done = (stories.did("1.1.1.1"),)
    story = replace(stories.cured(cases), plans=(one,), dids=done, restarted=())
    text = fix_text(story, Look())
    assert ("no container was started" in text) is changes
    assert ("no service was touched" in text) is not changes


def test_a_run_that_was_terminated_is_interrupted_too(cases):
    """TERM and HUP as well as Ctrl-C: it can be resumed."""
    text = fix_text(replace(stories.interrupted(cases), exit=143), Look())
    assert text == fix_text(stories.interrupted(cases), Look())
    assert "invoke resume" in text


def test_an_echo_is_no_cause_that_remains(cases):
    """It only repeats what a log said before the cure."""
    ill = stories.cured(cases).before
    story = replace(stories.cured(cases), after=ill)
    assert "remains:" in fix_text(story, Look())
    quiet = frozenset(root.id for root in ill.roots)
    assert "remains:" not in fix_text(replace(story, echoes=quiet), Look())
