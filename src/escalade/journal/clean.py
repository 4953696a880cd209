"""What may be written: plain JSON values, every text of them without secrets. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from enum import Enum
from typing import Any

from escalade.text import Text

__all__ = ["Redact", "cleaned", "scrubbed"]

Redact = Callable[[str], str]

_NAME = re.compile(r"[A-Z][A-Z0-9_]+|[a-z]+(?:_[a-z]+)*")
"""Names of variables and fields; names of services and facts are longer."""


def scrubbed(text: str) -> str:
    """Return a text that any database can hold: no NUL, no half characters."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return whole.replace("\x00", "\ufffd")


def cleaned(value: object, redact: Redact, name: str = "") -> Any:
    """Return a value as JSON can hold it, without secrets.

    A text under a name goes through `redact` as `name=text` too, so that a name that
    announces a secret counts; so does a word of a command line after its flag.
    """
    if isinstance(value, Enum):
        return getattr(value, "word", value.value)
    if isinstance(value, Text):
        return {"en": redact(value.en), "fr": redact(value.fr)}
    if isinstance(value, Mapping):
        return {
            scrubbed(str(key)): cleaned(inner, redact, str(key))
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple | frozenset | set):
        ordered = value if isinstance(value, list | tuple) else sorted(value, key=str)
        return _items(ordered, redact, name)
    return _scalar(value, redact, name)


def _scalar(value: object, redact: Redact, name: str) -> Any:
    """Return a single value; what JSON does not know is its text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return _text(str(value), redact, name)


def _text(text: str, redact: Redact, name: str) -> str:
    """Return a text without secrets, its name considered."""
    text = redact(scrubbed(text))
    if not _NAME.fullmatch(name):
        return text
    return _after(f"{name}=", text, redact)


def _items(items: Sequence[object], redact: Redact, name: str) -> list[Any]:
    """Return a list without secrets; the word after a flag may be one."""
    out: list[Any] = []
    flag = ""
    for item in items:
        value = cleaned(item, redact, name)
        if isinstance(item, str):
            value = _after(f"{flag} ", value, redact) if flag else value
            flag = item if item.startswith("-") and item.isprintable() else ""
            flag = "" if " " in flag or "=" in flag else flag
        out.append(value)
    return out


def _after(head: str, text: str, redact: Redact) -> str:
    """Return a text without what is a secret after its head alone."""
    whole = redact(head + text)
    return whole.removeprefix(head) if whole.startswith(head) else text
