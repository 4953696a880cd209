"""What a timer calls: the command line of this installation, and what it needs around it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from escalade.shapes import secret_name
from escalade.shapes import shaped

__all__ = ["Caller", "caller_here"]

KEPT = ("ESCALADE_",)
_NOT_KEPT = ("ESCALADE_TEST_", "ESCALADE_BED_")
_TAG = "ESCALADE_RUN"


@dataclass(frozen=True, slots=True)
class Caller:
    """The words before a task's name, the folder they are called in, and variables.

    `folder` holds the invoke.yaml that counts. `secrets` are the variables that hold a
    password: none of them may stand where others read.
    """

    words: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def once(self, job: str, *flags: str) -> tuple[str, ...]:
        """Return the command line that runs a job when a timer says so."""
        return (*self.words, "schedule.run", "--once", job, "--due", *flags)


def caller_here(folder: Path, environ: Mapping[str, str]) -> Caller:
    """Return how this very installation is called again."""
    beside = Path(sys.executable).with_name("escalade")
    found = str(beside) if beside.is_file() else shutil.which("escalade")
    start = "from escalade.program import main; main()"
    words = (found,) if found else (sys.executable, "-c", start)
    kept = {
        name: value
        for name, value in environ.items()
        if name.startswith(KEPT) and not name.startswith(_NOT_KEPT) and name != _TAG
    }
    if not found and "PYTHONPATH" in environ:
        kept["PYTHONPATH"] = environ["PYTHONPATH"]
    secrets = {n: v for n, v in kept.items() if secret_name(n) or shaped(v) != v}
    open_ = {name: value for name, value in kept.items() if name not in secrets}
    place = Path(os.path.abspath(folder))  # noqa: PTH100 -- a link that moves stays one
    return Caller(words, place, open_, secrets)
