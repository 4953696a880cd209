"""The command that runs again where something is left, exactly as it was typed before."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from escalade.model import Diagnosis
from escalade.model import Severity
from escalade.plans import Outcome
from escalade.report import words
from escalade.report.fixstory import FixStory
from escalade.report.fleet import healthy
from escalade.report.lines import EMPTY
from escalade.report.lines import Line
from escalade.report.lines import flow
from escalade.report.lines import line
from escalade.report.lines import span
from escalade.report.look import Look

__all__ = ["command", "left_by_fix", "left_to_see", "retry_lines"]

_LIMIT = "--limit"
_CANARY = "--canary"
_ROOT = "--search-root"
_ON = "on"
_FLAGS_ALONE = ("--become", "--yes")


def command(
    argv: Sequence[str], task: str, hosts: str, *, left: Sequence[str], here: Path
) -> str:
    """Return a command line with other hosts, quoted for a shell.

    `argv` is the whole line as the program got it, `task` the task it called, `hosts`
    an Ansible pattern or `@file` that means those that are `left`; `here` is the current
    folder. What was said about hosts before goes: `--limit`, or the pattern of `on`, and a
    canary that is not left.
    """
    program, words_ = _program(list(argv), here)
    at = words_.index(task) + 1 if task in words_ else len(words_)
    before, after = words_[:at], words_[at:]
    if task not in words_:
        before = [*before, task]
    if task == _ON:
        return shlex.join([program, *before, *_other_pattern(after, hosts)])
    kept = _without(_LIMIT, after)
    kept = _without(_CANARY, kept, unless=left)
    return shlex.join([program, *before, *kept, _LIMIT, hosts])


def _program(argv: list[str], here: Path) -> tuple[str, list[str]]:
    """Return what people type before the task, and the rest.

    Where ./inv named our own folder to Invoke, it is that program that was typed.
    """
    program, rest = Path(argv[0]).name if argv else "", argv[1:]
    # `python -c` and `python -m` leave no name that could be typed.
    if not program or program[0] in "-_":
        program = "invoke"
    if rest[:1] == [_ROOT] and rest[1:]:
        root = Path(rest[1])
        return ("./inv" if root == here else str(root / "inv")), rest[2:]
    return program, rest


def _without(
    flag: str, given: Sequence[str], *, unless: Sequence[str] = ()
) -> list[str]:
    """Return the words of a task without a flag, unless it has one of some values."""
    kept: list[str] = []
    words_ = iter(given)
    for word in words_:
        name, equals, value = word.partition("=")
        if name != flag:
            kept.append(word)
            continue
        said = value if equals else next(words_, "")
        if said in unless:
            kept += [word] if equals else [word, said]
    return kept


def _other_pattern(given: Sequence[str], hosts: str) -> list[str]:
    """Return the words of `on` with another pattern: its first, or `--pattern`."""
    kept = list(given)
    for at, word in enumerate(kept):
        if word == "--pattern" and at + 1 < len(kept):
            kept[at + 1] = hosts
            return kept
        if word.startswith("--pattern="):
            kept[at] = f"--pattern={hosts}"
            return kept
    at = next((n for n in range(len(kept)) if _is_free(kept, n)), len(kept))
    return [*kept[:at], hosts, *kept[at + 1 :]]


def _is_free(given: Sequence[str], at: int) -> bool:
    """Whether a word is neither a flag nor the value of the flag before it."""
    if given[at].startswith("-"):
        return False
    above = given[at - 1] if at else ""
    return not above.startswith("--") or "=" in above or above in _FLAGS_ALONE


# ---------------------------------------------------------------------- who is left


def left_to_see(diagnosis: Diagnosis) -> tuple[str, ...]:
    """Return the hosts that a diagnosis does not call healthy."""
    well = frozenset(healthy(diagnosis))
    return tuple(s.host for s in diagnosis.hosts if s.host not in well)


def left_by_fix(story: FixStory) -> tuple[str, ...]:
    """Return the hosts that a run has not brought to a good end.

    They were not reached, something went wrong there, is not cured, or was never begun.
    A weakness that was there before any incident leaves no host behind.
    """
    bad = {state.host for state in story.last.hosts if not state.reachable}
    bad |= set(story.unbegun)
    actions = story.actions
    ends: dict[str, bool] = {}
    for did in story.dids:
        if did.action in actions:
            # The last attempt counts.
            ends[did.action] = did.ended.well
    for climb in story.climbs:
        said = story.said(climb.id)
        if said is not None and said.outcome is Outcome.CURED:
            continue
        planned = [a for step in climb.steps for a in step.actions]
        undone = not all(ends.get(action.id) for action in planned)
        if said is not None or undone:
            bad.add(climb.node.host)
    if not story.climbs or any(climb.finding for climb in story.climbs):
        bad |= {
            root.node.host
            for root in story.last.roots
            if root.severity > Severity.INFO and not root.standing
        }
    return tuple(state.host for state in story.last.hosts if state.host in bad)


def retry_lines(typed: str, left: int, of: int, look: Look) -> tuple[Line, ...]:
    """Return the last lines of a run over several hosts: what is left, the command."""
    if not left:
        return ()
    counted = words.LEFT.say(left, look.lang, of=str(of))
    head = line(span(words.RETRY.pick(look.lang), "head"), " ")
    told = flow(head, line(span(counted, "dim")), look.width)
    # Never wrapped: it is there to be copied.
    return (EMPTY, *told, line("  ", span(typed, "cmd")))
