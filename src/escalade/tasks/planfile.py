"""A plan as a file: `fix --out FILE` writes it, `apply FILE` reads it."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

from escalade.errors import UsageError

if TYPE_CHECKING:
    from escalade.climb.gear import Order
    from escalade.plans import Plan
    from escalade.settings import Settings

__all__ = ["SCHEMA", "order_of", "read", "write"]

SCHEMA = "escalade.plan-file/1"


def write(name: str, plan: Plan, order: Order, settings: Settings) -> None:
    """Write a plan through a temporary name, for its owner alone.

    Raises `UsageError` where an action holds what a vault keeps: a plan is carried
    about, and without the secret it would not be the plan that was shown.
    """
    from escalade.climb.place import place_of
    from escalade.known import hidden
    from escalade.remedy.plancodec import dump
    from escalade.remedy.plancodec import encode

    path = Path(name).expanduser()
    if not path.parent.is_dir():
        raise UsageError(f"--out {name}: there is no folder {path.parent}")
    data = {
        "schema": SCHEMA,
        "order": encode(order),
        "place": place_of(settings, dict.fromkeys(c.node.host for c in plan.climbs)),
        "plan": dump(plan),
    }
    text = json.dumps(data, indent=2) + "\n"
    if hidden(text) != text:
        raise UsageError(
            f"--out {name}: the plan holds a secret that a vault keeps, and a file would "
            "tell it; run `fix` here instead, or give the step another way to read it"
        )
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        draft.touch(mode=0o600, exist_ok=False)
        draft.write_text(text, "utf-8")
        os.replace(draft, path)  # noqa: PTH105 -- what it is called in POSIX
    finally:
        draft.unlink(missing_ok=True)


def read(name: str) -> tuple[Plan, Order, Mapping[str, Any]]:
    """Return a plan, what was asked for, and where. Raises `UsageError` for a bad file."""
    from escalade.remedy.digest import intact
    from escalade.remedy.plancodec import load

    path = Path(name).expanduser()
    try:
        data = json.loads(path.read_text("utf-8"))
        if data["schema"] != SCHEMA:
            raise UsageError(f"{name}: expected {SCHEMA}, not {data['schema']!r}")
        plan = load(data["plan"])
        order, place = order_of(data["order"]), data["place"]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"{name}: not a plan of `fix --out`: {error}") from error
    if not intact(plan):
        raise UsageError(f"{name}: its actions are not those that its digest covers")
    return plan, order, place


def order_of(data: Mapping[str, Any]) -> Order:
    """Return what was asked for, as it was written: a job's steps with all they say."""
    from escalade.climb.gear import Order
    from escalade.remedy.plancodec import decode

    return decode(Order, data, "order")
