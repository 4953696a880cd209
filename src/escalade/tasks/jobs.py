"""What the tasks call: one function a task, from its flags to its exit code."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from escalade import paths
from escalade.model import Diagnosis
from escalade.model import Run
from escalade.model import Snapshot
from escalade.report.emit import emit
from escalade.settings import Settings
from escalade.tasks.desk import FORMATS
from escalade.tasks.desk import checked_format
from escalade.tasks.desk import look_for
from escalade.tasks.desk import road_for
from escalade.tasks.desk import settings_for
from escalade.tasks.files import case_file
from escalade.tasks.files import save
from escalade.tasks.files import save_target

if TYPE_CHECKING:
    from invoke.context import Context

    from escalade.report.look import Look
    from escalade.report.sheet import Sheet

__all__ = ["Request", "ask", "diagnose", "snapshot_of"]


@dataclass(frozen=True, slots=True)
class Request:
    """What a task was asked for: settings flags, files, and how to answer."""

    flags: Mapping[str, object]
    save: str = ""
    source: str = ""
    format: str = "text"
    verbose: bool = False


def diagnose(context: Context, request: Request) -> int:
    """Walk the road, or judge saved evidence; print the report; return the code."""
    kind = checked_format(request.format, FORMATS)
    settings = settings_for(context, request.flags)
    target = save_target(request.save) if request.save else None
    snapshot, diagnosis = (
        _recorded(settings, request) if request.source else _live(settings, request)
    )
    # Told first: where the disk is full, the diagnosis may be what says so.
    _print(diagnosis, settings, request, kind)
    if kind == "text" and not request.source and len(diagnosis.hosts) > 1:
        from escalade.report.retry import left_to_see
        from escalade.tasks.again import again

        left, of = left_to_see(diagnosis), len(diagnosis.hosts)
        again(settings, diagnosis.run, "diagnose", left=left, of=of)
    if target is not None:
        save(snapshot, target)
    return diagnosis.exit


def _print(
    diagnosis: Diagnosis, settings: Settings, request: Request, kind: str
) -> None:
    """Print the diagnosis for people or for programs."""
    if kind == "json":
        from escalade.report.json_ import dumps

        emit(dumps(diagnosis, lang=settings.lang) + "\n")
        return
    if kind == "markdown":
        from escalade.report.markdown import render

        emit(render(diagnosis, paths.templates(), lang=settings.lang))
        return
    from escalade.report.terminal import show

    live = not request.source
    show(diagnosis, look_for(settings, verbose=request.verbose, live=live))


def _live(settings: Settings, request: Request) -> tuple[Snapshot, Diagnosis]:
    """Gather from the hosts and judge."""
    from escalade.report.look import look_of
    from escalade.report.progress import progress_for

    look = look_of(sys.stderr, lang=settings.lang, verbose=request.verbose)
    silent = request.format != "text" or not settings.progress
    with progress_for(look, sys.stderr, silent=silent) as progress:
        from escalade.run import diagnose_hosts

        return diagnose_hosts(road_for(settings, progress))


def _recorded(settings: Settings, request: Request) -> tuple[Snapshot, Diagnosis]:
    """Judge saved evidence, by the clock that it recorded."""
    from escalade.evidence.codec import load
    from escalade.run import book_for
    from escalade.run import judge

    file = case_file(request.source)
    begun = time.monotonic()
    with file.open(encoding="utf-8", errors="replace") as lines:
        snapshot = load(lines, str(file))
    book, _ = book_for(settings)
    took_s = time.monotonic() - begun
    run = f"from-{file.stem}"
    return snapshot, judge(snapshot, book, Run(run, snapshot.recorded, took_s))


def snapshot_of(
    context: Context, request: Request, *, tail: int | None = None
) -> tuple[Snapshot, Settings]:
    """Gather what the settings choose, without judging it; `tail`: lines of each log."""
    from escalade.report.progress import Silent
    from escalade.run import book_for
    from escalade.run import hosts_for
    from escalade.run import look

    settings = settings_for(context, request.flags)
    road = road_for(settings, Silent())
    book, catalog = book_for(settings)
    snapshot = look(road, hosts_for(settings), book, catalog, tail=tail)
    return snapshot, settings


def ask(sheet: Sheet, look: Look, kind: str) -> int:
    """Print the answer to a single question; 3 when something was not answered."""
    if kind == "json":
        import json

        # ASCII, as the diagnosis: no encoding can be upset by what a log line holds.
        emit(json.dumps(sheet.data(), indent=2) + "\n")
    else:
        from escalade.report.terminal import write

        write(sheet.lines(look), look)
    return 3 if sheet.missing else 0
