"""A container's processes as the kernel sees them: stopped, starved, out of memory."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import whole
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Script
from escalade.evidence.probe import Target
from escalade.evidence.probe import failed
from escalade.model import Args
from escalade.model import Status

__all__ = ["PROCESS"]

SHELLS = frozenset({"sh", "bash"})
"""Process 1 that may mind the real one, or be the program itself."""
INITS = SHELLS | {"docker-init", "tini", "dumb-init", "catatonit", "s6-svscan"}
"""Process 1 that only minds the real one: the real one is judged in its place."""
ENDLESS = 1 << 60
"""Version 1 writes "no limit" as a number near 2^63, rounded to pages."""

# One command (grep); the rest is the shell's own. `at` finds a cgroup's folder: inside
# a host that is itself a container the path may start above what is mounted here, so
# its head is dropped until it fits. A zombie is in no list of a cgroup: process 1 is
# asked for its children. Of the first 20 processes open files are counted.
SCRIPT = r"""p=%(pid)d i=%(id)s b=/sys/fs/cgroup m= c= q= u=
at() { r= t=$2
while [ -n "$t" ] && [ "$t" != / ]; do
  if [ -d "$1$t" ]; then r=$1$t; return; fi
  t=${t#/}; case $t in */*) t=/${t#*/};; *) t=;; esac
done; }
if [ ! -r /proc/$p/cgroup ]; then echo gone; else
while IFS=: read -r n k d; do
  case $d in *"$i"*) t=${d#*"$i"}; d=${d%%"$i"*}$i${t%%/*};; esac
  case ,$k, in ,,) u=$d;; *,memory,*) m=$d;; *,cpu,*) c=$d;; *,pids,*) q=$d;; esac
done </proc/$p/cgroup
if [ -n "$m" ]; then at $b/memory "$m"; m=$r; at $b/cpu "$c"; c=$r; at $b/pids "$q"; q=$r
else at $b "$u"; m=$r c=$r q=$r; fi
s=; n=0
look() { n=$((n+1)); [ $n -gt 200 ] && return; s="$s /proc/$1/status"
[ $n -gt 20 ] && return; t=$1; s="$s /proc/$t/limits"; set -- /proc/$t/fd/*
case $1 in *\*) [ -r /proc/$t/fd ] && echo "fd $t 0";; *) echo "fd $t $#";; esac; }
look $p
k=; [ -r /proc/$p/task/$p/children ] && read -r k </proc/$p/task/$p/children
for t in $k; do look $t; done
if [ -n "$q$m" ]; then while read -r t && [ $n -lt 200 ]; do
case " $p $k " in *" $t "*) ;; *) look $t;; esac; done <"${q:-$m}/cgroup.procs"; fi
grep -sHE '^([0-9max-]+( [0-9]+)?$|(Name|State|PPid):|Max open|(total_)?inactive_file |oom_kill |nr_|throttled_)' \
 $s ${m:+$m/memory.usage_in_bytes $m/memory.limit_in_bytes $m/memory.oom_control \
 $m/memory.current $m/memory.max $m/memory.events $m/memory.stat} \
 ${c:+$c/cpu.stat $c/cpu.max $c/cpu.cfs_quota_us $c/cpu.cfs_period_us} \
 ${q:+$q/pids.current $q/pids.max $q/pids.events}
fi"""

Files = Mapping[str, Mapping[str, str]]
"""File to key to value; of a process, its number stands for all of its files."""


def _pid(target: Target) -> int:
    """Return the container's main process as the host counts, 0 where none runs."""
    return whole(as_dict(target.inspect.get("State")).get("Pid")) or 0


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask the kernel's files, all in one script."""
    del args
    pid = _pid(target)
    ident = str(target.inspect.get("Id") or "")
    if not pid or not ident.isalnum():
        return ()
    return (Script(SCRIPT % {"pid": pid, "id": ident}),)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record; a file that could not be read leaves its readings None."""
    del args
    if not answers:
        return Parsed()
    if trouble := failed(answers):
        return trouble
    text = answers[0].body.decode("utf-8", "replace")
    if text.startswith("gone"):
        reason = "its process has ended meanwhile"
        return Parsed(status=Status.VANISHED, complete=False, reason=reason)
    pid = str(_pid(target))
    files = _files(text)
    if pid not in files:
        reason = "the kernel shows us nothing of its processes"
        return Parsed(status=Status.DENIED, complete=False, reason=reason)
    record = {
        **_processes(files, pid),
        **_memory(files),
        **_cpu(files),
        **_counts(files),
    }
    return Parsed((record,), complete=not answers[0].truncated)


def _files(text: str) -> Files:
    """Return `path:line` output as tables, by file name or by process."""
    files: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        path, found, rest = line.partition(":")
        if line.startswith("fd "):
            _, pid, count = line.split()
            files.setdefault(pid, {})["fd"] = count
        elif found:
            folder, _, name = path.rpartition("/")
            if name in ("status", "limits"):
                name = folder.rpartition("/")[2]
            key, value = _pair(name, rest)
            files.setdefault(name, {})[key] = value
    return files


def _pair(name: str, line: str) -> tuple[str, str]:
    """Return key and value of a kernel file's line; a lone value has the key ""."""
    if line.startswith("Max open files"):
        return "open", line.split()[3]
    words = line.replace(":", " ", 1).split() or [""]
    # `max 100000` of cpu.max is a pair of values, `max 3` of pids.events is not.
    pair = words[0] == "max" or words[0].lstrip("-").isdigit()
    if len(words) > 1 and (name == "pids.events" or not pair):
        return words[0], words[1]
    return "", line.strip()


def _number(files: Files, names: Iterable[str], key: str = "") -> int | None:
    """Return the number under a key of the first file that was read."""
    for name in names:
        value = files.get(name, {}).get(key)
        if value is not None:
            return whole(value)
    return None


def _limit(files: Files, names: Iterable[str]) -> int | None:
    """Return a limit, 0 for none (Docker's own word for "no limit")."""
    for name in names:
        value = files.get(name, {}).get("")
        if value is not None:
            # Version 1 writes 19 digits for "no limit", more than `whole` takes.
            endless = value == "max" or (value.isdigit() and int(value) >= ENDLESS)
            return 0 if endless else whole(value)
    return None


def _ratio(used: int | None, limit: int | None) -> float | None:
    """Return the used share of a limit; 0 where there is no limit."""
    if limit == 0:
        return 0.0
    return None if used is None or limit is None else round(used / limit, 4)


def _processes(files: Files, pid: str) -> dict[str, str | bool | int | None]:
    """Return the states of the container's processes."""
    states = {p: f["State"] for p, f in files.items() if p.isdigit() and "State" in f}
    minded = [states[p] for p in states if _minded(files[p], files[pid], pid)]
    judged = minded or [files[pid].get("State", "")]
    return {
        "pid_state": files[pid].get("State"),
        "stopped": all(state == "T" for state in judged),
        "stopped_processes": sum(state == "T" for state in states.values()),
        "zombies": sum(state == "Z" for state in states.values()),
    }


def _minded(child: Mapping[str, str], first: Mapping[str, str], pid: str) -> bool:
    """Whether a process is what process 1 (`first`, its number `pid`) minds.

    One that has ended is nobody's program, nor is the pause of a shell's loop.
    """
    name, state = first.get("Name"), child.get("State")
    if name not in INITS or child.get("PPid") != pid or state == "Z":
        return False
    pause = name in SHELLS and child.get("Name") == "sleep" and state != "T"
    return not pause


def _memory(files: Files) -> dict[str, int | float | None]:
    """Return memory of version 1 or 2; used is what the kernel could not drop."""
    usage = _number(files, ("memory.usage_in_bytes", "memory.current"))
    cache = _number(files, ("memory.stat",), "total_inactive_file")
    if cache is None:
        cache = _number(files, ("memory.stat",), "inactive_file")
    used = None if usage is None else max(0, usage - (cache or 0))
    limit = _limit(files, ("memory.limit_in_bytes", "memory.max"))
    kills = _number(files, ("memory.oom_control", "memory.events"), "oom_kill")
    return {
        "oom_kills": kills,
        "memory_used": used,
        "memory_limit": limit,
        "memory_ratio": _ratio(used, limit),
    }


def _cpu(files: Files) -> dict[str, int | float | None]:
    """Return the quota in CPUs (0: none), and the share of periods that hit it."""
    quota = _quota(files)
    periods = _number(files, ("cpu.stat",), "nr_periods")
    throttled = _number(files, ("cpu.stat",), "nr_throttled")
    ratio = None if periods is None or throttled is None else 0.0
    if periods and throttled:
        ratio = round(throttled / periods, 4)
    return {"cpu_throttled_ratio": ratio, "cpu_quota": quota}


def _quota(files: Files) -> float | None:
    """Return how many CPUs the container may use; 0 for no limit, None if unread."""
    both = files.get("cpu.max", {}).get("", "").split()
    quota, period = both if len(both) > 1 else (None, None)
    quota = quota or files.get("cpu.cfs_quota_us", {}).get("")
    period = period or files.get("cpu.cfs_period_us", {}).get("")
    if quota in ("max", "-1"):
        return 0.0
    if quota is None or period is None:
        return None
    return round((whole(quota) or 0) / (whole(period) or 1), 3)


def _counts(files: Files) -> dict[str, int | float | None]:
    """Return processes and open files beside their limits."""
    pids = _number(files, ("pids.current",))
    most = _limit(files, ("pids.max",))
    opened, allowed = _open_files(files)
    return {
        "pids": pids,
        "pids_limit": most,
        "pids_ratio": _ratio(pids, most),
        "pids_refused": _number(files, ("pids.events",), "max"),
        "files_open": opened,
        "files_limit": allowed,
        "files_ratio": _ratio(opened, allowed),
    }


def _open_files(files: Files) -> tuple[int | None, int | None]:
    """Return open files and their limit, of the process nearest to its limit."""
    counts = [(whole(f.get("fd")), whole(f.get("open"))) for f in files.values()]
    read = [pair for pair in counts if pair[0] is not None and pair[1]]
    if read:
        return max(read, key=lambda pair: _ratio(*pair) or 0.0)
    limits = [limit for _, limit in counts if limit]
    return None, min(limits, default=None)


PROCESS = Probe(
    name="process",
    scope="container",
    doc="The container's processes and its cgroup: stopped by a signal (where process "
    "1 is an init or a shell, the program that it minds), killed for memory, throttled "
    "(share of all periods since the start), near a limit. A limit of 0 is none, and "
    "its ratio 0. pids: its processes and threads; pids_refused: how often it was refused "
    "one more since its start. files: of the process nearest to its limit; not known "
    "without root.",
    readings={
        "pid_state": str,
        "stopped": bool,
        "stopped_processes": int,
        "zombies": int,
        "oom_kills": int,
        "memory_used": int,
        "memory_limit": int,
        "memory_ratio": float,
        "cpu_throttled_ratio": float,
        "cpu_quota": float,
        "pids": int,
        "pids_limit": int,
        "pids_ratio": float,
        "pids_refused": int,
        "files_open": int,
        "files_limit": int,
        "files_ratio": float,
    },
    always=True,
    needs_running=True,
    questions=_questions,
    parse=_parse,
    headline=("pid_state", "memory_used", "oom_kills"),
)
