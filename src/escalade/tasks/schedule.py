"""Maintenance on time: which jobs there are, when they come, who calls them."""

from __future__ import annotations

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

from escalade.tasks.desk import HELP
from escalade.tasks.desk import finish
from escalade.tasks.desk import told
from escalade.tasks.desk import whole
from escalade.tasks.optional import Lenient
from escalade.tasks.reaching import Reaching

__all__ = ["ns"]

_HOW = {
    "how": "systemd or cron; what there is on this machine without it",
    "folder": "write there instead, and tell no manager: to look at, or for an image",
    "plan": "show what would be done, and do nothing (so does Invoke's --dry)",
    "lang": HELP["lang"],
}


@task(
    name="list",
    auto_shortflags=False,
    help={"format": HELP["format"], "lang": HELP["lang"]},
)
def list_(c: Context, format: str = "text", lang: str = "") -> None:  # noqa: A002
    """List the maintenance jobs: schedule, next run, how the last one ended."""
    with told():
        from escalade.tasks import timetable

        code = timetable.show_all(c, {"lang": lang}, kind=format)
    finish(code)


@task(
    name="next",
    auto_shortflags=False,
    klass=Lenient,
    positional=["name"],
    help={
        "name": "one job; all that are enabled without it",
        "count": "how many times of each, at most 1000",
        "format": HELP["format"],
        "lang": HELP["lang"],
    },
)
def next_(
    c: Context,
    name: str = "",
    count: str = "5",
    format: str = "text",  # noqa: A002
    lang: str = "",
) -> None:
    """Show when jobs come next, in their own time zone and in UTC."""
    with told():
        from escalade.tasks import timetable

        code = timetable.show_next(
            c, {"lang": lang}, name=name, count=whole("--count", count), kind=format
        )
    finish(code)


@task(
    auto_shortflags=False,
    iterable=["job"],
    help={**_HOW, "job": "this job alone; repeatable; all enabled ones without it"},
)
def install(
    c: Context,
    job: list[str] | None = None,
    how: str = "",
    folder: str = "",
    plan: bool = False,
    lang: str = "",
) -> None:
    """Put timers in place: systemd units, or cron lines where there is no systemd."""
    with told():
        from escalade.tasks import timers

        code = timers.install(
            c,
            {"lang": lang},
            names=job or [],
            how=how,
            folder=folder,
            dry=plan or bool(c.config.run.dry),
        )
    finish(code)


@task(auto_shortflags=False, help=_HOW)
def uninstall(
    c: Context, how: str = "", folder: str = "", plan: bool = False, lang: str = ""
) -> None:
    """Take away the timers that install put in place, and nothing else."""
    with told():
        from escalade.tasks import timers

        dry = plan or bool(c.config.run.dry)
        code = timers.uninstall(c, {"lang": lang}, how=how, folder=folder, dry=dry)
    finish(code)


@task(
    auto_shortflags=False,
    klass=Reaching,
    iterable=["limit", "inventory", "stack", "job"],
    help={
        **{k: HELP[k] for k in ("limit", "inventory", "stack", "format", "lang")},
        "once": "run this job now, and end",
        "due": "with --once: only if its schedule says so (what timers call)",
        "jitter": "with --once: put it off by chance first, as the job says",
        "anytime": "whatever the maintenance windows say",
        "job": "serve this job alone; repeatable; all enabled ones without it",
        "why": "the reason that the journal keeps",
        "forks": HELP["forks"],
        "verbose": "every action's output",
    },
)
def run(
    c: Context,
    once: str = "",
    due: bool = False,
    jitter: bool = False,
    anytime: bool = False,
    job: list[str] | None = None,
    limit: list[str] | None = None,
    inventory: list[str] | None = None,
    stack: list[str] | None = None,
    format: str = "text",  # noqa: A002
    lang: str = "",
    forks: str = "",
    why: str = "",
    verbose: bool = False,
) -> None:
    """Run one job now, or stay in the foreground and run each when it is due.

    Exit code of one job: 0 well, 2 findings remain, 3 could not tell, 4 handed off,
    5 refused (its window is closed, its budget spent, its plan too risky).
    """
    with told():
        from escalade.tasks import timetable

        flags = {
            "limit": limit,
            "inventory": inventory,
            "stacks": stack,
            "lang": lang,
            "forks": forks,
        }
        request = timetable.Request(
            flags,
            once=once,
            due=due,
            jitter=jitter,
            anytime=anytime,
            jobs=tuple(job or ()),
            format=format,
            why=why,
            verbose=verbose,
        )
        code = timetable.run(c, request)
    finish(code)


ns = Collection("schedule", list_, next_, install, uninstall, run)
