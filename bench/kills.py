"""Kill the controller with SIGKILL at each boundary and inside each step, then resume.

    python3 bench/kills.py [--cases restart cleanup ...] [--kills N] [--out FILE]

Each case is run once to its end: its events in the journal are the moments to kill at
(after every one of them, and at several places between an intent and its result). Then
once for each moment: a good stack, the command, the kill, `resume`. What must hold:

- no deed that can lose data is done twice, and none without its backup
- what had ended before the kill is not done again, what was never planned not at all
- the stack ends as it does without a kill
- the journal can be read, every intent has its result, the run has its end
- no lock is left, and no process of the run
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

import kill_cases
from kill_cases import CASES
from kill_cases import Case
from kill_cases import Yard
from kill_stack import NAME
from kill_stack import Ear
from kill_stack import counted
from kill_stack import made
from stage import end_politely

INV = kill_cases.INV
RUN_S = 240.0
SETTLE_S = 25.0
LOCKS = (Path("/run/lock/escalade"), Path("/tmp/escalade-locks"))  # noqa: S108
SHARES = (0.05, 0.3, 0.6, 0.9)
"""Where between an intent and its result a kill falls, of the time between them."""
EARLY_S = (0.1, 0.25, 0.45)
"""Kills that come before anything is written down, seconds after the start."""
POLICY = ["--yes", "--max-risk", "destructive", "--format", "json"]


@dataclass(frozen=True)
class Entry:
    """One event of the journal."""

    id: int
    time: float
    run: str
    kind: str
    action: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Moment:
    """When to kill: so long after the nth event, or after the start (n is 0)."""

    after: int
    lag_s: float
    phase: str


@dataclass
class Trial:
    """One kill, and all that was wrong after it."""

    case: str
    phase: str
    after: int
    lag_s: float
    killed: bool = False
    resumed: int | None = None
    again: int | None = None
    problems: list[str] = field(default_factory=list)


def events(state: Path) -> list[Entry]:
    """Read the journal; there is none yet where the file or its table is missing."""
    file = state / "journal.db"
    if not file.exists():
        return []
    query = "SELECT id, time, run, kind, action, data FROM events ORDER BY id"
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as base:
            rows = base.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []
    return [Entry(i, t, r, k, a, json.loads(data)) for i, t, r, k, a, data in rows]


def started(words: Sequence[str], state: Path) -> subprocess.Popen[bytes]:
    """Start the controller; what it starts is not killed with it."""
    return subprocess.Popen(
        [INV, *words],
        env={**os.environ, "ESCALADE_STATE": str(state)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def ran(words: Sequence[str], state: Path) -> tuple[int, str]:
    """Run the product to its end; return its exit code and what it printed."""
    try:
        done = subprocess.run(
            [INV, *words],
            env={**os.environ, "ESCALADE_STATE": str(state)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=RUN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 124, f"no end after {RUN_S:g} s"
    out = done.stdout.decode(errors="replace")
    return done.returncode, out or done.stderr.decode(errors="replace")


# ------------------------------------------------------------ when to kill


def moments(seen: Sequence[Entry]) -> list[Moment]:
    """Return the moments to kill at, from the events of a run that was left alone."""
    found = [Moment(0, lag, "before the journal") for lag in EARLY_S]
    for number, entry in enumerate(seen, 1):
        found.append(Moment(number, 0.0, f"after {entry.kind}"))
        if entry.kind == "intent":
            took = next(
                (e.time - entry.time for e in seen[number:] if is_result(e, entry)), 0.0
            )
            phase = f"inside {entry.data.get('step', '?')}"
            found += [Moment(number, share * took, phase) for share in SHARES]
    return found


def is_result(entry: Entry, intent: Entry) -> bool:
    """Say whether an event is the result of an intent."""
    return entry.kind == "result" and entry.action == intent.action


def spread(found: list[Moment], most: int) -> list[Moment]:
    """Return at most so many, evenly over the run."""
    if len(found) <= most:
        return found
    return [found[int(n * len(found) / most)] for n in range(most)]


def kill_at(process: subprocess.Popen[bytes], state: Path, moment: Moment) -> bool:
    """Wait for the moment and kill; say whether it came before the end."""
    until = time.monotonic() + RUN_S
    while moment.after and len(events(state)) < moment.after:
        if process.poll() is not None or time.monotonic() > until:
            break
        time.sleep(0.002)
    with suppress(subprocess.TimeoutExpired):
        process.wait(moment.lag_s)
    alive = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    return alive


# ------------------------------------------------------------- what must hold


def open_intents(seen: Sequence[Entry]) -> list[Entry]:
    """Return the intents that no result follows."""
    return [
        e
        for n, e in enumerate(seen)
        if e.kind == "intent" and not any(is_result(later, e) for later in seen[n:])
    ]


def ended_well(seen: Sequence[Entry]) -> set[str]:
    """Return the actions whose effect was there, by the journal."""
    fine = ("done", "skipped")
    return {
        e.action for e in seen if e.kind == "result" and e.data.get("ended") in fine
    }


def judge_journal(trial: Trial, state: Path, before: Sequence[Entry]) -> None:
    """Hold the journal against what must be true of it."""
    try:
        with closing(sqlite3.connect(state / "journal.db")) as base:
            said = base.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        said = str(error)
    if said != "ok":
        trial.problems.append(f"the journal is damaged: {said}")
    now = events(state)
    if [e.id for e in now[: len(before)]] != [e.id for e in before]:
        trial.problems.append("the journal lost events")
    for entry in open_intents(now):
        trial.problems.append(f"no result of {entry.action} after the resume")
    again = {e.action for e in now[len(before) :] if e.kind == "intent"}
    mine = {e.run for e in before}
    same = {e.action for e in now[len(before) :] if e.run in mine} & again
    for action in sorted(same & ended_well(before)):
        trial.problems.append(f"{action} had ended, and was done again")
    for run in sorted(mine):
        judge_run(trial, state, run)


def judge_run(trial: Trial, state: Path, run: str) -> None:
    """Ask the product itself for the run, as an operator would."""
    code, said = ran(["show", run, "--format", "json"], state)
    try:
        json.loads(said)
    except ValueError:
        trial.problems.append(f"show {run}: exit {code}: {said[-200:]}")
    if trial.again is None and not any(
        e.kind == "ended" for e in events(state) if e.run == run
    ):
        trial.problems.append(f"run {run} has no end")


def judge_deeds(
    trial: Trial, deeds: Counter[Any], alone: Counter[Any], slack: int
) -> None:
    """Nothing happened more often than it does without a kill, but for what hung."""
    for deed, count in sorted(deeds.items()):
        most = alone.get(deed, 0)
        once = deed[0] == "volume" and deed[1] == "destroy"
        if count > most + (0 if once else slack):
            trial.problems.append(
                f"{' '.join(deed)}: {count} times, {most} without a kill"
            )


def judge_leftovers(trial: Trial, runs: set[str]) -> None:
    """No lock and no process is left."""
    for folder in LOCKS:
        # Others work on this machine, on stacks of their own.
        for path in sorted(folder.glob(f"{NAME}*")) if folder.is_dir() else ():
            if path.is_file() and not is_free(path):
                trial.problems.append(f"lock {path.name} is still held")
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            words = path.read_bytes().split(b"\0")
            if any(f"ESCALADE_RUN={run}".encode() in words for run in runs):
                trial.problems.append(
                    f"process {path.parent.name} of the run still runs"
                )


def is_free(path: Path) -> bool:
    """Say whether a lock's file is not locked by anybody."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def other_end(yard: Yard, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the differences to the end without a kill, once they have settled."""
    until = time.monotonic() + SETTLE_S
    while True:
        now = yard.signature()
        apart = {key: now[key] for key in now if wanted.get(key, now[key]) != now[key]}
        if not apart or time.monotonic() > until:
            return apart
        time.sleep(0.5)


# ----------------------------------------------------------------- one trial


@dataclass(frozen=True)
class Rehearsal:
    """A case that was left alone: its events, what the Engine did, how it ended."""

    seen: list[Entry]
    deeds: Counter[Any]
    end: dict[str, Any]


def rehearse(yard: Yard, case: Case, ear: Ear) -> Rehearsal:
    """Run a case to its end."""
    yard.prepare(case)
    with tempfile.TemporaryDirectory(prefix="escalade-state-") as folder:
        state = Path(folder)
        begun = time.time()
        code, said = ran([*case.words(yard), *POLICY], state)
        seen = events(state)
        if not any(entry.kind == "intent" for entry in seen):
            raise LookupError(f"{case.name}: nothing ran, exit {code}: {said[-300:]}")
        deeds = counted(ear.between(begun))
        time.sleep(2)
        return Rehearsal(seen, deeds, yard.signature())


def attempt(
    yard: Yard, case: Case, ear: Ear, alone: Rehearsal, moment: Moment
) -> Trial:
    """Kill once, resume, and judge."""
    trial = Trial(case.name, moment.phase, moment.after, round(moment.lag_s, 3))
    yard.prepare(case)
    words = [*case.words(yard), *POLICY]
    with tempfile.TemporaryDirectory(prefix="escalade-state-") as folder:
        state = Path(folder)
        begun = time.time()
        trial.killed = kill_at(started(words, state), state, moment)
        if not trial.killed:
            return trial
        before = events(state)
        case.meanwhile(yard)
        go_on(trial, words, state, before)
        end = {key: alone.end[key] for key in alone.end if key not in case.judged}
        apart = other_end(yard, end)
        if apart:
            trial.problems.append(f"ends otherwise: {apart}, not {end}")
        runs = {entry.run for entry in events(state)}
        if runs:
            judge_journal(trial, state, before)
        slack = len(open_intents(before)) + (trial.again is not None)
        ours = counted(ear.between(begun))
        case.forgive(ours)
        judge_deeds(trial, ours, alone.deeds, slack)
        judge_leftovers(trial, runs)
        trial.problems += case.judge(yard)
    return trial


def go_on(trial: Trial, words: list[str], state: Path, before: Sequence[Entry]) -> None:
    """Do what an operator does: resume; what never was approved is asked for again."""
    runs = [entry.run for entry in before]
    if runs:
        code, said = ran(["resume", runs[-1], *POLICY], state)
        trial.resumed = code
        over = any(e.kind == "ended" for e in events(state))
        if code in (1, 124) and not over and any(e.kind == "approved" for e in before):
            trial.problems.append(f"resume: exit {code}: {said[-300:]}")
    if not any(entry.kind == "intent" for entry in events(state)):
        trial.again, _ = ran(words, state)


# ---------------------------------------------------------------- all of them


def campaign(options: argparse.Namespace) -> list[Trial]:
    """Run every case at every moment."""
    trials: list[Trial] = []
    stack, folder = made()
    ear = Ear()
    try:
        yard = Yard(stack)
        for case in (CASES[name] for name in options.cases):
            try:
                alone = rehearse(yard, case, ear)
            except LookupError as error:
                trials.append(
                    Trial(case.name, "rehearsal", 0, 0.0, problems=[str(error)])
                )
                show(trials[-1], options.out)
                continue
            for moment in spread(moments(alone.seen), options.kills):
                trials.append(attempt(yard, case, ear, alone, moment))
                show(trials[-1], options.out)
    except KeyboardInterrupt:
        print("ended early", flush=True)
    finally:
        ear.close()
        stack.gone()
        folder.cleanup()
    return trials


def show(trial: Trial, out: Path | None) -> None:
    """Print one trial as it ends."""
    mark = "BAD" if trial.problems else "ok " if trial.killed else "-  "
    print(
        f"{mark} {trial.case:14} {trial.phase:22} event {trial.after:2}"
        f" + {trial.lag_s:5.2f} s  resume {trial.resumed} again {trial.again}",
        flush=True,
    )
    for problem in trial.problems:
        print(f"      {problem}", flush=True)
    if out:
        with out.open("a") as lines:
            lines.write(json.dumps(vars(trial)) + "\n")


def summary(trials: Sequence[Trial]) -> int:
    """Print kills and violations by case and phase; return the violations."""
    rows: dict[tuple[str, str], list[Trial]] = {}
    for trial in trials:
        if trial.killed or trial.problems:
            rows.setdefault((trial.case, trial.phase), []).append(trial)
    print(f"\n{'case':14} {'phase':24} kills  violations")
    for (case, phase), those in rows.items():
        bad = sum(bool(trial.problems) for trial in those)
        print(f"{case:14} {phase:24} {len(those):5}  {bad:5}")
    violations = sum(bool(trial.problems) for trial in trials)
    print(f"{sum(t.killed for t in trials)} kills, {violations} with a violation")
    return violations


def main() -> int:
    """Run the campaign; exit 0 when nothing was violated."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", nargs="+", default=tuple(CASES), choices=CASES)
    parser.add_argument(
        "--kills", type=int, default=14, help="kills of each case, at most (14)"
    )
    parser.add_argument("--out", type=Path, help="a file for one JSON line a kill")
    end_politely()
    return int(summary(campaign(parser.parse_args())) > 0)


if __name__ == "__main__":
    sys.exit(main())
