"""Whether services that must share a value do: compared by keyed hash, never by value."""

from __future__ import annotations

from collections import Counter

from escalade.evidence.probe import Argument
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Seen
from escalade.evidence.probe import View
from escalade.model import Address
from escalade.model import Args
from escalade.model import Evidence

__all__ = ["AGREEMENT"]


def _hash(piece: Evidence, variables: tuple[str, ...]) -> str | None:
    """Return the hash that a container holds under any of the names; blank is none."""
    for record in piece.readings:
        held = record.get("present") and not record.get("blank")
        if held and record.get("variable") in variables:
            value = record.get("hash")
            return value if isinstance(value, str) else None
    return None


def _view(seen: Seen, address: Address, args: Args) -> View:
    """Return one record that says whether this service holds the odd value out.

    The odd one is whoever differs from the majority; in a tie, whoever differs from
    the trusted role (the server that checks the value).
    """
    given = dict(args)
    names = given.get("variables")
    variables = names if isinstance(names, tuple) else (str(names),)
    pieces = seen.of("env", host=address.host, stack=address.stack)
    held = {
        p.address.service: h for p in pieces if (h := _hash(p, variables)) is not None
    }
    trusted = seen.role(address.host, address.stack or "", str(given.get("trusted")))
    mine = held.get(address.service)
    if mine is None or not any(service in held for service in trusted):
        # Who checks the value is not seen to hold one: there is nothing to agree with.
        return View()
    reference = _reference(held, trusted)
    record = {
        "holders": len(held),
        "distinct": len(set(held.values())),
        "odd": mine != reference,
    }
    return View((record,))


def _reference(held: dict[str | None, str], trusted: tuple[str, ...]) -> str:
    """Return the value that most services hold; the trusted role's in a tie."""
    counts = Counter(held.values()).most_common()
    best = [value for value, count in counts if count == counts[0][1]]
    for service, value in held.items():
        if service in trusted and value in best:
            return value
    return best[0]


AGREEMENT = Probe(
    name="agreement",
    scope="container",
    doc="Whether this service's value of a shared variable differs from the others'.",
    readings={"holders": int, "distinct": int, "odd": bool},
    arguments={
        "variables": Argument(str, required=True, many=True),
        "trusted": Argument(str),
    },
    view_only=frozenset({"variables", "trusted"}),
    quick=True,
    derived=True,
    view=_view,
)
