"""The guide's manual questions, one task each, on any host."""

from __future__ import annotations

from invoke.context import Context
from invoke.tasks import task

from escalade.tasks.desk import HELP
from escalade.tasks.desk import finish
from escalade.tasks.desk import told
from escalade.tasks.desk import whole
from escalade.tasks.reaching import Reaching

__all__ = ["audit", "check", "logs", "ps", "resources"]

_SHARED = {k: HELP[k] for k in ("limit", "inventory", "stack", "format", "lang")}
_LISTS = ["limit", "inventory", "stack"]


@task(auto_shortflags=False, klass=Reaching, iterable=_LISTS, help=_SHARED)
def ps(
    c: Context,
    limit: list[str] | None = None,
    inventory: list[str] | None = None,
    stack: list[str] | None = None,
    format: str = "text",  # noqa: A002
    lang: str = "",
) -> None:
    """List every container: state, health, since when, restarts, ports."""
    from escalade.tasks import answers

    with told():
        request = answers.request(limit, inventory, stack, format, lang)
        code = answers.ps(c, request)
    finish(code)


@task(
    auto_shortflags=False,
    klass=Reaching,
    iterable=_LISTS,
    help={
        **_SHARED,
        "service": "a Compose service or a container",
        "lines": "how many lines of each container, the last ones",
    },
)
def logs(
    c: Context,
    service: str,
    limit: list[str] | None = None,
    inventory: list[str] | None = None,
    stack: list[str] | None = None,
    lines: str = "50",
    format: str = "text",  # noqa: A002
    lang: str = "",
) -> None:
    """Show the last log lines of a service, both streams, secrets taken out."""
    from escalade.tasks import answers

    with told():
        request = answers.request(limit, inventory, stack, format, lang)
        code = answers.logs(c, request, service, whole("--lines", lines))
    finish(code)


@task(
    auto_shortflags=False,
    klass=Reaching,
    iterable=["limit", "inventory"],
    help={
        **{k: v for k, v in _SHARED.items() if k != "stack"},
        "target": "an http:// URL or HOST:PORT, as seen from the host; https:// by TCP",
    },
)
def check(
    c: Context,
    target: str,
    limit: list[str] | None = None,
    inventory: list[str] | None = None,
    format: str = "text",  # noqa: A002
    lang: str = "",
) -> None:
    """Ask whether an address answers, as seen from each host."""
    from escalade.tasks import answers

    with told():
        request = answers.request(limit, inventory, [], format, lang)
        code = answers.check(c, request, target)
    finish(code)


@task(auto_shortflags=False, klass=Reaching, iterable=_LISTS, help=_SHARED)
def resources(
    c: Context,
    limit: list[str] | None = None,
    inventory: list[str] | None = None,
    stack: list[str] | None = None,
    format: str = "text",  # noqa: A002
    lang: str = "",
) -> None:
    """Show what hosts, disks, Docker and containers use of what they have."""
    from escalade.tasks import answers

    with told():
        request = answers.request(limit, inventory, stack, format, lang)
        code = answers.resources(c, request)
    finish(code)


@task(auto_shortflags=False, klass=Reaching, iterable=_LISTS, help=_SHARED)
def audit(
    c: Context,
    limit: list[str] | None = None,
    inventory: list[str] | None = None,
    stack: list[str] | None = None,
    format: str = "text",  # noqa: A002
    lang: str = "",
) -> None:
    """List the weaknesses of a definition: health checks, order, secrets, ports."""
    from escalade.tasks import answers

    with told():
        request = answers.request(limit, inventory, stack, format, lang)
        code = answers.audit(c, request)
    finish(code)
