"""What a host has left: processors, memory, files, pressure; and how its clock goes."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence

from escalade.evidence.parsing import number
from escalade.evidence.parsing import whole
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Script
from escalade.evidence.probe import Target
from escalade.evidence.probe import failed
from escalade.model import Args

__all__ = ["RESOURCES"]

# One grep over all files: of /proc/stat the lines that count processors, of each
# pressure file the line of "some" (a kernel without PSI has none).
SCRIPT = (
    "grep -sHE '^([0-9]|cpu[0-9]|(Mem|Swap)(Total|Available|Free):|some)'"
    " /proc/loadavg /proc/uptime /proc/meminfo /proc/stat /proc/sys/fs/file-nr"
    " /proc/pressure/cpu /proc/pressure/memory /proc/pressure/io"
)
KIB = 1024

Files = Mapping[str, Sequence[Sequence[str]]]
"""Path to the words of its lines."""


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask the kernel's files, all in one script."""
    del target, args
    return (Script(SCRIPT),)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record."""
    del args
    if trouble := failed(answers):
        return trouble
    files = _files(answers[0].body.decode("utf-8", "replace"))
    memory = {
        words[0].rstrip(":"): (whole(words[1]) or 0) * KIB
        for words in files.get("/proc/meminfo", ())
        if len(words) > 1
    }
    offset = target.facts.get("offset_s")
    record = {
        **_load(files),
        **_memory(memory),
        "files_ratio": _files_ratio(files),
        "cpu_pressure": _pressure(files, "cpu"),
        "memory_pressure": _pressure(files, "memory"),
        "io_pressure": _pressure(files, "io"),
        "uptime_s": _first(files, "/proc/uptime", 0),
        "clock_offset_s": float(offset) if isinstance(offset, (int, float)) else None,
    }
    return Parsed((record,))


def _files(text: str) -> Files:
    """Return `path:line` output by path."""
    files: dict[str, list[list[str]]] = {}
    for line in text.splitlines():
        path, _, rest = line.partition(":")
        files.setdefault(path, []).append(rest.split())
    return files


def _first(files: Files, path: str, place: int) -> float | None:
    """Return a number of a file's first line, by its place."""
    lines = files.get(path, ())
    return number(lines[0][place]) if lines and len(lines[0]) > place else None


def _load(files: Files) -> dict[str, int | float | None]:
    """Return processors and load; the ratio is that of the last five minutes."""
    cpus = sum(words[0] != "cpu" for words in files.get("/proc/stat", ())) or None
    loads = [_first(files, "/proc/loadavg", place) for place in range(3)]
    five = loads[1]
    return {
        "cpus": cpus,
        "load1": loads[0],
        "load5": five,
        "load15": loads[2],
        "load_ratio": None if five is None or not cpus else round(five / cpus, 3),
    }


def _memory(memory: Mapping[str, int]) -> dict[str, int | float | None]:
    """Return memory in bytes and as shares; a host without swap uses none of it."""
    total = memory.get("MemTotal")
    available = memory.get("MemAvailable")
    swap = memory.get("SwapTotal")
    used = None if swap is None else swap - memory.get("SwapFree", 0)
    return {
        "memory_total": total,
        "memory_available": available,
        "memory_available_ratio": _share(available, total),
        "swap_total": swap,
        "swap_used_ratio": _share(used, swap) if swap else 0.0 if swap == 0 else None,
    }


def _share(part: int | None, total: int | None) -> float | None:
    """Return a part as a share of the total."""
    return None if part is None or not total else round(part / total, 4)


def _files_ratio(files: Files) -> float | None:
    """Return the used share of the kernel's file handles."""
    used = _first(files, "/proc/sys/fs/file-nr", 0)
    most = _first(files, "/proc/sys/fs/file-nr", 2)
    return None if used is None or not most else round(used / most, 6)


def _pressure(files: Files, kind: str) -> float | None:
    """Return the percentage of the last minute in which some task waited (PSI)."""
    for words in files.get(f"/proc/pressure/{kind}", ()):
        for word in words:
            if word.startswith("avg60="):
                return number(word[6:])
    return None


RESOURCES = Probe(
    name="resources",
    scope="host",
    doc="Processors, load (the ratio is the last five minutes' load per processor), "
    "memory, swap, file handles, pressure (percent of the last minute in which "
    "something waited; not known on a kernel without PSI), and how many seconds the "
    "clock is ahead of ours.",
    readings={
        "cpus": int,
        "load1": float,
        "load5": float,
        "load15": float,
        "load_ratio": float,
        "memory_total": int,
        "memory_available": int,
        "memory_available_ratio": float,
        "swap_total": int,
        "swap_used_ratio": float,
        "files_ratio": float,
        "cpu_pressure": float,
        "memory_pressure": float,
        "io_pressure": float,
        "uptime_s": float,
        "clock_offset_s": float,
    },
    always=True,
    questions=_questions,
    parse=_parse,
    headline=("load_ratio", "memory_available_ratio"),
)
