"""Whether a host answered at all, and if not, why: written by the road itself."""

from __future__ import annotations

from escalade.evidence.probe import Probe

__all__ = ["HOST"]

HOST = Probe(
    name="host",
    scope="host",
    doc="Whether the host answered: cause is name, route, refused, timeout, banner, "
    "host-key-unknown, host-key-changed, auth, gateway, closed or inventory. stacks are "
    "the Compose projects that run there, wanted those that were asked for by name.",
    readings={
        "reachable": bool,
        "cause": str,
        "detail": str,
        "stacks": tuple,
        "wanted": tuple,
    },
    quick=True,
    derived=True,
)
