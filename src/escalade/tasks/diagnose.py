"""The main job: name the one cause."""

from __future__ import annotations

from invoke.context import Context
from invoke.tasks import task

from escalade.report.first import first_line
from escalade.tasks.desk import HELP
from escalade.tasks.desk import finish
from escalade.tasks.desk import mode
from escalade.tasks.desk import said
from escalade.tasks.desk import settings_for
from escalade.tasks.desk import told
from escalade.tasks.reaching import Reaching

__all__ = ["diagnose"]


@task(
    default=True,
    auto_shortflags=False,
    klass=Reaching,
    iterable=["limit", "inventory", "stack"],
    help={
        **HELP,
        "format": "text (for people), json (for programs) or markdown (for a ticket)",
        "quick": "containers, published ports and log tails only",
        "deep": "read whole logs, however long",
        "save": "write the evidence to FILE, to be read by --from (no secret in it)",
        "from_": "judge saved evidence: a FILE, or the name of a recorded incident",
        "deadline": "seconds that one host may take",
        "verbose": "every question and runbook, not only what matters",
    },
)
def diagnose(
    c: Context,
    limit: list[str] | None = None,
    inventory: list[str] | None = None,
    stack: list[str] | None = None,
    quick: bool = False,
    deep: bool = False,
    save: str | None = None,
    from_: str | None = None,
    format: str = "text",  # noqa: A002
    lang: str = "",
    forks: str = "",
    deadline: str = "",
    verbose: bool = False,
) -> None:
    """Look at every stack on every host and name the one cause of what is wrong.

    Exit code: 0 healthy, 2 findings, 3 could not tell, 1 usage.
    """
    with told():
        flags = {
            "limit": limit,
            "inventory": inventory,
            "stacks": stack,
            "mode": mode(quick=quick, deep=deep),
            "lang": lang,
            "forks": forks,
            "deadline_s": deadline,
        }
        settings = settings_for(c, flags)
        if format == "text" and not from_ and settings.progress:
            first_line(settings.lang)
        from escalade.tasks import jobs

        files = (said("--save", save), said("--from", from_))
        code = jobs.diagnose(c, jobs.Request(flags, *files, format, verbose))
    finish(code)
