"""One YAML scalar to one value, or the reason why readers would disagree about it.

PyYAML speaks YAML 1.1: `on` is true, `0777` is 511, `1:30` is 90 and `2024-01-01` a
date. A runbook may only say what every reader takes the same way.
"""

from __future__ import annotations

import re

from escalade.model import Scalar

__all__ = ["AmbiguousError", "scalar"]

_TAG = "tag:yaml.org,2002:"
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_HEX = re.compile(r"[-+]?0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+][0-9]+)?")
_SPLIT = re.compile(
    r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+"  # 1e3: text in 1.1, a number in 1.2
    r"|[-+]?\.[0-9]+[eE][0-9]+"
    r"|0o[0-7]+"
    r"|[yYnN]",
)
_BASES = {"0x": 16, "0o": 8, "0b": 2, "0": 8}
_DIGITS = 18
_HUGE = 1e300


class AmbiguousError(ValueError):
    """A scalar that YAML readers take in different ways; the text says how to fix it."""


def scalar(tag: str, text: str, *, plain: bool) -> Scalar:
    """Return the value of a scalar with its resolved tag.

    `plain` is True where it stands without quotes. Raises AmbiguousError.
    """
    kind = tag.removeprefix(_TAG)
    if kind in ("str", "value"):
        if plain and _SPLIT.fullmatch(text):
            why = "text to some readers of YAML only"
            raise AmbiguousError(_unclear(text, why, _plainly(text)))
        return text
    if kind == "null":
        return None
    if kind == "bool":
        return _bool(text)
    if kind in ("int", "float"):
        return _number(kind, text)
    if kind == "timestamp":
        raise AmbiguousError(_unclear(text, "read as a date"))
    if kind == "merge":
        raise AmbiguousError(_unclear(text, "the merge key"))
    msg = f"the tag {tag} is not supported"
    raise AmbiguousError(msg)


def _bool(text: str) -> bool:
    """Return true or false; YAML 1.1's other words for them are ambiguous."""
    word = text.lower()
    if word in ("true", "false"):
        return word == "true"
    meant = "true" if word in ("on", "yes") else "false"
    raise AmbiguousError(
        _unclear(text, f"read as {meant}", f"write {meant} or quote it")
    )


def _number(kind: str, text: str) -> float:
    """Return a decimal or hexadecimal number of a sane size."""
    if len(text) > _DIGITS:
        raise AmbiguousError(_unclear(text, "too long for a number"))
    if kind == "int" and _DECIMAL.fullmatch(text):
        return int(text)
    if kind == "int" and _HEX.fullmatch(text):
        return int(text, 16)
    if kind == "float" and _FLOAT.fullmatch(text) and abs(float(text)) < _HUGE:
        return float(text)
    raise AmbiguousError(_unclear(text, _why(text), _plainly(text)))


def _why(text: str) -> str:
    """Return what YAML 1.1 makes of an odd number."""
    if ":" in text:
        return "read as a number to the base of 60"
    if "_" in text:
        return "a number to some readers of YAML only"
    if re.fullmatch(r"[-+]?0[0-7]+", text):
        return "read as octal"
    if re.fullmatch(r"[-+]?0b[01]+", text):
        return "read as binary"
    return "not a number to compare with"


def _plainly(text: str) -> str:
    """Return the fix: the number in plain digits where it is one."""
    digits = text.replace("_", "")
    base = next((b for p, b in _BASES.items() if re.match(f"[-+]?{p}", digits)), 10)
    try:
        if ":" in digits:
            number = float(sum(60**i * int(n) for i, n in _sixties(digits)))
        elif "e" in digits.lower() or "." in digits:
            number = float(digits)
        else:
            number = float(int(digits, base))
    except (ValueError, OverflowError):
        return "quote it"
    finite = abs(number) < _HUGE
    return f"write {number:.15g} or quote it" if finite else "quote it"


def _sixties(digits: str) -> list[tuple[int, str]]:
    """Return the places of a number to the base of 60, the last first."""
    return list(enumerate(reversed(digits.split(":"))))


def _unclear(text: str, why: str, fix: str = "quote it") -> str:
    """Return the sentence about an ambiguous scalar."""
    word = text if len(text) <= 2 * _DIGITS else f"{text[: 2 * _DIGITS]}..."
    return f"{word} is {why}: {fix}"
