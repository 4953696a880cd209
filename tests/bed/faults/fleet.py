"""Look at two hundred SSH hosts of which a fifth is bad: each named, nothing left.

    python3 tests/bed/faults/fleet.py [--count 200] [--forks 32] [--out FILE] [--keep]

Of the hosts 10 % are dead (an address where nobody is), 5 % accept and say nothing, 5 %
drop the connection in the middle of a command; one has a swapped key, one a banner and
a broken profile, one no bash, one full disks, one is behind another. `diagnose`,
`hosts.ping` and `on` run over all of them. Each must end within its bound: what the
good hosts take alone, and the waits that the bad ones may cost, shared by the forks.
Afterwards no process of ours, no socket here and no process on any host may be left.
The table goes to stdout, one JSON line for each host and run to --out. Exit code: 0
only if all is as it should be.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
CROWD = "faults"
EACH = 50
WAITS_S = {"dead": 5.0, "silent": 5.0, "drop": 13.0, "swapped": 5.0, "broken": 5.0}
"""What a host of each kind may cost: TCP 5 s, banner 5 s, a deadline of 8 s and 5 s for
what was lost."""
LONGEST_S = 18.0
LEFT_S = 15.0
"""Within this time what a dropped connection left behind on a host has ended there: all
that we start is bounded where it runs."""
CAUSES = {
    "dead": ("route", "timeout"),
    "silent": ("banner",),
    "drop": ("closed",),
    "swapped": ("host-key-changed",),
    "broken": ("shell",),
}
WORDS = {
    "dead": "route|no answer in time",
    "silent": "said nothing",
    "drop": "connection ended|ended the connection|connection .*lost",
    "swapped": "its key is now",
    "broken": "login shell",
}
"""How a line for people names each cause."""
TASKS = """\
from invoke import task


@task
def look(c):
    c.run("uptime; sleep 0.5")
"""

sys.path.insert(0, str(PROJECT / "tests" / "bed" / "hosts"))
import crowd as crowds  # noqa: E402 -- the bed's programs are no package
from crowd import Group  # noqa: E402
from crowd import Member  # noqa: E402

TMPFS = ("/var/lib/docker", "/tmp")
SINGLES = {
    "nobash": ("--env", "BASH_SHELL=0"),
    "full": (
        *("--env", f"FULL={' '.join(TMPFS)}"),
        *(word for path in TMPFS for word in ("--tmpfs", f"{path}:size=1m")),
    ),
    "inner": (),
}


def kind_of(member: Member) -> str:
    """Return the kind that a host's name tells."""
    return re.sub(r"\d+$", "", member.name)


def members_for(count: int) -> list[Member]:
    """Return the hosts: mostly plain, the bad ones spread among them."""
    members = []
    for number in range(1, count + 1):
        plain = Member(f"host{number}", crowds.address(CROWD, number))
        if number % 10 == 5:
            plain = replace(plain, name=f"dead{number}", kind="dead")
        elif number % 20 == 7:
            plain = replace(plain, name=f"silent{number}", kind="silent")
        elif number % 20 == 13:
            after = "0" if number % 40 == 13 else "0.4"
            plain = replace(plain, name=f"drop{number}", kind="drop", value=after)
        members.append(plain)
    gate = members[0] = replace(members[0], name="gate")
    inner = {"kind": "only", "value": gate.address, "behind": "gate"}
    for at, name, changes in (
        (2, "swapped", {"swapped": True}),
        (3, "broken", {"kind": "banner", "login": "ender"}),
        (9, "nobash", {}),
        (10, "full", {}),
        (11, "inner", inner),
    ):
        members[at - 1] = replace(members[at - 1], name=name, **changes)
    return members


def groups_for(members: Sequence[Member]) -> list[Group]:
    """Return who shares a container: all but those that differ as a whole."""
    shared = [member for member in members if member.name not in SINGLES]
    single = [
        Group((member,), SINGLES[member.name])
        for member in members
        if member.name in SINGLES
    ]
    return [*crowds.grouped(shared, EACH), *single]


@dataclass(frozen=True)
class Ran:
    """What one command over all hosts said and took; causes by host, "" for none."""

    name: str
    took_s: float
    bound_s: float
    causes: Mapping[str, str]
    more: Mapping[str, str]


class Fleet:
    """The hosts that are up, and what is run over them."""

    def __init__(self, members: Sequence[Member], forks: int, scratch: Path) -> None:
        self.members = members
        self.forks = forks
        self.scratch = scratch
        self.folder = crowds.folder_of(CROWD)
        self.good = [m.name for m in members if kind_of(m) not in CAUSES]
        (scratch / "tasks.py").write_text(TASKS)

    def bound_s(self, good_s: float) -> float:
        """Return the seconds within which a run over all hosts has to end."""
        waits = sum(WAITS_S.get(kind_of(member), 0.0) for member in self.members)
        return good_s + waits / self.forks + LONGEST_S

    def escalade(self, *words: str) -> tuple[float, str]:
        """Run one of our commands to its end; return what it took and its output."""
        program = (
            "import sys; sys.argv[0] = 'escalade';"
            "from escalade.program import main; main()"
        )
        python = str(PROJECT / ".venv" / "bin" / "python")
        more = ("--inventory", str(self.folder / "hosts.yaml"))
        environ = {
            **os.environ,
            "ESCALADE_SSH_CONFIG": str(self.folder / "ssh_config"),
            "ESCALADE_STATE": str(self.scratch / "state"),
            "LANG": "C.UTF-8",
        }
        begun = time.monotonic()
        done = subprocess.run(
            (python, "-c", program, *words, *more, "--forks", str(self.forks)),
            cwd=self.scratch,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode not in (0, 2):
            print(f"{words[0]}: exit {done.returncode}: {done.stderr[-500:]}")
        return time.monotonic() - begun, done.stdout

    def timed(self, *words: str, hosts: Sequence[str]) -> tuple[float, float, str]:
        """Run over all hosts, and before over the good ones alone, for the bound."""
        only = ("--limit", ",".join(hosts)) if words[0] != "on" else ()
        alone = words if only else ("on", ",".join(hosts), *words[2:])
        good_s, _ = self.escalade(*alone, *only)
        took_s, out = self.escalade(*words)
        return took_s, self.bound_s(good_s), out

    def diagnose(self) -> Ran:
        """Diagnose all hosts."""
        words = ("diagnose", "--format", "json")
        took_s, bound_s, out = self.timed(*words, hosts=self.good)
        told = json.loads(out)
        causes = {row["host"]: row["cause"] or "" for row in told["hosts"]}
        more = {row["host"]: row.get("detail") or "" for row in told["hosts"]}
        for row in told["findings"]:
            more[row["host"]] = f"{more.get(row['host'], '')} {row['symptom']}".strip()
        return Ran("diagnose", took_s, bound_s, causes, more)

    def ping(self) -> Ran:
        """Ping all hosts."""
        words = ("hosts.ping", "--format", "json")
        took_s, bound_s, out = self.timed(*words, hosts=self.good)
        rows = json.loads(out)["hosts"]
        causes = {row["host"]: row["cause"] or "" for row in rows}
        more = {row["host"]: row["reason"] or "" for row in rows}
        return Ran("hosts.ping", took_s, bound_s, causes, more)

    def on(self) -> Ran:
        """Run a task on all hosts."""
        words = ("on", "all", "look", "--yes")
        took_s, bound_s, out = self.timed(*words, hosts=self.good)
        causes = {member.name: "not named" for member in self.members}
        for line in out.splitlines():
            name, _, said = line.partition(": ")
            if name not in causes:
                continue
            if "load average" in said:
                causes[name] = ""
            elif match := next((k for k, w in WORDS.items() if re.search(w, said)), ""):
                causes[name] = CAUSES[match][0]
            elif causes[name] == "not named" and "cannot be reached" in said:
                causes[name] = said
        return Ran("on", took_s, bound_s, causes, {})


def wrong(ran: Ran, member: Member) -> str:
    """Return what is wrong with a host's result, "" where it is right."""
    kind, cause = kind_of(member), ran.causes.get(member.name)
    if cause is None:
        return "not in the result"
    if cause not in CAUSES.get(kind, ("",)):
        return f"cause {cause or 'none'} {ran.more.get(member.name, '')}"
    if ran.name == "diagnose" and kind == "full":
        found = ran.more.get(member.name, "")
        return "" if "host.disk-full" in found else f"findings: {found or 'none'}"
    return ""


def sockets() -> list[str]:
    """Return this machine's connections to the crowd that nobody here has closed.

    Those in FIN-WAIT-2 and TIME-WAIT are the kernel's: a host that says nothing does not
    say goodbye either.
    """
    words = ("ss", "-Htn", "state", "connected", "dst", "172.30.5.0/24")
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    ours = ("ESTAB", "SYN-SENT", "CLOSE-WAIT")
    return [line for line in done.stdout.splitlines() if line.startswith(ours)]


def remote() -> Counter[str]:
    """Return what runs on the hosts, by command line."""
    return Counter(args for _, args in crowds.processes(CROWD))


def gone(left: Callable[[], Sequence[str]]) -> tuple[float, Sequence[str]]:
    """Wait until nothing is left; return how long that took, and what is there still."""
    begun = time.monotonic()
    while (found := left()) and time.monotonic() - begun < LEFT_S:
        time.sleep(0.5)
    return time.monotonic() - begun, found


def told(fleet: Fleet, ran: Ran) -> list[str]:
    """Print the table of one run; return what is wrong."""
    counts = Counter(kind_of(member) for member in fleet.members)
    faults = [
        f"{member.name}: {trouble}"
        for member in fleet.members
        if (trouble := wrong(ran, member))
    ]
    print(f"\n{ran.name}: {ran.took_s:.1f} s, bound {ran.bound_s:.1f} s")
    for kind, count in sorted(counts.items()):
        of = [member for member in fleet.members if kind_of(member) == kind]
        right = sum(not wrong(ran, member) for member in of)
        seen = Counter(ran.causes.get(member.name, "?") or "answers" for member in of)
        words = ", ".join(f"{cause} {number}" for cause, number in seen.items())
        print(f"  {kind:8} {right:3} of {count:3} as they should be   {words}")
    if ran.took_s > ran.bound_s:
        faults.append("past its bound")
    return faults


def left(before: Counter[str]) -> tuple[list[str], dict[str, float]]:
    """Return what is left here and on the hosts, and when it was gone."""
    sockets_s, open_ = gone(sockets)
    hosts_s, there = gone(lambda: list((remote() - before).elements()))
    print(f"  left: no socket after {sockets_s:.1f} s" if not open_ else f"  {open_}")
    if there:
        print(f"  left on the hosts: {there[:5]}")
    else:
        print(f"  left: no process on any host after {hosts_s:.1f} s more")
    faults = [f"left: {one}" for one in (*open_, *there)]
    return faults, {"sockets_gone_s": sockets_s, "processes_gone_s": hosts_s}


def campaign(fleet: Fleet, out: Path | None) -> list[str]:
    """Run everything, print the tables, write the lines; return what is wrong."""
    faults: list[str] = []
    lines: list[Mapping[str, object]] = []
    before = remote()
    for run in (fleet.ping, fleet.diagnose, fleet.on):
        ran = run()
        found = told(fleet, ran)
        more, gone_s = left(before)
        for fault in (*found, *more):
            print(f"  WRONG {fault}")
        faults += [*found, *more]
        lines.append(
            {"run": ran.name, "took_s": ran.took_s, "bound_s": ran.bound_s, **gone_s}
        )
        lines += [
            {
                "run": ran.name,
                "host": member.name,
                "kind": kind_of(member),
                "cause": ran.causes.get(member.name),
                "wrong": wrong(ran, member),
            }
            for member in fleet.members
        ]
    if out:
        out.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return faults


def main(words: Sequence[str] | None = None) -> int:
    """Bring the hosts up, run, and remove them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--forks", type=int, default=32)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--keep", action="store_true", help="leave the hosts up")
    options = parser.parse_args(words)
    members = members_for(options.count)
    groups = groups_for(members)
    begun = time.monotonic()
    dead = [member for member in members if member.kind == "dead"]
    crowds.bring_up(CROWD, groups, others=dead)
    took_s = time.monotonic() - begun
    count = f"{len(members) - len(dead)} hosts in {len(groups)} containers"
    print(f"{count}, {len(dead)} addresses without one: up in {took_s:.1f} s")
    try:
        with tempfile.TemporaryDirectory(prefix="fleet") as scratch:
            faults = campaign(Fleet(members, options.forks, Path(scratch)), options.out)
    finally:
        if not options.keep:
            crowds.take_down(CROWD, forget=True)
    print(
        f"\n{len(faults)} things are not as they should be" if faults else "\nall well"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
