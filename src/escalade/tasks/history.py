"""The memory's tasks: which runs there were, how one went, a budget that starts anew."""

from __future__ import annotations

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

from escalade.tasks.desk import HELP
from escalade.tasks.desk import finish
from escalade.tasks.desk import said
from escalade.tasks.desk import told
from escalade.tasks.desk import whole
from escalade.tasks.optional import Lenient

__all__ = ["budget", "history", "show"]

_SHARED = {k: HELP[k] for k in ("format", "lang")}
_PLACES = {
    "host": "a host, as runs named it",
    "stack": "a Compose project",
    "service": "a Compose service",
}


@task(
    auto_shortflags=False,
    help={**_SHARED, **_PLACES, "most": "how many runs, the newest ones"},
)
def history(
    c: Context,
    most: str = "20",
    host: str = "",
    stack: str = "",
    service: str = "",
    format: str = "text",  # noqa: A002
    lang: str = "",
) -> None:
    """List the runs: who did what, when, how it ended; and where that is kept."""
    with told():
        from escalade.tasks import memory

        code = memory.history(
            c,
            {"lang": lang},
            most=whole("--most", most),
            where={"host": host, "stack": stack, "service": service},
            kind=format,
        )
    finish(code)


@task(
    klass=Lenient,
    auto_shortflags=False,
    help={**_SHARED, "run": "a run's id, the beginning of it, or `last`"},
)
def show(
    c: Context,
    run: str,
    format: str = "text",  # noqa: A002
    lang: str = "",
) -> None:
    """Show one run: plan, commands, how each ended, who decided what and why."""
    with told():
        from escalade.tasks import memory

        code = memory.show(c, {"lang": lang}, run=said("RUN", run), kind=format)
    finish(code)


@task(
    name="reset",
    klass=Lenient,
    auto_shortflags=False,
    positional=["service"],
    help={
        **{k: _PLACES[k] for k in ("host", "stack")},
        "service": "the service that may be repaired again; all without it",
        "why": "the reason that the journal keeps",
        "lang": HELP["lang"],
    },
)
def reset(
    c: Context,
    service: str = "",
    host: str = "",
    stack: str = "",
    why: str = "",
    lang: str = "",
) -> None:
    """Let repairs run again that a budget refuses; the journal keeps who said so."""
    with told():
        from escalade.tasks import memory

        where = {"host": host, "stack": stack, "service": service}
        code = memory.reset(c, {"lang": lang}, where=where, why=why)
    finish(code)


budget = Collection("budget", reset)
