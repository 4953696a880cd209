"""Maintenance files to jobs: every problem of every file, or the values."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby

from escalade.model import Ladder
from escalade.model import Runbook
from escalade.model import Step
from escalade.plans import Risk
from escalade.runbooks.decode import decode
from escalade.runbooks.files import SourceFile
from escalade.runbooks.ladders import Shelf
from escalade.runbooks.ladders import ladder
from escalade.runbooks.ladders import sources
from escalade.runbooks.opened import Opened
from escalade.runbooks.problems import START
from escalade.runbooks.problems import Problems
from escalade.runbooks.shape import check
from escalade.runbooks.source import read
from escalade.runbooks.spot import Spot
from escalade.runbooks.steps import Steps
from escalade.runbooks.symptoms import Setting
from escalade.runbooks.symptoms import symptom
from escalade.runbooks.variables import variables
from escalade.runbooks.words import Words
from escalade.schedule.jobs import Budget
from escalade.schedule.jobs import Cron
from escalade.schedule.jobs import Every
from escalade.schedule.jobs import Guard
from escalade.schedule.jobs import Job
from escalade.schedule.jobs import Window
from escalade.schedule.schema import MaintenanceFile
from escalade.schedule.schema import WindowsFile
from escalade.schedule.spans import duration
from escalade.schedule.spans import schedule_at
from escalade.schedule.spans import window_at
from escalade.schedule.spans import zone_at
from escalade.schedule.windows import ever
from escalade.text import Text

__all__ = ["WINDOWS", "Compiled", "compile_files"]

WINDOWS = "windows"
"""The name of the file that holds the windows of stacks and hosts."""
PLACES = ("any", "host", "stack")
_WEEK_S = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Compiled:
    """Jobs by name and guards, as far as their files are right; and what is wrong."""

    jobs: tuple[Job, ...]
    guards: tuple[Guard, ...]
    errors: tuple[str, ...]
    warnings: tuple[str, ...]


def compile_files(files: Sequence[SourceFile], words: Words) -> Compiled:
    """Return what maintenance files say, in the order of their names."""
    jobs: list[Job] = []
    guards: list[Guard] = []
    every: list[Problems] = []
    for file in files:
        opened = _opened(file)
        every.append(opened.problems)
        if opened.top is None:
            continue
        if file.name == WINDOWS:
            guards += _guards(opened.top)
            continue
        job = _job(opened, opened.top, words)
        jobs += [job] if job else []
    _twins(jobs, every)
    return Compiled(
        tuple(sorted(jobs, key=lambda job: job.name)),
        tuple(guards),
        _lines([problems.found for problems in every]),
        _lines([problems.warned for problems in every]),
    )


def _lines(found: Sequence[Sequence[object]]) -> tuple[str, ...]:
    """Return problems as lines, file by file, in the order of their places."""
    return tuple(
        str(problem)
        for problems in found
        for problem in sorted(problems, key=lambda one: one.mark)  # type: ignore[attr-defined]
    )


def _opened(source: SourceFile) -> Opened:
    """Return a file with its data as far as it can be read, its shape checked."""
    problems = Problems(source.file)
    if source.twin:
        problems.add(START, f"{source.name!r} stands in {source.twin} too")
    if source.trouble:
        problems.settle(START, source.trouble)
        return Opened(source, problems)
    text = decode(source.content, problems)
    document = None if text is None else read(source.file, text, problems)
    if document is None or document.data is None:
        if not problems.found:
            problems.settle(START, "is empty")
        return Opened(source, problems)
    top = Spot.top(document)
    shape = WindowsFile if source.name == WINDOWS else MaintenanceFile
    return Opened(source, problems, top, check(top, shape))


# ----------------------------------------------------------------------- guards


def _guards(top: Spot) -> list[Guard]:
    """Return the windows of stacks and hosts; those of the same places are one guard."""
    rows = [spot for spot in top.at("windows").each() if isinstance(spot.value, dict)]

    def places(spot: Spot) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return _texts(spot.at("stacks")), _texts(spot.at("hosts"))

    found = []
    for (stacks, hosts), group in groupby(sorted(rows, key=places), places):
        each = list(group)
        windows = (window_at(spot, zone_at(spot.at("time_zone"))) for spot in each)
        source = f"{top.document.file}:{each[0].line}"
        title = _text(each[0].at("title"))
        kept = tuple(window for window in windows if window)
        found.append(Guard(kept, stacks, hosts, title, source))
    return found


# ------------------------------------------------------------------------- jobs


def _job(opened: Opened, top: Spot, words: Words) -> Job | None:
    """Return a file's job; None where it has problems (reported)."""
    file = opened.source
    if not isinstance(top.value, dict):
        return None
    given = top.at("maintenance")
    if isinstance(given.value, str) and given.value != file.name:
        given.wrong(f"the job {given.value!r} stands in a file called {file.name!r}")
    steps = _steps(top, words)
    runbook = _runbook(opened, top, words)
    _does(top)
    zone = zone_at(top.at("time_zone"))
    schedule = schedule_at(top, zone)
    budget = _budget(top.at("budget"))
    jitter_s = duration(top.at("jitter"), 0.0, least=0, most=43_200)
    late_s = duration(top.at("late"), 3600.0, least=1, most=_WEEK_S)
    window = window_at(top.at("window"), zone)
    _meets(top, window, schedule, jitter_s)
    if top.document.problems.found:
        return None
    data = top.value
    return Job(
        name=file.name,
        title=Text(data["title"]["en"], data["title"]["fr"]),
        schedule=schedule,
        steps=steps,
        fix=data.get("fix", False),
        runbook=runbook,
        enabled=data.get("enabled", True),
        jitter_s=jitter_s,
        window=window,
        missed=data.get("missed", "skip"),
        late_s=late_s,
        overlap=data.get("overlap", "skip"),
        budget=budget,
        limit=_texts(top.at("limit")),
        stacks=_texts(top.at("stacks")),
        risk=Risk[data.get("risk", "safe").upper()],
        notify=_texts(top.at("notify")),
        notify_when=data.get("notify_when", "trouble"),
        prometheus=data.get("prometheus", ""),
        source=file.file,
        digest=sha256(file.content).hexdigest()[:16],
    )


def _meets(
    top: Spot, window: Window | None, schedule: Cron | Every, jitter_s: float
) -> None:
    """Report a window that is closed whenever the job comes, as far as both are right."""
    if window is None or top.document.problems.found:
        return
    if not ever(window, schedule, slack_s=jitter_s):
        at = f"whenever it comes ({schedule}, {schedule.zone})"
        top.at("window").wrong(f"the job never runs: its window is closed {at}")


def _does(top: Spot) -> None:
    """Report a job that does nothing, or two things at once."""
    steps = top.at("steps").value is not None
    others = [name for name in ("fix", "diagnose", "symptoms") if top.at(name).value]
    if steps and others:
        top.at(others[0]).misplaced(
            f"'steps' and {others[0]!r}: only one of them can be"
        )
    elif not steps and not others:
        top.misplaced("says nothing to do: 'steps', 'fix', 'diagnose' or 'symptoms'")
    if top.at("fix").value and top.at("diagnose").value:
        top.at("diagnose").misplaced("'fix' looks anyway: leave 'diagnose' out")
    if steps and len(_texts(top.at("stacks"))) > 1:
        top.at("stacks").wrong(
            "steps are about one stack at a time: write one job each"
        )
    if top.at("late").value and top.at("missed").value != "once":
        top.at("late").doubtful("'late' has no use: nothing missed is made up for")


def _steps(top: Spot, words: Words) -> tuple[Step, ...]:
    """Return the steps of a job."""
    spot = top.at("steps")
    given = variables(top.at("vars"))
    return Steps(words).level(spot, given) if isinstance(spot.value, list) else ()


def _runbook(opened: Opened, top: Spot, words: Words) -> Runbook | None:
    """Return a job's own symptoms and ladders, as a runbook's are."""
    spot, role = top.at("symptoms"), top.at("role")
    if not isinstance(spot.value, dict):
        for key in ("role", "ladders"):
            if top.at(key).value:
                top.at(key).misplaced(f"{key!r} has no use without 'symptoms'")
        return None
    if role.value is None:
        role.misplaced("'symptoms' need a 'role': any, host, stack, or a runbook's")
    words.role(role, *PLACES)
    name = opened.source.name
    own = sources(top.at("ladders"), broken=opened.broken_in("ladders"))
    shelf = Shelf(own, words, variables(top.at("vars")))
    ladders: dict[str, Ladder | None] = {each: ladder(each, shelf) for each in own}
    setting = Setting(name, str(role.value), words, ladders)
    found = [
        symptom(below, setting, broken=opened.broken_keys("symptoms", each))
        for each, below in spot.items()
    ]
    if top.document.problems.found:
        return None
    return Runbook(
        name=name,
        title=_text(top.at("title")) or Text(name, name),
        role=str(role.value),
        symptoms=tuple(one for one in found if one),
        ladders={each: one for each, one in ladders.items() if one},
        source=top.document.file,
    )


def _budget(spot: Spot) -> Budget | None:
    """Return how often a job may run."""
    if not isinstance(spot.value, dict):
        return None
    within_s = duration(spot.at("within"), 3600.0, least=60, most=366 * 86_400.0)
    runs = spot.at("runs").value
    return Budget(runs if isinstance(runs, int) else 1, within_s)


def _twins(jobs: Sequence[Job], every: Sequence[Problems]) -> None:
    """Report two jobs that would write one Prometheus file."""
    first: dict[str, str] = {}
    for job in jobs:
        if not job.prometheus or job.prometheus.endswith("/"):
            continue
        other = first.setdefault(job.prometheus, job.name)
        for problems in every:
            if other != job.name and problems.file == job.source:
                text = (
                    f"{job.prometheus} is the file of the job {other!r}: name a folder/"
                )
                problems.add(START, text)


def _text(spot: Spot) -> Text | None:
    """Return a text in both languages; None where there is none."""
    data: Mapping[str, object] = spot.value if isinstance(spot.value, dict) else {}
    en, fr = data.get("en"), data.get("fr")
    return Text(en, fr) if isinstance(en, str) and isinstance(fr, str) else None


def _texts(spot: Spot) -> tuple[str, ...]:
    """Return the texts of a list."""
    return tuple(one for one in spot.value or () if isinstance(one, str))
