"""Inject faults into the bed one by one, diagnose each, and score the answer.

    python3 tests/bed/faults/campaign.py                    # all, on this machine's Engine
    python3 tests/bed/faults/campaign.py --host host1 LK-01  # some, on a host of the bed
    python3 tests/bed/faults/campaign.py --healthy 10        # the healthy stack, ten times

A fault counts as named when its service is the only root. The table goes to stdout,
one JSON line for each fault to --out.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalogue import FAULTS
from catalogue import Fault

HERE = Path(__file__).resolve().parent
BED = HERE.parent
PROJECT = BED.parent.parent
STALE_S = 7
"""Seconds until every health check of the bed has been asked again."""
STEP_S = 150
"""Seconds after which a step of the bed is given up."""


@dataclass(frozen=True)
class Place:
    """Where the faults are injected: an Engine for docker, a host for diagnose."""

    host: str | None
    environ: dict[str, str]
    state: Path

    def run(self, words: Sequence[str], **variables: str) -> int:
        """Run a program against the Engine; its output is only shown when it fails."""
        done = subprocess.run(
            words,
            env={**self.environ, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=STEP_S,
            check=False,
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            print(
                f"  ({words[1] if len(words) > 1 else words[0]}: {said[-1:]})",
                file=sys.stderr,
            )
        return done.returncode

    def docker(self, line: str) -> int:
        """Run one docker command, or one in a container's network with `netns`."""
        words = shlex.split(line)
        if words[0] != "netns":
            return self.run(("docker", *words))
        pid = subprocess.check_output(
            ("docker", "inspect", "--format", "{{.State.Pid}}", words[1]),
            env=self.environ,
            text=True,
        ).strip()
        inside = ("nsenter", "--target", pid, "--net", *words[2:])
        if self.host is None:
            return self.run(inside)
        here = {k: v for k, v in self.environ.items() if k != "DOCKER_HOST"}
        box = f"escalade-bed-{self.host}"
        return subprocess.run(
            ("docker", "exec", box, *inside), env=here, check=False
        ).returncode

    def compose(self, fault: Fault | None, *words: str, shop: bool = False) -> int:
        """Run Compose on the stack as it should be, or as a fault defines it."""
        name = "compose.shop.yaml" if shop else "compose.yaml"
        files = ["--file", str(BED / name)]
        if fault and fault.overlay:
            files += ["--file", str(HERE / "overlays" / fault.overlay)]
        settings = dict(s.partition("=")[::2] for s in fault.settings) if fault else {}
        return self.run(("docker", "compose", *files, *words), **settings)

    def call(self, timeout_s: int) -> int:
        """Make one call; 0 only if it was answered."""
        bed = (sys.executable, str(BED / "bed.py"), "call", "--timeout", str(timeout_s))
        return self.run(bed)

    def diagnose(self, *extra: str) -> tuple[dict[str, Any], float]:
        """Return the diagnosis as JSON and the seconds that it took."""
        words = [str(PROJECT / "inv"), "diagnose", "--format", "json", *extra]
        here = {k: v for k, v in os.environ.items() if k != "DOCKER_HOST"}
        if self.host is not None:
            words += [
                "--inventory",
                str(self.state / "hosts.yaml"),
                "--limit",
                self.host,
            ]
            here["ESCALADE_SSH_CONFIG"] = str(self.state / "ssh_config")
        begun = time.monotonic()
        done = subprocess.run(
            words, env=here, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        took = time.monotonic() - begun
        try:
            return json.loads(done.stdout), took
        except ValueError:
            said = (done.stderr or done.stdout).decode(errors="replace").strip()
            return {"exit": done.returncode, "roots": [], "error": said[-400:]}, took


def state_folder() -> Path:
    """Return where the bed's hosts keep their client files."""
    named = os.environ.get("ESCALADE_BED_STATE")
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(named) if named else Path(base) / "escalade-bed"


@contextmanager
def place(host: str | None) -> Iterator[Place]:
    """Open the place; a host's Engine is reached by a forwarded socket."""
    state = state_folder()
    if host is None:
        yield Place(None, dict(os.environ), state)
        return
    socket = state / f"{host}.sock"
    socket.unlink(missing_ok=True)
    tunnel = subprocess.Popen(
        (
            "ssh",
            "-F",
            state / "ssh_config",
            "-nNT",
            "-L",
            f"{socket}:/var/run/docker.sock",
            host,
        )
    )
    try:
        while not socket.exists() and tunnel.poll() is None:
            time.sleep(0.1)
        yield Place(host, {**os.environ, "DOCKER_HOST": f"unix://{socket}"}, state)
    finally:
        tunnel.terminate()
        tunnel.wait()


def inject(at: Place, fault: Fault) -> None:
    """Make the fault happen and let it show."""
    for line in fault.commands:
        at.docker(line)
    if fault.settings or fault.overlay:
        words = (
            "up",
            "--detach",
            "--no-deps",
            "--no-build",
            "--timeout",
            "5",
            fault.service,
        )
        at.compose(fault, *words, shop=fault.shop)
    for _ in range(fault.calls):
        at.call(12)
    time.sleep(fault.settle_s)


def heal(at: Place, fault: Fault) -> None:
    """Undo the fault and bring the stack back to health."""
    for line in fault.undo:
        at.docker(line)
    if fault.undo:
        # Compose believes the health of before until the next check.
        time.sleep(STALE_S)
    wait = (
        "up",
        "--detach",
        "--no-build",
        "--timeout",
        "5",
        "--wait",
        "--wait-timeout",
        "100",
    )
    if at.compose(None, *wait, shop=fault.shop):
        # What a service that gave up or a half-made container holds back is made anew.
        at.compose(None, "down", "--remove-orphans", "--timeout", "5", shop=fault.shop)
        at.compose(None, *wait, shop=fault.shop)


def score(fault: Fault, told: dict[str, Any], took: float) -> dict[str, Any]:
    """Return one row: what was injected, what was named, and whether it fits."""
    roots = [(r["service"], r["symptom"], r["suspected"]) for r in told["roots"]]
    return {
        "fault": fault.id,
        "title": fault.title,
        "service": fault.service,
        "roots": roots,
        "exit": told["exit"],
        "named": {r[0] for r in roots} == {fault.service} and len(roots) == 1,
        "top1": bool(roots) and roots[0][0] == fault.service,
        "took_s": round(took, 2),
        **({"error": told["error"]} if "error" in told else {}),
    }


def healthy(at: Place, times: int, pause_s: float) -> list[dict[str, Any]]:
    """Diagnose the healthy stack again and again."""
    rows = []
    for number in range(times):
        told, took = at.diagnose("--stack", "eloquence")
        roots = [(r["service"], r["symptom"]) for r in told["roots"]]
        gaps = [g for g in told.get("gaps", []) if g.get("hides")]
        row = {
            "healthy": number,
            "exit": told["exit"],
            "roots": roots,
            "gaps": gaps,
            "took_s": round(took, 2),
        }
        print(json.dumps(row), flush=True)
        rows.append(row)
        time.sleep(pause_s)
    return rows


def one(at: Place, fault: Fault, keep: Path | None) -> dict[str, Any]:
    """Inject, diagnose and heal one fault."""
    inject(at, fault)
    extra = ["--stack", "shop" if fault.shop else "eloquence"]
    case = keep / f"{fault.case}.jsonl" if keep else None
    if case is not None:
        extra += ["--save", str(case)]
    told, took = at.diagnose(*extra)
    if case is not None and case.is_file():
        # Where this checkout lies is nobody's business.
        text = case.read_text().replace(str(BED), "/srv/bed")
        case.write_text(text.replace(f"{Path.home()}/go/", "/go/"))
    row = score(fault, told, took)
    heal(at, fault)
    mark = "ok  " if row["named"] else "MISS"
    print(
        f"{mark} {fault.id:7} {fault.service:22} {row['took_s']:5.2f} s  {row['roots']}",
        flush=True,
    )
    if "error" in row:
        print(f"     {row['error']}", flush=True)
    return row


def main() -> int:
    """Run the campaign; exit 0 when every fault was named as the only root."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("ids", nargs="*", help="faults; default: all of the stack")
    parser.add_argument("--host", help="a host of the bed with an Engine of its own")
    parser.add_argument("--shop", action="store_true", help="the shop's faults")
    parser.add_argument("--healthy", type=int, default=0, metavar="N")
    parser.add_argument("--pause", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--out", type=Path, help="a file for one JSON line a fault")
    parser.add_argument("--keep", type=Path, help="a folder for each fault's evidence")
    options = parser.parse_args()
    chosen = [
        f
        for f in FAULTS
        if (f.id in options.ids if options.ids else f.shop == options.shop)
    ]
    with place(options.host) as at:
        if options.healthy:
            rows = healthy(at, options.healthy, options.pause)
            return int(any(row["exit"] for row in rows))
        rows = [one(at, fault, options.keep) for fault in chosen]
    if options.out:
        options.out.write_text("".join(json.dumps(row) + "\n" for row in rows))
    named = sum(row["named"] for row in rows)
    print(f"{named} of {len(rows)} faults named as the only root", flush=True)
    return int(named != len(rows))


if __name__ == "__main__":
    sys.exit(main())
