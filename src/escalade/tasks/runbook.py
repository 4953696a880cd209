"""The runbooks: which there are, what they say, whether they are right."""

from __future__ import annotations

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

from escalade.tasks.desk import finish
from escalade.tasks.desk import told
from escalade.tasks.optional import Lenient

__all__ = ["ns"]


@task(name="list", auto_shortflags=False, help={"lang": "en or fr"})
def list_(c: Context, lang: str = "") -> None:
    """List the runbooks and their symptoms."""
    from escalade.tasks import library

    with told():
        library.show_all(c, {"lang": lang})


@task(
    klass=Lenient,
    auto_shortflags=False,
    help={"name": "a runbook, or a symptom: redis.stopped", "lang": "en or fr"},
)
def show(c: Context, name: str, lang: str = "") -> None:
    """Show one runbook or one symptom: what it says and what it advises."""
    from escalade.tasks import library

    with told():
        library.show_one(c, {"lang": lang}, name)


@task(
    auto_shortflags=False,
    iterable=["folder"],
    help={"folder": "a folder of runbooks; repeatable; all in force without it"},
)
def lint(c: Context, folder: list[str] | None = None) -> None:
    """Say what is wrong with the runbooks, each as file:line:column."""
    from escalade.tasks import library

    with told():
        code = library.lint(c, folder or [])
    finish(code)


@task(
    auto_shortflags=False,
    help={"maintenance": "of the files of a folder `maintenance`, windows.yaml too"},
)
def schema(c: Context, maintenance: bool = False) -> None:
    """Print the JSON Schema of a runbook, for editors."""
    from escalade.tasks import library

    with told():
        library.schema(maintenance=maintenance)


@task(
    name="test",
    auto_shortflags=False,
    klass=Lenient,
    positional=["name"],
    iterable=["folder"],
    help={
        "name": "a symptom or a runbook: redis.stopped, redis; all without it",
        "folder": "a folder of runbooks; repeatable; all in force without it",
    },
)
def trial(c: Context, name: str = "", folder: list[str] | None = None) -> None:
    """Hold the runbooks against recorded evidence: symptom, level, steps."""
    from escalade.tasks import library

    with told():
        code = library.trial(c, folder or [], name)
    finish(code)


ns = Collection("runbook", list_, lint, schema, show, trial)
