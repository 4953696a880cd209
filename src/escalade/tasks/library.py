"""What the runbook tasks print."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from typing import NamedTuple

from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.model import Ladder
from escalade.model import Symptom
from escalade.report.emit import emit
from escalade.run import book_for
from escalade.run import inventory_for
from escalade.run import own_tasks
from escalade.tasks.desk import settings_for
from escalade.text import Lang

if TYPE_CHECKING:
    from invoke.context import Context

__all__ = ["lint", "schema", "show_all", "show_one", "trial"]


def show_all(context: Context, flags: Mapping[str, object]) -> None:
    """Print every runbook with its symptoms."""
    settings = settings_for(context, flags)
    book, _ = book_for(settings)
    lines: list[str] = []
    for runbook in book.runbooks:
        title = runbook.title.pick(settings.lang)
        lines.append(f"{runbook.name}: {title} ({runbook.role})")
        lines += [f"  {_line(symptom, settings.lang)}" for symptom in runbook.symptoms]
    _print(lines)


def show_one(context: Context, flags: Mapping[str, object], name: str) -> None:
    """Print one runbook or one symptom."""
    settings = settings_for(context, flags)
    book, _ = book_for(settings)
    chosen = [s for s in book.symptoms if name in (s.id, s.runbook)]
    if not chosen:
        known = {s.id for s in book.symptoms} | {r.name for r in book.runbooks}
        raise UsageError(f"no runbook or symptom {name!r}{nearest(name, known)}")
    ladders = {r.name: r.ladders for r in book.runbooks}
    _print(
        line
        for s in chosen
        for line in _whole(s, ladders[s.runbook].get(s.ladder or ""), settings.lang)
    )


def _print(lines: Iterable[str]) -> None:
    """Print lines."""
    emit("".join(f"{line}\n" for line in lines))


def _whole(symptom: Symptom, ladder: Ladder | None, lang: Lang) -> Iterator[str]:
    """Yield a symptom's line, where it stands, what is done and what it advises."""
    yield _line(symptom, lang)
    yield f"    {symptom.where}"
    if ladder is None:
        yield f"    remedy: {symptom.remedy}"
    for number, steps in ladder.levels.items() if ladder else ():
        if number >= symptom.start_level:
            names = ", ".join(step.name for step in steps)
            yield f"    level {number}: {names}"
    for text in (symptom.advice, *symptom.advices.values()):
        if text is not None:
            yield f"    {text.pick(lang)}"


def _line(symptom: Symptom, lang: Lang) -> str:
    """Return a symptom in one line."""
    head = f"{symptom.id:32} {symptom.severity.word:8}"
    return f"{head} {symptom.title.pick(lang)}"


def lint(context: Context, folders: list[str]) -> int:
    """Print every error and warning; 1 if there is an error."""
    from escalade.evidence.catalog import probes
    from escalade.remedy.catalog import steps
    from escalade.runbooks.lint import inspect
    from escalade.schedule.load import inspect as inspect_jobs

    settings = settings_for(context, {})
    chosen = [Path(f) for f in folders] or list(settings.runbooks)
    own = own_tasks(chosen)
    found = inspect(chosen, probes(), steps(), own)
    known = partial(inventory_for, settings)
    jobs = inspect_jobs(chosen, probes(), steps(), own, inventory=known)
    errors = (*found.errors, *jobs.errors)
    _print(str(line) for line in (*errors, *found.warnings, *jobs.warnings))
    return 1 if errors else 0


def schema(*, maintenance: bool = False) -> None:
    """Print the JSON Schema of a runbook, or that of maintenance files."""
    import json

    from escalade.evidence.catalog import probes
    from escalade.remedy.catalog import steps
    from escalade.runbooks.publish import schema as of_runbook
    from escalade.schedule.publish import schema as of_maintenance

    published = of_maintenance if maintenance else of_runbook
    whole = published(probes(), kinds=steps())
    emit(json.dumps(whole, indent=2) + "\n")


def trial(context: Context, folders: list[str], name: str) -> int:
    """Print how every case ended; 1 if one failed.

    The cases of a folder are held against its runbooks and those before it, the
    shipped ones first. `name` chooses one symptom or runbook.
    """
    settings = settings_for(context, {})
    chosen = [Path(f) for f in folders] or list(settings.runbooks)
    ends = [end for at in _shelves(chosen) for end in _ends(at)]
    wanted = [end for end in ends if name in ("", end.name, end.name.partition(".")[0])]
    if not wanted:
        places = ", ".join(str(folder) for folder in chosen)
        hint = nearest(name, {end.name for end in ends}) if name else ""
        of = f" of {name!r}" if name else ""
        raise UsageError(f"no case{of} beside the runbooks in {places}{hint}")
    failed = [end for end in wanted if end.lines]
    _print(line for end in wanted for line in end.told)
    passed = len(wanted) - len(failed)
    many = "case" if len(wanted) == 1 else "cases"
    _print([f"{len(wanted)} {many}: {passed} passed, {len(failed)} failed"])
    return 1 if failed else 0


class _End(NamedTuple):
    """How one case ended: what differed from what it expects, one line each."""

    name: str
    file: str
    lines: tuple[str, ...]

    @property
    def told(self) -> list[str]:
        """Return the lines for people."""
        if not self.lines:
            return [f"ok      {self.name}"]
        return [f"failed  {self.name} ({self.file})", *(f"  {x}" for x in self.lines)]


def _shelves(chosen: Iterable[Path]) -> Iterator[tuple[Path, ...]]:
    """Yield each folder of runbooks behind those whose runbooks it may build on."""
    from escalade import paths

    before: tuple[Path, ...] = (paths.runbooks(),)
    for folder in chosen:
        if folder.resolve() == before[0].resolve():
            yield before[:1]
        else:
            before = (*before, folder)
            yield before


def _ends(shelf: tuple[Path, ...]) -> Iterator[_End]:
    """Yield how each case of a shelf's last folder ended."""
    from escalade.evidence.catalog import probes
    from escalade.model import Run
    from escalade.remedy.catalog import steps
    from escalade.run import judge
    from escalade.runbooks.load import load
    from escalade.runbooks.trial import cases
    from escalade.runbooks.trial import differences
    from escalade.runbooks.trial import folders_of

    catalog = probes()
    book = load(shelf, catalog, steps, own_tasks(shelf))
    for case in cases(folders_of(shelf[-1:]), catalog):
        lines = case.problems
        if case.snapshot is not None:
            run = Run("test", case.snapshot.recorded, 0.0)
            lines = differences(case, judge(case.snapshot, book, run))
        yield _End(case.name, case.file, lines)
