"""Make `.venv` hold exactly a lock file: `environment.py runtime`, or `dev` on top of it.

Standard library only, for any Python >= 3.11. `./inv` calls it when the stamp in
`.venv`, a copy of the lock file that was installed, differs from the lock file.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


class SetupError(Exception):
    """The environment cannot be made; the text says what failed, with its last words."""


def say(text: str) -> None:
    """Tell what is being done, in one line."""
    print(f"inv: {text}", file=sys.stderr, flush=True)


def run(*command: str | Path) -> None:
    """Run a command silently; its last lines are told only if it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-6:])
        raise SetupError(f"{' '.join(words[:3])} failed:\n{last}")


def lock_file(name: str) -> Path:
    """Return the lock file of an environment."""
    return ROOT / "locks" / f"{name}.txt"


def is_current(name: str) -> bool:
    """Whether `.venv` holds what the lock file says."""
    stamp = VENV / f"{name}.txt"
    try:
        return PYTHON.exists() and stamp.read_bytes() == lock_file(name).read_bytes()
    except FileNotFoundError:
        return False


def write_stamp(name: str) -> None:
    """Say that all is there: the last thing done, in one step."""
    draft = VENV / f".{name}.txt"
    shutil.copyfile(lock_file(name), draft)
    draft.replace(VENV / f"{name}.txt")


@contextmanager
def alone() -> Iterator[None]:
    """Let two first starts wait for each other; the kernel frees the lock of a dead one."""
    with (ROOT / ".venv.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another start that makes .venv")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(uv: str | None, name: str) -> None:
    """Install a lock file, every hash checked, with bytecode for fast starts."""
    if uv:
        command = [uv, "pip", "install", "--python", str(PYTHON), "--compile-bytecode"]
    else:
        command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install"]
        command += ["--no-input"]
    run(*command, "--quiet", "--no-deps", "--require-hashes", "-r", lock_file(name))


def make(uv: str | None) -> None:
    """Make `.venv` anew with the runtime's packages and this checkout on its path."""
    # The interpreter behind a virtual environment or a shim, so that neither is needed later.
    base: str = getattr(sys, "_base_executable", "") or sys.executable
    shutil.rmtree(VENV, ignore_errors=True)
    if uv:
        # With pip: the bed fetches packages for its images with it.
        run(uv, "venv", "--quiet", "--seed", "--python", base, VENV)
    else:
        run(base, "-m", "venv", VENV)
    install(uv, "runtime")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = VENV / "lib" / version / "site-packages"
    # Relative, so that a checkout can be moved.
    source = os.path.relpath(ROOT / "src", packages)
    (packages / "escalade.pth").write_text(f"{source}\n", "utf-8")
    # Invoke writes no bytecode, and compiling the package anew costs each start more than importing it.
    run(PYTHON, "-m", "compileall", "-q", ROOT / "src", ROOT / "tasks.py")


def build(name: str, uv: str | None) -> None:
    """Make the runtime's environment anew, or add another lock file's packages to it."""
    if name == "runtime":
        make(uv)
    else:
        # Its versions agree with the runtime's (scripts/lock.py).
        install(uv, name)


def fill(name: str) -> None:
    """Make or complete `.venv`, with uv where it works, else with venv and pip."""
    uv = shutil.which("uv")
    say(
        f"putting the locked {name} packages into .venv, once ({'uv' if uv else 'pip'})"
    )
    try:
        build(name, uv)
    except SetupError:
        # uv brings its own certificates and index settings: what it cannot reach, pip may.
        if uv is None:
            raise
        build(name, None)
    write_stamp(name)


def main(words: Sequence[str]) -> int:
    """Make one environment unless it is there."""
    name = words[0] if words else "runtime"
    try:
        with alone():
            if not is_current("runtime"):
                fill("runtime")
            if not is_current(name):
                fill(name)
    except SetupError as error:
        say(str(error))
        return 1
    except OSError as error:
        say(f"cannot make {VENV}: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
