"""A plan that nobody needs any more: what it was for went away by itself."""

from __future__ import annotations

from escalade.model import Diagnosis
from escalade.model import Node
from escalade.model import Severity
from escalade.model import Verdict
from escalade.plans import Climb
from escalade.plans import Plan
from escalade.text import Text

__all__ = ["healed"]


def healed(plan: Plan, again: Plan, now: Diagnosis) -> Text | None:
    """Return that all a plan was for is well again; None where that is not so.

    `again` is the plan that a fresh look makes of the same roots.
    """
    told = {finding.id for finding in now.findings}
    bad = {
        root.node
        for root in now.roots
        if root.severity >= Severity.ERROR and not root.standing
    }
    climbs = [climb for climb in plan.climbs if climb.finding]
    well = all(c.finding not in told and c.node not in bad for c in climbs)
    if not climbs or not well or again.climbs or now.verdict is Verdict.UNKNOWN:
        return None
    named = [_named(climb) for climb in climbs]
    en = _HEALED.fill({"what": "; ".join(each.en for each in named)}).en
    fr = _HEALED.fill({"what": " ; ".join(each.fr for each in named)}).fr
    return Text(en, fr)


def _named(climb: Climb) -> Text:
    """Return what was wrong, and where."""
    node: Node = climb.node
    name = node.service or node.stack
    if not name:
        return Text(
            f"{climb.title.en} ({node.host})", f"{climb.title.fr} ({node.host})"
        )
    return Text(
        f"{climb.title.en} ({name} on {node.host})",
        f"{climb.title.fr} ({name} sur {node.host})",
    )


_HEALED = Text(
    "nothing is left to do: this went away by itself: {what}",
    "il n'y a plus rien à faire : ceci a disparu de soi-même : {what}",
)
