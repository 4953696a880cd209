"""What the tasks that act call: from flags to a climb, its report and its exit code."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

from escalade.errors import UsageError
from escalade.report.emit import emit
from escalade.tasks.desk import checked_format
from escalade.tasks.desk import look_for
from escalade.tasks.desk import road_for
from escalade.tasks.desk import said
from escalade.tasks.desk import settings_for
from escalade.tasks.desk import whole

if TYPE_CHECKING:
    from invoke.context import Context

    from escalade.climb.gear import Gear
    from escalade.climb.gear import Order
    from escalade.climb.policy import Policy
    from escalade.climb.rolling import Rolling
    from escalade.journal.store import Journal
    from escalade.plans import Plan
    from escalade.report.fixstory import FixStory
    from escalade.settings import Settings

__all__ = ["Request", "apply", "approve", "fix", "resume", "step"]

LEVELS = 3
REFUSED = 5


@dataclass(frozen=True, slots=True)
class Request:
    """What a task was asked for; `flags` are settings."""

    flags: Mapping[str, object]
    level: int | None = None
    plan: bool = False
    out: str = ""
    yes: bool = False
    format: str = "text"
    why: str = ""
    verbose: bool = False
    anytime: bool = False
    rolling: Rolling | None = None


# ------------------------------------------------------------------- the tasks


def fix(context: Context, words: Mapping[str, Any]) -> int:
    """Cure what is found; `words` are the arguments of the task."""
    from escalade.climb.gear import Order

    out = said("--out", words["out"])
    request = _request(context, words, stacks=words["stack"])
    request = replace(request, out=out, level=_level(words["level"]))
    settings = settings_for(context, request.flags)
    symptom = words["symptom"]
    order = Order(
        only=(symptom,) if symptom else (),
        level=request.level,
        rolling=request.rolling,
        tags=_words(words["tags"]),
        skip_tags=_words(words["skip_tags"]),
    )
    return _ordered(context, settings, request, order, kind="fix")


def _words(said: str) -> tuple[str, ...]:
    """Return the words of a list with commas."""
    return tuple(word for word in (part.strip() for part in said.split(",")) if word)


def _request(context: Context, words: Mapping[str, Any], *, stacks: Any) -> Request:
    """Return what a task that acts on hosts was asked for."""
    from escalade.climb.rolling import KEYS

    names = ("limit", "inventory", "lang", "forks", "max_risk")
    return Request(
        {**{name: words[name] for name in names}, "stacks": stacks},
        plan=bool(words["plan"]) or bool(context.config.run.dry),
        yes=bool(words["yes"]),
        format=str(words["format"]),
        why=str(words["why"]),
        verbose=bool(words["verbose"]),
        anytime=bool(words["anytime"]),
        rolling=_rolling({key: words[key] for key in KEYS}),
    )


def step(context: Context, name: str, words: Mapping[str, Any]) -> int:
    """Carry out one step that an operator called by its name."""
    from escalade.climb.gear import Order
    from escalade.remedy.catalog import steps
    from escalade.remedy.plan import Called

    kind = steps()[name]
    args = {k: v for k, v in words.items() if k in kind.arguments}
    given = {k: _said(v) for k, v in args.items() if v not in (None, "", [], False)}
    stacks = words["stack"] or []
    if len(stacks) > 1:
        raise UsageError("--stack: a step is about one stack at a time")
    request = _request(context, words, stacks=stacks)
    settings = settings_for(context, request.flags)
    order = Order(
        calls=(Called(name, given),),
        stack=stacks[0] if stacks else None,
        rolling=request.rolling,
    )
    return _ordered(context, settings, request, order, kind=name)


def apply(context: Context, request: Request, name: str) -> int:
    """Carry out a plan from a file."""
    from escalade.climb.entry import saved
    from escalade.tasks.planfile import read

    plan, order, place = read(name)
    settings = _at(settings_for(context, request.flags), place, request)
    with _gear(context, settings, request, order) as gear:
        begin = partial(_begin, gear, "apply", request)
        return _left(gear, saved(gear, begin, plan), request)


def approve(context: Context, request: Request, prefix: str) -> int:
    """Approve and carry out the plan that a run waits with."""
    from escalade.tasks.memory import journal_for
    from escalade.tasks.recalled import ExpiredError

    settings = settings_for(context, request.flags)
    with journal_for(settings) as journal:
        try:
            return _approved(context, journal, settings, request, prefix)
        except ExpiredError as error:
            print(f"escalade: {error.text.pick(settings.lang)}", file=sys.stderr)
            return REFUSED


def _approved(
    context: Context, journal: Journal, settings: Settings, request: Request, run: str
) -> int:
    """Carry out a plan that waits, or what a job waits with."""
    from escalade.climb.entry import saved
    from escalade.tasks import timetable
    from escalade.tasks.recalled import waiting

    if timetable.of_job(journal, run):
        job = timetable.Request(
            request.flags,
            format=request.format,
            why=request.why,
            verbose=request.verbose,
        )
        return timetable.approve(context, journal, settings, job, run)
    left = waiting(journal, run)
    asked = replace(request, yes=True)
    settings = _at(settings, left.place, request)
    with _gear(
        context, settings, asked, left.order, journal=journal, run=left.run
    ) as gear:
        again = partial(_again, gear, request, left.seen)
        return _left(gear, saved(gear, again, left.plan), request)


def resume(context: Context, request: Request, prefix: str) -> int:
    """Go on with a run that was interrupted."""
    from escalade.climb.entry import carry_on
    from escalade.tasks.memory import journal_for
    from escalade.tasks.recalled import interrupted
    from escalade.tasks.recalled import seen_before

    settings = settings_for(context, request.flags)
    with journal_for(settings) as journal:
        left = interrupted(journal, prefix)
        settings = _at(settings, left.place, request)
        with _gear(
            context, settings, request, left.order, journal=journal, run=left.run
        ) as gear:
            left.check(gear.rests)
            before = seen_before(gear)
            _again(gear, request, left.seen)
            if left.plan is None:
                return _left(gear, _anew(gear, left.round), request)
            story = carry_on(gear, before, left.plan, left.past)
            return _left(gear, story, request)


def _anew(gear: Gear, last: int) -> FixStory:
    """Begin again what was interrupted before it had a plan."""
    from escalade.climb.entry import fix as climb

    return climb(gear, lambda: None, last=last)


# --------------------------------------------------------------------- the way


def _ordered(
    context: Context, settings: Settings, request: Request, order: Order, *, kind: str
) -> int:
    """Plan, or climb, and print."""
    from escalade.climb.entry import fix as climb
    from escalade.climb.entry import plan_only

    dry = request.plan or bool(request.out)
    with _gear(context, settings, request, order, dry=dry) as gear:
        if dry:
            story, plan = plan_only(gear)
            code = _told(story, settings, request, plan=plan)
            if request.out:
                from escalade.tasks.planfile import write

                write(request.out, plan, order, settings)
            return code
        begin = partial(_begin, gear, kind, request)
        story = climb(gear, begin)
        return _ended(story, settings, request, kind)


@contextmanager
def _gear(
    context: Context,
    settings: Settings,
    request: Request,
    order: Order,
    *,
    dry: bool = False,
    journal: Journal | None = None,
    run: str = "",
) -> Iterator[Gear]:
    """Give the means of a run; its connections are closed at the end."""
    from escalade.climb.setup import gear_for
    from escalade.report.progress import Silent
    from escalade.tasks.fixdesk import Quiet
    from escalade.tasks.fixdesk import Spoken
    from escalade.tasks.quiet import hush

    checked_format(request.format)
    hush()
    look = look_for(settings, verbose=request.verbose)
    text = request.format == "text"
    desk = Spoken(look) if text else Quiet()
    road = road_for(settings, Silent())
    road = replace(road, run=run) if run else road
    with gear_for(
        road,
        order,
        policy=_policy(settings, request),
        desk=desk,
        dry=dry,
        journal=journal,
        folder=Path(getattr(context.config, "_project_prefix", None) or Path.cwd()),
    ) as gear:
        try:
            yield gear
        except KeyboardInterrupt:
            if gear.chronicle.cut is not None:
                _told(gear.chronicle.cut, settings, request)
            raise


def _policy(settings: Settings, request: Request) -> Policy:
    """Return what may run."""
    from escalade.climb.policy import Policy
    from escalade.plans import Risk
    from escalade.run import inventory_for
    from escalade.schedule.load import load_guards
    from escalade.schedule.windows import closed_for
    from escalade.schedule.windows import named
    from escalade.tasks.fixdesk import is_terminal

    risks = {risk.word: risk for risk in Risk}
    guards = () if request.anytime else load_guards(settings.runbooks)
    guards = named(guards, partial(inventory_for, settings))
    return Policy(
        unattended=risks.get(settings.unattended),
        most=risks[settings.max_risk],
        yes=request.yes,
        terminal=request.format == "text" and is_terminal(),
        closed=lambda plan: closed_for(time.time(), plan, guards),
    )


def _begin(gear: Gear, kind: str, request: Request) -> None:
    """Write the run down."""
    from escalade.version import version

    gear.journal.begin(
        gear.run,
        kind,
        who=gear.who,
        argv=[Path(sys.argv[0]).name, *sys.argv[1:]],
        why=request.why,
        version=version(),
    )


def _again(gear: Gear, request: Request, seen: int) -> None:
    """Write down that this process goes on with a run, unless another one does."""
    argv = [Path(sys.argv[0]).name, *sys.argv[1:]]
    gear.journal.again(gear.run, seen=seen, who=gear.who, argv=argv, why=request.why)


def _at(settings: Settings, place: Mapping[str, Any], request: Request) -> Settings:
    """Return the settings at the hosts and stacks of an earlier run."""
    named = place.get("inventory", ())
    # A list of hosts has a comma; anything else is a path.
    inventory = tuple(p if "," in p else Path(p) for p in named)
    given = request.flags.get("inventory")
    return replace(
        settings,
        limit=tuple(place.get("hosts", ())),
        stacks=tuple(place.get("stacks", ())),
        inventory=settings.inventory if given else inventory or settings.inventory,
    )


def _told(
    story: FixStory, settings: Settings, request: Request, *, plan: Plan | None = None
) -> int:
    """Print how a run ended; return its code."""
    if request.format == "json":
        from escalade.report.fixjson import dumps

        emit(dumps(story, lang=settings.lang) + "\n")
        return story.exit
    from escalade.report.fixtext import end_lines
    from escalade.report.fixtext import fix_lines
    from escalade.report.terminal import write

    look = look_for(settings, verbose=request.verbose)
    # What was told while it went on is not told again.
    write(fix_lines(story, look) if plan else end_lines(story, look), look)
    return story.exit


def _ended(
    story: FixStory,
    settings: Settings,
    request: Request,
    task: str,
    words: list[str] | None = None,
) -> int:
    """Print how a run ended, and the line that goes on with the hosts that are left."""
    code = _told(story, settings, request)
    if request.format == "text":
        from escalade.report.retry import left_by_fix
        from escalade.tasks.again import again

        left, of = left_by_fix(story), len(story.last.hosts)
        again(settings, story.run, task, left=left, of=of, words=words)
    return code


def _left(gear: Gear, story: FixStory, request: Request) -> int:
    """Print how a run ended that began with a plan of before."""
    from escalade.tasks.again import anew

    settings = gear.road.settings
    task, words = anew(gear.order, settings, yes=request.yes)
    return _ended(story, settings, request, task, words)


def _rolling(words: Mapping[str, object]) -> Rolling:
    """Return how flags want it to go over many hosts."""
    from escalade.climb.rolling import parse

    return parse({k: v for k, v in words.items() if v not in (None, [])})


def _level(word: str) -> int | None:
    """Return the level that a flag asks for."""
    if not word:
        return None
    number = whole("--level", word)
    if number > LEVELS:
        raise UsageError(f"--level {word}: expected 1, 2 or 3")
    return number


def _said(value: object) -> object:
    """Return an argument as a runbook would have it."""
    return tuple(value) if isinstance(value, list) else value
