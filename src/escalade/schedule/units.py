"""Jobs as systemd's service and timer units: text, from templates. Pure but for those."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from escalade.schedule.calendar import calendars
from escalade.schedule.caller import Caller
from escalade.schedule.jobs import Job

__all__ = ["MARK", "PREFIX", "environment", "units_of", "word"]

PREFIX = "escalade-"
MARK = "Written by escalade schedule.install; schedule.uninstall takes it away."
"""The first line of every unit: only what has it is ever replaced or removed."""


def units_of(
    jobs: Sequence[Job],
    caller: Caller,
    templates: Path,
    *,
    now: datetime,
    user: bool = False,
) -> Mapping[str, str]:
    """Return the units by file name; `user` ones are for systemd's user manager.

    The changes of the clocks are written out from `now` on.
    """
    env = environment(templates)
    found: dict[str, str] = {}
    for job in jobs:
        unit = f"{PREFIX}{job.name}"
        slots: dict[str, Any] = {
            "mark": MARK,
            "name": job.name,
            "unit": unit,
            "title": _line(job.title.en),
            "source": _line(str(Path(job.source).absolute())).replace(" ", "%20"),
            "folder": _line(str(caller.folder)),
            "environment": caller.environment,
            "command": caller.once(job.name),
            "schedule": job.schedule,
            "zone": job.schedule.zone,
            "calendars": calendars(job.schedule, now),
            "jitter_s": f"{job.jitter_s:g}" if job.jitter_s else "",
            "persistent": job.missed == "once",
            "user": user,
        }
        for kind in ("service", "timer"):
            text = env.get_template(f"job.{kind}.j2").render(slots)
            found[f"{unit}.{kind}"] = text
    return found


def environment(templates: Path) -> Any:
    """Return the templates' environment: strict, with our filter `word`."""
    from jinja2 import Environment
    from jinja2 import FileSystemLoader
    from jinja2 import StrictUndefined

    env = Environment(  # noqa: S701 -- these are no pages
        loader=FileSystemLoader(templates / "systemd"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["word"] = word
    return env


def word(text: str) -> str:
    """Return a word of a command line as systemd reads it back, whatever is in it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    escaped = escaped.replace("%", "%%").replace("$", "$$")
    bare = escaped == text and text and not any(c in text for c in " \t'();")
    return text if bare else f'"{escaped}"'


def _line(text: str) -> str:
    """Return a text as a setting's one line: no specifier is read in it."""
    return " ".join(text.split()).replace("%", "%%")
