"""Which role a service plays: bound by image, command, ports, variables and name.

Each kind of trait adds its points once when any of its patterns fits; the role with
the most points wins, if it reaches what its rule needs. The inventory overrules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

from escalade.model import Evidence
from escalade.model import Node
from escalade.model import Reading
from escalade.runbooks.book import RoleRule

__all__ = ["bind", "score"]

IMAGE, COMMAND, PORT, VARIABLE, NAME = 3, 3, 2, 1, 1
"""Points of a trait: what the software is tells more than what somebody called it."""


def _fits(patterns: Sequence[str], text: object) -> bool:
    """Whether any pattern is found in the text."""
    return any(re.search(p, str(text or "")) for p in patterns)


def _ports(record: Reading) -> frozenset[int]:
    """Return the container-side ports that a container exposes or publishes."""
    items: list[str] = []
    for key in ("exposed", "published", "wants_published"):
        value = record.get(key)
        items += value if isinstance(value, tuple) else ()
    inner = (item.rpartition("->")[2].partition("/")[0] for item in items)
    return frozenset(int(port) for port in inner if port.isdigit())


def score(
    rule: RoleRule, record: Reading, variables: frozenset[str], service: str
) -> int:
    """Return the points that a service earns for a role."""
    points = IMAGE * _fits(rule.image, record.get("image"))
    points += COMMAND * _fits(rule.command, record.get("command"))
    points += PORT * bool(_ports(record) & set(rule.ports))
    points += VARIABLE * len(variables & set(rule.variables))
    points += NAME * _fits(rule.names, service)
    return points


def _best(
    rules: Sequence[RoleRule], record: Reading, variables: frozenset[str], service: str
) -> tuple[int, str | None]:
    """Return the points and the role that fits best, None where none does."""
    scored = [
        (points, rule.name)
        for rule in rules
        if (points := score(rule, record, variables, service)) >= rule.need
    ]
    return max(scored, key=lambda pair: pair[0], default=(0, None))


def bind(rules: Sequence[RoleRule], evidence: Iterable[Evidence]) -> Mapping[Node, str]:
    """Return the role of each service that plays one, from what was read of it."""
    records: dict[Node, Reading] = {}
    variables: dict[Node, frozenset[str]] = {}
    declared: dict[Node, str] = {}
    for piece in evidence:
        node, probe = piece.address.node, piece.address.probe
        if probe == "container" and piece.readings:
            records.setdefault(node, piece.readings[0])
        elif probe == "env":
            names = frozenset(str(r.get("variable")) for r in piece.readings)
            variables[node] = variables.get(node, frozenset()) | names
        elif probe == "expected" and piece.readings and piece.readings[0].get("role"):
            declared[node] = str(piece.readings[0]["role"])
    bound: dict[Node, str] = {}
    for node, record in records.items():
        known = variables.get(node, frozenset())
        role = declared.get(node) or _best(rules, record, known, node.service or "")[1]
        if role:
            bound[node] = role
    return bound
