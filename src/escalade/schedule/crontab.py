"""Jobs as cron lines, for where there is no systemd. Pure.

cron knows no time zones of its own jobs and none of our rules: a line may come more often
than the job, which then finds that it is not due (`--due`).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from escalade.errors import UsageError
from escalade.schedule.caller import Caller
from escalade.schedule.jobs import Cron
from escalade.schedule.jobs import Every
from escalade.schedule.jobs import Job
from escalade.schedule.times import times_after
from escalade.schedule.units import MARK
from escalade.schedule.units import environment

__all__ = ["BEGIN", "END", "block", "merged", "whens", "without"]

BEGIN = f"# >>> escalade. {MARK}"
END = "# <<< escalade"
_YEAR = timedelta(days=400)
_YEARS = 10 * _YEAR
_FEW = 4000
"""Times that are few enough to be looked at for years: a daily job's."""
_EVERY_HOUR = frozenset(range(24))


def block(
    jobs: Sequence[Job],
    caller: Caller,
    templates: Path,
    *,
    zone: str,
    now: datetime,
    user: str = "",
) -> str:
    """Return our lines between their marks, for a cron that goes by a time zone.

    `user` is the field that a system's crontab has and a user's own has not. Raises
    `UsageError` where a line would hold a password or a line break.
    """
    for name in caller.secrets:
        key = name.removeprefix("ESCALADE_").lower()
        place = caller.folder / "invoke.yaml"
        raise UsageError(
            f"{name} holds a password, which has no place in a crontab: write it as "
            f"`escalade: {{{key}: ...}}` into {place}, and unset {name}"
        )
    lines: list[Mapping[str, str]] = []
    for job in jobs:
        words = caller.once(job.name, *(("--jitter",) if job.jitter_s else ()))
        told = (f"{n}={shlex.quote(v)}" for n, v in caller.environment.items())
        command = " ".join((*told, shlex.join(words)))
        lines += (
            {
                "name": job.name,
                "schedule": str(job.schedule),
                "zone": job.schedule.zone,
                "when": when,
                "user": user,
                "command": _escaped(command),
            }
            for when in whens(job.schedule, zone, now)
        )
    template = environment(templates).get_template("crontab.j2")
    folder = _escaped(shlex.quote(str(caller.folder)))
    return f"{BEGIN}\n{template.render(lines=lines, folder=folder)}{END}\n"


def whens(schedule: Cron | Every, zone: str, now: datetime) -> tuple[str, ...]:
    """Return the five fields by which a cron in a time zone meets a schedule.

    In the cron's own zone they are the schedule's; else every minute and hour of the day
    on which it comes somewhen in the year ahead, or in ten where it comes seldom.
    """
    if isinstance(schedule, Cron) and schedule.zone == zone:
        return (schedule.expression,)
    return tuple(_spread(schedule, ZoneInfo(zone), now.astimezone(UTC)))


def _spread(schedule: Cron | Every, zone: ZoneInfo, now: datetime) -> Iterator[str]:
    """Yield fields by minutes of the hour, and the hours of each.

    Where an hour comes twice, cron calls the second time only what has a star for its
    hours or minutes.
    """
    hours: dict[int, set[int]] = {}
    for time in _coming(schedule, now):
        local = time.astimezone(zone)
        again = _EVERY_HOUR if local.fold else {local.hour}
        hours.setdefault(local.minute, set()).update(again)
    minutes: dict[tuple[int, ...], list[int]] = {}
    for minute, found in hours.items():
        minutes.setdefault(tuple(sorted(found)), []).append(minute)
    for told, each in sorted(minutes.items()):
        yield f"{_field(each, 60)} {_field(told, 24)} * * *"


def _coming(schedule: Cron | Every, now: datetime) -> Iterator[datetime]:
    """Yield the times of the year ahead; of more years where they are few."""
    for count, time in enumerate(times_after(schedule, now)):
        if time.astimezone(UTC) > now + (_YEARS if count < _FEW else _YEAR):
            break
        yield time


def _field(numbers: Sequence[int], most: int) -> str:
    """Return numbers as a field of cron's; all there are is a star."""
    return "*" if len(numbers) == most else ",".join(map(str, sorted(numbers)))


def _escaped(command: str) -> str:
    """Return a command as a crontab has it: `%` would end it.

    Raises `UsageError` where a line break would.
    """
    if "\n" in command or "\r" in command:
        raise UsageError(f"{command!r} has a line break, which no crontab can hold")
    return command.replace("%", "\\%")


# ------------------------------------------------------------------ the crontab


def without(text: str) -> str:
    """Return a crontab without our lines; everything else stays as it is.

    Raises `UsageError` where nobody can tell which they are: our end is not there.
    """
    kept: list[str] = []
    begun = 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        mark = line.rstrip("\n")
        if mark == BEGIN:
            _ended(begun)
            begun = number
        if not begun:
            kept.append(line)
        if mark == END:
            begun = 0
    _ended(begun)
    return "".join(kept)


def _ended(begun: int) -> None:
    """Refuse lines of ours, from a line on, that have no end: others' may follow."""
    if begun:
        raise UsageError(
            f"line {begun} of the crontab begins what is ours, and {END!r} does not end "
            "it: write that line behind the last of ours, or remove them"
        )


def merged(text: str, ours: str) -> str:
    """Return a crontab with our lines at its end, once."""
    rest = without(text)
    if rest and not rest.endswith("\n"):
        rest += "\n"
    return rest + ours
