"""Jobs as systemd's service and timer units: text, from templates. Pure but for those."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from escalade.errors import UsageError
from escalade.schedule.calendar import calendars
from escalade.schedule.caller import Caller
from escalade.schedule.jobs import Job

__all__ = ["MARK", "PREFIX", "SECRETS", "environment", "setting", "units_of", "word"]

PREFIX = "escalade-"
SECRETS = f"{PREFIX}secrets.env"
"""The file beside the units that holds what only its owner may read."""
MARK = "Written by escalade schedule.install; schedule.uninstall takes it away."
"""The first line of every unit: only what has it is ever replaced or removed."""


def units_of(
    jobs: Sequence[Job],
    caller: Caller,
    templates: Path,
    *,
    folder: Path,
    now: datetime,
    user: bool = False,
) -> Mapping[str, str]:
    """Return the units by file name; `user` ones are for systemd's user manager.

    They are to lie in `folder`, beside a file of the variables that hold a password.
    The changes of the clocks are written out from `now` on. Raises `UsageError` where no
    unit can name a folder.
    """
    secrets = _path(folder.absolute() / SECRETS) if caller.secrets else ""
    env = environment(templates)
    found: dict[str, str] = {}
    for job in jobs:
        unit = f"{PREFIX}{job.name}"
        slots: dict[str, Any] = {
            "mark": MARK,
            "name": job.name,
            "unit": unit,
            "title": _line(job.title.en),
            "source": quote(str(Path(job.source).absolute())).replace("%", "%%"),
            "folder": _path(caller.folder),
            "environment": caller.environment,
            "secrets": secrets,
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
    if caller.secrets:
        found[SECRETS] = _secrets(caller.secrets)
    return found


def _secrets(variables: Mapping[str, str]) -> str:
    """Return variables as systemd reads them from a file, whatever is in them."""
    escapes = str.maketrans({each: f"\\{each}" for each in '"\\`$'})
    lines = (f'{n}="{v.translate(escapes)}"\n' for n, v in variables.items())
    return f"# {MARK}\n{''.join(lines)}"


def environment(templates: Path) -> Any:
    """Return the templates' environment: strict, with our filters."""
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
    env.filters["setting"] = setting
    return env


def word(text: str) -> str:
    """Return a word of a command line as systemd reads it back, whatever is in it."""
    return _quoted(text, text.replace("$", "$$"))


def setting(text: str) -> str:
    """Return a word of a setting such as Environment=, where `$` is nothing special."""
    return _quoted(text, text)


def _quoted(text: str, escaped: str) -> str:
    """Return a word in quotes where it needs them."""
    escaped = escaped.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    escaped = escaped.replace("\n", "\\n").replace("\r", "\\r")
    bare = escaped == text and text and not any(c in text for c in " \t'();")
    return text if bare else f'"{escaped}"'


def _line(text: str) -> str:
    """Return a text as a setting's one line: no specifier is read in it."""
    return " ".join(text.split()).replace("%", "%%")


def _path(path: Path) -> str:
    """Return a path as the rest of a setting's line, which knows no quotes.

    Raises `UsageError` for one that systemd would read otherwise.
    """
    text = str(path)
    if text != text.rstrip(" \t\\") or "\n" in text or "\r" in text:
        raise UsageError(
            f"the folder {text!r} cannot stand in a unit: its name has a line break, or "
            "ends in a blank or a backslash"
        )
    return text.replace("%", "%%")
