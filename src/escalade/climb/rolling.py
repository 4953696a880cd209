"""What a runbook or flags say about rolling over many hosts, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.runbooks.units import quantity

__all__ = ["KEYS", "ORDERS", "Rolling", "parse", "share_of"]

ORDERS = ("inventory", "reverse", "sorted", "shuffle")
KEYS = ("serial", "max_failed", "soak", "order", "run_once", "canary")
"""What a runbook and the command line may say about rolling."""

_LONGEST_SOAK_S = 86_400.0
_MOST_DIGITS = 9
_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")


@dataclass(frozen=True, slots=True)
class Rolling:
    """How a change goes over many hosts.

    `serial` are the sizes of the batches, numbers or shares of all hosts (`25%`, rounded
    up, at least one); the last repeats, and without any there is one batch. `max_failed`
    is how many hosts (or which share of all) may fail before no further batch begins.
    `soak_s` are the seconds between a healthy batch and the next one. `order` is one of
    ORDERS; `shuffle:SEED` gives the same order again. `run_once` takes the first host
    alone. `canary` names a host that goes first, in a batch of its own: unless it comes
    out well, nothing else begins.
    """

    serial: tuple[str, ...] = ()
    max_failed: str = "0"
    soak_s: float = 0.0
    order: str = "inventory"
    run_once: bool = False
    canary: str | None = None


def parse(said: Mapping[str, object]) -> Rolling:
    """Return what flags or a runbook say about rolling; None and "" say nothing.

    Raises `UsageError` with one line that names the word.
    """
    for key in said:
        if key not in KEYS:
            hint = nearest(key, KEYS)
            raise UsageError(f"rolling: unknown word {key!r}{hint}")
    words = {key: value for key, value in said.items() if value not in (None, "", ())}
    return Rolling(
        serial=tuple(_batch_size(each) for each in _listed(words.get("serial"))),
        max_failed=_allowed(words.get("max_failed", "0")),
        soak_s=_soak(words.get("soak", 0)),
        order=_order(str(words.get("order", "inventory"))),
        run_once=_boolean("run_once", words.get("run_once", False)),
        canary=str(words["canary"]).strip() if words.get("canary") else None,
    )


def _listed(value: object) -> list[str]:
    """Return one value, a list of them, or a text with commas between, as words."""
    if value is None:
        return []
    many = value if isinstance(value, list | tuple) else [value]
    return [word.strip() for each in many for word in _text(each).split(",")]


def _text(value: object) -> str:
    """Return a scalar as YAML or a flag wrote it; a truth value is no number."""
    return "" if isinstance(value, bool) else str(value)


def _batch_size(word: str) -> str:
    """Return the size of a batch, checked."""
    share = share_of(word)
    if share is not None and 0 < share <= 1:
        return word
    if _is_whole(word) and int(word) > 0:
        return word
    what = "expected a number of hosts from 1, or a share from 1% to 100%"
    raise UsageError(f"serial: {what}, not {word!r}")


def _allowed(value: object) -> str:
    """Return how many may fail, checked."""
    word = _text(value).strip()
    share = share_of(word)
    if _is_whole(word) or (share is not None and share <= 1):
        return word
    what = "expected a number of hosts from 0, or a share from 0% to 100%"
    raise UsageError(f"max_failed: {what}, not {word!r}")


def _is_whole(word: str) -> bool:
    """Whether a word is a whole number that can count hosts."""
    return word.isascii() and word.isdecimal() and len(word) <= _MOST_DIGITS


def share_of(word: str) -> float | None:
    """Return a share from 0 (`25%` is 0.25), None for a word that is none."""
    found = quantity(word)
    return found.number if found is not None and found.unit == "share" else None


def _soak(value: object) -> float:
    """Return seconds, from a number or a duration (30s, 5m)."""
    word = _text(value).strip()
    found = quantity(word if not _is_whole(word) else f"{word}s")
    if (
        found is not None
        and found.unit == "duration"
        and found.number <= _LONGEST_SOAK_S
    ):
        return float(found.number)
    what = "expected seconds or a duration up to a day (30s, 5m)"
    raise UsageError(f"soak: {what}, not {word!r}")


def _order(word: str) -> str:
    """Return an order, checked."""
    name, colon, seed = word.strip().partition(":")
    if name in ORDERS and (not colon or (name == "shuffle" and seed)):
        return word.strip()
    hint = nearest(name, ORDERS)
    known = ", ".join((*ORDERS, "shuffle:SEED"))
    raise UsageError(f"order: expected one of {known}, not {word!r}{hint}")


def _boolean(key: str, value: object) -> bool:
    """Return a truth value, strictly read."""
    word = str(value).strip().lower()
    if word in (*_TRUE, *_FALSE):
        return word in _TRUE
    raise UsageError(f"{key}: expected true or false, not {value!r}")
