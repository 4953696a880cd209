"""What the runbook tasks print."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.model import Symptom
from escalade.report.emit import emit
from escalade.run import book_for
from escalade.tasks.desk import settings_for
from escalade.text import Lang

if TYPE_CHECKING:
    from invoke.context import Context

__all__ = ["lint", "schema", "show_all", "show_one"]


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
    _print(line for symptom in chosen for line in _whole(symptom, settings.lang))


def _print(lines: Iterable[str]) -> None:
    """Print lines."""
    emit("".join(f"{line}\n" for line in lines))


def _whole(symptom: Symptom, lang: Lang) -> Iterator[str]:
    """Yield a symptom's line, where it stands, and what it advises."""
    yield _line(symptom, lang)
    yield f"    {symptom.where}"
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
    from escalade.runbooks.lint import inspect

    settings = settings_for(context, {})
    chosen = [Path(f) for f in folders] or list(settings.runbooks)
    found = inspect(chosen, probes())
    _print(str(line) for line in (*found.errors, *found.warnings))
    return 1 if found.errors else 0


def schema() -> None:
    """Print the JSON Schema of a runbook."""
    import json

    from escalade.evidence.catalog import probes
    from escalade.runbooks.publish import schema as published

    emit(json.dumps(published(probes()), indent=2) + "\n")
