"""What `schedule.install` and `schedule.uninstall` call: timers shown, put, taken away."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from typing import TYPE_CHECKING

from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.report.emit import emit
from escalade.tasks.desk import settings_for
from escalade.tasks.timetable import chosen
from escalade.tasks.timetable import folder_of
from escalade.tasks.timetable import maintenance_for
from escalade.text import Text

if TYPE_CHECKING:
    from invoke.context import Context

    from escalade.schedule.install import Place
    from escalade.schedule.jobs import Job

__all__ = ["install", "uninstall"]

WAYS = ("systemd", "cron")
_NOTHING = Text("nothing of ours is there", "il n'y a rien de nous")


def install(
    context: Context,
    flags: Mapping[str, object],
    *,
    names: Sequence[str],
    how: str,
    folder: str,
    dry: bool,
) -> int:
    """Put the timers of jobs in place, or show them; those that are not right are not."""
    from escalade.schedule.install import put

    settings = settings_for(context, flags)
    project = folder_of(context)
    jobs = chosen(maintenance_for(settings, project), names)
    if not jobs:
        raise UsageError("no maintenance job is enabled")
    place = _place(how, folder)
    files = _files(context, jobs, place)
    if wrong := _wrong(files, place, dry=dry):
        raise UsageError("; ".join(wrong))
    if dry:
        emit("".join(_shown(name, text) for name, text in files.items()))
        return 0
    emit("".join(f"{line}\n" for line in put(place, files)))
    return 0


def _wrong(files: Mapping[str, str], place: Place, *, dry: bool) -> tuple[str, ...]:
    """Return what systemd or cron has against timers."""
    from escalade.schedule.install import checked
    from escalade.schedule.install import cron_checked

    if place.how == "cron":
        return tuple(line for text in files.values() for line in cron_checked(text))
    asked = not dry or shutil.which("systemd-analyze")
    return checked(files, user=place.user) if asked else ()


def _files(context: Context, jobs: Sequence[Job], place: Place) -> Mapping[str, str]:
    """Return the texts to be written, by name."""
    from escalade import paths
    from escalade.schedule.caller import caller_here
    from escalade.schedule.crontab import block
    from escalade.schedule.install import SYSTEM
    from escalade.schedule.units import units_of
    from escalade.schedule.zones import local_zone

    caller = caller_here(folder_of(context), os.environ)
    now, templates = datetime.now(UTC), paths.templates()
    if place.how == "systemd":
        folder = place.path or SYSTEM
        return units_of(
            jobs, caller, templates, folder=folder, now=now, user=place.user
        )
    user = "" if place.path is None else "root"
    ours = block(jobs, caller, templates, zone=local_zone(), now=now, user=user)
    return {str(place.path or "crontab"): ours}


def _shown(name: str, text: str) -> str:
    """Return a file as it would be written, its name above it, without its secrets."""
    from escalade.inventory.vault import HIDDEN
    from escalade.schedule.units import SECRETS

    if name == SECRETS:
        lines = (line.partition("=") for line in text.splitlines())
        text = "".join(f"{n}{eq}{HIDDEN if eq else ''}\n" for n, eq, _ in lines)
    return f"==> {name}\n{text}\n"


def uninstall(
    context: Context, flags: Mapping[str, object], *, how: str, folder: str, dry: bool
) -> int:
    """Take away what install put in place: of one way, else of all there are."""
    from escalade.schedule.install import taken_away

    settings = settings_for(context, flags)
    done: list[str] = []
    for place in _places(how, folder):
        done += taken_away(place, dry=dry)
    if not done:
        done = [_NOTHING.pick(settings.lang)]
    emit("".join(f"{line}\n" for line in done))
    return 0


def _place(how: str, folder: str) -> Place:
    """Return where timers go: as asked for, else systemd's where that runs."""
    from escalade.schedule.install import RUNS
    from escalade.schedule.install import cron_place
    from escalade.schedule.install import systemd_place

    _check(how)
    if how == "systemd" or (not how and RUNS.is_dir()):
        return systemd_place(os.environ, folder)
    return cron_place(folder)


def _places(how: str, folder: str) -> tuple[Place, ...]:
    """Return every place where timers of ours may be."""
    from escalade.schedule.install import cron_place
    from escalade.schedule.install import systemd_place

    _check(how)
    found = [systemd_place(os.environ, folder)] if how != "cron" else []
    if how == "cron" or (not how and (folder or shutil.which("crontab"))):
        found.append(cron_place(folder))
    return tuple(found)


def _check(how: str) -> None:
    """Refuse a way that there is none of."""
    if how and how not in WAYS:
        raise UsageError(f"--how {how}: expected systemd or cron{nearest(how, WAYS)}")
