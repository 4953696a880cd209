"""YAML conditions to `model.Condition`, every word checked against the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping

from escalade.errors import nearest
from escalade.evidence.probe import Probe
from escalade.model import All
from escalade.model import Any
from escalade.model import Ask
from escalade.model import Comparison
from escalade.model import Condition
from escalade.model import Not
from escalade.model import Value
from escalade.model import args_of
from escalade.runbooks.arguments import arguments
from escalade.runbooks.expectations import OPERATORS
from escalade.runbooks.expectations import comparisons
from escalade.runbooks.problems import show
from escalade.runbooks.spot import Spot
from escalade.runbooks.words import Words

__all__ = ["JOINTS", "asked", "condition", "surely_asked"]

JOINTS = ("all", "any", "not")
REGISTERED = "registered"
"""The probe that tells how an earlier step of the same ladder ended."""


def condition(spot: Spot, words: Words) -> Condition | None:
    """Return the condition at a place, None where it has problems (reported)."""
    if not isinstance(spot.value, dict):
        if spot.value is not None:
            spot.wrong("a condition is a mapping: a probe, all, any or not")
        return None
    if not spot.value:
        spot.wrong("empty condition")
        return None
    parts = [_one(below, words) for below in spot.values()]
    if len(parts) > 1:
        second = list(spot.value)[1]
        names = ", ".join(spot.value)
        spot.at(second).misplaced(
            f"a condition is one word, not {len(parts)} ({names}): join them with all",
        )
        return None
    return parts[0]


def _one(spot: Spot, words: Words) -> Condition | None:
    """Return the condition under one word."""
    if spot.name in ("all", "any"):
        return _joined(spot, words)
    if spot.name == "not":
        part = condition(spot, words)
        return None if part is None else Not(part)
    probe = words.catalog.get(spot.name)
    if probe is None:
        spot.misplaced(_unknown_probe(spot.name, words))
        return None
    return _ask(spot, probe, words)


def _joined(spot: Spot, words: Words) -> Condition | None:
    """Return the parts of `all` or `any` as one condition."""
    if not isinstance(spot.value, list):
        if spot.value is not None:
            spot.wrong(f"{spot.name!r} takes a list of conditions")
        return None
    if not spot.value:
        spot.wrong(f"empty condition: {spot.name!r} has no part")
        return None
    parts = [condition(below, words) for below in spot.each()]
    whole = tuple(part for part in parts if part is not None)
    if len(whole) < len(parts):
        return None
    return All(whole) if spot.name == "all" else Any(whole)


def _unknown_probe(word: str, words: Words) -> str:
    """Return the sentence about a word that is no probe."""
    readers = _probes_with(word, words)
    if readers and not nearest(word, words.catalog):
        return f"unknown probe {word!r}: it is a reading of {', '.join(readers)}"
    close = nearest(word, (*words.catalog, *JOINTS))
    return f"unknown probe {word!r}{close}"


def _probes_with(word: str, words: Words) -> list[str]:
    """Return the probes that know a word."""
    return sorted(
        name
        for name, probe in words.catalog.items()
        if word in probe.readings or word in probe.arguments
    )


# ------------------------------------------------------------------ one question


def _ask(spot: Spot, probe: Probe, words: Words) -> Condition | None:
    """Return a question to a probe and what it expects."""
    if not isinstance(spot.value, dict):
        if spot.value is not None:
            spot.wrong(f"{probe.name} takes a mapping of its arguments and readings")
        return None
    if not spot.value:
        spot.wrong(f"empty condition: {probe.name} has nothing to compare")
        return None
    given: list[Spot] = []
    expect: list[Comparison] = []
    sorts = {
        "universal": lambda below: _universal(below, probe, words),
        "argument": given.append,
        "reading": lambda below: expect.extend(comparisons(below, probe)),
        "": lambda below: below.misplaced(_unknown_word(below.name, probe, words)),
    }
    for below in spot.values():
        sort: Callable[[Spot], object] = sorts[_sort(below, probe)]
        sort(below)
    args = arguments(spot, given, probe)
    if probe.name == REGISTERED:
        _registered(spot, words)
    names = {below.name for below in given}
    if "matches" in names and "contains" in {*probe.arguments} - names:
        spot.doubtful(f"{probe.name} searches for a pattern alone: add a contains")
    expect += _default(spot, given, probe)
    return _asked(spot, probe, args, expect)


def _registered(spot: Spot, words: Words) -> None:
    """Report a question about a step that did not run before this one."""
    if words.registered is None:
        spot.misplaced(f"{REGISTERED} is asked by 'when' and 'until' of steps alone")
        return
    name = spot.at("name")
    if isinstance(name.value, str) and name.value not in words.registered:
        known = ", ".join(sorted(words.registered)) or "none"
        hint = nearest(name.value, words.registered) or f"; registered: {known}"
        name.wrong(f"no earlier step of this ladder registers {name.value!r}{hint}")


def _asked(
    spot: Spot,
    probe: Probe,
    args: Mapping[str, Value],
    expect: list[Comparison],
) -> Ask | None:
    """Return the question where all of it is sound."""
    if not expect:
        return None
    of = spot.at("of").value if "of" not in probe.readings else None
    every = "replicas" not in probe.readings and spot.at("replicas").value == "every"
    role = of if isinstance(of, str) else None
    return Ask(probe.name, args_of(args), tuple(expect), role, every)


def _sort(spot: Spot, probe: Probe) -> str:
    """Tell what a key is: a reading, an argument, or one of the two universal words.

    A name that is both an argument and a reading is the argument, unless operators
    stand under it. A probe's own word wins over a universal one.
    """
    operators = isinstance(spot.value, dict) and any(k in OPERATORS for k in spot.value)
    if spot.name in probe.arguments and not (operators and spot.name in probe.readings):
        return "argument"
    if spot.name in probe.readings:
        return "reading"
    return "universal" if spot.name in ("of", "replicas") else ""


def _unknown_word(word: str, probe: Probe, words: Words) -> str:
    """Return the sentence about a word that a probe does not know."""
    known = (*probe.readings, *probe.arguments, "of", "replicas")
    others = _probes_with(word, words)
    verb = "has" if len(others) == 1 else "have"
    hint = f" ({', '.join(others)} {verb} it)" if others else nearest(word, known)
    return f"{probe.name} has no argument or reading {word!r}{hint}"


def _universal(spot: Spot, probe: Probe, words: Words) -> None:
    """Check `of` and `replicas`, which every question to a service may carry."""
    if spot.value is None:
        return
    if probe.scope in ("host", "stack"):
        where = f"{probe.name} is asked of the {probe.scope}"
        spot.misplaced(f"{where}, {spot.name!r} speaks of services")
    elif spot.name == "of":
        words.role(spot)
    elif spot.name == "replicas" and spot.value not in ("any", "every"):
        close = nearest(str(spot.value), ("any", "every"))
        spot.wrong(f"'replicas' is any or every, not {show(spot.value)}{close}")


def _default(spot: Spot, given: list[Spot], probe: Probe) -> list[Comparison]:
    """Return what every question to a probe that counts also means: at least one.

    How old the last line is can only be asked where there is a line. A comparison of
    the count itself replaces it.
    """
    compared = [b.name for b in spot.values() if _sort(b, probe) in ("reading", "")]
    if "count" in probe.readings and "count" not in compared and (given or compared):
        return [Comparison("count", "ge", 1)]
    if compared:
        return []
    known = ", ".join(probe.readings)
    spot.wrong(f"empty condition: {probe.name} has nothing to compare ({known})")
    return []


# ------------------------------------------------------------- what was asked


def asked(whole: Condition) -> frozenset[str]:
    """Return the probes that can have a record that held (not those under `not`)."""
    if isinstance(whole, Ask):
        return frozenset({whole.probe})
    if isinstance(whole, Not):
        return frozenset()
    return frozenset().union(*(asked(part) for part in whole.parts))


def surely_asked(whole: Condition) -> frozenset[str]:
    """Return the probes that have such a record whichever branch held."""
    if isinstance(whole, Any):
        sets = [surely_asked(part) for part in whole.parts]
        return frozenset.intersection(*sets)
    if isinstance(whole, All):
        return frozenset().union(*(surely_asked(part) for part in whole.parts))
    return asked(whole)
