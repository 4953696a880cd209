"""Lines that appear while a plan is carried out: each action, each verification."""

from __future__ import annotations

from escalade.plans import Action
from escalade.plans import Climb
from escalade.plans import Did
from escalade.plans import Ended
from escalade.plans import Outcome
from escalade.plans import Verified
from escalade.report import fixwords
from escalade.report import words
from escalade.report.causes import place
from escalade.report.lines import Line
from escalade.report.lines import cut_line
from escalade.report.lines import flow
from escalade.report.lines import joined
from escalade.report.lines import line
from escalade.report.lines import span
from escalade.report.look import Look
from escalade.shapes import shaped
from escalade.text import Lang
from escalade.text import Text

__all__ = ["OUTCOME_MARKS", "did_lines", "escalation_lines", "verified_lines"]

_MARKS = {
    Ended.DONE: ("✓", "good"),
    Ended.SKIPPED: ("-", "dim"),
    Ended.FAILED: ("✗", "bad"),
    Ended.TIMEOUT: ("✗", "bad"),
    Ended.UNREACHABLE: ("✗", "bad"),
    Ended.INTERRUPTED: ("!", "warn"),
    Ended.UNKNOWN: ("?", "warn"),
}
OUTCOME_MARKS = {
    Outcome.CURED: ("✓", "good"),
    Outcome.PERSISTS: ("✗", "bad"),
    Outcome.WORSE: ("✗", "bad"),
    Outcome.UNKNOWN: ("?", "warn"),
}
"""The mark of an outcome and its style."""
SKIPPED = fixwords.ENDED[Ended.SKIPPED]
_ROWS = 4


def did_lines(did: Did, action: Action | None, look: Look) -> tuple[Line, ...]:
    """Return how an action ended: `✓ docker restart x · web1 · 1.2 s`.

    What went wrong stands below it, and what it was to show; in verbose, all it wrote.
    """
    text, style = _MARKS[did.ended]
    parts = [span(shaped((action and action.command) or did.action), "cmd")]
    if action:
        parts.append(span(action.host, "dim"))
    parts.append(span(words.seconds(did.took_s, look.lang), "dim"))
    parts += [span(word) for word in _more(did, look)]
    body = joined(parts, " · ")
    out = [*flow(line(span(f"{text} ", style)), body, look.width, most=_ROWS)]
    pad = line("    ")
    if did.reason and not did.ended.well:
        out += flow(pad, line(span(did.reason)), look.width, most=_ROWS)
    if did.orphan:
        told = fixwords.ORPHAN.fill({"what": did.orphan}).pick(look.lang)
        out += flow(pad, line(span(told, "bad")), look.width, most=_ROWS)
    shows = action is not None and action.reads
    for row in did.output.splitlines() if look.verbose or shows else ():
        # A table that is wrapped is none.
        whole = [cut_line((*pad, span(row)), look.width)] if shows else ()
        out += whole or flow(pad, line(span(row, "dim")), look.width)
    return tuple(out)


def _more(did: Did, look: Look) -> list[str]:
    """Return what is worth a word beside the time: how it ended, code, attempt."""
    parts: list[str] = []
    if did.ended is Ended.SKIPPED:
        parts.append(skip_words(did.reason, look.lang))
    elif did.ended is not Ended.DONE:
        parts.append(fixwords.ENDED[did.ended].pick(look.lang))
    if did.code and not did.ended.well:
        parts.append(fixwords.CODE.fill({"n": str(did.code)}).pick(look.lang))
    if did.attempt > 1:
        parts.append(fixwords.ATTEMPT.fill({"n": str(did.attempt)}).pick(look.lang))
    return parts


def skip_words(reason: str, lang: Lang) -> str:
    """Return why an action was left out."""
    known = fixwords.SKIPS.get(reason)
    return known.pick(lang) if known else reason or SKIPPED.pick(lang)


def verified_lines(verified: Verified, climb: Climb, look: Look) -> tuple[Line, ...]:
    """Return what verification said of a climb: `✓ cured: redis on web1`."""
    text, style = OUTCOME_MARKS[verified.outcome]
    word = _outcome(verified, climb).pick(look.lang)
    colon = " : " if look.lang == "fr" else ": "
    told = f"{colon}{place(climb.node, look)}"
    body = line(
        span(word, style),
        span(told),
        span(f" · {verified.reason.pick(look.lang)}" if verified.reason.en else ""),
    )
    return flow(line(span(f"{text} ", style)), body, look.width, most=_ROWS)


def _outcome(verified: Verified, climb: Climb) -> Text:
    """Return the word for what came of a climb."""
    if climb.finding:
        return fixwords.OUTCOMES[verified.outcome]
    return fixwords.BY_HAND_OUTCOMES[verified.outcome is Outcome.CURED]


def escalation_lines(reason: Text, look: Look) -> tuple[Line, ...]:
    """Return why a level is left."""
    return flow(
        line(span("→ ", "warn")),
        line(span(reason.pick(look.lang))),
        look.width,
        most=_ROWS,
    )
