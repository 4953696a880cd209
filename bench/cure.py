"""Time from a fault's effect to users served again: ours beside what people use today.

    python3 bench/cure.py [--runs N] [--faults LK-01 FZ-04 ...] [--rivals fix guide ...]

Each run makes the bed's stack healthy, injects one fault, and looks through the eyes of
a light caller (bench/served.py): the effect is the first call that fails, served again
is the first of three in a row that do not; a whole call then confirms it. The rivals:

    policy    nothing but the restart policies of the stack's containers
    autoheal  docker-autoheal's loop (bench/autoheal.py): it polls, so it starts before
    guide     the guide's procedure: down, up (bench/guide_fix.sh), from the effect on
    fix       `fix --yes`, from the effect on: an operator who was called
    watch     `fix --yes` every 5 s, which on a healthy stack only looks: as autoheal
    undo      the command that takes the fault back, at its effect: nobody can be faster

So `watch` is compared with autoheal (both must first notice) and `fix` with the guide
(both are called). Needs root, this machine's Engine and the demo stack; BENCH_INV is
another checkout's inv.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from served import PASSES
from served import served
from served import watching
from stage import AGENT
from stage import BED
from stage import FAULTS
from stage import MISTRAL
from stage import PROJECT
from stage import REDIS
from stage import TOKEN
from stage import VOSK
from stage import Fault
from stage import Place
from stage import end_politely
from stage import heal
from stage import place
from stage import signal_words

POLL_S = 5.0
GOLDEN = 0.618
READY_S = 90.0
EFFECT_S = 60.0
CALL_S = 45
NEVER = float("inf")
MISSING = ("policy", "autoheal")
"""Rivals that cannot cure every fault; one that they did not cure is not run again."""


def _frozen(name: str, title: str, service: str, container: str, comm: str) -> Fault:
    return Fault(
        name,
        f"{title} frozen by SIGSTOP",
        service,
        commands=(signal_words(container, "STOP", comm),),
        undo=(f"kill {container}",),
    )


# Hung processes, which their health checks see: what docker-autoheal is for.
FROZEN = (
    _frozen("FZ-01", "Redis", "redis", REDIS, "redis-server"),
    _frozen("FZ-02", "token service", "token-service", TOKEN, "python"),
    _frozen("FZ-03", "speech to text", "vosk-stt", VOSK, "python"),
    _frozen("FZ-04", "model service", "mistral-conversation", MISTRAL, "python"),
    _frozen("FZ-05", "agent", "eloquence-multiagent", AGENT, "python"),
)
KNOWN = {fault.id: fault for fault in (*FAULTS, *FROZEN)}
DEFAULT = (
    *("LK-01", "LK-02", "LK-02b", "LK-07", "LK-08", "RD-08", "TK-04", "AG-05"),
    *("DK-05", "DK-05b"),
    *(fault.id for fault in FROZEN),
)


def start(*words: str, state: Path | None = None) -> subprocess.Popen[bytes]:
    """Start a rival in a process group of its own."""
    env = {**os.environ, **({"ESCALADE_STATE": str(state)} if state else {})}
    return subprocess.Popen(
        words,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes] | None) -> None:
    """End a rival that still runs, with all that it started."""
    if process is None or process.poll() is not None:
        return
    for sign in (signal.SIGINT, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
            return


Start = Callable[[Fault, Path, float], subprocess.Popen[bytes] | None]


@dataclass(frozen=True)
class Healer:
    """One rival: what is started before the fault, and what at its effect."""

    name: str
    before: Start | None = None
    at_effect: Start | None = None


def _autoheal(_: Fault, __: Path, offset: float) -> subprocess.Popen[bytes]:
    program = str(PROJECT / "bench" / "autoheal.py")
    return start(sys.executable, program, "--watch", "--first", f"{offset:.2f}")


def _watch(_: Fault, state: Path, offset: float) -> subprocess.Popen[bytes]:
    return start("sh", "-c", WATCH, "watch", f"{offset:.2f}", INV, state=state)


def _guide(_: Fault, __: Path, ___: float) -> subprocess.Popen[bytes]:
    program = str(PROJECT / "bench" / "guide_fix.sh")
    return start("sh", program, "--file", str(BED / "compose.yaml"))


def _fix(_: Fault, state: Path, __: float) -> subprocess.Popen[bytes]:
    return start("sh", "-c", f'"$0" {FIX}', INV, state=state)


def _undo(fault: Fault, _: Path, __: float) -> subprocess.Popen[bytes]:
    return start("sh", "-ec", "\n".join(f"docker {line}" for line in fault.undo))


INV = os.environ.get("BENCH_INV") or str(PROJECT / "inv")
FIX = "fix --yes --max-risk disruptive --stack eloquence --format json"
# Every 5 s from start to start: autoheal's look takes no time, ours does.
WATCH = f"""
sleep "$1"
while true; do
    sleep {POLL_S:g} &
    "$2" {FIX}
    wait
done
"""
HEALERS = {
    healer.name: healer
    for healer in (
        Healer("policy"),
        Healer("autoheal", before=_autoheal),
        Healer("guide", at_effect=_guide),
        Healer("fix", at_effect=_fix),
        Healer("watch", before=_watch),
        Healer("undo", at_effect=_undo),
    )
}


RIVALS = tuple(name for name in HEALERS if name != "undo")


@dataclass
class Run:
    """One run: seconds from effect to served, the stages that failed, the whole call."""

    fault: str
    rival: str
    number: int
    seconds: float = NEVER
    confirmed: bool = False
    stages: list[str] = field(default_factory=list)
    note: str = ""

    def row(self) -> dict[str, object]:
        """Return it as JSON can hold it: never is null."""
        never = self.seconds == NEVER
        return {**vars(self), "seconds": None if never else round(self.seconds, 2)}


def break_it(at: Place, fault: Fault) -> None:
    """Make the fault happen, without waiting for it to show."""
    for line in fault.commands:
        at.docker(line)
    if fault.settings or fault.overlay:
        words = ("up", "--detach", "--no-deps", "--no-build", "--timeout", "5")
        at.compose(fault, *words, fault.service)


def wait_until_served(seconds: float) -> bool:
    """Wait until three light calls in a row are served."""
    until, passes = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        passes = 0 if served() else passes + 1
        if passes == PASSES:
            return True
        time.sleep(1)
    return False


def measure(at: Place, fault: Fault, healer: Healer, run: Run, cap_s: float) -> None:
    """Inject the fault, let the rival work, and note when users are served again."""
    # The same phase of the poll for both that poll, another one in the next round.
    offset = POLL_S * ((0.3 + GOLDEN * run.number) % 1)
    workers: list[subprocess.Popen[bytes] | None] = []
    with tempfile.TemporaryDirectory(prefix="escalade-state-") as folder:
        state = Path(folder)
        try:
            if healer.before:
                workers.append(healer.before(fault, state, offset))
            with watching() as watch:
                break_it(at, fault)
                whole = time.monotonic()
                if not watch.hit.wait(EFFECT_S):
                    run.note = "no effect"
                    return
                if healer.at_effect:
                    workers.append(healer.at_effect(fault, state, offset))
                watch.over.wait(cap_s)
            run.stages = watch.stages
            if watch.again is not None and watch.effect is not None:
                # A fault of several commands takes its time, which is no rival's.
                run.seconds = max(watch.again - max(watch.effect, whole), 0.0)
                let_finish(healer, workers)
                run.confirmed = at.call(CALL_S) == 0
        finally:
            for worker in workers:
                end(worker)


def let_finish(
    healer: Healer, workers: Sequence[subprocess.Popen[bytes] | None]
) -> None:
    """Let a rival that ends by itself end: it may still be verifying."""
    for worker in workers if healer.at_effect else ():
        if worker is not None:
            with suppress(subprocess.TimeoutExpired):
                worker.wait(60)


def one(at: Place, fault: Fault, healer: Healer, number: int, cap_s: float) -> Run:
    """Measure one rival once, from a healthy stack to a healthy stack."""
    run = Run(fault.id, healer.name, number)
    if not wait_until_served(READY_S):
        heal(at, fault)
        if not wait_until_served(READY_S):
            run.note = f"no healthy stack to begin with: {served()}"
            return run
    try:
        measure(at, fault, healer, run, cap_s)
    finally:
        heal(at, fault)
    if run.seconds != NEVER and not run.confirmed:
        run.note, run.seconds = "light calls passed, a whole one did not", NEVER
    return run


def median(runs: Sequence[Run]) -> float:
    """Return the median; it is `never` when most runs were not served."""
    return statistics.median(run.seconds for run in runs)


def told(seconds: float) -> str:
    """Return seconds for people."""
    return "never" if seconds == NEVER else f"{seconds:.1f} s"


def ratio(ours: float | None, theirs: float) -> str:
    """Return ours by theirs; there is none where they never cure."""
    if theirs == NEVER or ours is None:
        return "-"
    return "never" if ours == NEVER else f"{ours / theirs:.2f}x"


def table(runs: Sequence[Run], rivals: Sequence[str]) -> None:
    """Print medians and the two ratios of each fault, then those over all faults."""
    print(f"\n{'fault':8}" + "".join(f"{name:>12}" for name in rivals), end="")
    print(f"{'watch/autoheal':>16}{'fix/guide':>11}")
    pairs: dict[str, list[float]] = {"watch/autoheal": [], "fix/guide": []}
    for fault in dict.fromkeys(run.fault for run in runs):
        of = {
            name: median(those)
            for name in rivals
            if (those := [r for r in runs if (r.fault, r.rival) == (fault, name)])
        }
        line = "".join(
            f"{told(of[name]) if name in of else '-':>12}" for name in rivals
        )
        for pair, found in pairs.items():
            mine, _, other = pair.partition("/")
            ours, theirs = of.get(mine), of.get(other, NEVER)
            width = 16 if pair.startswith("watch") else 11
            line += f"{ratio(ours, theirs):>{width}}"
            if ours is not None and theirs != NEVER:
                found.append(ours / theirs)
        print(f"{fault:8}{line}")
    for pair, found in pairs.items():
        if found:
            print(
                f"{pair}: median {statistics.median(found):.2f}x, "
                f"worst {max(found):.2f}x, over {len(found)} faults"
            )


def campaign(at: Place, options: argparse.Namespace) -> Iterator[Run]:
    """Run every rival on every fault, A B C A B C ..."""
    hopeless: set[tuple[str, str]] = set()
    for number in range(options.runs):
        for fault in (KNOWN[name] for name in options.faults):
            for name in options.rivals:
                if (fault.id, name) in hopeless:
                    continue
                run = one(at, fault, HEALERS[name], number, options.cap)
                yield run
                if name in MISSING and run.seconds == NEVER:
                    hopeless.add((fault.id, name))


def note(run: Run, out: Path | None) -> None:
    """Print one run as it ends, and keep it."""
    stages = "; ".join(stage[:60] for stage in run.stages[:3])
    print(
        f"{run.fault:8}{run.rival:9}{run.number}  {told(run.seconds):>8}  "
        f"{run.note or stages}",
        flush=True,
    )
    if out:
        with out.open("a") as lines:
            lines.write(json.dumps(run.row()) + "\n")


def main() -> int:
    """Run the campaign and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--faults", nargs="+", default=DEFAULT, choices=KNOWN, metavar="ID"
    )
    parser.add_argument(
        "--rivals", nargs="+", default=RIVALS, choices=HEALERS, metavar="NAME"
    )
    parser.add_argument(
        "--cap", type=float, default=120.0, help="seconds after which it is never"
    )
    parser.add_argument("--out", type=Path, help="a file for one JSON line a run")
    options = parser.parse_args()
    end_politely()
    runs: list[Run] = []
    with suppress(KeyboardInterrupt), place(None) as at:
        for run in campaign(at, options):
            runs.append(run)
            note(run, options.out)
    table(runs, options.rivals)
    return 0


if __name__ == "__main__":
    sys.exit(main())
