"""All that this machine can check: style, types, the bed where there may be one, tests.

`./inv test` runs it. Each phase prints its seconds on stderr; pytest comes last, so
that its closing line is the last line. A failed phase does not stop the tests, and
the exit code tells of it.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BED = ROOT / "tests" / "bed"
Phase = tuple[str, tuple[str, ...]]
PYTHON = sys.executable
RUFF = (PYTHON, "-m", "ruff")
BRIEF = ("--quiet", "--output-format", "concise")
LINTS: tuple[Phase, ...] = (
    ("style", (*RUFF, "check", *BRIEF)),
    ("format", (*RUFF, "format", "--check", *BRIEF)),
    ("types", (PYTHON, "-m", "mypy", "--no-error-summary")),
)
PROVISION: Phase = ("provision", ("sh", str(BED / "provision.sh"), "--tests"))
STANDS: tuple[Phase, ...] = (
    ("bed images", (PYTHON, str(BED / "bed.py"), "build")),
    ("shop images", (PYTHON, str(BED / "bed.py"), "build", "--shop")),
    ("bed stack", (PYTHON, str(BED / "bed.py"), "up")),
    ("ssh hosts", (PYTHON, str(BED / "hosts" / "hosts.py"), "up")),
)
# It removes by name, volumes too: only where the machine is there for the tests.
SWEEP: Phase = ("leftovers", (PYTHON, str(BED / "leftovers.py")))
# For tests/conftest.py: what its last section has to tell besides.
FAILED = "ESCALADE_TEST_FAILED_PHASES"
MARKED = "engine or bed or ssh"
QUESTION = """\
No Docker Engine answers here, so the tests that need one cannot run. The set-up
(Debian, Ubuntu; root) installs one and builds the bed, some minutes the first time.
Do it now? [y/N] """


@dataclass(frozen=True)
class Options:
    """What was asked for, and what kind of place this is."""

    provision: bool
    fast: bool
    coverage: bool
    lint: bool
    select: str
    in_ci: bool
    terminal: bool


def say(text: str) -> None:
    """Tell what is being done, in one line."""
    print(f"suite: {text}", file=sys.stderr, flush=True)


def phase(name: str, command: Sequence[str]) -> bool:
    """Run one phase on this terminal and tell how long it took."""
    started = time.monotonic()
    try:
        code = subprocess.run(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False
        ).returncode
    except OSError as error:
        say(f"{name}: {error}")
        code = 1
    took = time.monotonic() - started
    say(f"{name} {'ok' if code == 0 else 'FAILED'} in {took:.1f} s")
    return code == 0


def engine_answers() -> bool:
    """Whether a Docker Engine answers here."""
    if shutil.which("docker") is None:
        return False
    command = ("docker", "version", "--format", "{{.Server.Version}}")
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def agreed() -> bool:
    """Ask a person whether to set this machine up."""
    try:
        return input(QUESTION).strip().lower() in ("y", "yes", "o", "oui")
    except EOFError:
        return False


def stand_phases(options: Options) -> list[Phase]:
    """Return what has to be done before the tests that need an Engine can run."""
    if options.fast:
        return []
    # Idempotent, and a machine with an Engine may still lack the Compose plugin.
    if options.provision or options.in_ci:
        return [PROVISION, *STANDS, SWEEP]
    if engine_answers():
        return list(STANDS)
    if options.terminal and agreed():
        return [PROVISION, *STANDS]
    return []


def pytest_command(options: Options) -> list[str]:
    """Return how pytest is called."""
    python = [sys.executable]
    if options.coverage:
        python += ["-m", "coverage", "run"]
    # The marked tests share one stack, so they stay on one worker (tests/conftest.py).
    command = [*python, "-m", "pytest", "-n", "2", "--dist", "loadgroup"]
    if options.fast:
        command += ["-m", f"not ({MARKED})"]
    if options.select:
        command += ["-k", options.select]
    return command


def report_coverage() -> None:
    """Join what the processes measured and print it."""
    for words in (("combine", "--quiet"), ("report",)):
        command = (sys.executable, "-m", "coverage", *words)
        subprocess.run(command, cwd=ROOT, check=False)


def work(options: Options) -> int:
    """Run the phases, then the tests; 0 only if all went well."""
    failed = [name for name, command in LINTS if not phase(name, command)]
    if options.lint:
        return 1 if failed else 0
    for name, command in stand_phases(options):
        if not phase(name, command):
            failed.append(name)
            # What follows stands on it.
            break
    environment = {**os.environ, FAILED: ", ".join(failed)}
    code = subprocess.run(
        pytest_command(options), cwd=ROOT, env=environment, check=False
    ).returncode
    if options.coverage:
        report_coverage()
    return code or (1 if failed else 0)


def options_of(words: Sequence[str]) -> Options:
    """Return the options on the command line and in the environment."""
    parser = argparse.ArgumentParser(prog="./inv test", description=__doc__)
    for name in ("provision", "fast", "coverage", "lint"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--select", default="")
    said = parser.parse_args(words)
    return Options(
        **vars(said),
        in_ci=os.environ.get("CI", "").lower() in ("true", "1"),
        terminal=sys.stdin is not None and sys.stdin.isatty(),
    )


def main(words: Sequence[str]) -> int:
    """Check everything once."""
    if importlib.util.find_spec("pytest") is None:
        say("pytest is not installed here: run ./inv test")
        return 1
    try:
        return work(options_of(words))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
