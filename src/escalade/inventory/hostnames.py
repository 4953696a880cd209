"""How hosts are written: `web[01:20:2].example.org:2222`, `[2001:db8::1]:22`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from escalade.inventory.marks import Mark
from escalade.inventory.marks import refusal

__all__ = ["MOST_HOSTS", "checked", "expand", "split"]

MOST_HOSTS = 10_000
"""Hosts of one inventory; more is a slip in a range."""

_RANGE = r"\[[^\[\]]*:[^\[\]]*\]"
_EDGE = rf"(?:\w|{_RANGE})"
_LABEL = rf"{_EDGE}(?:(?:[\w-]|{_RANGE})*{_EDGE})?"
# Compiled at their first use: few hosts are written with a port.
_NAME = rf"{_LABEL}(?:\.{_LABEL})*"
_IN_BRACKETS = r"\[(.+)\]:([0-9]{1,9})"
_PLAIN = r"((?:[^:\[\]]|\[[^\[\]]*\])+):([0-9]{1,9})"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NUMBER = r"-?[0-9]{1,9}"
_BOUNDS = (2, 3)


def split(pattern: str) -> tuple[str, int | None]:
    """Return a host and the port written after it, None where none is."""
    if ":" not in pattern:
        return pattern, None
    inside = re.fullmatch(_IN_BRACKETS, pattern)
    if inside and (re.fullmatch(_NAME, inside[1]) or _is_ipv6(inside[1])):
        return inside[1], int(inside[2]) or None
    plain = re.fullmatch(_PLAIN, pattern)
    if plain and re.fullmatch(_NAME, plain[1]):
        return plain[1], int(plain[2]) or None
    return pattern, None


def _is_ipv6(text: str) -> bool:
    """Whether a text is an IPv6 address, or would be with its ranges filled in."""
    from ipaddress import IPv6Address

    try:
        IPv6Address(re.sub(_RANGE, "1", text))
    except ValueError:
        return False
    return "%" not in text


def expand(name: str, mark: Mark) -> Iterator[str]:
    """Yield the names that a pattern like `web[01:20]` stands for."""
    first, last = name.find("["), name.find("]")
    if first < 0:
        yield checked(name, mark)
        return
    if last < first:
        raise refusal(mark, f"not a range: {name!r}")
    for middle in _steps(name[first + 1 : last], mark):
        yield from expand(name[:first] + middle + name[last + 1 :], mark)


def checked(name: str, mark: Mark) -> str:
    """Return a name that can be one."""
    if not name or any(letter <= " " or letter.isspace() for letter in name):
        raise refusal(mark, f"not a host name: {name!r}")
    return name


def _steps(inside: str, mark: Mark) -> Iterator[str]:
    """Yield what stands between the brackets of a range."""
    parts = inside.split(":")
    step = parts[2] if len(parts) == _BOUNDS[1] else "1"
    if len(parts) in _BOUNDS and step.isdecimal() and 0 < int(step) <= MOST_HOSTS:
        made = _letters(parts[0], parts[1], int(step))
        made = made or _numbers(parts[0] or "0", parts[1], int(step))
        if made:
            return made
    raise refusal(mark, f"not a range: '[{inside}]'")


def _letters(first: str, last: str, step: int) -> Iterator[str] | None:
    """Yield letters; capitals come after small ones, as Ansible counts."""
    if len(first) != 1 or len(last) != 1:
        return None
    begin, end = _LETTERS.find(first), _LETTERS.find(last)
    if not 0 <= begin <= end:
        return None
    return iter(_LETTERS[begin : end + 1 : step])


def _numbers(first: str, last: str, step: int) -> Iterator[str] | None:
    """Yield numbers; with leading zeros, both ends are written equally long."""
    padded = len(first) > 1 and first[0] == "0"
    if not re.fullmatch(_NUMBER, first) or not re.fullmatch(_NUMBER, last):
        return None
    if int(first) > int(last) or (padded and len(first) != len(last)):
        return None
    width = len(first) if padded else 0
    # A range may not cost more than its own refusal.
    numbers = range(
        int(first), min(int(last), int(first) + MOST_HOSTS * step) + 1, step
    )
    return (str(number).zfill(width) for number in numbers)
