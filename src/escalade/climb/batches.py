"""Rolling over many hosts: which go first, and when what is left stays untouched."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

from escalade.climb.rolling import Rolling
from escalade.climb.rolling import parse
from escalade.climb.rolling import share_of
from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.plans import Ended
from escalade.plans import Outcome
from escalade.text import LANGS
from escalade.text import Lang
from escalade.text import Text

__all__ = ["Rolling", "batches", "host_end", "parse", "stopped"]

_NAMED = 8
_TINY = 1e-9


def batches(
    hosts: Sequence[str],
    rolling: Rolling,
    *,
    seed: str = "",
    among: Sequence[str] = (),
) -> tuple[tuple[str, ...], ...]:
    """Return the hosts in batches, each host once, all of them unless `run_once`.

    `seed` (the run's id) makes the order of a shuffle that names no seed itself.
    `among` are all hosts of the run: a canary that is one of them and has nothing to do
    is no batch. Raises `UsageError` for a canary that is nowhere.
    """
    rest = _ordered(tuple(dict.fromkeys(hosts)), rolling.order, seed)
    total = len(rest)
    found: list[tuple[str, ...]] = []
    canary = rolling.canary
    if canary is not None and rest and canary not in {*rest, *among}:
        hint = nearest(canary, (*rest, *among))
        raise UsageError(f"canary: no host {canary!r} among those{hint}")
    if canary is not None and canary in rest:
        found.append((canary,))
        rest = tuple(host for host in rest if host != canary)
    sizes = [_size(word, total) for word in rolling.serial] or [max(total, 1)]
    while rest:
        size = sizes[0]
        sizes = sizes[1:] or sizes
        found.append(rest[:size])
        rest = rest[size:]
    if rolling.run_once:
        return ((found[0][0],),) if found else ()
    return tuple(found)


def _ordered(hosts: tuple[str, ...], order: str, seed: str) -> tuple[str, ...]:
    """Return the hosts in an order. The same seed and hosts give the same shuffle."""
    name, _, named = order.partition(":")
    if name == "reverse":
        return hosts[::-1]
    if name == "sorted":
        return tuple(sorted(hosts))
    if name == "shuffle":
        salt = named or seed
        return tuple(
            sorted(
                hosts, key=lambda h: hashlib.sha256(f"{salt}\0{h}".encode()).digest()
            )
        )
    return hosts


def _size(word: str, total: int) -> int:
    """Return how many hosts a size means: a share is rounded up, and never none."""
    share = share_of(word)
    if share is None:
        return int(word)
    return max(1, math.ceil(round(share * total, 9)))


# ----------------------------------------------------------------------- brake


def host_end(ends: Iterable[Ended], outcomes: Iterable[Outcome] = ()) -> Ended:
    """Return how a host came out, from its last actions and what verification said.

    Where all is cured, an attempt that failed on the way does not count. Otherwise the
    worst counts: an outcome that is not known is UNKNOWN, another one is FAILED.
    Nothing done and nothing to verify is well.
    """
    verified = [_BY_OUTCOME[outcome] for outcome in outcomes]
    cured = bool(verified) and all(end is Ended.DONE for end in verified)
    told = verified if cured else [*ends, *verified]
    return next((each for each in _WORST if each in told), Ended.DONE)


_BY_OUTCOME = {
    Outcome.CURED: Ended.DONE,
    Outcome.PERSISTS: Ended.FAILED,
    Outcome.WORSE: Ended.FAILED,
    Outcome.UNKNOWN: Ended.UNKNOWN,
}
_WORST = (
    Ended.UNREACHABLE,
    Ended.INTERRUPTED,
    Ended.TIMEOUT,
    Ended.FAILED,
    Ended.UNKNOWN,
)


def stopped(
    rolling: Rolling,
    results: Mapping[str, Ended],
    total: int,
    *,
    tried: Sequence[str] = (),
) -> Text | None:
    """Return why no further batch may begin, None where it may.

    `results` are the hosts so far, of `total` in all. Everything that is not well
    counts: failed, unreachable, timed out, interrupted, unknown. A host of `tried`
    without a result is unknown: the brake fails closed.
    """
    ends = {**dict.fromkeys(tried, Ended.UNKNOWN), **results}
    bad = tuple(host for host, end in ends.items() if not end.well)
    if rolling.canary in bad:
        return _said(_CANARY, bad[bad.index(rolling.canary) :][:1], ends, {})
    share = share_of(rolling.max_failed)
    most = int(rolling.max_failed) if share is None else share * total
    # A share of hosts may be no whole number: three of forty are not above 7.5 %.
    if len(bad) <= most + _TINY:
        return None
    slots = {"n": str(len(bad)), "total": str(total), "most": rolling.max_failed}
    return _said(_BRAKE_ONE if len(bad) == 1 else _BRAKE, bad, ends, slots)


def _said(
    text: Text,
    bad: Sequence[str],
    ends: Mapping[str, Ended],
    slots: Mapping[str, str],
) -> Text:
    """Return the sentence with its hosts, each with how it came out."""

    def named(lang: Lang) -> str:
        told = [f"{host} ({_HOW[ends[host]].pick(lang)})" for host in bad[:_NAMED]]
        return ", ".join([*told, f"+{len(bad) - _NAMED}"] if bad[_NAMED:] else told)

    en, fr = (text.fill({**slots, "hosts": named(lang)}).pick(lang) for lang in LANGS)
    return Text(en, fr)


_HOW = {
    Ended.DONE: Text("done", "fait"),
    Ended.SKIPPED: Text("nothing to do", "rien à faire"),
    Ended.FAILED: Text("failed", "échec"),
    Ended.TIMEOUT: Text("not done in time", "pas fini à temps"),
    Ended.UNREACHABLE: Text("cannot be reached", "injoignable"),
    Ended.INTERRUPTED: Text("interrupted", "interrompu"),
    Ended.UNKNOWN: Text("not known", "inconnu"),
}
_CANARY = Text(
    "stopped after the canary, which did not come out well: {hosts}",
    "arrêté après le canari, qui ne s'en sort pas bien : {hosts}",
)
_BRAKE_ONE = Text(
    "stopped: {n} host of {total} did not come out well, and {most} may: {hosts}",
    "arrêté : {n} hôte sur {total} ne s'en sort pas bien, {most} au plus le peuvent :"
    " {hosts}",
)
_BRAKE = Text(
    "stopped: {n} hosts of {total} did not come out well, and {most} may: {hosts}",
    "arrêté : {n} hôtes sur {total} ne s'en sortent pas bien, {most} au plus le"
    " peuvent : {hosts}",
)
