"""The demo: a whole stack on this machine, to see the product at work."""

from __future__ import annotations

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

from escalade.tasks.desk import finish
from escalade.tasks.desk import told
from escalade.tasks.desk import whole

__all__ = ["ns"]


def _bed(verb: str, *words: str) -> int:
    """Run one command of the bed and return its exit code."""
    import subprocess
    import sys

    from escalade import paths

    line = (sys.executable, str(paths.bed() / "bed.py"), verb, *words)
    return subprocess.run(line, stdin=subprocess.DEVNULL, check=False).returncode


@task(
    auto_shortflags=False,
    help={
        "plain": "the stack without health checks and start order, as the guide began",
        "shop": "another stack: a web server, a database, a worker",
    },
)
def up(c: Context, plain: bool = False, shop: bool = False) -> None:
    """Bring the demo stack up; sets up a Docker Engine on Debian or Ubuntu."""
    with told():
        code = _bed("up", *_which(plain=plain, shop=shop))
    finish(code)


@task(auto_shortflags=False, help={"shop": "the other stack"})
def down(c: Context, shop: bool = False) -> None:
    """Remove the demo stack's containers and volumes; its images stay."""
    with told():
        code = _bed("down", *_which(shop=shop))
    finish(code)


@task(auto_shortflags=False, help={"shop": "the other stack"})
def status(c: Context, shop: bool = False) -> None:
    """Show the demo stack's containers."""
    with told():
        code = _bed("status", *_which(shop=shop))
    finish(code)


@task(auto_shortflags=False, help={"timeout": "seconds for the whole call"})
def call(c: Context, timeout: str = "45") -> None:
    """Make one whole call as a user would; exit 0 only if it was answered."""
    with told():
        code = _bed("call", "--timeout", str(whole("--timeout", timeout)))
    finish(code)


def _which(*, plain: bool = False, shop: bool = False) -> tuple[str, ...]:
    """Return the bed's words for the stack that was asked for."""
    return (*(("--plain",) if plain else ()), *(("--shop",) if shop else ()))


ns = Collection("demo", call, down, status, up)
