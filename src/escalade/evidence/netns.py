"""Whether a container lives in a network namespace that its owner has left behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import timestamp
from escalade.evidence.parsing import whole

__all__ = ["network_stale"]

GRACE_S = 10.0
"""Seconds between TERM and KILL where nobody says: the Engine's own default."""
SETTLE_S = 10.0
"""Seconds beyond that for whoever restarts owner and sharer, one after the other."""


def network_stale(
    inspect: Mapping[str, Any], others: Mapping[str, Any], now: float
) -> bool:
    """Whether a container shares the network of one that was started again since.

    Its processes stay in the namespace of before, with nobody else in it. So they do where
    the owner is not among `others` (name to record, of all containers of the host) any
    more. Both starts are by the clock of one Engine; `now` is the host's. The owner must
    have run for as long as its sharer's own restart, which may follow, can take.
    """
    host = as_dict(inspect.get("HostConfig"))
    kind, _, ident = str(host.get("NetworkMode") or "").partition(":")
    began = _began(inspect)
    if kind != "container" or not ident or began is None:
        return False
    owner = _owner(ident, others)
    if owner is None:
        return True
    anew = _began(owner)
    grace = whole(as_dict(inspect.get("Config")).get("StopTimeout"))
    settle = SETTLE_S + (GRACE_S if grace is None else grace)
    return anew is not None and anew > began and now - anew >= settle


def _owner(ident: str, others: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the record of the container that a name or an id means."""
    records = (as_dict(record) for record in others.values())
    same = (r for r in records if str(r.get("Id") or "-").startswith(ident))
    return as_dict(others[ident]) if ident in others else next(same, None)


def _began(inspect: Mapping[str, Any]) -> float | None:
    """Return when a container was started, None where it does not run."""
    state = as_dict(inspect.get("State"))
    runs = state.get("Running") and not state.get("Restarting")
    return timestamp(state.get("StartedAt")) if runs else None
