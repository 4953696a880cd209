"""Inject faults into the bed one by one, run `fix` on each, and score the end.

    python3 tests/bed/faults/cures.py                    # all, on this machine's Engine
    python3 tests/bed/faults/cures.py --host host1 LK-01  # some, on a host of the bed
    python3 tests/bed/faults/cures.py --drift            # the definition on disk is good
    python3 tests/bed/faults/cures.py --shop             # the other stack

Right is: cured at the lowest level that can, and the caller's call works again; or
handed off with the edit that would cure. And in both cases no service outside the
repair set was restarted or replaced. The table goes to stdout, a line of JSON a fault
to --out, and --keep holds what fix printed and its whole state folder.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import time
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from campaign import PROJECT
from campaign import heal
from campaign import inject
from catalogue import FAULTS
from catalogue import Fault
from ground import Box
from ground import Ground
from ground import end_politely
from ground import fresh_state
from ground import ground
from ground import handoff_text
from truths import CURED
from truths import HANDED_OFF
from truths import TRUTHS
from truths import UNKNOWN
from truths import Truth

CALL_S = 45
ENDS = {0: CURED, 4: HANDED_OFF, 3: UNKNOWN}
LAST_LEVEL = 3
OUTCOMES = {
    CURED: {"cured"},
    HANDED_OFF: {"persists", "worse", "unknown"},
    UNKNOWN: {"unknown"},
}


@dataclass
class Row:
    """How one fault ended; `problems` are all that is wrong with it, in words."""

    fault: str
    title: str
    variant: str
    end: str = ""
    exit: int | None = None
    outcome: str | None = None
    level: int | None = None
    took_s: float = 0.0
    touched: list[str] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def mark(self) -> str:
        """Return the word at the head of the row."""
        return "MISS" if self.problems else "ok"


def touched(before: dict[str, Box], after: dict[str, Box]) -> set[str]:
    """Return the services whose containers somebody restarted, replaced or removed.

    A restart by the Engine's own policy raises the count; one by hand sets it to zero.
    """
    found = set()
    for service in before.keys() | after.keys():
        old, new = before.get(service), after.get(service)
        if old is None or new is None or old.id != new.id or by_hand(old, new):
            found.add(service)
    return found


def by_hand(old: Box, new: Box) -> bool:
    """Say whether the same container was started by somebody, not by its policy."""
    return old.started != new.started and new.restarts <= old.restarts


def end_of(told: dict[str, Any]) -> str:
    """Return the end in a word; other exit codes are no end."""
    return ENDS.get(told["code"], f"exit {told['code']}")


def judge_end(row: Row, told: dict[str, Any], truth: Truth, *, drift: bool) -> None:
    """Compare exit code, outcome and level with the truth."""
    ends = truth.drift if drift else truth.ends
    if row.end not in ends:
        row.problems.append(f"ended as {row.end}, right is {' or '.join(sorted(ends))}")
    if told.get("exit") != told["code"]:
        row.problems.append(f"JSON says exit {told.get('exit')}, it was {told['code']}")
    fitting = OUTCOMES.get(row.end)
    if fitting and told.get("outcome") not in fitting:
        row.problems.append(f"outcome {told.get('outcome')} with exit {told['code']}")
    # Where the definition drifted, replacing the container is a step of level 2.
    highest = max(truth.level, 2) if drift else truth.level
    level = told.get("level")
    if row.end == CURED and (level is None or level > highest):
        row.problems.append(f"cured at level {level}, level {highest} can")
    if row.end == HANDED_OFF and level != LAST_LEVEL:
        row.problems.append(f"handed off, but at level {level}")


def judge_touched(row: Row, told: dict[str, Any], truth: Truth) -> None:
    """Require that only the repair set was touched, and that this is told."""
    named = {entry["service"] for entry in told.get("restarted") or ()}
    for service in sorted(set(row.touched) - truth.repair):
        row.problems.append(f"{service} was touched: it is outside the repair set")
    for service in sorted(named - truth.repair - set(row.touched)):
        # It may loop by its policy since, which hides the restart from us.
        row.problems.append(f"{service} was restarted, by its own word: it is outside")
    for service in sorted(set(row.touched) - named):
        row.problems.append(f"{service} was touched, `restarted` does not say so")


def judge_edit(row: Row, told: dict[str, Any], truth: Truth, state: Path) -> None:
    """Require of a hand-off that it names what has to be corrected."""
    if row.end != HANDED_OFF:
        return
    if not told.get("handoff"):
        row.problems.append("handed off without a message")
    elif not re.search(truth.edit, handoff_text(told, state), re.IGNORECASE):
        row.problems.append(f"the hand-off does not name /{truth.edit}/")


def judge_service(row: Row, at: Ground, *, shop: bool) -> None:
    """Require of a cure that users are served: a call goes through."""
    if row.end != CURED:
        return
    if not shop:
        if at.call(CALL_S):
            row.problems.append("told as cured, but a call is not served")
        return
    bad = [
        name
        for name, box in at.boxes(shop=True).items()
        if box.state != "running" or not at_peace(at, box)
    ]
    if bad:
        row.problems.append(f"told as cured, but not healthy: {', '.join(sorted(bad))}")


def at_peace(at: Ground, box: Box) -> bool:
    """Say whether a container is healthy, at the latest a moment from now."""
    shape = "{{if .State.Health}}{{.State.Health.Status}}{{end}}"
    for _ in range(20):
        if at.read("docker", "inspect", "--format", shape, box.id).strip() == "healthy":
            return True
        time.sleep(1)
    return False


def one(at: Ground, fault: Fault, options: argparse.Namespace) -> Row:
    """Inject one fault, fix it, score the end, and make the stack good again."""
    truth = TRUTHS[fault.id]
    row = Row(fault.id, fault.title, "drift" if at.drift else "disk")
    images = at.images()
    try:
        inject(at, fault)
        before = at.boxes(shop=fault.shop)
        with fresh_state() as state:
            stack = "shop" if fault.shop else "eloquence"
            words = ("--stack", stack, "--max-risk", options.max_risk)
            told, row.took_s = at.fix(state, *words)
            row.touched = sorted(touched(before, at.boxes(shop=fault.shop)))
            fill(row, told)
            judge_end(row, told, truth, drift=at.drift)
            judge_touched(row, told, truth)
            judge_edit(row, told, truth, state)
            judge_service(row, at, shop=fault.shop)
            if options.keep:
                keep(options.keep / f"{fault.case}-{row.variant}", told, state)
    finally:
        heal(at, fault)
        at.restore(images)
    return row


def fill(row: Row, told: dict[str, Any]) -> None:
    """Take over what fix told."""
    row.end, row.exit = end_of(told), told["code"]
    row.outcome, row.level = told.get("outcome"), told.get("level")
    row.ran = [entry["id"] for entry in told.get("ran") or ()]
    if "error" in told:
        row.problems.append(told["error"])


def keep(folder: Path, told: dict[str, Any], state: Path) -> None:
    """Put what fix printed, and all that it remembers, where a person can look."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(state, folder / "state", symlinks=True)
    (folder / "fix.json").write_text(json.dumps(told, indent=1, ensure_ascii=False))


def show(row: Row) -> None:
    """Print one row, and under it what is wrong."""
    print(
        f"{row.mark:4} {row.fault:7} {row.variant:5} {row.end:10} level {row.level}"
        f" {row.took_s:6.1f} s  {', '.join(row.touched) or '-':24} {row.title}",
        flush=True,
    )
    for problem in row.problems:
        print(f"       {problem}", flush=True)


def chosen(options: argparse.Namespace) -> list[Fault]:
    """Return the faults that the options ask for."""
    known = {fault.id: fault for fault in FAULTS}
    if unknown := sorted(set(options.ids) - set(known)):
        raise SystemExit(f"no fault is called {', '.join(unknown)}")
    found = [known[name] for name in options.ids] or [
        fault for fault in FAULTS if fault.shop == options.shop
    ]
    if len({fault.shop for fault in found}) > 1:
        raise SystemExit("faults of both stacks: name those of one")
    if options.drift:
        # Only what came by variables is not in the definition on disk.
        found = [f for f in found if f.settings and not f.commands]
    return found


def parse() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("ids", nargs="*", help="faults; default: all of the stack")
    parser.add_argument("--host", help="a host of the bed with an Engine of its own")
    parser.add_argument("--shop", action="store_true", help="the shop's faults")
    parser.add_argument(
        "--drift", action="store_true", help="inject past the definition on disk"
    )
    parser.add_argument("--max-risk", default="disruptive", help="of fix (disruptive)")
    parser.add_argument("--inv", default=str(PROJECT / "inv"), help="the product")
    parser.add_argument("--out", type=Path, help="a file for one JSON line a fault")
    parser.add_argument("--keep", type=Path, help="a folder for all that fix said")
    return parser.parse_args()


def main() -> int:
    """Run the campaign; exit 0 when every fault came to its right end."""
    options = parse()
    faults = chosen(options)
    if not faults:
        raise SystemExit("no fault is left to inject")
    rows: list[Row] = []
    end_politely()
    with ground(options.host, options.inv, drift=options.drift) as at:
        at.settle(shop=faults[0].shop)
        try:
            for fault in faults:
                rows.append(one(at, fault, options))
                show(rows[-1])
                if options.out:
                    with options.out.open("a") as lines:
                        lines.write(json.dumps(vars(rows[-1])) + "\n")
        finally:
            at.leave(shop=faults[0].shop)
    right = sum(not row.problems for row in rows)
    outside = sum("outside" in p for row in rows for p in row.problems)
    print(f"{right} of {len(rows)} faults came to their right end", flush=True)
    print(f"{outside} services outside the repair sets were touched", flush=True)
    return int(right != len(rows))


if __name__ == "__main__":
    sys.exit(main())
