"""The hosts: which there are, and whom we trust."""

from __future__ import annotations

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

from escalade.tasks.desk import HELP
from escalade.tasks.desk import finish
from escalade.tasks.desk import told

__all__ = ["ns"]


@task(
    name="list",
    auto_shortflags=False,
    iterable=["limit", "inventory"],
    help={k: HELP[k] for k in ("limit", "inventory")},
)
def list_(
    c: Context, limit: list[str] | None = None, inventory: list[str] | None = None
) -> None:
    """List the hosts of the inventory: name, address, groups."""
    from escalade.tasks import enrolment

    with told():
        enrolment.show(c, {"limit": limit, "inventory": inventory})


@task(
    auto_shortflags=False,
    iterable=["inventory"],
    help={
        "name": "the host to enrol, by its name in the inventory",
        "inventory": HELP["inventory"],
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
        flags = {"inventory": inventory}
        code = enrolment.trust(c, flags, name, agreed=yes, replace=replace)
    finish(code)


ns = Collection("hosts", list_, trust)
