"""How an earlier step of the same ladder ended: what its `register` keeps.

Nothing is asked of the host: whoever carries out the ladder adds the pieces.
"""

from __future__ import annotations

from collections.abc import Sequence

from escalade.evidence.probe import Argument
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Seen
from escalade.evidence.probe import View
from escalade.model import Address
from escalade.model import Args
from escalade.model import Evidence
from escalade.model import Reading
from escalade.model import Status
from escalade.plans import Did
from escalade.plans import Ended

__all__ = ["REGISTERED", "piece"]

OUTPUT = 4000
"""Characters of a step's output that conditions can search: the last ones."""


def _view(seen: Seen, address: Address, args: Args) -> View:
    """Return the record of the step that was registered under the name asked for."""
    name = dict(args).get("name")
    kept = seen.of(REGISTERED.name, host=address.host)
    records = tuple(r for p in kept for r in p.readings if r.get("name") == name)
    return View(records[-1:])


def piece(host: str, name: str, done: Sequence[Did]) -> Evidence:
    """Return the evidence that a registered step leaves: its actions, as one record.

    It ended as its worst action did, with the code and number of attempts of that; a step
    without any action was skipped. `done` are its actions' last attempts, in order.
    """
    worst = next((did for did in done if not did.ended.well), None)
    last = worst or next((did for did in reversed(done)), None)
    skipped = all(did.ended is Ended.SKIPPED for did in done)
    ended = Ended.SKIPPED if skipped else worst.ended if worst else Ended.DONE
    begun = min((did.started for did in done), default=0.0)
    over = max((did.started + did.took_s for did in done), default=0.0)
    record: Reading = {
        "name": name,
        "ended": ended.value,
        "code": last.code if last else None,
        "attempts": max((did.attempt for did in done), default=0),
        "output": "\n".join(did.output for did in done if did.output)[-OUTPUT:],
        "took_s": round(over - begun, 3),
    }
    address = Address(host, None, None, None, REGISTERED.name, (("name", name),))
    return Evidence(address, Status.OK, (record,), time=over)


REGISTERED = Probe(
    name="registered",
    scope="host",
    doc="How an earlier step of the same ladder ended: its `register` names it.",
    readings={
        "name": str,
        "ended": str,
        "code": int,
        "attempts": int,
        "output": str,
        "took_s": float,
    },
    arguments={"name": Argument(str, required=True)},
    view_only=frozenset({"name"}),
    quick=True,
    derived=True,
    view=_view,
)
