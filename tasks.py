"""Escalade's tasks, and this project's own chores."""

from __future__ import annotations

import sys
from pathlib import Path

# Invoke turns bytecode files off; with them, a start after an edit compiles only what changed.
sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from escalade.tasks import ns

ROOT = Path(__file__).resolve().parent


def chore(*words: str) -> None:
    """Run one of the project's programs on this terminal; its exit code is ours."""
    import subprocess

    try:
        code = subprocess.call([sys.executable, *words], cwd=ROOT)
    except KeyboardInterrupt:
        code = 130
    if code:
        raise Exit(code=code)


def with_developers_packages(*words: str) -> None:
    """Run a program that needs the packages of locks/dev.txt."""
    chore("scripts/environment.py", "dev")
    chore(*words)


@task(
    auto_shortflags=False,
    help={
        "provision": "without a Docker Engine: install one and build the bed (root)",
        "fast": "only the tests that need neither an Engine nor SSH hosts",
        "select": "only tests whose name fits this pytest -k expression",
        "coverage": "measure coverage and report it at the end",
    },
)
def test(
    c: Context,
    provision: bool = False,
    fast: bool = False,
    select: str = "",
    coverage: bool = False,
) -> None:
    """Lint, type-check and run all tests that this machine can run."""
    flags = {"provision": provision, "fast": fast, "coverage": coverage}
    words = [f"--{name}" for name, said in flags.items() if said]
    with_developers_packages("scripts/suite.py", *words, f"--select={select}")


@task(auto_shortflags=False)
def lint(c: Context) -> None:
    """Check style, format and types."""
    with_developers_packages("scripts/suite.py", "--lint")


@task(auto_shortflags=False, help={"name": "one program of bench/; all without it"})
def bench(c: Context, name: str = "") -> None:
    """Run the benchmarks: ratios within one run, on the demo stack."""
    programs = {path.stem: path for path in sorted((ROOT / "bench").glob("[!_]*.py"))}
    del programs["harness"]
    if name and name not in programs:
        raise Exit(f"bench: no {name}; there are: {', '.join(programs)}", code=1)
    for each in [name] if name else programs:
        chore(f"bench/{each}.py")


@task(auto_shortflags=False)
def docs(c: Context) -> None:
    """Write the generated pages of docs/ anew."""
    with_developers_packages("scripts/docs.py")


@task(auto_shortflags=False, help={"upgrade": "take the newest versions that fit"})
def lock(c: Context, upgrade: bool = False) -> None:
    """Resolve pyproject.toml into locks/ (needs uv)."""
    chore("scripts/lock.py", *(["--upgrade"] if upgrade else []))


for one in (test, lint, bench, docs, lock):
    ns.add_task(one)
