"""How old the image is that a container was made from: a view over `images`."""

from __future__ import annotations

from escalade.evidence.probe import Probe
from escalade.evidence.probe import Seen
from escalade.evidence.probe import View
from escalade.model import Address
from escalade.model import Args

__all__ = ["IMAGE_AGE"]


def _view(seen: Seen, address: Address, args: Args) -> View:
    """Return the record of a container's image; an image without a date has no age."""
    del args
    pieces = seen.of("images", host=address.host)
    if not pieces:
        return View(unknown="not asked")
    piece = pieces[0]
    if not piece.status.answered:
        return View(unknown=piece.reason or piece.status.value)
    found = tuple(
        {
            "image": record.get("image"),
            "current": record.get("current"),
            "age_s": max(0.0, seen.now - created),
        }
        for record in piece.readings
        if record.get("container") == address.replica
        and isinstance(created := record.get("created_at"), float)
    )
    return View(found, piece.complete)


IMAGE_AGE = Probe(
    name="image_age",
    scope="container",
    doc="How long ago the container's image was made, and whether its tag still names it.",
    readings={"image": str, "current": bool, "age_s": float},
    derived=True,
    view=_view,
)
