"""What people read of a run of `fix`: as it ends, and whole (`invoke show`)."""

from __future__ import annotations

from collections.abc import Sequence

from escalade.model import Finding
from escalade.model import Severity
from escalade.model import Verdict
from escalade.plans import Ended
from escalade.plans import Outcome
from escalade.report import fixwords
from escalade.report import words
from escalade.report.causes import place
from escalade.report.causes import places
from escalade.report.closing import gaps
from escalade.report.fixlive import OUTCOME_MARKS
from escalade.report.fixlive import did_lines
from escalade.report.fixlive import escalation_lines
from escalade.report.fixlive import verified_lines
from escalade.report.fixplan import plan_lines
from escalade.report.fixstory import FixStory
from escalade.report.fixstory import HandedOff
from escalade.report.hints import hints
from escalade.report.lines import EMPTY
from escalade.report.lines import Line
from escalade.report.lines import cut_line
from escalade.report.lines import flow
from escalade.report.lines import joined
from escalade.report.lines import line
from escalade.report.lines import span
from escalade.report.lines import width_of
from escalade.report.look import Look
from escalade.report.parts import causes_of
from escalade.report.parts import weaknesses_of
from escalade.report.plain import plain
from escalade.text import Text

__all__ = ["end_lines", "fix_lines", "fix_text"]

HANDED_OFF, REFUSED, SIGNALS = 4, 5, 128
"""Exit codes; above the last one a signal ended it (130 Ctrl-C, 143 TERM)."""
_ROWS = 4
_CAUSES = 5
_MESSAGE = 60
_ADVICE = 8


def fix_text(story: FixStory, look: Look) -> str:
    """Return the whole story as bare text."""
    return plain(fix_lines(story, look), look)


def fix_lines(story: FixStory, look: Look) -> tuple[Line, ...]:
    """Return the whole story: each plan, what ran of it, what came of it, the end."""
    out: list[Line] = []
    for plan in () if story.blind else story.plans:
        out += [*plan_lines(plan, look), EMPTY]
        ids = {action.id: action for action in plan.actions}
        ran = [did for did in story.dids if did.action in ids]
        for did in ran:
            out += did_lines(did, ids[did.action], look)
        climbs = {climb.id: climb for climb in plan.climbs}
        told = [said for said in story.verified if said.climb in climbs]
        for said in told:
            out += verified_lines(said, climbs[said.climb], look)
        out += [EMPTY] if ran or told else []
    told_why = {climb.reason for plan in story.plans for climb in plan.climbs}
    left = [reason for reason in story.escalations if reason not in told_why]
    for reason in left:
        out += escalation_lines(reason, look)
    out += [EMPTY] if left else []
    return tuple(cut_line(row, look.width) for row in (*out, *end_lines(story, look)))


def end_lines(story: FixStory, look: Look) -> tuple[Line, ...]:
    """Return how it ended, what is left, and the next command.

    What ran and was verified was told as it came.
    """
    rows = (
        *_headline(story, look),
        *_why(story, look),
        *_touched(story, look),
        *_orphans(story, look),
        *_remains(story, look),
        *_weak(story, look),
        *_unseen(story, look),
        *_messages(story, look),
        *_kept(story, look),
        *_next(story, look),
    )
    return tuple(cut_line(row, look.width) for row in rows)


# ------------------------------------------------------------------- headline


def _headline(story: FixStory, look: Look) -> tuple[Line, ...]:
    """Return the one line that says how it ended."""
    text, style, told = _ending(story)
    parts = [span(told.pick(look.lang), "head")]
    if story.level and not story.dry:
        level = fixwords.AT_LEVEL.fill({"n": str(story.level)})
        parts.append(span(level.pick(look.lang)))
    parts.append(span(words.seconds(story.took_s, look.lang), "dim"))
    return flow(line(span(f"{text} ", style)), joined(parts, " · "), look.width)


def _ending(story: FixStory) -> tuple[str, str, Text]:
    """Return mark, style and words of the end."""
    began = bool(story.dids or story.unbegun)
    special = (
        (story.exit > SIGNALS, ("!", "warn", fixwords.INTERRUPTED)),
        (story.waiting_approval, ("?", "warn", fixwords.WAITING)),
        (story.dry and not story.blind, ("-", "dim", fixwords.DRY)),
        (story.exit == REFUSED and began, ("✗", "bad", fixwords.STOPPED)),
        (story.exit == REFUSED, ("✗", "bad", fixwords.REFUSED)),
        (story.exit == HANDED_OFF, ("→", "warn", fixwords.HANDED_OFF)),
    )
    found = next((told for holds, told in special if holds), None)
    if found is not None:
        return found
    if story.outcome is None:
        return _idle(story)
    return (*OUTCOME_MARKS[story.outcome], fixwords.ENDS[story.outcome])


def _idle(story: FixStory) -> tuple[str, str, Text]:
    """Return mark, style and words of a run in which nothing was to be verified."""
    unplanned = any(step.trouble for plan in story.plans for step in plan.steps)
    if story.dids or unplanned:
        well = story.exit == 0 and not unplanned
        mark = ("✓", "good") if well else ("✗", "bad")
        return (*mark, fixwords.BY_HAND_ENDS[well])
    verdict = story.last.verdict
    if verdict is Verdict.HEALTHY:
        return "✓", "good", fixwords.HEALTHY
    if verdict is Verdict.UNKNOWN:
        return "?", "warn", fixwords.CANNOT_TELL
    if story.exit:
        return "✗", "bad", fixwords.NOTHING_HELPS
    return "-", "dim", fixwords.NOTHING


def _why(story: FixStory, look: Look) -> tuple[Line, ...]:
    """Return what was refused, a line each, and why it ended where it did."""
    told = [story.refused] if story.refused else []
    if story.outcome in (Outcome.WORSE, Outcome.UNKNOWN):
        # What persists is listed as what remains.
        last = [story.said(climb.id) for climb in story.climbs]
        told += [said.reason for said in last if said and said.outcome is story.outcome]
    lines = (row for text in told for row in text.pick(look.lang).splitlines())
    rows = dict.fromkeys(row for row in lines if row)
    return tuple(
        each
        for row in rows
        for each in flow(line("  "), line(span(row)), look.width, most=_ROWS)
    )


def _touched(story: FixStory, look: Look) -> tuple[Line, ...]:
    """Return the services whose containers were touched."""
    if not story.dids:
        return ()
    if not story.restarted:
        told = fixwords.ONLY_CHANGED if _changed(story) else fixwords.UNTOUCHED
        return (line("  ", span(told.pick(look.lang), "dim")),)
    names = words.listed(places(story.restarted, look), look.lang)
    head = line("  ", span(fixwords.RESTARTED.pick(look.lang), "label"), " ")
    return flow(head, line(span(names, "name")), look.width, most=_ROWS)


def _changed(story: FixStory) -> bool:
    """Whether something was changed: a network, a tag, what a command did."""
    done = {did.action for did in story.dids if did.ended is Ended.DONE}
    return any(not a.reads for name, a in story.actions.items() if name in done)


def _orphans(story: FixStory, look: Look) -> tuple[Line, ...]:
    """Return what still runs on a host and could not be ended."""
    out: list[Line] = []
    for did in story.dids:
        if did.orphan:
            action = story.actions.get(did.action)
            host = f" ({action.host})" if action else ""
            told = fixwords.ORPHAN.fill({"what": f"{did.orphan}{host}"})
            body = line(span(told.pick(look.lang), "bad"))
            out += flow(line(span("! ", "bad")), body, look.width, most=_ROWS)
    return tuple(out)


# ---------------------------------------------------------------- what is left


def _remains(story: FixStory, look: Look) -> tuple[Line, ...]:
    """Return the causes that the last look still found.

    A warning that nothing was to be done about is no cause that remains: many restarts
    are still counted after the cure.
    """
    # Where nothing was planned, no plan has told the causes.
    looked = story.after or (None if story.climbs else story.last)
    found = causes_of(looked) if looked else ()
    found = tuple(root for root in found if root.id not in story.echoes)
    open_ = {climb.finding for climb in story.climbs}
    left = [r for r in found if r.severity >= Severity.ERROR or r.id in open_]
    out: list[Line] = []
    if left:
        head = span(fixwords.REMAINS.say(len(left), look.lang), "head")
        out = [EMPTY, line(head)]
    for root in left[:_CAUSES]:
        out += _cause(root, look)
    if left[_CAUSES:]:
        more = words.AND_MORE.say(len(left) - _CAUSES, look.lang)
        out.append(line("    ", span(more, "dim")))
    return (*out, *_warned([root for root in found if root not in left], look))


def _warned(roots: Sequence[Finding], look: Look) -> tuple[Line, ...]:
    """Return the warnings that stand beside a cure."""
    out: list[Line] = [EMPTY] if roots else []
    for root in roots[:_CAUSES]:
        told = f"{root.title.pick(look.lang)} ({place(root.node, look)})"
        out += flow(line("  "), line(span(told, "dim")), look.width, most=_ROWS)
    return tuple(out)


def _cause(root: Finding, look: Look) -> tuple[Line, ...]:
    """Return a cause with its place and the advice that goes with it."""
    body = line(span(root.title.pick(look.lang)), span(f" ({place(root.node, look)})"))
    rows = flow(line("  ", span("✗ ", "bad")), body, look.width, most=_ROWS)
    if root.remedy.advice is None:
        return rows
    advice = line(span(root.remedy.advice.pick(look.lang), "dim"))
    return (*rows, *flow(line("    "), advice, look.width, most=_ADVICE))


def _weak(story: FixStory, look: Look) -> tuple[Line, ...]:
    """Return how many weaknesses are told and left alone."""
    weak = weaknesses_of(story.last)
    if not weak:
        return ()
    text = fixwords.LEFT_ALONE.say(len(weak), look.lang)
    return (EMPTY, *flow(EMPTY, line(span(text, "dim")), look.width, most=2))


def _unseen(story: FixStory, look: Look) -> tuple[Line, ...]:
    """Return the questions without an answer because of which nobody can tell."""
    if not story.blind:
        return ()
    return (*gaps(story.last, look), *hints(story.last, look))


def _messages(story: FixStory, look: Look) -> tuple[Line, ...]:
    """Return each message for the next person, or where it was written."""
    several = len(story.handoffs) > 1
    out: list[Line] = [EMPTY] if story.handoffs else []
    for each in story.handoffs:
        label = _for_whom(each, look, several=several)
        out += _file(label, each.file, look)
        out += _body(each, look) if look.verbose or not each.file else ()
    return tuple(out)


def _file(label: str, path: str, look: Look) -> tuple[Line, ...]:
    """Return where a file is: beside its label, or below it, whole where it fits."""
    head, name = span(label, "label"), span(path, "cmd")
    whole = line(head, "  ", name) if path else line(head)
    if width_of(whole) <= look.width:
        return (whole,)
    return (*flow(EMPTY, (head,), look.width), *flow(line("  "), (name,), look.width))


def _for_whom(handed: HandedOff, look: Look, *, several: bool) -> str:
    """Return whom a message is for, and what it is about where there are several."""
    to = words.PEOPLE.get(handed.to)
    whom = to.pick(look.lang) if to and handed.to else handed.to
    named = fixwords.MESSAGE_FOR.fill({"to": whom}) if whom else fixwords.MESSAGE
    label = named.pick(look.lang)
    return f"{label}, {place(handed.node, look)}" if several else label


def _body(handed: HandedOff, look: Look) -> tuple[Line, ...]:
    """Return the message's own lines."""
    text = handed.message.pick(look.lang)
    return tuple(
        row
        for each in text.splitlines()[:_MESSAGE]
        for row in flow(line("  "), line(span(each)), look.width)
    )


def _kept(story: FixStory, look: Look) -> tuple[Line, ...]:
    """Return the files that were kept to be passed on."""
    out: list[Line] = [EMPTY] if story.kept and not story.handoffs else []
    for path in story.kept:
        out += _file(fixwords.KEPT.pick(look.lang), path, look)
    return tuple(out)


def _next(story: FixStory, look: Look) -> tuple[Line, ...]:
    """Return the next commands to type."""
    offers = [f"{look.program} {offer} {story.run}" for offer in _offers(story)]
    if not offers or not look.live:
        return ()
    head = line(span(words.NEXT.pick(look.lang), "head"), " ")
    told = joined([span(offer, "cmd") for offer in offers], "  ·  ")
    return (EMPTY, *flow(head, told, look.width))


def _offers(story: FixStory) -> tuple[str, ...]:
    """Return the tasks that go on with a run, or that tell more of it."""
    if story.dry:
        return ()
    if story.waiting_approval:
        return ("approve", "show")
    if story.exit > SIGNALS:
        return ("resume", "show")
    return ("show",) if any(plan.climbs for plan in story.plans) else ()
