"""The hosts: which there are, whether they answer, and whom we trust."""

from __future__ import annotations

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

from escalade.tasks.desk import HELP
from escalade.tasks.desk import finish
from escalade.tasks.desk import told
from escalade.tasks.reaching import Reaching
from escalade.tasks.reaching import Reading

__all__ = ["ns"]

_SHARED = {
    "limit": HELP["limit"],
    "inventory": (
        "file, folder or program in Ansible's formats, or hosts: 'a,b,'; repeatable"
    ),
}
_LISTS = ["limit", "inventory"]


@task(
    name="list",
    klass=Reading,
    auto_shortflags=False,
    iterable=_LISTS,
    help={
        **_SHARED,
        "format": "text, json, or ansible: the JSON of ansible-inventory --list",
    },
)
def list_(
    c: Context,
    limit: list[str] | None = None,
    inventory: list[str] | None = None,
    format: str = "text",  # noqa: A002 -- the flag's name
) -> None:
    """List the hosts of the inventory: name, address, groups."""
    from escalade.tasks import enrolment

    with told():
        enrolment.show(c, _flags(limit, inventory), format)


@task(
    klass=Reading,
    auto_shortflags=False,
    iterable=_LISTS,
    help={**_SHARED, "group": "the group to begin with, all without it"},
)
def graph(
    c: Context,
    limit: list[str] | None = None,
    inventory: list[str] | None = None,
    group: str = "",
) -> None:
    """Draw the groups of the inventory as a tree."""
    from escalade.tasks import enrolment

    with told():
        enrolment.draw(c, _flags(limit, inventory), group)


@task(
    klass=Reaching,
    auto_shortflags=False,
    iterable=_LISTS,
    help={**_SHARED, **{key: HELP[key] for key in ("forks", "format", "lang")}},
)
def ping(
    c: Context,
    limit: list[str] | None = None,
    inventory: list[str] | None = None,
    forks: str = "",
    format: str = "text",  # noqa: A002 -- the flag's name
    lang: str = "",
) -> None:
    """Open a connection to each host and say which answer, and why others do not.

    Exit code: 0 all answer, 2 not all do.
    """
    from escalade.tasks import contact

    with told():
        flags = _flags(limit, inventory)
        code = contact.ping(c, {**flags, "forks": forks, "lang": lang}, format)
    finish(code)


@task(
    klass=Reaching,
    auto_shortflags=False,
    iterable=_LISTS,
    help={**_SHARED, **{key: HELP[key] for key in ("forks", "format", "lang")}},
)
def facts(
    c: Context,
    limit: list[str] | None = None,
    inventory: list[str] | None = None,
    forks: str = "",
    format: str = "text",  # noqa: A002 -- the flag's name
    lang: str = "",
) -> None:
    """Show what each host is: kernel, rights, tools, clock.

    Exit code: 0 all answer, 2 not all do.
    """
    from escalade.tasks import contact

    with told():
        flags = _flags(limit, inventory)
        code = contact.facts(c, {**flags, "forks": forks, "lang": lang}, format)
    finish(code)


@task(
    klass=Reading,
    auto_shortflags=False,
    iterable=["inventory"],
    help={
        **{key: text for key, text in _SHARED.items() if key != "limit"},
        "name": "the host to enrol, by its name in the inventory",
        "replace": "the host's key has changed and you know why: forget the old one",
        "yes": "write the key without asking; compare the fingerprint first",
    },
)
def trust(
    c: Context,
    name: str,
    inventory: list[str] | None = None,
    yes: bool = False,
    replace: bool = False,
) -> None:
    """Show a host's key fingerprint and, once you agree, remember it."""
    from escalade.tasks import enrolment

    with told():
        flags = _flags(None, inventory)
        code = enrolment.trust(c, flags, name, agreed=yes, replace=replace)
    finish(code)


def _flags(limit: list[str] | None, inventory: list[str] | None) -> dict[str, object]:
    """Return the flags that say which hosts."""
    return {"limit": limit, "inventory": inventory}


ns = Collection("hosts", list_, graph, ping, trust, facts)
