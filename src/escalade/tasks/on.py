"""A task of the operator's own, on hosts."""

from __future__ import annotations

from invoke.context import Context
from invoke.tasks import task

from escalade.tasks.desk import HELP
from escalade.tasks.desk import ROLLING
from escalade.tasks.desk import finish
from escalade.tasks.desk import told
from escalade.tasks.reaching import Reaching

__all__ = ["on"]


@task(
    auto_shortflags=False,
    klass=Reaching,
    iterable=["inventory"],
    help={
        "pattern": "the hosts: an Ansible pattern (web:!web3)",
        "line": "a task of your tasks.py with its arguments, as one word: 'deploy --fast'",
        "inventory": HELP["inventory"],
        "yes": "run it without asking, whatever risk it declares",
        "anytime": ROLLING["anytime"],
        "timeout": "seconds that it may take on one host",
        "forks": HELP["forks"],
        "lang": HELP["lang"],
    },
)
def on(
    c: Context,
    pattern: str,
    line: str,
    inventory: list[str] | None = None,
    yes: bool = False,
    anytime: bool = False,
    timeout: str = "",
    forks: str = "",
    lang: str = "",
) -> None:
    """Run a task of your own tasks.py with each host as its context.

    Exit code: 0 done on all hosts, 2 not on all, 5 refused, 1 usage, 130 interrupted.
    """
    from escalade.tasks import abroad

    with told():
        flags = {"inventory": inventory, "forks": forks, "lang": lang}
        code = abroad.on(c, abroad.Wanted(pattern, line, flags, timeout, yes, anytime))
    finish(code)
