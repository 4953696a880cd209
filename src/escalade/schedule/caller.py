"""What a timer calls: the command line of this installation, and what it needs around it."""

from __future__ import annotations

import os
import re
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
    """Return how this very installation is called again.

    Raises `UsageError` for a variable that is wrong.
    """
    beside = Path(sys.executable).with_name("escalade")
    found = str(beside) if beside.is_file() else shutil.which("escalade")
    start = "from escalade.program import main; main()"
    words = (found,) if found else (sys.executable, "-c", start)
    kept = {
        name: _anywhere(name, value)
        for name, value in environ.items()
        if name.startswith(KEPT) and not name.startswith(_NOT_KEPT) and name != _TAG
    }
    if not found and "PYTHONPATH" in environ:
        parts = environ["PYTHONPATH"].split(os.pathsep)
        kept["PYTHONPATH"] = os.pathsep.join(str(Path.cwd() / part) for part in parts)
    secrets = {n: v for n, v in kept.items() if secret_name(n) or shaped(v) != v}
    open_ = {name: value for name, value in kept.items() if name not in secrets}
    place = Path(os.path.abspath(folder))  # noqa: PTH100 -- a link that moves stays one
    return Caller(words, place, open_, secrets)


def _anywhere(name: str, value: str) -> str:
    """Return a variable that says in any folder what it says in this one."""
    from escalade.settings import resolve

    here, key = Path.cwd(), name.removeprefix("ESCALADE_").lower()
    if not value:
        return value
    if key == "limit":
        return re.sub(r"(^|[,:&!])@(?!/)", lambda at: f"{at[0]}{here}/", value)
    said = resolve({}, environ={name: value}, flags={}, base=here, here=here)
    found = getattr(said, key)
    # The runbooks that ship come first by themselves.
    each = found[key == "runbooks" :] if isinstance(found, tuple) else (found,)
    if not any(isinstance(one, Path | tuple) for one in each):
        return value
    return os.pathsep.join(_spelt(one) for one in each)


def _spelt(one: Path | str | tuple[str, Path]) -> str:
    """Return a path as a variable has it, its label before it."""
    return (
        "@".join(str(part) for part in one if part)
        if isinstance(one, tuple)
        else str(one)
    )
