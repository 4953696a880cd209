"""From finding to cured: fix, and what comes after one that was left open."""

from __future__ import annotations

from invoke.context import Context
from invoke.tasks import task

from escalade.tasks.desk import HELP
from escalade.tasks.desk import ROLLING
from escalade.tasks.desk import finish
from escalade.tasks.desk import told
from escalade.tasks.reaching import Reaching

__all__ = ["apply", "approve", "fix", "resume"]

_SHARED = {
    "anytime": ROLLING["anytime"],
    "yes": "agree beforehand to what the policy allows",
    "max_risk": "the highest risk that may run: safe, disruptive or destructive",
    "format": HELP["format"],
    "lang": HELP["lang"],
    "why": "the reason that the journal keeps",
}
_LISTS = ["limit", "inventory", "stack"]


@task(
    auto_shortflags=False,
    klass=Reaching,
    iterable=[*_LISTS, "serial"],
    positional=["symptom"],
    help={
        **{k: HELP[k] for k in ("limit", "inventory", "stack", "forks")},
        **_SHARED,
        "symptom": "fix this one alone: a symptom (redis.stopped), runbook or service",
        "level": "begin at this level of the ladder: 1, 2 or 3",
        "tags": "of the ladders' steps only those with one of these tags (a,b)",
        "skip_tags": "none of the ladders' steps that have one of these tags",
        "plan": "show what would be done, and do nothing (so does Invoke's --dry)",
        "out": "write the plan to FILE, for `invoke apply FILE`; does nothing else",
        "verbose": "every action's output",
        **ROLLING,
    },
)
def fix(
    c: Context,
    symptom: str = "",
    limit: list[str] | None = None,
    inventory: list[str] | None = None,
    stack: list[str] | None = None,
    level: str = "",
    tags: str = "",
    skip_tags: str = "",
    plan: bool = False,
    out: str | None = None,
    yes: bool = False,
    max_risk: str = "",
    format: str = "text",  # noqa: A002
    lang: str = "",
    forks: str = "",
    why: str = "",
    verbose: bool = False,
    serial: list[str] | None = None,
    max_failed: str = "",
    soak: str = "",
    order: str = "",
    canary: str = "",
    run_once: bool = False,
    anytime: bool = False,
) -> None:
    """Cure what diagnose finds: plan, ask, act, verify, climb, and tell how it ended.

    Exit code: 0 cured, 2 findings remain, 3 could not tell, 4 handed off, 5 refused.
    """
    words = dict(locals())
    with told():
        from escalade.tasks import mend

        code = mend.fix(c, words)
    finish(code)


@task(
    auto_shortflags=False,
    klass=Reaching,
    iterable=["inventory"],
    help={
        **_SHARED,
        "file": "a plan that `invoke fix --out FILE` wrote",
        "inventory": HELP["inventory"],
        "verbose": "every action's output",
    },
)
def apply(
    c: Context,
    file: str,
    inventory: list[str] | None = None,
    yes: bool = False,
    max_risk: str = "",
    format: str = "text",  # noqa: A002
    lang: str = "",
    why: str = "",
    verbose: bool = False,
    anytime: bool = False,
) -> None:
    """Carry out a plan that was written before, if nothing it rests on has changed."""
    with told():
        from escalade.tasks import mend

        flags = {"inventory": inventory, "lang": lang, "max_risk": max_risk}
        request = mend.Request(flags, yes=yes, format=format, why=why, verbose=verbose)
        code = mend.apply(c, request, file)
    finish(code)


@task(
    auto_shortflags=False,
    klass=Reaching,
    iterable=["inventory"],
    help={
        **{k: v for k, v in _SHARED.items() if k not in ("yes", "max_risk")},
        "run": "the run whose plan waits: its id, the beginning of it, or `last`",
        "inventory": HELP["inventory"],
        "verbose": "every action's output",
    },
)
def approve(
    c: Context,
    run: str,
    inventory: list[str] | None = None,
    format: str = "text",  # noqa: A002
    lang: str = "",
    why: str = "",
    verbose: bool = False,
    anytime: bool = False,
) -> None:
    """Approve the plan that a run is waiting with, and carry it out."""
    with told():
        from escalade.tasks import mend

        flags = {"inventory": inventory, "lang": lang}
        request = mend.Request(
            flags, format=format, why=why, verbose=verbose, anytime=anytime
        )
        code = mend.approve(c, request, run)
    finish(code)


@task(
    auto_shortflags=False,
    klass=Reaching,
    iterable=["inventory"],
    help={
        **_SHARED,
        "run": "the run that was interrupted: its id, the beginning of it, or `last`",
        "inventory": HELP["inventory"],
        "verbose": "every action's output",
    },
)
def resume(
    c: Context,
    run: str,
    inventory: list[str] | None = None,
    yes: bool = False,
    max_risk: str = "",
    format: str = "text",  # noqa: A002
    lang: str = "",
    why: str = "",
    verbose: bool = False,
    anytime: bool = False,
) -> None:
    """Go on with a run that was interrupted; what was done is not done again."""
    with told():
        from escalade.tasks import mend

        flags = {"inventory": inventory, "lang": lang, "max_risk": max_risk}
        request = mend.Request(flags, yes=yes, format=format, why=why, verbose=verbose)
        code = mend.resume(c, request, run)
    finish(code)
