"""Run commands for the bed, and say what is done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CACHE = Path(
    os.environ.get("ESCALADE_BED_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "escalade-bed"
)


class BuildError(Exception):
    """Something cannot be built here; the message says why and what would help."""


def say(text: str) -> None:
    """Print one line about what is done."""
    print(f"bed: {text}", file=sys.stderr, flush=True)


def run(*words: str, seconds: float = 1200, env: dict[str, str] | None = None) -> str:
    """Run a command and return its output; a failure carries the end of it."""
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds,
            env={**os.environ, **(env or {})},
            check=False,
        )
    except FileNotFoundError as error:
        raise BuildError(f"{words[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"{words[0]} took longer than {seconds:g} s") from error
    if done.returncode:
        raise BuildError(f"{' '.join(words[:3])} failed:\n{done.stdout[-2000:]}")
    return done.stdout.strip()


def show(*words: str, seconds: float | None = None) -> int:
    """Run a command whose output goes where ours goes; return its exit code."""
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, timeout=seconds, check=False
        )
    except FileNotFoundError as error:
        raise BuildError(f"{words[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"{words[0]} did not end within {seconds:g} s") from error
    return done.returncode


def run_as_root(*words: str) -> str:
    """Run a command as root, who we are or who sudo makes us."""
    return run(*(() if os.geteuid() == 0 else ("sudo", "-n")), *words)


def apt_install(package: str) -> None:
    """Install one Debian package on this machine."""
    # A third-party source that cannot be reached must not stop the machine's own ones.
    run_as_root("sh", "-c", "apt-get update -qq || true")
    options = ("--yes", "-qq", "--no-install-recommends")
    run_as_root("apt-get", "install", *options, package)
    say(f"installed {package}")
