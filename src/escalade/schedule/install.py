"""Timers put in place and taken away: systemd's units, or cron's lines."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from escalade.errors import UsageError
from escalade.schedule.crontab import merged
from escalade.schedule.crontab import without
from escalade.schedule.units import MARK
from escalade.schedule.units import PREFIX

__all__ = [
    "Place",
    "checked",
    "cron_checked",
    "cron_place",
    "put",
    "systemd_place",
    "taken_away",
]

SYSTEM = Path("/etc/systemd/system")
CRON_D = Path("/etc/cron.d/escalade")
RUNS = Path("/run/systemd/system")
_UNITS = (".service", ".timer")
_PRIVATE = ".env"
# cronie knows -T, Debian's cron -n (which means something else to cronie).
_CHECKS = ("-T", "-n")
_COMPLAINT = re.compile(r":\d+: (.+)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where timers go: a folder of units, a file for cron, or this user's crontab.

    `how` is systemd or cron; `path` None is the user's own crontab; `live` says whether
    the running manager is told.
    """

    how: str
    path: Path | None
    user: bool = False
    live: bool = True


def systemd_place(environ: Mapping[str, str], folder: str = "") -> Place:
    """Return where units go: the system's for root, else the user's own."""
    if folder:
        return Place("systemd", Path(folder), live=False)
    if os.geteuid() == 0:
        return Place("systemd", SYSTEM, live=RUNS.is_dir())
    base = environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Place("systemd", Path(base) / "systemd" / "user", user=True)


def cron_place(folder: str = "") -> Place:
    """Return where cron lines go: /etc/cron.d for root, else the user's crontab."""
    if folder:
        return Place("cron", Path(folder) / "escalade", live=False)
    if os.geteuid() == 0 and CRON_D.parent.is_dir():
        return Place("cron", CRON_D)
    if shutil.which("crontab") is None:
        raise UsageError("there is neither systemd nor cron here: `schedule.run` stays")
    return Place("cron", None, user=True)


def put(place: Place, files: Mapping[str, str]) -> tuple[str, ...]:
    """Put timers in place of those that we put there before; return what was done.

    For cron, `files` has one text. Raises `UsageError` for a file of somebody else's.
    """
    if place.how == "cron":
        return _put_cron(place, next(iter(files.values())))
    folder = place.path or SYSTEM
    foreign = [n for n in files if (folder / n).exists() and not _ours(folder / n)]
    if foreign:
        raise UsageError(f"{folder / foreign[0]} is not ours: it is left as it is")
    folder.mkdir(parents=True, exist_ok=True)
    stale = [path for path in _units(folder) if path.name not in files]
    _stop(place, [path.name for path in stale if path.suffix == ".timer"])
    for path in stale:
        path.unlink()
    for name, text in files.items():
        draft = folder / f".{name}.{os.getpid()}"
        draft.touch(0o600 if name.endswith(_PRIVATE) else 0o666)
        draft.write_text(text, "utf-8")
        draft.replace(folder / name)
    timers = [name for name in files if name.endswith(".timer")]
    _manager(place, "daemon-reload")
    if timers:
        _manager(place, "enable", "--now", *timers)
    gone = (f"removed {path}" for path in stale)
    return (*gone, *(f"wrote {folder / name}" for name in files))


def taken_away(place: Place, *, dry: bool = False) -> tuple[str, ...]:
    """Remove what `put` put there, and nothing else; return what was done.

    A `dry` call says what would be removed.
    """
    if place.how == "cron":
        return _cron_away(place, dry=dry)
    folder = place.path or SYSTEM
    found = _units(folder)
    if dry:
        return tuple(f"would remove {path}" for path in found)
    _stop(place, [path.name for path in found if path.suffix == ".timer"])
    for path in found:
        path.unlink()
    if found:
        _manager(place, "daemon-reload")
    return tuple(f"removed {path}" for path in found)


def checked(files: Mapping[str, str], *, user: bool) -> tuple[str, ...]:
    """Return what systemd-analyze says against units; nothing where they are right.

    Raises `UsageError` where it is not there.
    """
    program = shutil.which("systemd-analyze")
    if program is None:
        raise UsageError("systemd-analyze is not there: nobody can check the units")
    lines = []
    with tempfile.TemporaryDirectory(prefix="escalade-units-") as folder:
        units = {n: text for n, text in files.items() if n.endswith(_UNITS)}
        for name, text in units.items():
            (Path(folder) / name).write_text(text, "utf-8")
        manager = ("--user",) if user else ()
        # Whether an inner unit of the system is there is no matter of ours.
        words = [program, "verify", *manager, "--recursive-errors=no"]
        paths = (str(Path(folder) / name) for name in sorted(units))
        # The user's manager has such a folder; whoever only asks may have none.
        env = {"XDG_RUNTIME_DIR": folder, **os.environ}
        lines += _said([*words, *paths], env)
    for text in files.values():
        for line in text.splitlines():
            if line.startswith("OnCalendar="):
                lines += _said([program, "calendar", line.partition("=")[2]])
    return tuple(lines)


def cron_checked(text: str) -> tuple[str, ...]:
    """Return what cron says against lines; nothing where it cannot be asked."""
    program = shutil.which("crontab")
    if program is None:
        return ()
    with tempfile.TemporaryDirectory(prefix="escalade-cron-") as folder:
        draft = Path(folder) / "crontab"
        draft.write_text(text, "utf-8")
        for check in _CHECKS:
            said = "\n".join(_said([program, check, str(draft)]))
            wrong = _COMPLAINT.findall(said)
            if wrong or not said:
                return tuple(f"crontab: {what}" for what in wrong)
    return ()


def _said(words: Sequence[str], env: Mapping[str, str] | None = None) -> list[str]:
    """Return what a check says where it fails."""
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    return [line for line in done.stderr.splitlines() if line.strip()] or ["not right"]


# -------------------------------------------------------------------- systemd


def _ours(path: Path) -> bool:
    """Whether a file begins with our mark."""
    try:
        return path.read_text("utf-8", "replace").startswith(f"# {MARK}")
    except OSError:
        return False


def _units(folder: Path) -> list[Path]:
    """Return the units in a folder that we put there."""
    found = folder.glob(f"{PREFIX}*") if folder.is_dir() else ()
    kinds = (*_UNITS, _PRIVATE)
    return sorted(p for p in found if p.suffix in kinds and _ours(p))


def _stop(place: Place, timers: Sequence[str]) -> None:
    """Disable timers that are about to go."""
    if timers:
        _manager(place, "disable", "--now", *timers)


def _manager(place: Place, *words: str) -> None:
    """Tell systemd's manager, where it runs. Raises `UsageError` with what it says."""
    if not place.live:
        return
    command = ["systemctl", *(("--user",) if place.user else ()), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        why = done.stderr.strip().partition("\n")[0]
        raise UsageError(f"{' '.join(command)}: {why}")


# ----------------------------------------------------------------------- cron


def _put_cron(place: Place, ours: str) -> tuple[str, ...]:
    """Put our lines into a file of cron's, or at the end of the user's crontab."""
    if place.path is None:
        _write_crontab(merged(_crontab(), ours))
        return ("wrote the crontab of this user",)
    old = place.path.read_text("utf-8") if place.path.exists() else ""
    place.path.parent.mkdir(parents=True, exist_ok=True)
    _write_file(place.path, merged(old, ours))
    return (f"wrote {place.path}",)


def _write_file(path: Path, text: str) -> None:
    """Write one of cron's own files, whole or not at all."""
    # cron reads no name with a dot: the draft is none of its files.
    draft = path.with_name(f".escalade.{os.getpid()}")
    draft.write_text(text, "utf-8")
    draft.chmod(0o644)
    draft.replace(path)


def _cron_away(place: Place, *, dry: bool) -> tuple[str, ...]:
    """Take our lines out; a file that holds nothing else goes."""
    path = place.path
    if path is None:
        old, name = _crontab(), "the crontab of this user"
    else:
        old, name = path.read_text("utf-8") if path.exists() else "", str(path)
    rest = without(old)
    if rest == old:
        return ()
    if dry:
        return (f"would remove our lines from {name}",)
    if path is None:
        _write_crontab(rest)
    elif rest.strip():
        _write_file(path, rest)
    else:
        path.unlink()
        return (f"removed {name}",)
    return (f"removed our lines from {name}",)


_NO_CRONTAB = ("no crontab for", "No such file")
"""What cron (cronie, Vixie's) and busybox say of a user who has none."""


def _crontab() -> str:
    """Return this user's crontab; empty where there is none.

    Raises `UsageError` where it cannot be read: what is written then would replace it.
    """
    words = ["crontab", "-l"]
    plain = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=plain)
    if done.returncode and not any(word in done.stderr for word in _NO_CRONTAB):
        said = done.stderr.strip().partition("\n")[0] or f"exit {done.returncode}"
        raise UsageError(f"crontab -l: {said}")
    return "" if done.returncode else done.stdout


def _write_crontab(text: str) -> None:
    """Write this user's crontab. Raises `UsageError` with what cron says."""
    words = ["crontab", "-"]
    done = subprocess.run(
        words, input=text, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UsageError(f"crontab: {done.stderr.strip().partition(chr(10))[0]}")
