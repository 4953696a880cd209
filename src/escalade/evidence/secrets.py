"""The secrets that a container was given, from the Engine's record of it.

They are collected to be taken out of everything else; they live in memory only.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote
from urllib.parse import urlsplit

from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
from escalade.shapes import secret_flags
from escalade.shapes import secret_name

__all__ = [
    "argv_of",
    "flag_value",
    "key_pairs",
    "password_of",
    "secrets_of",
    "variables_of",
]


def variables_of(inspect: Mapping[str, Any]) -> Mapping[str, str]:
    """Return a container's environment; the last of two equal names counts."""
    items = as_list(as_dict(inspect.get("Config")).get("Env"))
    split = (str(item).partition("=") for item in items)
    return {name: value for name, _, value in split if name}


def argv_of(inspect: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a container's command line as it is executed."""
    words = [inspect.get("Path"), *as_list(inspect.get("Args"))]
    return tuple(str(word) for word in words if word not in (None, ""))


def flag_value(words: Sequence[str], flag: str) -> str | None:
    """Return what follows a flag on a command line, `--flag x` or `--flag=x`."""
    for index, word in enumerate(words):
        if word == flag and index + 1 < len(words):
            return words[index + 1]
        if word.startswith(f"{flag}="):
            return word.partition("=")[2]
    return None


def key_pairs(text: str) -> Mapping[str, str]:
    """Return LiveKit's `key: secret` pairs, of which a text may hold several lines."""
    split = (line.strip().partition(": ") for line in text.splitlines())
    return {key.strip(): word.strip() for key, colon, word in split if colon}


def password_of(value: str) -> str | None:
    """Return the password in a URL, None where the value has none."""
    if "://" not in value or "@" not in value:
        return None
    try:
        word = urlsplit(value.strip()).password
    except ValueError:
        return None
    return unquote(word) if word else None


def secrets_of(inspect: Mapping[str, Any]) -> Iterator[str]:
    """Yield every value of a container's record that is a secret by its place."""
    for name, value in variables_of(inspect).items():
        password = password_of(value)
        if password:
            yield password
        elif secret_name(name) and not value.startswith("/"):
            yield value
            # Logs hold it line by line.
            yield from value.splitlines()
            yield from key_pairs(value).values()
    words = argv_of(inspect)
    for _, value in secret_flags(words):
        yield value
        yield from key_pairs(value).values()
    for word in words:
        if password := password_of(word):
            yield password
