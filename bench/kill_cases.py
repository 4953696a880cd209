"""The cases of bench/kills.py: each step, what it finds, and what may not happen twice."""

from __future__ import annotations

import os
import subprocess
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from kill_stack import NAME
from kill_stack import SPARE
from kill_stack import TREASURE
from kill_stack import Stack
from kill_stack import docker

INV = os.environ.get("BENCH_INV") or str(Path(__file__).resolve().parent.parent / "inv")
"""The product; another checkout's where nobody edits: a changed package ends a run."""
REMADE = "made anew by somebody else"
WEB = f"{NAME}-web-1"
STORE = f"{NAME}-store-1"


@dataclass
class Yard:
    """The stack, and a folder for what a case leaves: backups, lines of a script."""

    stack: Stack
    folder: Path = field(
        default_factory=lambda: Path(tempfile.mkdtemp(prefix="esc-kill-"))
    )

    @property
    def backups(self) -> Path:
        """Return where backups of volumes go."""
        return self.folder / "backups"

    @property
    def lines(self) -> Path:
        """Return the file to which the step `run` adds a line each time."""
        return self.folder / "lines"

    def prepare(self, case: Case) -> None:
        """Make the stack good, and then as the case finds it."""
        self.stack.good()
        for path in (*self.backups.glob("*"), self.lines):
            path.unlink(missing_ok=True)
        case.before(self)

    def signature(self) -> dict[str, Any]:
        """Return what can be seen from outside."""
        return self.stack.signature()


def _nothing(_: Yard) -> None:
    """Leave it as it is."""


def _fine(_: Yard) -> list[str]:
    return []


@dataclass(frozen=True)
class Case:
    """One command that is killed.

    `before` makes what it finds, `meanwhile` happens between the kill and `resume`,
    `judge` names what must not be, `forgiven` are deeds of the case itself, `judged` what
    `judge` alone says of the end: without a kill it ends otherwise.
    """

    name: str
    line: tuple[str, ...]
    before: Callable[[Yard], None] = _nothing
    meanwhile: Callable[[Yard], None] = _nothing
    judge: Callable[[Yard], list[str]] = _fine
    forgiven: tuple[str, ...] = ()
    judged: tuple[str, ...] = ()

    def words(self, yard: Yard) -> list[str]:
        """Return its command line."""
        places = {"backups": str(yard.backups), "lines": str(yard.lines)}
        return [*(word.format(**places) for word in self.line), "--stack", NAME]

    def forgive(self, deeds: Counter[Any]) -> None:
        """Take out of what happened the deeds that were the case's own."""
        for deed in list(deeds):
            if deed[0] in self.forgiven and deed[1] != "destroy":
                del deeds[deed]


def _docker(*words: str) -> Callable[[Yard], None]:
    def run(_: Yard) -> None:
        docker(*words)

    return run


def _compose(*words: str) -> Callable[[Yard], None]:
    def run(yard: Yard) -> None:
        yard.stack.compose(*words)

    return run


def _rebuilt(_: Yard) -> None:
    """Rebuild with the product itself, so that there is something to go back to."""
    with tempfile.TemporaryDirectory(prefix="escalade-state-") as folder:
        subprocess.run(
            [INV, "rebuild", "built", "--no-cache", "--stack", NAME, "--yes"],
            env={**os.environ, "ESCALADE_STATE": folder},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )


def _remade(yard: Yard) -> None:
    """Make the spare volume anew where it went: it is another one, with other data."""
    if not yard.stack.spare():
        yard.stack.fill(REMADE)


def _backed_up(yard: Yard) -> list[str]:
    """Require a whole backup of the treasure wherever the volume is gone."""
    if yard.stack.spare():
        return [] if treasure() in (TREASURE, REMADE) else ["the volume lost its data"]
    for path in yard.backups.glob("*.tar.gz"):
        if TREASURE in content(path):
            return []
    return ["the volume is gone, and there is no backup of it"]


def _not_again(yard: Yard) -> list[str]:
    """Require of what was made anew that it is still there."""
    if yard.stack.spare():
        return []
    said = [content(path) for path in yard.backups.glob("*.tar.gz")]
    if any(REMADE in text for text in said):
        return ["what somebody made anew was removed, too (its backup is there)"]
    return _backed_up(yard)


def treasure() -> str:
    """Return what lies in the spare volume."""
    words = ("--volume", f"{SPARE}:/spare", "--entrypoint", "cat")
    return docker("run", "--rm", *words, "escalade-bed/redis:1", "/spare/treasure")


def content(path: Path) -> str:
    """Return the treasure of a backup; a broken archive holds none."""
    try:
        with tarfile.open(path) as archive:
            member = archive.extractfile("./treasure")
            return member.read().decode() if member else ""
    except (tarfile.TarError, KeyError, OSError, EOFError):
        return ""


def _once(yard: Yard) -> list[str]:
    """Require that a script which may run once did not run twice."""
    count = len(yard.lines.read_text().splitlines()) if yard.lines.exists() else 0
    return [f"the script ran {count} times"] if count > 1 else []


_CLEANUP = ("cleanup", "--volume", SPARE, "--backup", "{backups}")
_SCRIPT = "sleep 1; echo ran >> {lines}; sleep 1"
CASES = {
    case.name: case
    for case in (
        Case("restart", ("restart", "web")),
        Case("restart-order", ("restart", "store,web")),
        Case("start", ("start", "web"), _docker("stop", WEB)),
        Case("stop", ("stop", "web")),
        Case("recreate", ("recreate", "web")),
        Case("unpause", ("unpause", "web"), _docker("pause", WEB)),
        Case(
            "reconnect",
            ("reconnect", "web"),
            _docker("network", "disconnect", f"{NAME}_default", WEB),
        ),
        Case("up", ("up",), _compose("stop", "--timeout", "2")),
        Case("down", ("down",)),
        Case("safe-restart", ("safe-restart",)),
        Case("rebuild", ("rebuild", "built", "--no-cache")),
        Case("rollback", ("rollback", "built"), _rebuilt),
        Case("cleanup", _CLEANUP, judge=_backed_up),
        Case(
            "cleanup-remade",
            _CLEANUP,
            meanwhile=_remade,
            judge=_not_again,
            forgiven=("volume",),
            judged=("spare",),
        ),
        Case(
            "run",
            ("run", "--shell", "--risk", "destructive", "--command", _SCRIPT),
            judge=_once,
        ),
        Case("wait", ("wait", "web"), _docker("restart", "--time", "2", WEB)),
        Case("bundle", ("bundle",)),
        Case("fix-stopped", ("fix",), _docker("stop", "--time", "2", STORE)),
        Case("fix-paused", ("fix",), _docker("pause", STORE)),
    )
}
