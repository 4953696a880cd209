"""What the inventory says a stack should look like: roles, and what may be stopped."""

from __future__ import annotations

from collections.abc import Mapping

from escalade.evidence.parsing import as_dict
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Seen
from escalade.evidence.probe import View
from escalade.model import Address
from escalade.model import Args
from escalade.model import Evidence
from escalade.model import Host
from escalade.model import Reading
from escalade.model import Status

__all__ = ["EXPECTED", "VARIABLE", "expected"]

VARIABLE = "escalade_stacks"
"""The inventory's variable: stack to service to `{role, desired}`."""


def expected(host: Host) -> tuple[Evidence, ...]:
    """Return one piece for each service that the inventory speaks of.

    `escalade_stacks: {web: {db: {role: redis, desired: stopped}}}`; a service that is
    only named (`db:`) should run. A `services:` level may stand between.
    """
    found = []
    for stack, body in as_dict(host.vars.get(VARIABLE)).items():
        services = as_dict(body).get("services", body)
        for service, said in as_dict(services).items():
            place = Address(host.name, str(stack), str(service), None, "expected")
            found.append(Evidence(place, Status.OK, (_reading(as_dict(said)),)))
    return tuple(found)


def _reading(said: Mapping[str, object]) -> Reading:
    """Return what the inventory says of one service."""
    role = said.get("role")
    return {
        "role": None if role is None else str(role),
        "desired": str(said.get("desired") or "running"),
        "source": "inventory",
    }


def _view(seen: Seen, address: Address, args: Args) -> View:
    """Return what the inventory says of a service; unnamed ones should run."""
    del args
    pieces = seen.of(
        "expected", host=address.host, stack=address.stack, service=address.service
    )
    unnamed: Reading = {"role": None, "desired": "running", "source": "compose"}
    return View(pieces[0].readings if pieces else (unnamed,))


EXPECTED = Probe(
    name="expected",
    scope="container",
    doc="What the inventory says of a service: its role, and whether it should run.",
    readings={"role": str, "desired": str, "source": str},
    quick=True,
    derived=True,
    view=_view,
)
